"""uWSGI's spooler, by jobs: what is spooled is a run of a job, stored before the call returns, and repeated until it succeeds."""
from __future__ import annotations

import base64
import datetime
import functools
import pickle
import re
from typing import Any, Callable, Dict

from ... import jobs

OK = -2
PAUSE = "30s"  # uWSGI's spooler looks so often; it grows with each attempt
ATTEMPTS = 1000

_OPTIONS = ("spooler", "priority", "at", "body")


class SpoolRetry(Exception):
    """The function returned something else than uwsgi.SPOOL_OK: it is called again later."""


class Spooled:
    """A function of ``@spool`` or ``@spoolraw``: calling it hands its arguments over and returns the run's id."""

    def __init__(self, function: Callable[..., Any], passes_arguments: bool, is_raw: bool) -> None:
        functools.update_wrapper(self, function)
        self.f = function
        self._passes_arguments = passes_arguments
        self._is_raw = is_raw
        named = f"{function.__module__}.{function.__qualname__.replace('<locals>.', '')}"

        @functools.wraps(function)
        def run(task: Dict[str, str]) -> None:
            self._run(task)

        self._job = jobs.job(run, name=re.sub(r"[^A-Za-z0-9_.-]", "-", named)[-100:], retries=ATTEMPTS, retry_pause=PAUSE)

    def __call__(self, *arguments: Any, **keywords: Any) -> bytes:
        task: Dict[str, str] = {}
        at = None
        if self._passes_arguments:
            options = {key: keywords.pop(key) for key in _OPTIONS if key in keywords}
            options.update(keywords.pop("message_dict", {}))
            task["pickled"] = base64.b64encode(pickle.dumps((arguments, keywords))).decode()
        else:
            options = {**(arguments[0] if arguments else {}), **keywords}
        for key, value in options.items():
            key = _text(key, key)
            if key == "at":
                at = datetime.datetime.fromtimestamp(float(value), datetime.timezone.utc)
            elif key not in ("spooler", "priority"):
                task[key] = _text(key, value)
        run: str = self._job.enqueue(task, at=at)
        return run.encode()

    def spool(self, *arguments: Any, **keywords: Any) -> bytes:
        return self(*arguments, **keywords)

    def _run(self, task: Dict[str, str]) -> None:
        pickled = task.pop("pickled", None) if self._passes_arguments else None
        if pickled is not None:
            arguments, keywords = pickle.loads(base64.b64decode(pickled))
            result = self.f(*arguments, **keywords)
        else:
            result = self.f({**task, "ud_spool_func": self.f.__name__})
        if self._is_raw and (result is None or int(result) != OK):
            raise SpoolRetry(f"{self.f.__name__} returned {result!r} instead of uwsgi.SPOOL_OK")


def decorator(is_raw: bool) -> Callable[..., Any]:
    """For ``@decorator`` and ``@decorator(pass_arguments=True)``."""

    def decorate(f: Any = None, pass_arguments: bool = False) -> Any:
        if f is None:
            return lambda function: Spooled(function, pass_arguments, is_raw)
        return Spooled(f, pass_arguments, is_raw)

    return decorate


def _text(key: Any, value: Any) -> str:
    """uWSGI takes text and bytes, and gives text."""
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise TypeError(f"what is spooled is text: {key!r} is {type(value).__name__}")
    return value
