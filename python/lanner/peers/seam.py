"""Where the peers' modules meet the server: what they are told of this process, and when they may begin.

``modules`` goes to the end of sys.path in Lanner's own processes only: elsewhere ``import uwsgi`` fails as in any plain
Python, and where a package of that name is installed, it wins."""
from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Any, Callable, Optional

from .. import descriptors, frames, wsgi

settings: dict[str, Any] = {}  # the app's, as the front end sent them; empty outside of Lanner's processes
_waiting: list[Callable[[], None]] = []
_begun_in = 0  # the worker's pid, once its peers have begun
_requests: dict[int, list[Any]] = {}
_cells: Any = None
_threads = 0


def prepare(given: dict[str, Any]) -> None:
    """In the template and in spawned workers, before the app is imported."""
    given.setdefault("front_end", os.getppid())
    given.setdefault("started_on", int(time.time()))
    os.set_inheritable(given["locks"], False)  # a spawned worker was handed it so
    settings.update(given)
    os.register_at_fork(after_in_child=_let_go)
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules"))


def _let_go() -> None:
    """Children that the app forks inherit nothing of the server's; its workers do."""
    if settings.get("locks", -1) >= 0 and not descriptors.forking_worker():
        os.close(settings["locks"])
        settings["locks"] = -1


def begin(control: frames.ControlLink, requests: dict[int, list[Any]], cells: Any, threads: int) -> bool:
    """In a worker, when the app is loaded and before its threads start. False when a hook raised: the front end has been told."""
    global _begun_in, _requests, _cells, _threads
    _requests, _cells, _threads = requests, cells, threads
    try:
        _begun_in = os.getpid()
        for hook in _waiting:
            hook()
        return True
    except BaseException as error:  # SystemExit too
        last = traceback.format_exception_only(type(error), error)[-1].strip()
        control.send(frames.FAILED, {"message": last, "traceback": wsgi.app_traceback(error)})
        return False


def register_after_fork(hook: Callable[[], None]) -> None:
    """Has it called in each worker before traffic; at once, when this worker has begun already."""
    if begun():
        hook()
    else:
        _waiting.append(hook)


def begun() -> bool:
    """Whether this process is a worker, and not a child that the app forked from one."""
    return _begun_in == os.getpid()


def environ(thread: int) -> Optional[dict[str, Any]]:
    """Of the request that the thread runs."""
    noted = _requests.get(thread)
    return noted[0] if noted else None


def requests_begun() -> int:
    """By this worker, those that were taken back included: the numbers of the last ones on its channels."""
    return sum(_cells[place * 8] for place in range(_threads)) if _cells is not None and begun() else 0
