"""Jobs that tell where they run, wait for a file, hang, fail, or repeat. `/enqueue?job=&arguments=[…]&key=&delay=&at=` gives the run's id, any other path the version.

VERSION names a file whose text is the version, read on import. EVERY makes `beat` due so often.
"""
from __future__ import annotations

import datetime
import json
import os
import sys
import threading
from typing import Any, Optional

import lanner
from exchange import answer, await_file, note, query, who

_local = threading.local()
_setup: list[int] = []
version = ""
if "VERSION" in os.environ:
    with open(os.environ["VERSION"], encoding="utf-8") as file:
        version = file.read()


@lanner.process.setup
def _process() -> None:
    _setup.append(os.getpid())


@lanner.thread.setup
def _thread() -> None:
    _local.ready = True


@lanner.job
def facts(*args: Any, **named: Any) -> dict[str, Any]:
    """Where it runs and what is there."""
    lanner.settings.get("currency")
    return {
        "kind": lanner.worker.kind, "app": lanner.worker.app, "pid": lanner.worker.pid, "own": os.getpid(), "threads": lanner.worker.threads,
        "setup": _setup == [os.getpid()], "thread": getattr(_local, "ready", False),
        "currency": lanner.settings.get("currency"), "pinned": lanner.settings.version == lanner.settings.version,
        "spawned": lanner.spawn(_spawned).result(), "args": list(args), "named": named,
    }


def _spawned() -> str:
    return f"{lanner.worker.kind} {lanner.settings.get('currency')}"


@lanner.job
def pinned(path: str) -> list[Any]:
    """The setting before and after a file is there, and then in a fresh look-up of the same run."""
    before = lanner.settings.get("currency")
    note("begun", "pinned")
    await_file(path)
    return [before, lanner.settings.get("currency")]


@lanner.job
def wait(path: str, name: str = "wait") -> str:
    """Done when the file is there; the version that it began with."""
    note("begun", name)
    await_file(path)
    note("done", name)
    return version


@lanner.job(retries=2)
def again(path: str) -> str:
    """`wait`, repeated when it is interrupted."""
    return wait(path, "again")


@lanner.job(timeout="300ms")
def hang() -> None:
    note("begun", "hang")
    threading.Event().wait()


@lanner.job
def fails(text: str = "on purpose") -> None:
    print("about to fail", file=sys.stderr, flush=True)
    note("begun", "fails")
    raise ValueError(text)


@lanner.job
def talk(lines: int) -> None:
    for number in range(lines):
        print("line", number, flush=True)


@lanner.job
def chain(count: int) -> Optional[str]:
    """Puts the next one in line, from within a job."""
    note("begun", "chain")
    return chain.enqueue(count - 1) if count > 0 else None


if "EVERY" in os.environ:

    @lanner.job(every=os.environ["EVERY"])
    def beat() -> dict[str, Any]:
        return facts()


def plain(name: str) -> str:
    """Named only by a settings file."""
    note("begun", name)
    return name


def application(environ: Any, start_response: Any) -> Any:
    if environ["PATH_INFO"] != "/enqueue":
        return answer(start_response, version.encode(), headers=who())
    asked = query(environ)
    job = {"facts": facts, "wait": wait, "chain": chain, "again": again}[asked["job"]]
    at = asked.get("at")
    run = job.enqueue(
        *json.loads(asked.get("arguments", "[]")), key=asked.get("key"), delay=asked.get("delay"),
        at=None if at is None else datetime.datetime.fromtimestamp(float(at), datetime.timezone.utc))
    return answer(start_response, run.encode(), headers=who())
