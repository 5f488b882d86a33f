"""``lanner.spawn``: work in a background thread, with the caller's contexts."""
from __future__ import annotations

import concurrent.futures
import contextlib
import contextvars
import os
import sys
import threading
import traceback

from . import carry, hooks, running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, ContextManager, List

    from .generic import P, T

_lock = threading.Lock()
_pool: concurrent.futures.ThreadPoolExecutor | None = None
_pid = 0


def spawn(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> concurrent.futures.Future[T]:
    """Runs ``function`` in a background thread and returns its Future.

    It sees the caller's context variables, and what of Flask, Django, Pyramid or Bottle the caller is in, also after the
    response has been sent. An exception is kept in the Future and logged with the place of this call. The number of
    threads is limited (setting ``spawn_threads``): more wait for their turn. A graceful stop waits for all of them.
    """
    frame = sys._getframe(1)
    origin = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    contexts = carry.contexts()
    context = contextvars.copy_context()
    request = _request()
    future: concurrent.futures.Future[Any] = _threads().submit(lambda: context.run(_work, origin, request, contexts, function, args, kwargs))
    return future


def _work(origin: str, request: Any, contexts: List[ContextManager[Any]], function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    noted = _note(request)
    try:
        hooks.thread.ensure()
        with contextlib.ExitStack() as stack:
            for entered in contexts:
                stack.enter_context(entered)
            return function(*args, **kwargs)
    except BaseException:
        name = getattr(function, "__qualname__", repr(function))
        print(f"lanner.spawn of {name} at {origin} failed:\n{traceback.format_exc().rstrip()}", file=sys.stderr)
        raise
    finally:
        noted[0] = None


def _threads() -> concurrent.futures.ThreadPoolExecutor:
    global _pool, _pid, _lock
    if _pid != os.getpid():
        _lock = threading.Lock()
        _pool = None
        _pid = os.getpid()
    with _lock:
        if _pool is None:
            _pool = concurrent.futures.ThreadPoolExecutor(hooks.spawn_threads, thread_name_prefix="lanner-spawn")
        return _pool


def finish() -> None:
    """Waits for all that was spawned; the front end bounds how long."""
    if _pool is not None and _pid == os.getpid():
        _pool.shutdown(wait=True)


hooks.before_teardown(finish)


def _request() -> Any:
    """What of the caller's request the work belongs to: its output is told as that request's, and it sees the same settings."""
    noted = running.noted()
    return ({"lanner.request_id": running.request_id()}, noted[1]) if noted and noted[0] else None


def _note(request: Any) -> Any:
    noted = running.threads.setdefault(threading.get_ident(), [None, None])
    noted[0], noted[1] = request or (None, None)
    return noted
