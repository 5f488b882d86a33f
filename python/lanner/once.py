"""``lanner.once``: a function that runs once per process, however many threads call it, and again in a forked child."""
from __future__ import annotations

import functools
import os
from _thread import allocate_lock, get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])


class _Run:
    """One run under way, or done: who waits for it sees its result or its exception."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        import threading

        self.thread = get_ident()
        self.ended = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None


class Once:
    """Keeps the run of one function. What failed is not kept: those who wait get the exception, the next call runs it again."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._lock = allocate_lock()
        self._pid = os.getpid()
        self._run: _Run | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        run = self._run
        if run is None or not run.ended.is_set() or run.error is not None or run.pid != os.getpid():
            run = self._join(args, kwargs)
        if run.error is not None:
            raise run.error
        return run.result

    def _join(self, args: Any, kwargs: Any) -> _Run:
        if self._pid != os.getpid():
            # A forked child: the lock may have been held at the fork by a thread that is not here.
            self._lock, self._pid, self._run = allocate_lock(), os.getpid(), None
        with self._lock:
            run = self._run
            if run is not None and not run.ended.is_set() and run.thread == get_ident():
                raise RuntimeError(f"{getattr(self._function, '__qualname__', self._function)} calls itself while it runs once")
            mine = run is None or (run.ended.is_set() and run.error is not None)
            if mine:
                run = self._run = _Run()
        assert run is not None
        if not mine:
            run.ended.wait()
            return run
        try:
            run.result = self._function(*args, **kwargs)
        except BaseException as error:
            run.error = error
        finally:
            run.ended.set()
        return run


def once(function: Function) -> Function:
    """Decorator. Arguments are those of the call that runs it; the others get the same result."""
    runner = Once(function)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return runner(*args, **kwargs)

    return wrapper  # type: ignore[return-value]
