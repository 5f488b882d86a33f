"""The app that is served while the server is disturbed. It writes down whatever it is made to do.

``CHAOS_LEDGER`` names the ledger, one line an event: ``importing VERSION pid``, ``imported VERSION pid``, ``begun ID pid``
before the work of a request and ``ended ID pid`` after it. ``release.json`` beside this file says which version this is and
how its import goes: it may take long, raise or not compile.

Every path takes ``?id=ID`` first, and the answer has ``X-Id``, ``X-Pid`` and ``X-Version``:
``/quick`` · ``/wait?ms=`` · ``/upload`` · ``/download?pieces=&ms=&length=known|unknown`` · ``/file`` · ``/stuck?ms=`` ·
under Lanner alone ``/settings?ms=`` · ``/change?name=&value=``
"""
from __future__ import annotations

import hashlib
import json
import os
import time
from typing import Any, Callable, Iterable, Iterator
from urllib.parse import parse_qsl

try:
    import lanner
except ImportError:  # under another server
    pass

FOLDER = os.path.dirname(os.path.abspath(__file__))
# Opened once, before any fork: from the call of the app to the line in the book there must be as little as possible, or a
# worker that is killed in between leaves a request that had begun and is not in the book.
LEDGER = os.open(os.environ["CHAOS_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def note(event: str, subject: str) -> None:
    """One write a line, at the end of the file: lines of several processes do not mix. A request without an id, as those of
    slow clients that never finish, is not in the book."""
    if subject:
        os.write(LEDGER, b"%s %s %d\n" % (event.encode(), subject.encode(), os.getpid()))


def _import() -> str:
    with open(os.path.join(FOLDER, "release.json"), encoding="utf-8") as file:
        release = json.load(file)
    version: str = release["version"]
    note("importing", version)
    time.sleep(release["import_seconds"])
    if release["failure"] == "raises":
        raise RuntimeError(f"version {version} is broken on purpose")
    if release["failure"] == "syntax":
        compile("def broken on purpose", "release.py", "exec")
    note("imported", version)
    return version


VERSION = _import()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    first, _, rest = environ["QUERY_STRING"].partition("&")
    subject = first.removeprefix("id=")
    note("begun", subject)
    query = dict(parse_qsl(rest))

    def start(length: int | None) -> None:
        headers = [("Content-Type", "application/octet-stream"), ("X-Id", subject), ("X-Pid", str(os.getpid())), ("X-Version", VERSION)]
        if length is not None:
            headers.append(("Content-Length", str(length)))
        start_response("200 OK", headers)

    return PATHS[environ["PATH_INFO"]](environ, query, subject, start)


Start = Callable[["int | None"], None]


def whole(subject: str, body: bytes, start: Start) -> Iterable[bytes]:
    note("ended", subject)
    start(len(body))
    return [body]


def quick(environ: dict[str, Any], query: dict[str, str], subject: str, start: Start) -> Iterable[bytes]:
    return whole(subject, f"{subject}\n".encode(), start)


def wait(environ: dict[str, Any], query: dict[str, str], subject: str, start: Start) -> Iterable[bytes]:
    time.sleep(int(query["ms"]) / 1000)
    return whole(subject, f"{subject}\n".encode(), start)


def upload(environ: dict[str, Any], query: dict[str, str], subject: str, start: Start) -> Iterable[bytes]:
    body, left = environ["wsgi.input"], int(environ["CONTENT_LENGTH"]) if environ.get("CONTENT_LENGTH") else None
    digest, length = hashlib.sha256(), 0
    while left is None or left > 0:
        piece = body.read(65536 if left is None else min(65536, left))
        if not piece:
            break
        digest.update(piece)
        length += len(piece)
        if left is not None:
            left -= len(piece)
    return whole(subject, f"{subject} {length} {digest.hexdigest()}\n".encode(), start)


def download(environ: dict[str, Any], query: dict[str, str], subject: str, start: Start) -> Iterable[bytes]:
    pieces, pause = int(query["pieces"]), int(query["ms"]) / 1000
    start(sum(len(piece(subject, at)) for at in range(pieces)) if query["length"] == "known" else None)
    return _pieces(subject, pieces, pause)


def piece(subject: str, at: int) -> bytes:
    return f"{subject} {at} ".encode().ljust(1023, b".") + b"\n"


def _pieces(subject: str, pieces: int, pause: float) -> Iterator[bytes]:
    for at in range(pieces):
        time.sleep(pause)
        yield piece(subject, at)
    note("ended", subject)


def file(environ: dict[str, Any], query: dict[str, str], subject: str, start: Start) -> Iterable[bytes]:
    content = open(os.path.join(FOLDER, "content.bin"), "rb")
    note("ended", subject)
    start(os.fstat(content.fileno()).st_size)
    wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](content, 65536)
    return wrapped


def settings(environ: dict[str, Any], query: dict[str, str], subject: str, start: Start) -> Iterable[bytes]:
    first = lanner.settings.version
    time.sleep(int(query["ms"]) / 1000)
    seen = {"first": first, "last": lanner.settings.version, "values": dict(lanner.settings)}
    return whole(subject, json.dumps(seen).encode(), start)


def change(environ: dict[str, Any], query: dict[str, str], subject: str, start: Start) -> Iterable[bytes]:
    made = lanner.settings.update({query["name"]: int(query["value"])})
    return whole(subject, json.dumps({"version": made.version, "pinned": lanner.settings.version}).encode(), start)


PATHS: dict[str, Callable[[dict[str, Any], dict[str, str], str, Start], Iterable[bytes]]] = {
    "/quick": quick, "/wait": wait, "/upload": upload, "/download": download, "/file": file, "/stuck": wait,
    "/settings": settings, "/change": change,
}
