"""A small, strict reader of HTTP/1.1 answers. It does no input of its own, so that a test can feed it byte by byte."""
from __future__ import annotations

import re
from dataclasses import dataclass, field

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d) [\t\x20-\x7e\x80-\xff]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_LONGEST_HEAD = 65536


class BadAnswer(Exception):
    """What came is not HTTP; the text says why."""


class NoAnswer(Exception):
    """The connection ended before the first byte."""


class Truncated(Exception):
    """The connection ended in the midst of an answer."""


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    keeps_alive: bool = True


class AnswerReader:
    """Takes the bytes of one answer; ``answer`` is there once it is whole."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.begun = False
        self._answer = Answer()
        self._unread = bytearray()
        self._body = bytearray()
        self._step = self._read_head
        self._left = 0

    def feed(self, data: bytes) -> None:
        if not data:
            return
        if self.answer is not None:
            raise BadAnswer(f"{len(data)} bytes after the end of the answer")
        self.begun = True
        self._unread += data
        while self.answer is None and self._step():
            pass
        if self.answer is not None and self._unread:
            raise BadAnswer(f"{len(self._unread)} bytes after the end of the answer")

    def end(self) -> None:
        """The server has closed the connection."""
        if self.answer is not None:
            return
        if not self.begun:
            raise NoAnswer
        if self._step != self._read_until_close:
            raise Truncated
        self._finish()

    def _line(self) -> bytes | None:
        at = self._unread.find(b"\n")
        if at < 0:
            if len(self._unread) > _LONGEST_HEAD:
                raise BadAnswer("a line without end")
            return None
        if at == 0 or self._unread[at - 1] != 13:
            raise BadAnswer("a line that ends without CR")
        line = bytes(self._unread[: at - 1])
        del self._unread[: at + 1]
        return line

    def _read_head(self) -> bool:
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            if len(self._unread) > _LONGEST_HEAD:
                raise BadAnswer("a head without end")
            return False
        first, *lines = bytes(self._unread[:end]).split(b"\r\n")
        del self._unread[: end + 4]
        status_line = _STATUS_LINE.fullmatch(first)
        if status_line is None:
            raise BadAnswer(f"status line {first[:80]!r}")
        headers: dict[str, str] = {}
        for line in lines:
            match = _FIELD.fullmatch(line)
            if match is None:
                raise BadAnswer(f"header line {line[:80]!r}")
            name, value = match[1].decode().lower(), match[2].decode("latin-1")
            if name in headers and name in ("content-length", "transfer-encoding"):
                raise BadAnswer(f"two of {name}")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        status = int(status_line[2])
        if status < 200:
            return True  # an interim answer; the final one follows
        self._answer.status, self._answer.headers = status, headers
        options = {option.strip().lower() for option in headers.get("connection", "").split(",")}
        self._answer.keeps_alive = "close" not in options and (status_line[1] == b"1" or "keep-alive" in options)
        self._choose_body(status, headers)
        return True

    def _choose_body(self, status: int, headers: dict[str, str]) -> None:
        length, coding = headers.get("content-length"), headers.get("transfer-encoding")
        if length is not None and coding is not None:
            raise BadAnswer("both Content-Length and Transfer-Encoding")
        if length is not None and not (length.isascii() and length.isdigit()):
            raise BadAnswer(f"Content-Length {length!r}")
        if status in (204, 304):
            self._finish()
        elif coding is not None:
            if coding.lower() != "chunked":
                raise BadAnswer(f"Transfer-Encoding {coding!r}")
            self._step = self._read_chunk_size
        elif length is not None:
            self._left = int(length)
            self._step = self._read_length
        else:
            self._answer.keeps_alive = False
            self._step = self._read_until_close

    def _read_length(self) -> bool:
        self._take()
        if self._left == 0:
            self._finish()
        return False

    def _read_until_close(self) -> bool:
        self._body += self._unread
        self._unread.clear()
        return False

    def _read_chunk_size(self) -> bool:
        line = self._line()
        if line is None:
            return False
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise BadAnswer(f"chunk size {line[:80]!r}")
        self._left = int(match[1], 16)
        self._step = self._read_chunk if self._left else self._read_trailer
        return True

    def _read_chunk(self) -> bool:
        self._take()
        if self._left:
            return False
        self._step = self._read_chunk_end
        return True

    def _read_chunk_end(self) -> bool:
        line = self._line()
        if line is None:
            return False
        if line:
            raise BadAnswer(f"{line[:80]!r} after a chunk")
        self._step = self._read_chunk_size
        return True

    def _read_trailer(self) -> bool:
        line = self._line()
        if line is None:
            return False
        if line:
            if _FIELD.fullmatch(line) is None:
                raise BadAnswer(f"trailer line {line[:80]!r}")
            return True
        self._finish()
        return False

    def _take(self) -> None:
        part = self._unread[: self._left]
        del self._unread[: len(part)]
        self._body += part
        self._left -= len(part)

    def _finish(self) -> None:
        self._answer.body = bytes(self._body)
        self.answer = self._answer
