"""Notes when each of Lanner's hooks runs; `/process`, `/late`, `/children/fork|forkserver|spawn`, `/background?n=`, or fails where FAIL says."""
from __future__ import annotations

import multiprocessing
import os
import threading
from typing import Any

import lanner
from exchange import answer, await_file, note, query, who

_fail = os.environ.get("FAIL", "")
_local = threading.local()
calls: list[str] = []


def _noting(name: str) -> None:
    calls.append(name)
    note(name, f"{lanner.worker.kind}:{lanner.worker.slot}")
    if _fail == name:
        raise RuntimeError(f"{name} fails on purpose")


@lanner.before_fork
def before() -> None:
    _noting("before_fork")


@lanner.after_fork
def after() -> None:
    _noting("after_fork")


@lanner.process.setup
def first() -> None:
    _noting("setup")


@lanner.process.setup
def second() -> None:
    _noting("second_setup")


@lanner.process.teardown
def down() -> None:
    _noting("teardown")


@lanner.thread.setup
def thread() -> None:
    _local.ready = True
    _noting("thread_setup")


@lanner.once
def expensive() -> str:
    note("once")
    return "made"


def configured() -> None:
    """Named by the setting ``setup``."""
    _noting("configured")


def child(pipe: Any) -> None:
    """A process of the app's own."""
    lanner.process.ensure()
    lanner.process.ensure()
    pipe.send([name for name in calls if name in ("setup", "second_setup")][-2:])
    pipe.close()


def _background(path: str) -> str:
    note("background-begun")
    await_file(path)
    note("background-done")
    return threading.current_thread().name


def application(environ: Any, start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path == "/late":
        lanner.process.setup(lambda: note("late_setup"))
        return answer(start_response, b"late", headers=who())
    if path == "/once":
        return answer(start_response, expensive().encode(), headers=who())
    if path.startswith("/children/"):
        context = multiprocessing.get_context(path.split("/")[2])
        ours, theirs = context.Pipe()
        process = context.Process(target=child, args=(theirs,))
        process.start()
        theirs.close()
        told = ",".join(ours.recv())
        process.join()
        return answer(start_response, told.encode(), headers=who())
    if path == "/background":
        lanner.spawn(_background, query(environ)["event"])
        return answer(start_response, b"handed over", headers=who())
    if path == "/background-fails":
        lanner.spawn(int, "no number")
        return answer(start_response, b"handed over", headers=who())
    return answer(start_response, str(getattr(_local, "ready", False)).encode(), headers=who())
