"""Answers that break PEP 3333 or fail on the way, part of shapes_app. Each says what a server should do with it."""
from __future__ import annotations

import sys
from typing import Any, Iterable, Iterator

from exchange import TEXT, Environ, Shape, note, query, segments

BAD: dict[str, Shape] = {}
PLAIN = [("Content-Type", TEXT)]

# Status lines by name, for /status/NAME; any other by /status?line=….
STATUSES: dict[str, Any] = {
    "short": "200", "word": "abc", "empty": "", "space": " 200 OK", "no-reason": "200 ", "two-digits": "20 OK",
    "four-digits": "2000 OK", "low": "099 Low", "interim": "100 Continue", "switch": "101 Switching Protocols",
    "crlf": "200 OK\r\nX-Injected: y", "lf": "200 OK\nX-Injected: y",
    "cr": "200 OK\rX-Injected: y", "nul": "200 O\0K",
    "wide": "200 \u20ac", "int": 200, "bytes": b"200 OK", "none": None,
}

# One header each, by name, for /header/NAME; any other by /header?name=…&value=….
HEADERS: dict[str, Any] = {
    "name-cr": ("X-A\rX-Injected", "y"), "name-lf": ("X-A\nX-Injected", "y"),
    "name-crlf": ("X-A: 1\r\nX-Injected", "y"),
    "name-nul": ("X-\0A", "y"), "name-space": ("X A", "y"), "name-colon": ("X-A:", "y"), "name-empty": ("", "y"),
    "name-latin1": ("X-\xe9", "y"), "name-wide": ("X-\u20ac", "y"), "name-bytes": (b"X-A", "y"),
    "name-none": (None, "y"),
    "value-cr": ("X-A", "1\rX-Injected: y"), "value-lf": ("X-A", "1\nX-Injected: y"),
    "value-crlf": ("X-A", "1\r\nX-Injected: y"), "value-split": ("X-A", "1\r\n\r\n<html>"), "value-nul": ("X-A", "1\0"),
    "value-folded": ("X-A", "1\r\n 2"), "value-control": ("X-A", "1\x01\x7f"), "value-wide": ("X-A", "\u20ac"),
    "value-int": ("X-A", 1), "value-bytes": ("X-A", b"1"), "value-none": ("X-A", None),
    "one-part": ("X-A",), "three-parts": ("X-A", "1", "2"), "list": ["X-A", "1"], "string": "X-A: 1",
    "status": ("Status", "404 Not Found"),
    "connection": ("Connection", "close"), "keep-alive": ("Keep-Alive", "timeout=5"),
    "proxy-authenticate": ("Proxy-Authenticate", "Basic"), "proxy-authorization": ("Proxy-Authorization", "Basic eA=="),
    "te": ("TE", "trailers"), "trailer": ("Trailer", "X-A"), "upgrade": ("Upgrade", "websocket"),
    "transfer-encoding": ("Transfer-Encoding", "chunked"),
}

# Content-Length values for /length/NAME; the body is always the ten bytes "0123456789".
LENGTHS: dict[str, list[str]] = {
    "short": ["5"], "zero": ["0"], "long": ["20"], "word": ["ten"], "negative": ["-1"], "plus": ["+10"], "empty": [""],
    "float": ["10.0"], "hex": ["0xa"], "comma": ["10, 10"], "huge": ["99999999999999999999"], "padded": [" 10 "],
    "twice": ["10", "10"], "differ": ["10", "5"],
}

# What the call returns, for /result/NAME.
RESULTS: dict[str, Any] = {
    "none": None, "str": "text", "bytes": b"bytes", "int": 7, "object": object(),
}

# A chunk that is not bytes, for /chunk/NAME; /chunk/NAME?after=1 puts a good chunk before it.
CHUNKS: dict[str, Any] = {
    "str": "text", "int": 7, "none": None, "list": [b"x"], "bytearray": bytearray(b"array"),
    "memoryview": memoryview(b"view"),
}


def bad(shape: Shape) -> Shape:
    """Name a shape's path after its function."""
    BAD[shape.__name__.replace("_", "-")] = shape
    return shape


def _named(environ: Environ, table: dict[str, Any]) -> Any:
    return table[segments(environ)[1]]


@bad
def status(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """`/status/NAME` or `/status?line=…`: a status line that is wrong; 502 and nothing injected."""
    asked = query(environ)
    start_response(asked["line"] if "line" in asked else _named(environ, STATUSES), PLAIN)
    return [b"status\n"]


@bad
def header(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """`/header/NAME` or `/header?name=…&value=…`: a header that is wrong; 502 and nothing injected."""
    asked = query(environ)
    extra = (asked["name"], asked["value"]) if "name" in asked else _named(environ, HEADERS)
    start_response("200 OK", PLAIN + [extra])
    return [b"header\n"]


@bad
def headers_kind(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """`/headers-kind/NAME`: the headers are not a list."""
    kinds = {"tuple": tuple(PLAIN), "dict": dict(PLAIN), "none": None, "iterator": iter(PLAIN)}
    start_response("200 OK", kinds[segments(environ)[1]])
    return [b"headers\n"]


@bad
def length(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """`/length/NAME`: a Content-Length that does not fit the ten bytes; no byte of it may spoil the next answer."""
    start_response("200 OK", PLAIN + [("Content-Length", value) for value in _named(environ, LENGTHS)])
    return [b"01234", b"56789"]


@bad
def result(environ: Environ, start_response: Any) -> Any:
    """`/result/NAME`: the call returns something that is no iterable of bytes."""
    start_response("200 OK", PLAIN)
    return _named(environ, RESULTS)


@bad
def chunk(environ: Environ, start_response: Any) -> Iterator[Any]:
    """`/chunk/NAME?after=1`: a chunk that is not bytes, after a good one if asked."""
    start_response("200 OK", PLAIN)
    if query(environ).get("after") == "1":
        yield b"good\n"
    yield _named(environ, CHUNKS)


@bad
def write_str(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """write() with text: an error in the app, at the call."""
    start_response("200 OK", PLAIN)("text")
    return []


@bad
def write_late(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """write() from inside the iterable: forbidden by PEP 3333."""
    send = start_response("200 OK", PLAIN)
    yield b"first\n"
    send(b"late\n")
    yield b"last\n"


@bad
def never_started(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """start_response is never called; `?empty=1`: and there is no body either."""
    return [] if query(environ).get("empty") == "1" else [b"no head\n"]


@bad
def started_late(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """start_response is called after the first chunk."""
    yield b"too early\n"
    start_response("200 OK", PLAIN)
    yield b"too late\n"


@bad
def started_twice(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """start_response twice without exc_info: the second call raises."""
    start_response("200 OK", PLAIN)
    try:
        start_response("200 OK", PLAIN)
    except BaseException:
        note("refused", "started-twice")
        raise
    note("allowed", "started-twice")
    return [b"twice\n"]


@bad
def replaced_late(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """exc_info after the head was sent: start_response raises it again, the connection is cut."""
    start_response("200 OK", PLAIN)
    yield b"sent\n"
    try:
        raise ValueError("after the head")
    except ValueError:
        try:
            start_response("500 Too Late", PLAIN, sys.exc_info())
        except ValueError:
            note("raised-again", "replaced-late")
            raise
        note("not-raised", "replaced-late")
        yield b"never to be seen\n"


@bad
def raised(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Raises in the call, after start_response: 500, the head told before is forgotten."""
    start_response("200 OK", PLAIN + [("X-First", "1")])
    raise RuntimeError("in the call")


class Failing:
    """An iterable that raises after `good` chunks, or when it is closed; it tells the ledger of close()."""

    def __init__(self, good: int, at_close: bool, subject: str) -> None:
        self._left = good
        self._at_close = at_close
        self._subject = subject

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._left == 0:
            if self._at_close:
                raise StopIteration
            raise RuntimeError(f"midway: {self._subject}")
        self._left -= 1
        return b"good\n"

    def close(self) -> None:
        note("closed", self._subject)
        if self._at_close:
            raise RuntimeError(f"in close(): {self._subject}")


@bad
def raised_first(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """The iterable raises before its first chunk: 500, and close() is called."""
    start_response("200 OK", PLAIN)
    return Failing(0, False, "raised-first")


@bad
def raised_midway(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """The iterable raises after `n` (2) chunks: the connection is cut, and close() is called."""
    start_response("200 OK", PLAIN)
    return Failing(int(query(environ).get("n", 2)), False, "raised-midway")


@bad
def raised_in_close(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """close() raises after a whole answer: the client has it all, the log the error."""
    start_response("200 OK", PLAIN)
    return Failing(2, True, "raised-in-close")
