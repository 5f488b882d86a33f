"""What an app does when its answer has been sent, and other things that must cost nobody else a request. `/` names the worker.

`?event=FILE`: what waits, waits for this file.
"""
from __future__ import annotations

import gzip
import io
import os
import sys
import threading
from typing import Any, Callable, Iterable, Iterator

from exchange import answer, await_file, note, query, segments, who


class Closing:
    """Two pieces, and something to do in close()."""

    def __init__(self, close: Callable[[], Any]) -> None:
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"one ", b"two"])


class NoClose:
    def __iter__(self) -> Iterator[bytes]:
        return iter([b"one ", b"two"])

    @property
    def close(self) -> Any:
        raise RuntimeError("no close")


class Standing:
    """A file that says it stands at a place where no file can stand."""

    def __init__(self, place: Any) -> None:
        self._file = open(os.environ["SHAPES_FILE"], "rb")
        self.tell = lambda: place
        self.fileno, self.read, self.close = self._file.fileno, self._file.read, self._file.close


class Untellable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("nothing is told")


_held: list[Any] = []
HEADERS = {"set": {1}, "ellipsis": ..., "complex": 1j, "float": 1.5, "huge": 1 << 200, "frozenset": frozenset("a")}


def _fails() -> None:
    raise RuntimeError("in close()")


def _fails_without_stderr(replacement: Any) -> None:
    sys.stderr = replacement  # the next request puts it back: what the server tells of this comes before
    raise RuntimeError("in close()")


def _closed_stream() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


def _ended(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Things that go wrong once the answer is there, by name."""
    name, body = segments(environ)[1], environ["wsgi.input"]
    write = start_response("200 OK", who())
    if name == "waits":
        return Closing(lambda: (await_file(query(environ)["event"]), note("closed", "waits")))
    if name == "writes":
        return Closing(lambda: write(b"more"))
    if name == "fails":
        return Closing(_fails)
    if name == "stderr-closed":
        return Closing(lambda: _fails_without_stderr(_closed_stream()))
    if name == "stderr-gone":
        return Closing(lambda: _fails_without_stderr(None))
    if name == "exits":
        return Closing(sys.exit)
    if name == "untellable":
        return Closing(lambda: (_ for _ in ()).throw(Untellable()))
    if name == "no-close":
        return NoClose()
    if name == "body-held":
        _held.append(body.getbuffer())
    elif name == "body-detached":
        body.detach()
    elif name == "descriptor-closed":
        os.close(body.fileno())
    return [b"one two"]


def _late(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Another thread starts and writes an answer when this request is over and the next one runs."""
    write = start_response("200 OK", who())
    path = query(environ)["event"]

    def say() -> None:
        await_file(path)
        for call in (lambda: write(b"STALE"), lambda: start_response("500 STALE", [("X-Stale", "1")], (ValueError, ValueError("stale"), None))):
            try:
                call()
                note("said", "late")
            except BaseException as error:
                note("refused", type(error).__name__)
        open(path + ".said", "w").close()

    threading.Thread(target=say, daemon=True).start()
    return [b"one two"]


def _beside_late(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Runs while the other thread speaks."""
    path = query(environ)["event"]
    start_response("200 OK", who())
    yield b"first "
    open(path, "w").close()
    await_file(path + ".said")
    yield b"last"


def _endless(environ: Any, start_response: Any) -> Iterator[bytes]:
    """More than its Content-Length, without end; `?step=2`: in pieces that reach it one by one."""
    step = int(query(environ).get("step", "4"))
    start_response("200 OK", [("Content-Length", "4")])
    while True:
        yield b"abcd"[:step]


def _writes(environ: Any, start_response: Any) -> Iterable[bytes]:
    """write() without end, to who may be gone."""
    write = start_response("200 OK", who())
    try:
        while True:
            write(b"x" * 4096)
    except OSError as error:
        note("gone", type(error).__name__)
        raise


def _file(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Files whose descriptor, size or position says something else than their content."""
    name = segments(environ)[1]
    start_response("200 OK", who())
    shapes = os.environ["SHAPES_FILE"]
    if name == "gzip":
        with gzip.open(shapes + ".gz", "wb") as packed:
            packed.write(b"unpacked\n")
        return environ["wsgi.file_wrapper"](gzip.open(shapes + ".gz", "rb"))
    if name == "proc":
        return environ["wsgi.file_wrapper"](open("/proc/self/status", "rb"))
    if name == "sys":
        return environ["wsgi.file_wrapper"](open("/sys/kernel/uevent_seqnum", "rb"))
    if name == "not-readable":
        file = open(shapes + ".copy", "ab", buffering=0)
        file.write(b"x" * 10000)
        file.seek(0)
        return environ["wsgi.file_wrapper"](file)
    return environ["wsgi.file_wrapper"](Standing({"before": -5, "beyond": 1 << 70, "text": "5"}[name]))


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if sys.stderr is not sys.__stderr__:
        sys.stderr = sys.__stderr__
    kind = (segments(environ) or [""])[0]
    if kind == "ended":
        return _ended(environ, start_response)
    if kind == "late":
        return _late(environ, start_response)
    if kind == "beside-late":
        return _beside_late(environ, start_response)
    if kind == "endless":
        return _endless(environ, start_response)
    if kind == "writes":
        return _writes(environ, start_response)
    if kind == "file":
        return _file(environ, start_response)
    if kind == "untellable":
        raise Untellable()
    if kind == "header":
        return answer(start_response, b"never", headers=[("X-Odd", HEADERS[segments(environ)[1]])])
    if kind == "no-pairs":
        start_response("200 OK", [1, object()])
        return iter([b"never"])
    if kind == "reset":
        start_response("205 Reset Content", [("Content-Length", "5")])
        return [b"never"]
    return answer(start_response, b"fine", headers=who())
