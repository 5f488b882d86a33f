"""The public API under no server at all: the plain thing, in threads and in forked children."""
from __future__ import annotations

import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

from lanner import hooks, once
from lanner.background import spawn

PYTHON = str(Path(__file__).parents[2] / "python")


def in_child(action: Any) -> str:
    """What ``action`` returns in a forked child, as text."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, str(action()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return told


def test_once_runs_once_for_threads_that_meet() -> None:
    calls = []
    gate = threading.Event()

    @once
    def slow(value: int) -> int:
        calls.append(value)
        gate.wait(10)
        return value

    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(slow(7))) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert (calls, results, slow(8)) == ([7], [7] * 8, 7)


def test_once_gives_those_who_wait_the_same_exception_and_runs_again_later() -> None:
    calls: list[int] = []
    entered, gate = threading.Event(), threading.Event()

    @once
    def failing() -> str:
        calls.append(1)
        if len(calls) > 1:
            return "mended"
        entered.set()
        gate.wait(10)
        raise ValueError("not yet")

    errors: list[BaseException] = []

    def call() -> None:
        try:
            failing()
        except ValueError as error:
            errors.append(error)

    first = threading.Thread(target=call)
    first.start()
    entered.wait(10)
    second = threading.Thread(target=call)
    second.start()
    while "wait" not in [frame.name for frame in traceback.extract_stack(sys._current_frames()[second.ident or 0])]:
        pass  # until it waits for the first
    gate.set()
    first.join()
    second.join()
    assert len(errors) == 2 and errors[0] is errors[1]
    assert failing() == "mended"


def test_once_runs_anew_in_a_forked_child() -> None:
    @once
    def who() -> int:
        return os.getpid()

    assert who() == os.getpid()
    assert in_child(lambda: who() == os.getpid()) == "True"
    assert who() == os.getpid()


def test_once_that_calls_itself_says_so() -> None:
    @once
    def endless() -> Any:
        return endless()

    with pytest.raises(RuntimeError, match="calls itself"):
        endless()


def test_process_setup_runs_where_it_is_written_and_anew_in_a_child_by_ensure() -> None:
    process = hooks.Process()
    calls: list[str] = []

    @process.setup
    def first() -> None:
        calls.append("first")
        process.ensure()  # no endless loop

    @process.setup
    def second() -> None:
        calls.append("second")

    process.ensure()
    assert calls == ["first", "second"]

    def again() -> list[str]:
        process.ensure()
        process.ensure()
        return calls

    assert in_child(again) == "['first', 'second', 'first', 'second']"


def test_process_setup_that_fails_runs_again() -> None:
    process = hooks.Process()
    calls: list[int] = []

    def failing() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        process.setup(failing)
    process.ensure()
    process.ensure()
    assert len(calls) == 2


def test_teardown_runs_in_the_reverse_order_and_not_in_children() -> None:
    process = hooks.Process()
    calls: list[str] = []
    process.setup(lambda: calls.append("up"))
    process._teardowns = [lambda: calls.append("one"), lambda: calls.append("two")]

    def end() -> list[str]:
        process._tear_down()
        return calls

    assert in_child(end) == "['up']"
    process._tear_down()
    process._tear_down()
    assert calls == ["up", "two", "one"]


def test_thread_setup_runs_once_in_each_thread() -> None:
    per_thread = hooks.Thread()
    calls: list[int] = []
    per_thread.setup(lambda: calls.append(threading.get_ident()))
    per_thread.ensure()
    other = threading.Thread(target=lambda: (per_thread.ensure(), per_thread.ensure()))
    other.start()
    other.join()
    assert len(calls) == len(set(calls)) == 2


def test_hooks_of_forks_run_at_a_plain_fork() -> None:
    code = """
import os, lanner
told = []
lanner.before_fork(lambda: told.append(("before", os.getpid())))
lanner.after_fork(lambda: told.append(("after", os.getpid())))
parent = os.getpid()
if os.fork() == 0:
    assert told == [("before", parent), ("after", os.getpid())], told
    os._exit(0)
assert os.wait()[1] == 0
assert told == [("before", parent)]
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": PYTHON})


def test_spawn_carries_context_variables_and_keeps_the_exception(capfd: Any) -> None:
    import contextvars

    variable = contextvars.ContextVar("variable", default="none")
    variable.set("the caller's")
    assert spawn(variable.get).result(10) == "the caller's"

    def failing() -> None:
        raise ValueError("in the background")

    with pytest.raises(ValueError, match="in the background"):
        spawn(failing).result(10)
    told = capfd.readouterr().err
    assert "lanner.spawn of" in told and "test_hooks.py:" in told and "ValueError: in the background" in told


def test_spawn_works_in_a_forked_child() -> None:
    spawn(int).result(10)
    assert in_child(lambda: spawn(os.getpid).result(10) == os.getpid()) == "True"
