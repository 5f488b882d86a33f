"""``lanner.job``: functions that run when they are due, or when they are asked for, in processes of their own."""
from __future__ import annotations

import datetime
import functools
import json
import threading

from . import frames, moments, running
from .control import Gone
from .frozen import thaw
from .generic import Generic, P, T

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Literal, Optional, Tuple, Union, overload

    from .moments import Duration, When

    Overlap = Literal["skip", "allow", "queue"]
    Missed = Literal["skip", "run_once", "run_all"]
    Arguments = Union[List[Any], Tuple[Any, ...], Dict[str, Any]]


class JobError(Exception):
    """A job could not be put in line; it will not run."""


class Job(Generic[P, T]):
    """A function with its schedule. Calling it calls the function, here and now."""

    def __init__(self, function: Callable[P, T], name: str, options: Dict[str, Any]) -> None:
        self.function = function
        self.name = name
        self.options = options
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<lanner.job {self.name}>"

    if TYPE_CHECKING:
        # No type can say "what the function takes, and these options": next to an option the arguments are not checked.

        @overload
        def enqueue(self) -> str: ...

        @overload
        def enqueue(self, *args: Any, at: Optional[When], delay: None = ..., key: Optional[str] = ..., **kwargs: Any) -> str: ...

        @overload
        def enqueue(self, *args: Any, delay: Optional[Duration], at: None = ..., key: Optional[str] = ..., **kwargs: Any) -> str: ...

        @overload
        def enqueue(self, *args: Any, key: Optional[str], at: None = ..., delay: None = ..., **kwargs: Any) -> str: ...

        @overload
        def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> str: ...

    def enqueue(  # type: ignore[misc]  # an option hides a parameter of the function that has its name
        self, *args: Any, at: Optional[When] = None, delay: Optional[Duration] = None, key: Optional[str] = None, **kwargs: Any
    ) -> str:
        """Has it run once in a job worker: now, ``at`` a moment (with a time zone) or after a ``delay`` (seconds, "5m", timedelta). Returns the run's
        id when that is stored: it will run, whatever ends. With a ``key``, at most one that has not begun waits: the id of that one is returned.

        Arguments are what JSON can hold. Under another server it runs in a background thread of this process.
        """
        if at is not None and delay is not None:
            raise ValueError("enqueue takes at or delay, not both")
        if key is not None and not isinstance(key, str):
            raise TypeError(f"the key of a run is a str, not {type(key).__name__}")
        seconds = None if delay is None else moments.seconds(delay)
        moment = None if at is None else moments.moment(at)
        arguments = _encoded(self, args, kwargs)
        try:
            control = running.link("a job cannot be put in line")
            if control is None:
                return self._spawn(arguments or self.options["arguments"] or "[]", moments.pause(moment, seconds))
            answer = control.ask(frames.JOB_ENQUEUE, {
                "name": self.name, "arguments": arguments, "key": key or "",
                "at": "" if moment is None else str(round(moment.timestamp() * 1000)), "delay": "" if seconds is None else str(round(seconds * 1000)),
            })
        except (running.NotYet, Gone, frames.TooLong) as error:
            raise JobError(str(error)) from None
        if answer["code"]:
            raise JobError(answer["message"])
        run: str = answer["run"]
        return run

    def _spawn(self, arguments: str, pause: float) -> str:
        from .background import spawn

        if pause <= 0:
            spawn(called, self.function, json.loads(arguments))
        else:
            timer = threading.Timer(pause, spawn, (called, self.function, json.loads(arguments)))
            timer.daemon = True
            timer.start()
        return "local"


if TYPE_CHECKING:

    @overload
    def job(
        function: Callable[P, T], *,
        name: Optional[str] = ..., cron: Optional[str] = ..., every: Optional[Duration] = ..., at: Optional[When] = ..., timezone: str = ...,
        overlap: Overlap = ..., missed: Missed = ..., missed_limit: Optional[int] = ..., retries: int = ..., retry_pause: Optional[Duration] = ...,
        timeout: Optional[Duration] = ..., priority: int = ..., context_url: Optional[str] = ..., arguments: Optional[Arguments] = ...,
        keep: Optional[Duration] = ..., keep_runs: Optional[int] = ...,
    ) -> Job[P, T]: ...

    @overload
    def job(
        function: None = ..., *,
        name: Optional[str] = ..., cron: Optional[str] = ..., every: Optional[Duration] = ..., at: Optional[When] = ..., timezone: str = ...,
        overlap: Overlap = ..., missed: Missed = ..., missed_limit: Optional[int] = ..., retries: int = ..., retry_pause: Optional[Duration] = ...,
        timeout: Optional[Duration] = ..., priority: int = ..., context_url: Optional[str] = ..., arguments: Optional[Arguments] = ...,
        keep: Optional[Duration] = ..., keep_runs: Optional[int] = ...,
    ) -> Callable[[Callable[P, T]], Job[P, T]]: ...


def job(
    function: Optional[Callable[..., Any]] = None,
    *,
    name: Optional[str] = None,
    cron: Optional[str] = None,
    every: Optional[Duration] = None,
    at: Optional[When] = None,
    timezone: str = "UTC",
    overlap: Overlap = "skip",
    missed: Missed = "run_once",
    missed_limit: Optional[int] = None,
    retries: int = 0,
    retry_pause: Optional[Duration] = None,
    timeout: Optional[Duration] = None,
    priority: int = 0,
    context_url: Optional[str] = None,
    arguments: Optional[Arguments] = None,
    keep: Optional[Duration] = None,
    keep_runs: Optional[int] = None,
) -> Any:
    """Decorator: a job, due by ``cron``, ``every`` so often, or ``at`` a moment; without any of them it runs only when asked for.

    ``overlap``: "skip", "allow" or "queue" a run that is due while another runs. ``missed``: "skip", "run_once" or "run_all" of what was due while
    the server was not there (``missed_limit``: so many of the last). ``retries``: attempts after one that failed, the first after ``retry_pause``.
    ``timeout``: how long a run may take. ``priority``: when threads are short, a higher one goes first. ``context_url``: for Flask, the URL of the
    request in whose context it runs. ``arguments``: a list or dict, for runs that bring none. ``keep``, ``keep_runs``: how long and how many runs
    are kept. All these are the keys of ``[job.NAME]`` in the settings, where what is left out here has its default.
    """
    if function is None:
        return functools.partial(
            job, name=name, cron=cron, every=every, at=at, timezone=timezone, overlap=overlap, missed=missed, missed_limit=missed_limit,
            retries=retries, retry_pause=retry_pause, timeout=timeout, priority=priority, context_url=context_url, arguments=arguments,
            keep=keep, keep_runs=keep_runs)
    name = name or getattr(function, "__name__", None)
    if not name:
        raise TypeError(f"{function!r} has no name: say lanner.job(name=…)")
    known = running.jobs.get(name)
    if known is not None and _origin(known.function) != _origin(function):
        raise ValueError(f"there are two jobs named {name}: {_origin(known.function)} and {_origin(function)}; say lanner.job(name=…)")
    if (cron is not None) + (every is not None) + (at is not None) > 1:
        raise ValueError(f"the job {name} has more than one of cron, every and at")
    code = getattr(function, "__code__", None)
    made = running.jobs[name] = Job(function, name, {
        "call": f"{function.__module__}:{function.__qualname__.replace('<locals>.', '')}",
        "place": "" if code is None else f"{code.co_filename}:{code.co_firstlineno}",
        "cron": cron or "",
        "every": "" if every is None else moments.milliseconds(every),
        "at": "" if at is None else at.isoformat() if isinstance(at, datetime.datetime) else at,
        "timezone": timezone if timezone != "UTC" else "",
        # What is only asked for has nothing to leave out.
        "overlap": overlap if overlap != "skip" or cron or every is not None or at is not None else "",
        "missed": missed,
        "missed_limit": _whole(name, "missed_limit", missed_limit),
        "retries": _whole(name, "retries", retries),
        "retry_pause": "" if retry_pause is None else moments.milliseconds(retry_pause),
        "timeout": "" if timeout is None else moments.milliseconds(timeout),
        "priority": _whole(name, "priority", priority),
        "context_url": context_url or "",
        "arguments": "" if arguments is None else _json(name, arguments),
        "keep": "" if keep is None else moments.milliseconds(keep),
        "keep_runs": _whole(name, "keep_runs", keep_runs),
    })
    return made


def definitions(most: int) -> Iterator[List[Dict[str, Any]]]:
    """What the front end is told of the jobs in the app's code, in pieces of some ``most`` characters."""
    piece: List[Dict[str, Any]] = []
    size = 0
    for each in running.jobs.values():
        piece.append({"name": each.name, **each.options})
        size += sum(len(key) + len(value) for key, value in piece[-1].items())
        if size >= most:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def called(function: Callable[..., Any], given: Any) -> Any:
    return function(**given) if isinstance(given, dict) else function(*given)


def _encoded(job: Job[..., Any], args: Any, kwargs: Any) -> str:
    """A list of positional arguments or an object of named ones; a mixture is named. None at all: those of the job."""
    if not args and not kwargs:
        return ""
    given: Any = args
    if kwargs:
        import inspect

        signature = inspect.signature(job.function)
        given = {}
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            kind = signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                given.update(value)
            elif kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY):
                raise TypeError(f"the job {job.name} cannot be given {name}, which goes by position only, beside named arguments")
            else:
                given[name] = value
    return _json(job.name, given)


def _json(name: str, arguments: Any) -> str:
    if not isinstance(arguments, (list, tuple, dict)):
        raise TypeError(f"the arguments of the job {name} are a list (positional) or a dict (named), not {type(arguments).__name__}")
    try:
        return json.dumps(thaw(arguments), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"the arguments of the job {name} are not what JSON can hold: {error}") from None


def _whole(name: str, option: str, value: Optional[int]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{option} of the job {name} is a whole number, not {value!r}")
    return str(value)


def _origin(function: Callable[..., Any]) -> str:
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', function)}"
