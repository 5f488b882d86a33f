"""Answers by wsgi.file_wrapper, part of shapes_app: the file is the one named by SHAPES_FILE (else this source)."""
from __future__ import annotations

import io
import os
from typing import Any, Callable, Iterable
from wsgiref.util import FileWrapper

from exchange import Environ, Shape, note, number, pattern, query

BINARY = [("Content-Type", "application/octet-stream")]


class NotedFile(io.FileIO):
    """A real file with a descriptor that tells the ledger when it is closed."""

    def close(self) -> None:
        if not self.closed:
            note("closed", "file")
        super().close()


class OnlyRead:
    """The least that PEP 3333 asks of a file: read(size). It also tells how often it was read, and has close()."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def read(self, size: int) -> bytes:
        note("read", str(size))
        return self._rest.read(size)

    def close(self) -> None:
        note("closed", "only-read")


class OnlyReadNoClose:
    """read(size) and nothing else at all."""

    def __init__(self, content: bytes) -> None:
        self.read = io.BytesIO(content).read


def _path() -> str:
    return os.environ.get("SHAPES_FILE") or os.path.abspath(__file__)


def _wrapped(environ: Environ, file: Any) -> Iterable[bytes]:
    wrapper: Callable[..., Any] = environ.get("wsgi.file_wrapper", FileWrapper)
    block = query(environ).get("block")
    return wrapper(file, int(block)) if block else wrapper(file)


def _start(environ: Environ, start_response: Any, length: Any = None) -> None:
    offered = "server" if "wsgi.file_wrapper" in environ else "none"
    headers = BINARY + [("X-File-Wrapper", offered)]
    if length is not None:
        headers.append(("Content-Length", str(length)))
    start_response("200 OK", headers)


def file(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """The whole file; `?length=1` tells its length, `?block=` its block size; close() goes to the ledger."""
    source = NotedFile(_path(), "rb")
    told = os.fstat(source.fileno()).st_size if query(environ).get("length") == "1" else None
    _start(environ, start_response, told)
    return _wrapped(environ, source)


def file_middle(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """The file from byte `at` (100): the wrapper begins where the file stands; `?buffered=1` reads a byte first."""
    at = number(environ, "at", 100)
    source: Any = open(_path(), "rb") if query(environ).get("buffered") == "1" else NotedFile(_path(), "rb")
    if query(environ).get("buffered") == "1":
        # The descriptor is then further on than the file: the logical position counts.
        source.seek(max(0, at - 1))
        source.read(1)
    else:
        source.seek(at)
    _start(environ, start_response)
    return _wrapped(environ, source)


def file_part(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Content-Length `n` (10) shorter than the file: no more than n bytes may be sent; `?at=` where to begin."""
    source = NotedFile(_path(), "rb")
    source.seek(number(environ, "at", 0))
    _start(environ, start_response, number(environ, "n", 10))
    return _wrapped(environ, source)


def file_iterated(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Middleware that iterates the wrapper instead of returning it."""
    _start(environ, start_response)
    wrapper = _wrapped(environ, NotedFile(_path(), "rb"))
    try:
        yield from wrapper
    finally:
        close = getattr(wrapper, "close", None)
        if close:
            close()


def file_written(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """write() first, then the wrapper: both in this order."""
    send = start_response("200 OK", BINARY)
    send(b"before the file\n")
    return _wrapped(environ, NotedFile(_path(), "rb"))


def file_empty(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A file that stands at its end: an empty body."""
    source = NotedFile(_path(), "rb")
    source.seek(0, io.SEEK_END)
    _start(environ, start_response)
    return _wrapped(environ, source)


def file_pipe(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A pipe: it has a descriptor, but neither a size nor a position."""
    reader, writer = os.pipe()
    os.write(writer, pattern(0, 4096))
    os.close(writer)
    _start(environ, start_response)
    return _wrapped(environ, os.fdopen(reader, "rb"))


def bytesio(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A BytesIO of `n` (100000) bytes, from byte `at` (0): no descriptor (fileno() raises)."""
    source = io.BytesIO(pattern(0, number(environ, "n", 100_000)))
    source.seek(number(environ, "at", 0))
    _start(environ, start_response)
    return _wrapped(environ, source)


def only_read(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """A file-like with read() and close(); `?close=0`: without close()."""
    content = pattern(0, number(environ, "n", 20_000))
    kind: Any = OnlyReadNoClose if query(environ).get("close") == "0" else OnlyRead
    _start(environ, start_response)
    return _wrapped(environ, kind(content))


FILES: dict[str, Shape] = {
    shape.__name__.replace("_", "-"): shape
    for shape in (file, file_middle, file_part, file_iterated, file_written, file_empty, file_pipe, bytesio, only_read)
}
