"""Every shape of answer, by path: here the good ones and the way to the others (`/` lists all of them).

Answers ignore the request's method, so HEAD on any path is a HEAD answered with a body. close() calls and the like
are told to the file named by LEDGER (one line each: event, subject, pid, thread).
"""
from __future__ import annotations

import json
import sys
from typing import Any, Iterable, Iterator

from exchange import TEXT, Environ, Shape, answer, await_file, note, number, pattern, query, segments, who
from shapes_bad import BAD
from shapes_files import FILES

GOOD: dict[str, Shape] = {}
PLAIN = [("Content-Type", TEXT)]


def good(shape: Shape) -> Shape:
    """Name a shape's path after its function."""
    GOOD[shape.__name__.replace("_", "-")] = shape
    return shape


class Closing:
    """An iterable that tells the ledger when it is closed."""

    def __init__(self, chunks: Iterable[bytes], subject: str) -> None:
        self._chunks = iter(chunks)
        self._subject = subject

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            note("exhausted", self._subject)
            raise

    def close(self) -> None:
        note("closed", self._subject)


@good
def one(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A list of one chunk, no Content-Length: the server may add it."""
    start_response("200 OK", PLAIN + who())
    return [b"one chunk\n"]


@good
def one_with_length(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A list of one chunk with its Content-Length."""
    return answer(start_response, b"one chunk\n")


@good
def many(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A list of `n` (10) chunks."""
    start_response("200 OK", PLAIN)
    return [b"chunk %d\n" % index for index in range(number(environ, "n", 10))]


@good
def tuple_of_two(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A tuple is an iterable too."""
    start_response("200 OK", PLAIN)
    return (b"first\n", b"second\n")


@good
def only_getitem(environ: Environ, start_response: Any) -> Any:
    """An iterable by the old protocol: only __getitem__."""
    class Old:
        def __getitem__(self, index: int) -> bytes:
            return [b"old\n", b"protocol\n"][index]

    start_response("200 OK", PLAIN)
    return Old()


@good
def empty(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """No chunk at all: a 200 with an empty body."""
    start_response("200 OK", PLAIN)
    return []


@good
def empty_strings(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """Empty strings before, between and after: none of them may end a chunked body."""
    start_response("200 OK", PLAIN)
    yield from (b"", b"", b"a", b"", b"b", b"", b"c\n", b"")


@good
def paused(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """`steps` (2) chunks; before chunk i (not the first) waits for the file `event`.i to appear."""
    event = query(environ)["event"]
    start_response("200 OK", PLAIN)
    try:
        for step in range(number(environ, "steps", 2)):
            if step:
                await_file(f"{event}.{step}")
            note("step", str(step))
            yield b"step %d\n" % step
    finally:
        note("closed", "paused")


@good
def paused_first(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Waits for the file `event` before anything is said; then says who answered."""
    note("begun", "paused-first")
    await_file(query(environ)["event"])
    return answer(start_response, b"now\n", headers=who())


@good
def write(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """All by write(), nothing by the iterable."""
    send = start_response("200 OK", PLAIN)
    send(b"written\n")
    send(b"")
    send(b"twice\n")
    return []


@good
def write_then_iterable(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """write() first, then an iterable."""
    send = start_response("200 OK", PLAIN)
    send(b"written\n")
    return [b"", b"returned\n"]


@good
def lazy_start(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """A generator: start_response is called at the first next()."""
    start_response("200 OK", PLAIN)
    yield b"late head\n"


@good
def replaced(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """The head is replaced, with exc_info, before it is sent: 500, and no X-First."""
    start_response("200 OK", PLAIN + [("X-First", "1")])
    try:
        raise ValueError("before the head")
    except ValueError:
        return answer_again(start_response, b"replaced\n")


@good
def replaced_after_empty(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """The same after an empty chunk: the head waits for the first byte of the body, so it can be replaced still."""
    start_response("200 OK", PLAIN + [("X-First", "1")])
    yield b""
    try:
        raise ValueError("after an empty chunk")
    except ValueError:
        yield from answer_again(start_response, b"replaced\n")


def answer_again(start_response: Any, body: bytes) -> list[bytes]:
    """A second head, allowed because it comes with exc_info."""
    start_response("500 Replaced", PLAIN + [("X-Second", "1")], sys.exc_info())
    return [body]


@good
def closed(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """`n` (3) chunks; the ledger is told of the end and of close()."""
    start_response("200 OK", PLAIN)
    return Closing([b"chunk\n"] * number(environ, "n", 3), "closed")


@good
def closed_empty(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """No chunk, yet close() is due."""
    start_response("200 OK", PLAIN)
    return Closing([], "closed-empty")


@good
def reason(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A code and a reason phrase of the app's own."""
    return answer(start_response, b"fine\n", status="299 Quite Fine, Really")


@good
def cookies(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """`n` (50) Set-Cookie headers, never to be joined, in this order."""
    crumbs = [("Set-Cookie", f"c{index}=v{index}; Path=/") for index in range(number(environ, "n", 50))]
    return answer(start_response, b"cookies\n", headers=crumbs)


@good
def latin1(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A header value with a byte above 127: allowed, sent as it is."""
    return answer(start_response, b"latin-1\n", headers=[("X-Word", "caf\xe9")])


@good
def code(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """`/code/204?body=N&length=N&type=1`: any code; body, Content-Length and Content-Type only when asked for."""
    asked = query(environ)
    headers = [("Content-Length", asked["length"])] if "length" in asked else []
    if "type" in asked:
        headers += PLAIN
    start_response(f"{segments(environ)[1]} Code", headers)
    size = int(asked.get("body", 0))
    return [pattern(0, size)] if size else []


@good
def big(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """One chunk of 1 MB."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [pattern(0, 1 << 20)]


@good
def ten_kb(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """One chunk of 10 KB with its length."""
    return answer(start_response, pattern(0, 10 << 10), content_type="application/octet-stream")


@good
def bytes_(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """`/bytes?n=…&chunk=…`: byte i is i modulo 251; `length=1` adds Content-Length; `ledger=1` notes the end."""
    asked = query(environ)
    total, chunk = int(asked.get("n", 100_000)), max(1, int(asked.get("chunk", 8192)))
    headers = [("Content-Type", "application/octet-stream")]
    if asked.get("length") == "1":
        headers.append(("Content-Length", str(total)))
    start_response("200 OK", headers)
    sent = 0
    try:
        while sent < total:
            piece = pattern(sent, min(chunk, total - sent))
            sent += len(piece)
            yield piece
    finally:
        if asked.get("ledger") == "1":
            note("closed", f"bytes:{sent}")


GOOD["bytes"] = GOOD.pop("bytes-")
GOOD.update(FILES)
SHAPES = {**BAD, **GOOD}


def application(environ: Environ, start_response: Any) -> Any:
    """Hand over to the shape named by the first part of the path."""
    parts = segments(environ)
    if not parts:
        listing = {"good": sorted(GOOD), "bad": sorted(BAD)}
        return answer(start_response, json.dumps(listing).encode(), content_type="application/json")
    shape = SHAPES.get(parts[0])
    if shape is None:
        return answer(start_response, b"no such shape\n", status="404 Not Found")
    return shape(environ, start_response)
