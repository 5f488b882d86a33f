"""Which line of the app opened a connection or started a thread, noted by an audit hook while the template runs.

An audit hook cannot be taken out again: in the workers it returns at once."""
from __future__ import annotations

import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

_STANDARD = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PACKAGES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

_hooked = False
_watching = False
_sockets: dict[int, str] = {}  # by descriptor: the last connect on it
_databases: dict[str, str] = {}  # by path
_threads: dict[int, str] = {}  # by id() of the Thread object


def watch() -> None:
    """From now on it is noted which line opens a connection or starts a thread. Called before the app is imported."""
    global _hooked, _watching
    _watching = True
    if not _hooked:
        _hooked = True
        sys.addaudithook(_hook)


def stop() -> None:
    """In the child: what it opens is its own."""
    global _watching
    _watching = False


def watching() -> bool:
    return _watching


def of_socket(number: int) -> Optional[str]:
    return _sockets.get(number)


def of_database(path: str) -> Optional[str]:
    return _databases.get(os.path.abspath(path))


def of_thread(thread: Any) -> Optional[str]:
    return _threads.get(id(thread))


def is_library(path: str) -> bool:
    """Whether a file is not the app's: the interpreter's, an installed package's or this server's."""
    return path.startswith(("<frozen ", _OURS)) or any(part in path for part in _PACKAGES) or path.startswith(_STANDARD)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    try:
        if event == "socket.connect":
            _sockets[arguments[0].fileno()] = _line()
        elif event == "sqlite3.connect":
            _databases[os.path.abspath(os.fsdecode(arguments[0]))] = _line()
        elif event in ("_thread.start_new_thread", "_thread.start_joinable_thread"):  # 3.12, 3.13
            thread = getattr(arguments[0], "__self__", None)
            if thread is not None:
                _threads[id(thread)] = _line()
    except Exception:
        pass  # an error in a hook would be the app's


def _line() -> str:
    """The innermost line of the app on this thread's stack; of a package where the app has none."""
    frame: Optional[types.FrameType] = sys._getframe(2)
    package = ""
    while frame is not None:
        path = frame.f_code.co_filename
        if not is_library(path):
            return f"{path}:{frame.f_lineno}"
        if not package and any(part in path for part in _PACKAGES):
            package = f"{path}:{frame.f_lineno}"
        frame = frame.f_back
    return package
