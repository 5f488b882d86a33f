"""``lanner.fork``: what a fork must not share. An app that is imported once and forked many times has opened, seeded and
started things that every worker would hold a copy of. Here they are found in the template, named in the log, and
repaired in each worker.

For apps: ``register`` (a repair of your own), ``leave`` (an object that is meant to be the same in all workers) and
``keep`` (never destroyed in this process). They cost nothing under other servers. The rest is called by the template:
``watch`` before the app is imported, ``refusal`` when it is, ``look`` before each fork, ``repair`` in the child.
"""
from __future__ import annotations

TYPE_CHECKING = False  # typing is not imported for it: importing lanner does no work
if TYPE_CHECKING:
    from typing import Any, Iterable, Mapping, TypeVar

    R = TypeVar("R")

__all__ = ["keep", "leave", "look", "refusal", "register", "repair", "watch"]

hazards = 0  # what the last look found that workers share or lose

_registered: list[Any] = []
_left: list[Any] = []
_kept: list[Any] = []


def register(repair: R) -> R:
    """Has ``repair`` run in each worker after its fork, after the built-in repairs and before the app's ``after_fork``.

    It is a callable without arguments, or an object (or class) with ``repair()`` and, if it likes, ``applies()``: it is
    left out while that returns false. Also a decorator. One that raises is logged and does not stop the others::

        @lanner.fork.register
        def new_broker() -> None:
            lanner.fork.keep(shop.broker)       # its destructor would say goodbye on the template's connection
            shop.broker = Broker(shop.ADDRESS)
    """
    made = repair() if isinstance(repair, type) else repair
    if not callable(getattr(made, "repair", made)):
        raise TypeError(f"a repair is a callable or has a method repair(); {made!r} is neither")
    _registered.append(made)
    return repair


def leave(thing: R) -> R:
    """This object is to be the same in all workers: a ``random.Random`` that gives each the same numbers, or a socket that
    they are to share. No built-in repair touches it, and the log does not name it."""
    _left.append(thing)
    return thing


def keep(*things: Any) -> None:
    """Keeps the objects for as long as this process lives: a destructor may speak on a connection that is the template's."""
    _kept.extend(things)


def watch() -> None:
    """Begins to note which line opens a connection or starts a thread. Called before the app is imported."""
    from . import origins

    origins.watch()


def refusal(settings: Mapping[str, Any]) -> str:
    """Why the app must not start (``on_shared = "refuse"``), or an empty text."""
    from . import survey

    return survey.refusal(settings)


def look(settings: Mapping[str, Any], own: Iterable[int] = ()) -> None:
    """Finds what the next worker would share and tells what was not told before. ``own``: descriptors of the server's.

    Called after the app's ``before_fork``: what that closes is not shared."""
    from . import survey

    survey.look(settings, own)


def repair(own: Iterable[int] = ()) -> None:
    """In the child: cuts off what is shared, then has everything repaired. ``own``: descriptors of the server's."""
    from . import survey

    survey.repair(own, _registered)
