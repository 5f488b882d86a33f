"""``sys.stdout`` and ``sys.stderr`` of a worker: whole lines, each marked with the request that its thread runs.

A line on the pipe to the front end is ``\\x1e REQUEST-ID \\x1f TEXT \\n``, or plain text where nothing is known of it
(C code, child processes). Lines of one record follow each other in one write.
"""
from __future__ import annotations

import io
import os
import threading
from typing import Any, Callable, Iterable


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
        lines = text.split("\n")
        data = "".join(f"{mark}{line}\n" for line in lines).encode("utf-8", "backslashreplace")
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
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
