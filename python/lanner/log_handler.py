"""``lanner.LogHandler``: records of ``logging`` as entries of the server's log."""
from __future__ import annotations

import logging
import os
import sys

from . import output, running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Beyond that many characters the message, the traceback or the extra values are cut, and say so.
MOST = 512 * 1024

_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
_TRACES = logging.Formatter()
_PLAIN = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


class LogHandler(logging.Handler):
    """Gives each record to the server's log as one entry, with its level, logger, time, thread and request; what stands in
    its ``extra`` too. With a formatter, the message is what that makes of the record. Not under Lanner, or where the process
    has put another file in the place of standard error, it writes lines to ``sys.stderr``.

    There is nothing to lose when the process dies: a record has left it when the call that logged it returns.
    """

    def handle(self, record: logging.LogRecord) -> Any:
        # Without the lock: a write needs none, and a lock that another thread holds while the app forks is a trap.
        passed: Any = self.filter(record)
        if isinstance(passed, logging.LogRecord):
            record = passed
        if passed:
            self.emit(record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if output.reaches_log():
                try:
                    output.write_lines(2, [self._encode(record)])
                except OSError:
                    pass  # The front end is gone, and so is the log.
            else:
                sys.stderr.write((self.formatter or _PLAIN).format(record) + "\n")
                sys.stderr.flush()
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    def _encode(self, record: logging.LogRecord) -> bytes:
        if self.formatter is not None:
            message, trace = self.formatter.format(record), ""
        else:
            message, trace = record.getMessage(), _trace(record)
        fields = (
            str(record.levelno),
            f"{record.created:.6f}",
            str(record.process or os.getpid()),
            record.threadName or "",
            running.request_id() or getattr(record, "request_id", ""),
            record.name,
            f"{record.pathname}:{record.lineno}",
            message,
            trace,
            _extra(record),
        )
        line = "\x1f".join([_escaped(str(field)) for field in fields])
        return b"\x02" + line.encode("utf-8", "backslashreplace")


def _escaped(text: str) -> str:
    if len(text) > MOST:
        text = f"{text[:MOST]}… ({len(text) - MOST} more characters)"
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\x1f", "\\u")


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = _TRACES.formatException(record.exc_info)
    if not record.stack_info:
        return record.exc_text or ""
    return f"{record.exc_text}\n{record.stack_info}" if record.exc_text else record.stack_info


def _extra(record: logging.LogRecord) -> str:
    names = record.__dict__.keys() - _OWN
    if not names:
        return ""
    import json

    values = {str(name): record.__dict__[name] for name in record.__dict__ if name in names}
    try:
        return json.dumps(values, default=str, allow_nan=False)
    except Exception:  # a circle, a key that is no text, an object that cannot be shown
        return json.dumps({name: _shown(value) for name, value in values.items()})


def _shown(value: Any) -> str:
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"
