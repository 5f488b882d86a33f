"""uWSGI's decorators for apps that run under Lanner. What has no counterpart leaves the import alone and refuses when used.

docs/migration-uwsgi-api.md lists which does what."""
from __future__ import annotations

import functools
import sys
import threading
from typing import Any, Callable, Optional

import uwsgi
from lanner.peers.uwsgi_api import names, spooling

Function = Callable[..., Any]

postfork_chain: list[Function] = []


def get_free_signal() -> int:
    return uwsgi.get_free_signal()


# At the start of a worker.


def postfork(function: Function) -> Function:
    """Called in each worker after the fork, in the order of registration; no request comes before all have returned."""
    postfork_chain.append(function)
    uwsgi.post_fork_hook = postfork_chain_hook
    return function


def postfork_chain_hook() -> None:
    for function in postfork_chain:
        function()


# In a thread, under a lock.


def thread(function: Function) -> Callable[..., threading.Thread]:
    """Each call runs in a thread of its own, which is returned."""

    @functools.wraps(function)
    def started(*arguments: Any, **keywords: Any) -> threading.Thread:
        runs = threading.Thread(target=function, args=arguments, kwargs=keywords, name=function.__name__, daemon=True)
        runs.start()
        return runs

    return started


def lock(function: Function) -> Function:
    """One call at a time in all workers of the app."""

    @functools.wraps(function)
    def locked(*arguments: Any, **keywords: Any) -> Any:
        uwsgi.lock()
        try:
            return function(*arguments, **keywords)
        finally:
            uwsgi.unlock()

    return locked


# When a signal comes, by hand, by the clock or by a file.


def signal(number: int, target: str = "") -> Callable[[Function], Function]:
    return _on(lambda _: None, number, target)


def timer(seconds: int, signum: Optional[int] = None, target: str = "") -> Callable[[Function], Function]:
    return _on(lambda number: uwsgi.add_timer(number, seconds), signum, target)


def mstimer(milliseconds: int, signum: Optional[int] = None, target: str = "") -> Callable[[Function], Function]:
    return _on(lambda number: uwsgi.add_ms_timer(number, milliseconds), signum, target)


def rbtimer(seconds: int, signum: Optional[int] = None, target: str = "") -> Callable[[Function], Function]:
    return _on(lambda number: uwsgi.add_rb_timer(number, seconds), signum, target)


def cron(
    minute: int, hour: int, day: int, month: int, dayweek: int, signum: Optional[int] = None, target: str = ""
) -> Callable[[Function], Function]:
    return _on(lambda number: uwsgi.add_cron(number, minute, hour, day, month, dayweek), signum, target)


def filemon(path: str, signum: Optional[int] = None, target: str = "") -> Callable[[Function], Function]:
    return _on(lambda number: uwsgi.add_file_monitor(number, path), signum, target)


def _on(what: Callable[[int], None], signum: Optional[int], target: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        number = uwsgi.get_free_signal() if signum is None else signum
        uwsgi.register_signal(number, target, function)
        what(number)
        return function

    return register


# In a job worker: the call hands the arguments over.

spool = spooling.decorator(is_raw=False)
spoolraw = spooling.decorator(is_raw=True)


# What there is none of.


class Refused:
    """A decorated function that cannot be called as it was meant."""

    def __init__(self, function: Function, decorator: str, instead: str) -> None:
        functools.update_wrapper(self, function)
        self._text = f"uwsgidecorators.{decorator}, here of {function.__name__},", instead

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        names.refuse(*self._text)

    spool = __call__  # how a spooled function is called too


def _bare(decorator: str, instead: str) -> Callable[..., Any]:
    """For ``@decorator`` and ``@decorator(…)``: the call of the function is what was to be handed over."""

    def decorate(*arguments: Any, **keywords: Any) -> Any:
        if arguments and callable(arguments[0]):
            return Refused(arguments[0], decorator, instead)
        return lambda function: Refused(function, decorator, instead)

    return decorate


def _by_itself(decorator: str, instead: str) -> Callable[..., Any]:
    """For ``@decorator(…)`` on what uWSGI would have called by itself: nobody will, and the log says so at once."""

    def configured(*arguments: Any, **keywords: Any) -> Callable[[Function], Any]:
        def decorate(function: Function) -> Any:
            print(f"uwsgidecorators.{decorator}: {function.__name__} will not run: {instead}", file=sys.stderr)
            return Refused(function, decorator, instead)

        return decorate

    return configured


spoolforever = _bare("spoolforever", names.JOBS)
mulefunc = _bare("mulefunc", names.MULES)
harakiri = _bare("harakiri", names.LIMIT)
mule = _by_itself("mule", names.MULES)
muleloop = _by_itself("muleloop", names.MULES)
mulemsg = _by_itself("mulemsg", names.MULES)
farm = _by_itself("farm", names.MULES)
erlang = _by_itself("erlang", names.RPC)


def rpc(name: str) -> Callable[[Function], Function]:
    """The function stays an ordinary one; that others cannot call it is said when they try."""
    return lambda function: function
