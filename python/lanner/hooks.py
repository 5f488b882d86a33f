"""What an app has run once in each process and thread, and around forks.

Under Lanner the template and the workers call these at their time. Under any other server, and in plain tests, the same
calls do the plain thing: a set-up runs where it is written, as a line of its module would, and hooks of forks run at
``os.fork``.
"""
from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import RLock, local
    from typing import Any, Callable, List, TypeVar

    Hook = TypeVar("Hook", bound=Callable[[], Any])
else:
    from _thread import RLock, _local as local  # importing the package is to load nothing: threading takes a while

_managed = False  # in a process of Lanner's: it decides when
_forking_worker = False
spawn_threads = 32  # how many threads lanner.spawn has; changed by the setting


class Registered:
    """Functions in the order of their registration, and which of them have run in this process (or thread)."""

    def __init__(self) -> None:
        self.functions: List[Callable[[], Any]] = []
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = RLock()
        self._running = False
        self._done: set[int] = set()

    def add(self, function: Callable[[], Any]) -> None:
        if function not in self.functions:
            self.functions.append(function)

    def ensure(self) -> None:
        """Runs what has not run in this process yet. Other threads wait for it; within a set-up it does nothing."""
        if self._pid != os.getpid():
            self._reset()
        with self._lock:
            if self._running:
                return  # called by one of the functions
            self._running = True
            try:
                for function in list(self.functions):
                    if id(function) not in self._done:
                        function()
                        self._done.add(id(function))
            finally:
                self._running = False

    @property
    def is_done(self) -> bool:
        """Whether all have run in this process."""
        return self._pid == os.getpid() and len(self._done) == len(self.functions)


class Process:
    """``lanner.process``."""

    def __init__(self) -> None:
        self._setups = Registered()
        self._teardowns: List[Callable[[], Any]] = []
        self._is_set_up = False

    def setup(self, function: Hook) -> Hook:
        """Decorator: runs once in each worker process before traffic. An exception keeps the worker out."""
        self._setups.add(function)
        if not _managed or self._is_set_up:
            self._setups.ensure()
        return function

    def teardown(self, function: Hook) -> Hook:
        """Decorator: runs when the process ends in order, the last registered first."""
        if not self._teardowns and not _managed:
            import atexit

            atexit.register(self._tear_down)
        self._teardowns.append(function)
        return function

    def ensure(self) -> None:
        """Runs what of ``setup`` has not run in this process yet; any thread may call it, any number of times. A process
        that the app itself starts (multiprocessing, os.fork) is set up by this."""
        self._setups.ensure()

    def _set_up(self) -> None:
        """The worker's own call: from now on what is registered late runs at once."""
        self._setups.ensure()
        self._is_set_up = True

    def _tear_down(self) -> None:
        if not self._setups.is_done:
            return  # a child of the app that inherited the registration, not the set-up
        while self._teardowns:
            function = self._teardowns.pop()
            try:
                function()
            except BaseException:
                import traceback

                traceback.print_exc()


class Thread:
    """``lanner.thread``."""

    def __init__(self) -> None:
        self.functions: List[Callable[[], Any]] = []
        self._done = local()

    def setup(self, function: Hook) -> Hook:
        """Decorator: runs once in each thread that runs requests or jobs, before its first. An exception keeps the worker out."""
        if function not in self.functions:
            self.functions.append(function)
        if not _managed:
            self.ensure()
        return function

    def ensure(self) -> None:
        """Runs what has not run in this thread yet: for threads that the app starts by itself, and under other servers."""
        done = self._done.__dict__.setdefault("functions", {})
        if done.get("pid") != os.getpid():
            done.clear()
            done["pid"] = os.getpid()
        for function in list(self.functions):
            if id(function) not in done:
                done[id(function)] = True
                try:
                    function()
                except BaseException:
                    del done[id(function)]
                    raise


process = Process()
thread = Thread()
_before: List[Callable[[], Any]] = []
_after: List[Callable[[], Any]] = []
_watching = False
_waits: List[Callable[[], None]] = []


def before_fork(function: Hook) -> Hook:
    """Decorator: runs in the process that forks, just before each fork: in the template, for each worker."""
    _before.append(function)
    _watch()
    return function


def after_fork(function: Hook) -> Hook:
    """Decorator: runs in the child after each fork, before ``process.setup``."""
    _after.append(function)
    _watch()
    return function


def _watch() -> None:
    global _watching
    if not _watching:
        _watching = True
        os.register_at_fork(before=_before_plain_fork, after_in_child=_after_plain_fork)


def _before_plain_fork() -> None:
    if not _forking_worker:
        _run(_before)


def _after_plain_fork() -> None:
    if not _forking_worker:
        _run(_after)


def _run(functions: List[Callable[[], Any]]) -> None:
    for function in list(functions):
        function()


# What the template and the workers call.


def manage() -> None:
    """This process is Lanner's."""
    global _managed
    _managed = True


def prepare_fork() -> BaseException | None:
    """Before a worker is forked; gives what went wrong, for the child to tell."""
    global _forking_worker
    _forking_worker = True
    try:
        _run(_before)
    except BaseException as error:
        return error
    return None


def forked(in_child: bool) -> None:
    """After a worker was forked."""
    global _forking_worker
    _forking_worker = False
    if in_child:
        _run(_after)


def register(names: List[str]) -> None:
    """Adds the functions that the setting ``setup`` names, ``module:function``, before those of the app's modules."""
    if not names:
        return
    import importlib

    from .loading import LoadError

    found = []
    for name in names:
        module, _, function = name.partition(":")
        try:
            target: Any = importlib.import_module(module)
            for part in function.split("."):
                target = getattr(target, part)
        except (ModuleNotFoundError, AttributeError) as error:
            raise LoadError(f"setup names {name}, which is not there: {error}") from None
        if not callable(target):
            raise LoadError(f"setup names {name}, which is no function but {type(target).__name__}")
        if target not in process._setups.functions:
            found.append(target)
    process._setups.functions[:0] = found


def before_teardown(wait: Callable[[], None]) -> None:
    """Has ``wait`` called when a worker ends in order, before what was set up goes."""
    _waits.append(wait)


def finish() -> None:
    """The worker ends in order: background work first, then what was set up."""
    for wait in _waits:
        wait()
    process._tear_down()
