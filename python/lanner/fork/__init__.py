"""``lanner.fork``: what a fork must not share. An app that is imported once and forked many times has opened, seeded and
started things that every worker would hold a copy of. Here they are found in the template, named in the log, and
repaired in each worker.

For apps: ``register`` (a repair of your own), ``leave`` (an object that is meant to be the same in all workers) and
``keep`` (never destroyed in this process). They cost nothing under other servers. The template calls ``origins.watch``
before the app is imported, ``survey.refusal`` when it is, ``survey.look`` before each fork, ``survey.repair`` in the child.
"""
from __future__ import annotations

TYPE_CHECKING = False  # typing is not imported for it: importing lanner does no work
if TYPE_CHECKING:
    from typing import Any, Callable, Protocol, TypeVar, Union

    from ..generic import T

    class Repair(Protocol):
        """What ``register`` takes, or a class whose objects are such; with ``applies()`` if it likes."""

        def repair(self) -> object: ...

    Registered = TypeVar("Registered", bound=Union[Callable[[], object], Repair])

__all__ = ["keep", "leave", "register"]

_registered: list[Any] = []
_left: list[Any] = []
_kept: list[Any] = []


def register(repair: Registered) -> Registered:
    """Has ``repair`` run in each worker after its fork, after the built-in repairs and before the app's ``after_fork``.

    It is a callable without arguments, or an object (or class) with ``repair()`` and, if it likes, ``applies()``: it is
    left out while that returns false. Also a decorator. One that raises is logged and does not stop the others::

        @lanner.fork.register
        def new_broker() -> None:
            lanner.fork.keep(shop.broker)       # its destructor would say goodbye on the template's connection
            shop.broker = Broker(shop.ADDRESS)
    """
    given: Any = repair
    made = given() if isinstance(given, type) else given
    if not callable(getattr(made, "repair", made)):
        raise TypeError(f"a repair is a callable or has a method repair(); {made!r} is neither")
    _registered.append(made)
    return repair


def leave(thing: T) -> T:
    """This object is to be the same in all workers: a ``random.Random`` that gives each the same numbers, or a socket that
    they are to share. No built-in repair touches it, and the log does not name it."""
    _left.append(thing)
    return thing


def keep(*things: object) -> None:
    """Keeps the objects for as long as this process lives: a destructor may speak on a connection that is the template's."""
    _kept.extend(things)
