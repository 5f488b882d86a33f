"""The look before each fork and the repair after it.

What the template finds stays in this module's state, and comes to each worker with the fork: nothing is searched there
but its descriptors."""
from __future__ import annotations

import functools
import os
import socket
import sys
import threading
import traceback

from . import _left, _registered, databases, holders, keep, locks, origins, repairs, sockets, threads
from .. import descriptors
from .inventory import Finds, gather
from .repairs.repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator, Mapping

    from .notice import Notice

_SECONDS = 2.0  # for a walk through the heap: some ten million objects; up to Python 3.9 two million

_IN_WORKERS = "Open it in each worker: at first use, or in a function marked @lanner.process.setup"


class _State:
    """What is known of the template."""

    def __init__(self) -> None:
        self.on_shared = "sever"
        self.told: set[str] = set()
        self.repaired: set[int] = set()  # descriptors that no repaired object uses any more
        self.databases: list[Any] = []
        self.locks, self.conditions, self.files, self.holders = Finds(), Finds(), Finds(), Finds()
        self.active = False


_state = _State()


def refusal(settings: Mapping[str, Any]) -> str:
    """Why the app must not start (``on_shared = "refuse"``), or an empty text."""
    if settings["on_shared"] != "refuse":
        return ""
    shared, _ = _look(settings, ())
    if not shared:
        return ""
    return "what the app has opened would be shared by its workers (fork.on_shared = \"refuse\"): " + "; ".join(text() for _, text in shared)


def look(settings: Mapping[str, Any], own: Iterable[int] = ()) -> int:
    """Finds what the next worker would share or lose, tells what was not told before, and returns how much it is. ``own``:
    descriptors of the server's. Called after the app's ``before_fork``: what that closes is not shared."""
    shared, lost = _look(settings, own)
    for key, text in (*shared, *lost):
        _run(functools.partial(_tell, key, text))
    return len(shared) + len(lost)


def _look(settings: Mapping[str, Any], own: Iterable[int]) -> tuple[list[Notice], list[Notice]]:
    """What is shared and what is lost. A fault of the look's own is told and stops no fork."""
    if not origins.watching():
        return [], []
    try:
        return _found(settings, {*own, *descriptors.numbers(), *_left_numbers()})
    except Exception:
        print("fork: what the app shares could not be looked at:", file=sys.stderr)
        traceback.print_exc()
        return [], []


def _found(settings: Mapping[str, Any], own: set[int]) -> tuple[list[Notice], list[Notice]]:
    _state.on_shared = settings["on_shared"]
    _state.active = True
    chosen = repairs.chosen()
    wanted = [(kinds, one.found) for one in chosen if (kinds := _try(one.kinds, ()))]
    whole = gather(
        [
            *wanted,
            (locks.KINDS, _state.locks),
            ((threading.Condition,), _state.conditions),
            (databases.kinds(), _state.files),
            (_socket_kinds(), _state.holders),
        ],
        _SECONDS,
    )
    if not whole:
        _tell("unfinished", lambda: f"the app's objects were not all looked at within {_SECONDS} s; what is beyond is not repaired")
    _repairable(chosen)
    shared = [*_shared_sockets(own), *_shared_polls(chosen), *_shared_databases(chosen)]
    lost = [
        *threads.running(_all(chosen, "threads")),
        *locks.held(_state.locks, _state.conditions, _all(chosen, "locks")),
    ]
    return shared, lost


def repair(own: Iterable[int] = ()) -> None:
    """In the child: cuts off what is shared, then has everything repaired. ``own``: descriptors of the server's."""
    if not _state.active:
        return
    origins.stop()
    _run(lambda: _cut({*own, *_left_numbers()}))
    for one in repairs.chosen():
        _run(one.repair)
    for one in _registered:
        _run(functools.partial(_apply, one))


def _apply(one: Any) -> None:
    if not hasattr(one, "repair"):
        one()
    elif not hasattr(one, "applies") or one.applies():
        one.repair()


def _cut(own: set[int]) -> None:
    sever = _state.on_shared != "warn"
    sockets.sever(one for one in list(sockets.connected(own)) if sever or one.number in _state.repaired)
    for connection in _state.databases:
        keep(connection)
        if sever:
            databases.refuse(connection)


def _repairable(chosen: list[Repair]) -> None:
    """Takes out what is to be left alone, runs what has to be done in the template, and tells once what is repaired."""
    spared = {id(thing) for thing in _left}
    for one in chosen:
        one.found.leave_out(spared)
        _run(one.before)
    _state.repaired = set(_all(chosen, "sockets"))
    names = [f"{count} {one.name}" for one in chosen if (count := _try(one.count, 0))]
    if names:
        _tell("repaired", lambda: "made anew in each worker: " + ", ".join(names))


def _shared_sockets(own: set[int]) -> Iterator[Notice]:
    for connection in sockets.connected(own):
        if connection.number in _state.repaired or (connection.kind == socket.SOCK_DGRAM and connection.peer):
            continue
        yield f"socket {connection.number} {connection}", functools.partial(_socket_text, connection)


def _socket_text(connection: sockets.Connection) -> str:
    thing = next((one for one in _state.holders if _number(one) == connection.number), None)
    holder = holders.find(thing) if thing is not None else None
    line = origins.of_socket(connection.number) or (holder.line if holder else None)
    held = f", held by {holder}" if holder else ""
    return (
        f"{line or 'the app, in C code that tells no line,'} connected to {connection} (descriptor {connection.number}{held}) "
        f"before the workers are forked. {_fate()}. {_IN_WORKERS}"
    )


def _left_numbers() -> list[int]:
    """Connections that the app shares on purpose."""
    return [_number(thing) for thing in _left if hasattr(thing, "fileno")]


def _number(thing: Any) -> int:
    return int(_try(lambda: thing.fileno(), -1))


def _shared_polls(chosen: list[Repair]) -> Iterator[Notice]:
    made_anew = set(_all(chosen, "polls"))
    for number in sockets.numbers("anon_inode:[eventpoll]"):
        if number not in made_anew:
            yield f"epoll {number}", functools.partial(_poll_text, number)


def _poll_text(number: int) -> str:
    return (
        f"an event loop of the app (epoll, descriptor {number}) is shared by all workers: one may get another's events. "
        "Make the loop in each worker: at first use, or in a function marked @lanner.process.setup"
    )


def _shared_databases(chosen: list[Repair]) -> Iterator[Notice]:
    spared = {id(thing) for thing in _all(chosen, "databases")}
    found = list(databases.shared(_state.files, spared))
    _state.databases = [connection for connection, _ in found]
    for connection, path in found:
        yield f"sqlite3 {id(connection)} {path}", functools.partial(_database_text, connection, path)


def _database_text(connection: Any, path: str) -> str:
    fate = "In each worker every statement on it is refused" if _state.on_shared != "warn" else "All workers share it, and may spoil it"
    return f"{databases.text(connection, path)} before the workers are forked. {fate}. {_IN_WORKERS}"


def _fate() -> str:
    if _state.on_shared == "warn":
        return "All workers share the connection, and their answers may cross"
    return "It is cut off in each worker: who uses it there meets BrokenPipeError or the end of the stream"


def _socket_kinds() -> tuple[type, ...]:
    found: list[type] = [socket.socket]
    for module, name in (("psycopg2.extensions", "connection"), ("psycopg", "Connection")):
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            found.append(kind)
    return tuple(found)


def _tell(key: str, text: Callable[[], str]) -> None:
    """Once for each key, in one write: other threads of the template may print too."""
    if key not in _state.told:
        _state.told.add(key)
        found = text()
        if found:
            print(f"fork: {found}\n", end="", file=sys.stderr, flush=True)


def _all(chosen: list[Repair], what: str) -> list[Any]:
    """What all repairs say together; one that fails to say has nothing that is spared."""
    return [thing for one in chosen for thing in _try(functools.partial(_list, one, what), [])]


def _list(one: Repair, what: str) -> list[Any]:
    return list(getattr(one, what)())


def _try(call: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return call()
    except Exception:
        return otherwise


def _run(call: Callable[[], Any]) -> None:
    try:
        call()
    except Exception:
        print(f"fork: this has failed in process {os.getpid()}, and the rest goes on:", file=sys.stderr)
        traceback.print_exc()
