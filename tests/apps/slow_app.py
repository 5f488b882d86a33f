"""Computes for `?cpu_ms=` of this thread's CPU time, then waits for `?wait_ms=`; tells what both took."""
from __future__ import annotations

import json
import threading
import time
from typing import Any

from exchange import Environ, answer, number, who


def _compute(seconds: float) -> None:
    end = time.thread_time() + seconds
    total = 0
    while time.thread_time() < end:
        total += sum(range(200))


def application(environ: Environ, start_response: Any) -> list[bytes]:
    """Any path; JSON with `cpu_ms`, `wall_ms`."""
    cpu, wall = time.thread_time(), time.monotonic()
    _compute(number(environ, "cpu_ms", 0) / 1000)
    wait = number(environ, "wait_ms", 0) / 1000
    if wait:
        threading.Event().wait(wait)
    told = {
        "cpu_ms": round((time.thread_time() - cpu) * 1000, 3),
        "wall_ms": round((time.monotonic() - wall) * 1000, 3),
    }
    return answer(start_response, json.dumps(told).encode() + b"\n", content_type="application/json", headers=who())
