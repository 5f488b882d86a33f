"""Reports as a web app, by a library that knows neither processes nor threads."""
from __future__ import annotations

import os
import tempfile
import threading
from typing import Any
from urllib.parse import parse_qs

import lanner
from reporting import Report, Reporting


@lanner.process.setup  # once in each worker, before its first visitor, never in two threads at once
def set_up() -> None:
    Reporting(os.environ.get("REPORTS_DIRECTORY") or tempfile.mkdtemp(prefix="reports-")).setup()


one_at_a_time = threading.Lock()  # calls that must not overlap: each process renders one report, the others beside it theirs


def application(environ: Any, start_response: Any) -> list[bytes]:
    title = parse_qs(environ["QUERY_STRING"]).get("title", ["Report"])[-1]
    with one_at_a_time:
        text = Report(title).render(lines=5)
    body = text.encode()
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), ("X-Pid", str(os.getpid()))])
    return [body]
