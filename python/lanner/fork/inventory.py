"""All living objects of some classes, found through the garbage collector.

It runs in the template only. In a worker the heap is frozen, and to walk it there would copy all of its pages.
After the first fork the template's heap is frozen too: each later walk meets only what has come since."""
from __future__ import annotations

import gc
import time
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator

_CHUNK = 2000
_COLLECTED = 1 << 14  # Py_TPFLAGS_HAVE_GC: the collector follows objects of this class


class Finds:
    """Objects that were found. They are not kept alive where that can be helped."""

    def __init__(self) -> None:
        self._references: dict[int, Callable[[], Any]] = {}

    def add(self, thing: Any) -> None:
        known = self._references.get(id(thing))
        if known is not None and known() is thing:
            return
        try:
            self._references[id(thing)] = weakref.ref(thing)
        except TypeError:
            self._references[id(thing)] = lambda: thing

    def leave_out(self, identities: set[int]) -> None:
        for identity in identities:
            self._references.pop(identity, None)

    def __iter__(self) -> Iterator[Any]:
        for reference in list(self._references.values()):
            thing = reference()
            if thing is not None:
                yield thing

    def __len__(self) -> int:
        return sum(1 for _ in self)


def gather(wanted: Iterable[tuple[tuple[type, ...], Finds]], seconds: float) -> bool:
    """Puts every object of the wanted classes into its finds. False when the time was over before the heap was."""
    pairs = list(wanted)
    until = time.monotonic() + seconds
    by_type: dict[type, tuple[Finds, ...]] = {}
    interesting: set[type] = set()
    # Locks up to 3.9, say: they hang on what the collector follows, or on a container of such things one step further down.
    deeper = any(not kind.__flags__ & _COLLECTED for kinds, _ in pairs for kind in kinds)

    def take(things: list[Any]) -> None:
        present = set(map(type, things))  # in C: a tenth of the time, for the many chunks that hold nothing wanted
        for kind in present - by_type.keys():
            by_type[kind] = tuple(found for kinds, found in pairs if issubclass(kind, kinds))
            if by_type[kind]:
                interesting.add(kind)
        if present & interesting:
            for thing in things:
                for found in by_type[type(thing)]:
                    found.add(thing)

    objects = gc.get_objects()
    for start in range(0, len(objects), _CHUNK):
        if time.monotonic() > until:
            return False
        chunk = objects[start : start + _CHUNK]
        take(chunk)
        if deeper:
            below = gc.get_referents(*chunk)
            take(below)
            bare = [thing for thing in below if type(thing) in (dict, list, tuple) and not gc.is_tracked(thing)]
            take(gc.get_referents(*bare))
    return True
