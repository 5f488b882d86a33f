"""What a job worker serves in the app's place: each request is a run of a job."""
from __future__ import annotations

import importlib
import json

from . import running
from .carry import jobs as contexts
from .jobs import Job, called
from .loading import LoadError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional

_LONGEST_REPR = 1000  # characters


class Runner:
    """The callable that a job worker serves in the app's place: each request is a run."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._named: Dict[str, Callable[..., Any]] = {}

    def __call__(self, environ: Dict[str, Any], start_response: Callable[..., Any]) -> List[bytes]:
        function = self._function(environ["lanner.job"], environ["lanner.call"])
        given = json.loads(environ["lanner.arguments"])
        with contexts.around(self._app, environ["lanner.context_url"]):
            result = called(function, given)
        start_response("200 OK", [])
        return [_result(result, int(environ["lanner.max_result"]))]

    def _function(self, name: str, call: str) -> Callable[..., Any]:
        if not call:
            known: Optional[Job[..., Any]] = running.jobs.get(name)
            if known is None:
                raise LookupError(f"there is no job {name} in this version of the app")
            return known.function
        function = self._named.get(call)
        if function is None:
            function = self._named[call] = resolve(call)
        return function


def resolve(call: str) -> Callable[..., Any]:
    """The function that ``module:function`` names."""
    module, _, path = call.partition(":")
    try:
        target: Any = importlib.import_module(module)
        for part in path.split("."):
            target = getattr(target, part)
    except (ModuleNotFoundError, AttributeError) as error:
        raise LoadError(f"a job calls {call}, which is not there: {error}") from None
    if isinstance(target, Job):
        target = target.function
    if not callable(target):
        raise LoadError(f"a job calls {call}, which is no function but {type(target).__name__}")
    found: Callable[..., Any] = target
    return found


def _result(value: Any, most: int) -> bytes:
    """The stored form of a result: its JSON if that is within the limit of bytes, else the beginning of its repr."""
    try:
        told = json.dumps(value, allow_nan=False).encode()
        if len(told) <= most:
            return told
    except Exception:
        pass
    try:
        shown = repr(value)
    except Exception:
        # The run has done its work all the same: it must not be repeated for this.
        shown = object.__repr__(value)
    return json.dumps({"repr": shown[:_LONGEST_REPR]}).encode()
