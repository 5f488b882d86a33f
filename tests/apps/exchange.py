"""One request and one plain answer: what the test apps share. Not an app."""
from __future__ import annotations

import os
import threading
import time
from typing import Any, Callable, Iterable
from urllib.parse import parse_qs

Environ = dict[str, Any]
Shape = Callable[[Any, Any], Any]

TEXT = "text/plain; charset=utf-8"
WAIT_LIMIT = 60.0
_PERIOD = 251
_BLOCK = bytes(range(_PERIOD))


def query(environ: Environ) -> dict[str, str]:
    """The query's parameters; of a repeated one, the last. Bytes come as Latin-1 characters."""
    text = environ.get("QUERY_STRING", "")
    found = parse_qs(text, keep_blank_values=True, encoding="latin-1")
    return {name: values[-1] for name, values in found.items()}


def number(environ: Environ, name: str, default: int) -> int:
    """One whole number of the query."""
    return int(query(environ).get(name, default))


def segments(environ: Environ) -> list[str]:
    """The path's parts: `/code/204` gives `["code", "204"]`."""
    return [part for part in environ.get("PATH_INFO", "").split("/") if part]


def answer(
    start_response: Any,
    body: bytes,
    status: str = "200 OK",
    content_type: str = TEXT,
    headers: Iterable[tuple[str, str]] = (),
) -> list[bytes]:
    """A whole answer in one chunk with its length."""
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers])
    return [body]


def who() -> list[tuple[str, str]]:
    """Headers that tell which process and which thread (the system's number of it) answered."""
    return [("X-Pid", str(os.getpid())), ("X-Thread", str(threading.get_native_id()))]


def note(event: str, subject: str = "") -> None:
    """Append `event subject pid thread` to the file named by LEDGER, in one write; nothing when it is unset."""
    path = os.environ.get("LEDGER")
    if not path:
        return
    line = f"{event} {subject or '-'} {os.getpid()} {threading.get_native_id()}\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def await_file(path: str, limit: float = WAIT_LIMIT) -> None:
    """Return as soon as the file exists: the test decides when, not the clock."""
    end = time.monotonic() + limit
    while not os.path.exists(path):
        if time.monotonic() > end:
            raise TimeoutError(f"{path} did not appear in {limit:g} s")
        time.sleep(0.002)


def pattern(offset: int, size: int) -> bytes:
    """`size` bytes of the endless text whose byte i is i modulo 251."""
    start = offset % _PERIOD
    return (_BLOCK * ((start + size) // _PERIOD + 1))[start:start + size]
