"""One WSGI app for the loads that are not hello: it waits, computes, answers at length, sends a file, reads an upload."""
from __future__ import annotations

import os
import time
from typing import Any

FILE = os.environ.get("BENCH_FILE", "")
PLAIN = "text/plain; charset=utf-8"
_answers: dict[str, bytes] = {}


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """``/``, ``/wait/MS``, ``/compute/MS``, ``/bytes/N``, ``/file``, and ``/upload``, which counts what it reads."""
    _, action, *rest = environ["PATH_INFO"].split("/")
    body = b"Hello, world!\n"
    if action == "wait":
        time.sleep(int(rest[0]) / 1000)
    elif action == "compute":
        until = time.thread_time() + int(rest[0]) / 1000
        while time.thread_time() < until:
            sum(range(200))
    elif action == "bytes":
        body = _answers.get(rest[0]) or _answers.setdefault(rest[0], b"x" * int(rest[0]))
    elif action == "file":
        start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(os.path.getsize(FILE)))])
        return environ["wsgi.file_wrapper"](open(FILE, "rb"), 65536)
    elif action == "upload":
        count, source = 0, environ["wsgi.input"]
        while piece := source.read(65536):
            count += len(piece)
        body = b"%d\n" % count
    start_response("200 OK", [("Content-Type", PLAIN), ("Content-Length", str(len(body)))])
    return [body]
