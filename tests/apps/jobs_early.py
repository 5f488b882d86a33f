"""Puts jobs in line in `process.setup`: `first` always, `second` when the file VERSION says two, which is a job only then. Any path: the version."""
from __future__ import annotations

import os
from typing import Any

import lanner
from exchange import answer, note, who

with open(os.environ["VERSION"], encoding="utf-8") as file:
    version = file.read()


@lanner.job
def first(pid: int) -> int:
    note("begun", "first")
    return pid


@lanner.job(retries=2, retry_pause="20ms", arguments={"text": "no stock"}, keep_runs=5)
def fails(text: str) -> None:
    note("begun", "fails")
    raise ValueError(text)


if version == "two":

    @lanner.job
    def second() -> str:
        note("begun", "second")
        return version


@lanner.process.setup
def ask() -> None:
    note("asked", first.enqueue(os.getpid()))
    if version == "two":
        note("asked", second.enqueue(key="once"))


def application(environ: Any, start_response: Any) -> Any:
    if environ["PATH_INFO"] == "/fails":
        return answer(start_response, fails.enqueue().encode(), headers=who())
    return answer(start_response, version.encode(), headers=who())
