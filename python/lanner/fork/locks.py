"""Locks that are held when workers are forked: if another thread holds one, nobody ever releases it in a worker."""
from __future__ import annotations

import _thread
import functools
import threading

from . import holders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator

    from .notice import Notice

LOCK = type(_thread.allocate_lock())
RLOCK = type(_thread.RLock())  # type: ignore[attr-defined]
KINDS = (LOCK, RLOCK, threading._PyRLock)  # type: ignore[attr-defined]

_MOST = 20
# Their locks are made anew in every child by CPython itself.
_MENDED = ("threading", "logging", "concurrent.futures", "importlib", "_frozen_importlib", "random", "weakref")


def held(found: Iterable[Any], conditions: Iterable[Any], repaired: Iterable[Any]) -> Iterator[Notice]:
    """For each lock that is held; the text is empty where it belongs to no module of the app or of a package."""
    spared = {id(lock) for lock in repaired}
    for condition in conditions:
        spared.update(id(waiter) for waiter in list(getattr(condition, "_waiters", ())))  # held by who waits: as it should be
    for thread in threading.enumerate():
        spared.add(id(getattr(thread, "_tstate_lock", None)))
    spared.update(id(lock) for lock in list(getattr(threading, "_shutdown_locks", ())))
    locked = [lock for lock in found if id(lock) not in spared and _is_held(lock)]
    for lock in locked[:_MOST]:
        yield f"lock {id(lock)}", functools.partial(_text, lock)


def _text(lock: Any) -> str:
    holder = holders.find(lock)
    if holder is None or holder.module.__name__.partition(".")[0] in _MENDED or holder.module.__name__ in _MENDED:
        return ""
    line = holder.line
    place = f" ({line})" if line else ""
    return (
        f"the lock {holder}{place} is held while workers are forked; in a worker nobody will release it, and who waits for it "
        "waits for ever. Release it before the app's import ends, or make the lock anew in a function marked @lanner.after_fork"
    )


def _is_held(lock: Any) -> bool:
    if isinstance(lock, LOCK):
        return bool(lock.locked())
    # This thread is the one that the child has: what it holds, it can release.
    text = repr(lock)
    return text.startswith("<locked") and f"owner={threading.get_ident()} " not in text
