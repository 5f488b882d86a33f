"""``sys.stdout`` and ``sys.stderr`` of a worker: whole lines, each marked with the request that its thread runs.

A line on the pipe to the front end is ``\\x1e REQUEST-ID \\x1f TEXT \\n``, or plain text where nothing is known of it
(C code, child processes); ``\\x02`` begins a record of ``logging`` (log_handler.py). The kernel keeps a write whole up to
``ATOMIC`` bytes, whoever else writes to the pipe; a longer line goes in pieces, ``\\x1c KEY \\x1f PIECE \\n`` and
``\\x1d KEY \\x1f LAST PIECE \\n``, which the front end puts together.
"""
from __future__ import annotations

import io
import itertools
import os
import sys
import threading
from select import POLLOUT, poll as _poll  # an app under eventlet takes it out of its module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Optional

ATOMIC = 4096  # PIPE_BUF on Linux

_keys = itertools.count(1)
_pipe: Optional[tuple[int, int]] = None  # what descriptor 2 was when it was the server's log


def by_lines() -> None:
    """In the template: what is printed while the app is imported goes out line by line, as from a terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def flush() -> None:
    """Before a fork, which would copy what streams hold back, and before an end without the interpreter's own."""
    for stream in (sys.__stdout__, sys.__stderr__, sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed, or something of the app's that is no stream
            pass


def tell(text: str) -> None:
    """To the log, also where the app has closed or lost its ``sys.stderr``."""
    try:
        print(text, file=sys.stderr or sys.__stderr__)
    except Exception:
        print(text, file=sys.__stderr__)


def descriptor_of(stream: Any) -> int:
    """1 or 2 for a stream, however wrapped, that writes to this process's output; 0 for one of the app's own; -1 for none."""
    if stream is None or getattr(stream, "closed", False):
        return -1
    try:
        number = int(stream.fileno())
    except Exception:  # it has none: what gathers or forwards text
        return 0
    return number if number in (1, 2) else 0


def begin_log() -> None:
    """Descriptor 2 is the server's log from now on, in this process and its children."""
    global _pipe
    now = os.fstat(2)
    _pipe = (now.st_dev, now.st_ino)


def reaches_log() -> bool:
    """Whether descriptor 2 is the server's log: an app, or a child of it, may have put a file of its own there."""
    if _pipe is None:
        return False
    try:
        now = os.fstat(2)
    except OSError:
        return False
    return (now.st_dev, now.st_ino) == _pipe


def write_lines(descriptor: int, lines: Iterable[bytes]) -> None:
    """Writes lines, given without their ends, so that none is torn by what others write at the same time."""
    together = b""
    for line in lines:
        if len(together) + len(line) < ATOMIC:
            together += line + b"\n"
            continue
        if together:
            _write(descriptor, together)
            together = b""
        if len(line) < ATOMIC:
            together = line + b"\n"
        else:
            _write_pieces(descriptor, line)
    if together:
        _write(descriptor, together)


def _write_pieces(descriptor: int, line: bytes) -> None:
    key = b"%d.%d\x1f" % (os.getpid(), next(_keys))
    room = ATOMIC - len(key) - 2
    end = len(line) - room
    for at in range(0, len(line), room):
        _write(descriptor, b"%s%s%s\n" % (b"\x1c" if at < end else b"\x1d", key, line[at : at + room]))


def _write(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # A child may have made the pipe non-blocking for all that hold it.
            poll = _poll()
            poll.register(descriptor, POLLOUT)
            poll.poll()


class TaggedStream(io.TextIOBase):
    """A text stream over a descriptor. Each thread gathers its own unfinished line, so that lines never mix."""

    def __init__(self, descriptor: int, request_id: Callable[[], str], name: str) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._request_id = request_id
        self.unfinished: dict[int, str] = {}  # by thread identifier
        self.name = name
        self.mode = "w"
        self.buffer = _Bytes(self)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return False

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def reconfigure(self, **_: Any) -> None:
        """Accepted and ignored: the stream is UTF-8 in whole lines always."""

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        thread = threading.get_ident()
        before = self.unfinished.pop(thread, "")
        lines, newline, rest = text.rpartition("\n")
        if newline:
            self._emit(before + lines)
        elif before:
            rest = before + rest
        if len(rest) > 65536:
            self._emit(rest)
        elif rest:
            self.unfinished[thread] = rest
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        self.write("".join(lines))

    def flush(self) -> None:
        """An unfinished line stays until it ends: a flush in its midst would cut it in two."""

    def end_line(self) -> None:
        """The request is over: what its thread wrote without a line end goes out now."""
        rest = self.unfinished.pop(threading.get_ident(), "")
        if rest:
            self._emit(rest)

    def _emit(self, text: str) -> None:
        tag = self._request_id()
        mark = f"\x1e{tag}\x1f" if tag else ""
        lines = [f"{mark}{line}".encode("utf-8", "backslashreplace") for line in text.split("\n")]
        try:
            write_lines(self._descriptor, lines)
        except OSError:
            pass  # The front end is gone, and so is the log.

    def close(self) -> None:
        """Not closed by the app: other threads write to it."""


class _Bytes(io.RawIOBase):
    """``sys.stdout.buffer``: bytes joined to the same lines."""

    def __init__(self, text: TaggedStream) -> None:
        super().__init__()
        self._text = text

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._text.fileno()

    def write(self, data: Any) -> int:
        raw = bytes(data)
        self._text.write(raw.decode("utf-8", "backslashreplace"))
        return len(raw)

    def flush(self) -> None:
        self._text.flush()
