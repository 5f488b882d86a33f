"""Harm by path: errors, sudden death, hangs, output in every way, children and descriptors (`/` lists the paths).

What lives long ends by itself after `?seconds=` (600), so that a failed test leaves nothing behind for ever.
"""
from __future__ import annotations

import ctypes
import faulthandler
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from typing import Any, Iterator

from exchange import TEXT, Environ, Shape, answer, await_file, note, number, query, segments, who
from harm_children import CHILDREN

HARM: dict[str, Shape] = {}


def harm(shape: Shape) -> Shape:
    """Name a path after its function."""
    HARM[shape.__name__.strip("_").replace("_", "-")] = shape
    return shape


def _text(environ: Environ, default: str) -> str:
    return query(environ).get("text", default)


def _seconds(environ: Environ) -> int:
    return number(environ, "seconds", 600)


def _json(start_response: Any, told: Any) -> list[bytes]:
    return answer(start_response, json.dumps(told).encode() + b"\n", content_type="application/json", headers=who())


def _done(start_response: Any) -> list[bytes]:
    return answer(start_response, b"done\n", headers=who())


# Errors

@harm
def raise_(environ: Environ, start_response: Any) -> Any:
    """RuntimeError with `text`."""
    raise RuntimeError(_text(environ, "raised on purpose"))


@harm
def raise_base(environ: Environ, start_response: Any) -> Any:
    """An exception that is no Exception."""
    class Unusual(BaseException):
        pass

    raise Unusual(_text(environ, "raised on purpose"))


@harm
def raise_unprintable(environ: Environ, start_response: Any) -> Any:
    """An exception whose text cannot be made."""
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

        __repr__ = __str__

    raise Unprintable


@harm
def keyboard_interrupt(environ: Environ, start_response: Any) -> Any:
    """KeyboardInterrupt, as if the terminal had sent it."""
    raise KeyboardInterrupt


@harm
def exit_(environ: Environ, start_response: Any) -> Any:
    """sys.exit(`code`): SystemExit in a request."""
    sys.exit(number(environ, "code", 5))


@harm
def recursion(environ: Environ, start_response: Any) -> Any:
    """Recursion without end: RecursionError."""
    def deeper(level: int) -> int:
        return deeper(level + 1) + 1

    return _json(start_response, deeper(0))


@harm
def memory(environ: Environ, start_response: Any) -> Any:
    """MemoryError, as raised by a refused allocation."""
    raise MemoryError("refused on purpose")


@harm
def grow(environ: Environ, start_response: Any) -> Any:
    """Holds `mb` (50) more megabytes for ever: a leak."""
    _LEAK.append(b"x" * (number(environ, "mb", 50) << 20))
    return _done(start_response)


_LEAK: list[bytes] = []


# Sudden death

@harm
def os_exit(environ: Environ, start_response: Any) -> Any:
    """os._exit(`code`)."""
    note("dying", "os-exit")
    os._exit(number(environ, "code", 5))


@harm
def kill(environ: Environ, start_response: Any) -> Any:
    """Sends itself `signal` (9); when that does not kill, answers."""
    note("dying", "kill")
    os.kill(os.getpid(), number(environ, "signal", signal.SIGKILL))
    return _done(start_response)


@harm
def kill_midway(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """SIGKILL after the first chunk."""
    start_response("200 OK", [("Content-Type", TEXT)])
    yield b"last words\n"
    os.kill(os.getpid(), signal.SIGKILL)


@harm
def segv(environ: Environ, start_response: Any) -> Any:
    """A real segmentation fault: reads address 0."""
    note("dying", "segv")
    return [ctypes.string_at(0)]


@harm
def abort(environ: Environ, start_response: Any) -> Any:
    """A fatal error of the interpreter: abort() with a dump by faulthandler."""
    faulthandler.enable()
    os.abort()


# Hangs

@harm
def hang(environ: Environ, start_response: Any) -> Any:
    """Waits for an event that never comes (for ever: `seconds` does not count here)."""
    note("begun", "hang")
    threading.Event().wait()


@harm
def await_(environ: Environ, start_response: Any) -> Any:
    """Waits for the file `event` to appear."""
    note("begun", "await")
    await_file(query(environ)["event"])
    return _done(start_response)


@harm
def hang_midway(environ: Environ, start_response: Any) -> Iterator[bytes]:
    """One chunk, then the event that never comes."""
    start_response("200 OK", [("Content-Type", TEXT)])
    yield b"first\n"
    threading.Event().wait()


@harm
def hang_deaf(environ: Environ, start_response: Any) -> Any:
    """Hangs and swallows every exception thrown into it."""
    note("begun", "hang-deaf")
    end = time.monotonic() + _seconds(environ)
    while time.monotonic() < end:
        try:
            time.sleep(0.05)
        except BaseException:
            note("deaf", "hang-deaf")
    return _done(start_response)


@harm
def hang_gil(environ: Environ, start_response: Any) -> Any:
    """C code that keeps the GIL: no other thread of this process runs for `seconds`."""
    note("begun", "hang-gil")
    ctypes.PyDLL(None).sleep(_seconds(environ))
    return _done(start_response)


@harm
def spin(environ: Environ, start_response: Any) -> Any:
    """Computes for `seconds`."""
    note("begun", "spin")
    end = time.monotonic() + _seconds(environ)
    while time.monotonic() < end:
        pass
    return _done(start_response)


# Output

@harm
def print_(environ: Environ, start_response: Any) -> Any:
    """print() `text`, flushed only with `flush=1`."""
    print(_text(environ, "printed"), flush=query(environ).get("flush") == "1")
    return _done(start_response)


@harm
def stderr(environ: Environ, start_response: Any) -> Any:
    """`text` to sys.stderr."""
    print(_text(environ, "to sys.stderr"), file=sys.stderr)
    return _done(start_response)


@harm
def errors(environ: Environ, start_response: Any) -> Any:
    """`text` to wsgi.errors: write, writelines, flush."""
    environ["wsgi.errors"].write(_text(environ, "to wsgi.errors") + "\n")
    environ["wsgi.errors"].writelines(["one line \u20ac\n", "another line\n"])
    environ["wsgi.errors"].flush()
    return _done(start_response)


@harm
def warn(environ: Environ, start_response: Any) -> Any:
    """logging.warning, an info record (not shown by default) and warnings.warn."""
    logging.warning("%s", _text(environ, "logged"))
    logging.getLogger("harm").info("informed")
    warnings.warn("warned", stacklevel=1)
    return _done(start_response)


@harm
def os_write(environ: Environ, start_response: Any) -> Any:
    """`/os-write?fd=1|2`: `text` straight to the descriptor."""
    os.write(number(environ, "fd", 1), _text(environ, "written").encode("latin-1") + b"\n")
    return _done(start_response)


@harm
def echo(environ: Environ, start_response: Any) -> Any:
    """A child process prints `text` on the stdout it inherits."""
    code = subprocess.run(["echo", _text(environ, "echoed")], check=False).returncode
    return _json(start_response, {"code": code})


@harm
def flood(environ: Environ, start_response: Any) -> Any:
    """`n` (100000) lines on stdout: nobody may hang on a full pipe."""
    for index in range(number(environ, "n", 100_000)):
        sys.stdout.write(f"line {index} of the flood\n")
    sys.stdout.flush()
    return _done(start_response)


@harm
def stdin(environ: Environ, start_response: Any) -> Any:
    """Reads the process's stdin: it should be at its end at once."""
    return _json(start_response, {"read": len(os.read(0, 100))})


HARM.update(CHILDREN)


def application(environ: Environ, start_response: Any) -> Any:
    """Hand over to the harm named by the path."""
    parts = segments(environ)
    if not parts:
        return _json(start_response, sorted(HARM))
    found = HARM.get(parts[0])
    if found is None:
        return answer(start_response, b"no such harm\n", status="404 Not Found")
    return found(environ, start_response)
