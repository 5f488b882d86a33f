"""The output of a worker, in the place of its template's: descriptors 1 and 2, the streams on them, the handlers of ``logging`` that hold these."""
from __future__ import annotations

import os
import sys

from . import output, running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

streams: list[output.TaggedStream] = []  # standard output and error, whatever the app has put in their place


def capture(out: int, err: int) -> None:
    """Makes the pipes to the log this process's output."""
    for number, target, name in ((out, 1, "<stdout>"), (err, 2, "<stderr>")):
        os.dup2(number, target, inheritable=True)
        os.close(number)
        streams.append(output.TaggedStream(target, running.request_id, name))
    sys.__stdout__, sys.__stderr__ = streams  # type: ignore[assignment]
    sys.stdout, sys.stderr = _taken(sys.stdout, 1), _taken(sys.stderr, 2)
    _move_handlers()
    output.begin_log()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0, inheritable=True)
    os.close(null)


def _taken(stream: Any, number: int) -> Any:
    """The worker's stream in the place of the template's; what the app has put there to write elsewhere stays."""
    target = output.descriptor_of(stream)
    return streams[(target if target > 0 else number) - 1] if target else stream


def _move_handlers() -> None:
    """Logging handlers made in the template hold its streams; they follow the worker's."""
    logging = sys.modules.get("logging")
    if logging is None:
        return
    handlers = [reference() for reference in list(logging._handlerList)]
    # A second configuration empties that list; handlers of the first go on where they stand.
    for logger in (logging.root, *list(logging.root.manager.loggerDict.values())):
        handlers += getattr(logger, "handlers", ())
    for handler in handlers:
        # One whose stream is computed follows by itself.
        if isinstance(handler, logging.StreamHandler) and (target := output.descriptor_of(vars(handler).get("stream"))) > 0:
            handler.stream = streams[target - 1]
