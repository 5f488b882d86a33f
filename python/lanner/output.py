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
        self._unfinished = threading.local()
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
        unfinished = getattr(self._unfinished, "text", "")
        if "\n" in text:
            lines, _, rest = text.rpartition("\n")
            self._unfinished.text = rest
            self._emit(unfinished + lines)
        else:
            self._unfinished.text = unfinished + text
            if len(self._unfinished.text) > 65536:
                self.flush()
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        self.write("".join(lines))

    def flush(self) -> None:
        """An unfinished line stays until it ends, but for a very long one: a flush in its midst would cut it in two."""
        unfinished = getattr(self._unfinished, "text", "")
        if len(unfinished) > 65536:
            self._unfinished.text = ""
            self._emit(unfinished)

    def end_line(self) -> None:
        """The request is over: what its thread wrote without a line end goes out now."""
        unfinished = getattr(self._unfinished, "text", "")
        if unfinished:
            self._unfinished.text = ""
            self._emit(unfinished)

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
