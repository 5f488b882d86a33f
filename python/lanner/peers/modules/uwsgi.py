"""uWSGI's module for apps that run under Lanner: what has a counterpart works, the rest refuses when it is called.

docs/migration-uwsgi-api.md lists which does what. In any other process there is no such module."""
from __future__ import annotations

import os as _os
import socket as _socket
import sys as _sys
import threading as _threading
from typing import Any as _Any
from typing import Callable as _Callable
from typing import Optional as _Optional

from lanner import hooks as _hooks
from lanner.identity import name_process as _name_process
from lanner.identity import worker as _worker
from lanner.peers import seam as _seam

if not _seam.settings:
    # A process that the app started by itself may have been given the whole sys.path.
    raise ModuleNotFoundError("No module named 'uwsgi': this is not one of Lanner's processes", name="uwsgi")

from lanner.peers.uwsgi_api import facts as _facts
from lanner.peers.uwsgi_api import locks as _locks
from lanner.peers.uwsgi_api import names as _names
from lanner.peers.uwsgi_api import schedule as _schedule
from lanner.peers.uwsgi_api import signals as _signals_of

SPOOL_OK, SPOOL_RETRY, SPOOL_IGNORE = -2, -1, 0
version = b"2.0-lanner"
version_info = (2, 0, 0, 0, b"lanner")
hostname = _socket.gethostname().encode()
opt = _facts.options()
magic_table = _facts.magic_table()
started_on = _seam.settings["started_on"]
is_a_reload = _worker.generation > 1
has_threads = 1
buffer_size = 65536
applications = None
loop = None
unbit = None
sockets: list[int] = []

_signals = _signals_of.Signals()
_warned: set[str] = set()
_logvars = _threading.local()
_is_begun = False


# Who, what, since when.


def worker_id() -> int:
    return _facts.worker_id()


def mypid() -> int:
    return _os.getpid()


def masterpid() -> int:
    """The front end's: HUP reloads and TERM stops, as with uWSGI's master."""
    return int(_seam.settings["front_end"])


def mule_id() -> int:
    return 0


def i_am_the_spooler() -> bool:
    """A job worker runs what was spooled."""
    return _worker.kind == "job"


def in_farm(name: _Optional[str] = None) -> bool:
    return False


def workers() -> tuple[dict[str, _Any], ...]:
    return _facts.workers()


def mem() -> tuple[int, int]:
    return _facts.memory()


def total_requests() -> int:
    return _seam.requests_begun()


def request_id() -> int:
    return _seam.requests_begun()


def micros() -> int:
    return _facts.micros()


def cl() -> int:
    """The length that the client has declared for the running request's body."""
    environ = _seam.environ()
    return int((environ or {}).get("CONTENT_LENGTH") or 0)


def ready() -> bool:
    return _is_begun


def accepting() -> None:
    """A worker takes requests when its post-fork hooks are done; there is nothing to say."""


def reload() -> bool:
    return _facts.reload()


def setprocname(name: str) -> None:
    _name_process(name)


# Logging.


def log(message: _Any) -> bool:
    print(message.decode(errors="replace") if isinstance(message, bytes) else message, file=_sys.stderr)
    return True


def logsize() -> int:
    return 0


def set_logvar(name: _Any, value: _Any) -> None:
    """Kept for ``get_logvar`` in the same request; the access log has no place for it."""
    if "set_logvar" not in _warned:
        _warned.add("set_logvar")
        print("uwsgi.set_logvar: Lanner's access log does not show variables of the app", file=_sys.stderr)
    _request_logvars()[_bytes(name)] = _bytes(value)


def get_logvar(name: _Any) -> _Optional[bytes]:
    return _request_logvars().get(_bytes(name))


def _request_logvars() -> dict[bytes, bytes]:
    environ = _seam.environ()
    if getattr(_logvars, "environ", None) is not environ or not hasattr(_logvars, "values"):
        _logvars.environ, _logvars.values = environ, {}
    values: dict[bytes, bytes] = _logvars.values
    return values


def _bytes(text: _Any) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode()


# Locks.


def lock(number: int = 0) -> None:
    _locks.of_app().acquire(_lock_number(number))


def unlock(number: int = 0) -> None:
    _locks.of_app().release(_lock_number(number))


def is_locked(number: int = 0) -> bool:
    return _locks.of_app().locked(_lock_number(number))


def _lock_number(number: int) -> int:
    if not 0 <= number < _locks.COUNT:
        raise ValueError(f"Invalid lock number: it is from 0 to {_locks.COUNT - 1}, not {number}")
    return number


# Signals and what raises them.


def register_signal(number: int, target: str, handler: _Callable[[int], _Any]) -> None:
    _signals.register(number, target, handler)


def signal_registered(number: int) -> _Optional[bool]:
    return True if _signals.registered(number) else None


def get_free_signal() -> int:
    for number in range(_signals_of.COUNT):
        if not _signals.registered(number):
            return number
    raise RuntimeError("No free uwsgi signal available: all 256 are registered")


def signal(number: int = 0, node: _Optional[str] = None) -> None:
    if node is not None:
        _names.refuse("uwsgi.signal to another server", _names.RPC)
    _signals.raise_(number)


def signal_wait(number: _Optional[int] = None) -> None:
    _signals.wait(number)


def signal_received() -> int:
    return _signals.received()


def add_timer(number: int, seconds: int) -> None:
    _signals.add(_schedule.Timer(number, seconds))


def add_ms_timer(number: int, milliseconds: int) -> None:
    _signals.add(_schedule.Timer(number, milliseconds / 1000))


def add_rb_timer(number: int, seconds: int, iterations: int = 0) -> None:
    _signals.add(_schedule.Timer(number, seconds, iterations))


def add_cron(number: int, minute: int, hour: int, day: int, month: int, weekday: int) -> None:
    _signals.add(_schedule.Cron(number, minute, hour, day, month, weekday))


def add_file_monitor(number: int, path: str) -> None:
    _signals.add(_schedule.FileMonitor(number, _os.path.abspath(path)))


# The ends of a process: ``post_fork_hook`` and ``atexit`` are set by the app.


def _begin() -> None:
    global _is_begun
    hook = globals().get("post_fork_hook")
    if callable(hook):
        hook()
    if _seam.in_worker():  # and not a child of the app's that wants its set-up
        _signals.start(worker_id(), _locks.of_app())
        _is_begun = True


def _finish() -> None:
    _signals.stop()
    last = globals().get("atexit")
    if callable(last):
        last()


def __getattr__(name: str) -> _Any:
    if name in ("numproc", "threads", "cores"):
        return _worker.workers if name == "numproc" else _worker.threads
    if name == "env":
        return _seam.environ() or {}
    if name in _names.UNSUPPORTED:
        return _names.refusing(name)
    raise AttributeError(f"module 'uwsgi' has no attribute {name!r}")


_hooks.process.setup(_begin)
_hooks.process.teardown(_finish)
