"""Takes `lanner.lock`. Each answer is JSON.

`/count?file=&times=` adds 1 to the number in a file, so many times, under the lock `count` · `/hold?name=&file=` holds a lock until the file is there ·
`/line?name=&subject=` notes `asks SUBJECT`, and `has SUBJECT` when it has the lock, and gives it back · `/try?name=&timeout=` · `/again?name=` asks twice in one thread ·
`/fork?name=` what a child of a holder has · `/exec?name=&file=` becomes another program while it holds it · `/spawned?name=` ·
`/die?name=` ends the process while it holds it · `/number?name=` · the job `count`.
Each process notes `asked NAME` when a question for a lock has been sent. AT_IMPORT: takes a lock while it is loaded; AT_SETUP: in each process before traffic.
"""
from __future__ import annotations

import json
import os
import threading
from typing import Any

import lanner
from lanner import frames, running
from exchange import answer, await_file, note, query

invoices = lanner.lock("count")
if "AT_IMPORT" in os.environ:
    invoices.acquire()


@lanner.process.setup
def boot() -> None:
    control = running.control
    send = control.send

    def noted(kind: int, entries: dict[str, Any]) -> None:
        send(kind, entries)
        if kind == frames.LOCK_ACQUIRE:
            note("asked", entries["name"])

    control.send = noted
    if "AT_SETUP" in os.environ:
        with lanner.lock("setup") as held:
            note("setup", str(held.number))


@lanner.job(name="count")
def count_in_a_job(file: str, times: int) -> int:
    return add(file, times)


def add(file: str, times: int) -> int:
    for _ in range(times):
        with invoices:
            with open(file, "r+", encoding="ascii") as opened:
                seen = int(opened.read())
                os.sched_yield()
                opened.seek(0)
                opened.write(str(seen + 1))
    return times


def count(asked: dict[str, str]) -> Any:
    return add(asked["file"], int(asked["times"]))


def hold(asked: dict[str, str]) -> Any:
    with lanner.lock(asked["name"]) as held:
        note("held", asked["name"])
        await_file(asked["file"])
        return held.number


def line(asked: dict[str, str]) -> Any:
    note("asks", asked["subject"])
    with lanner.lock(asked["name"]) as held:
        note("has", asked["subject"])
        return held.number


def try_it(asked: dict[str, str]) -> Any:
    lock = lanner.lock(asked["name"])
    got = lock.acquire(timeout=float(asked["timeout"]))
    if got:
        lock.release()
    return got


def again(asked: dict[str, str]) -> Any:
    with lanner.lock(asked["name"]):
        try:
            lanner.lock(asked["name"]).acquire()
        except RuntimeError as error:
            return str(error)
    return "taken twice"


def fork(asked: dict[str, str]) -> Any:
    with lanner.lock(asked["name"]) as held:
        lock = lanner.lock(asked["name"])
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                lock.acquire()
                told = "taken"
            except Exception as error:
                told = f"{type(error).__name__}: {error}"
            os.write(write, told.encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as end:
            told = end.read()
        os.waitpid(child, 0)
        return [held.number, told]


def become(asked: dict[str, str]) -> Any:
    lanner.lock(asked["name"]).acquire()
    note("becomes", asked["name"])
    os.execv("/bin/sh", ["sh", "-c", 'while [ ! -e "$1" ]; do sleep 0.01; done', "sh", asked["file"]])


def spawned(asked: dict[str, str]) -> Any:
    with lanner.lock(asked["name"]) as held:
        waiting = lanner.spawn(line, {**asked, "subject": "spawned"})
        first = held.number
    return [first, waiting.result()]


def die(asked: dict[str, str]) -> Any:
    lanner.lock(asked["name"]).acquire()
    os._exit(9)


def number(asked: dict[str, str]) -> Any:
    with lanner.lock(asked["name"]) as held:
        return held.number


def who(asked: dict[str, str]) -> Any:
    return [os.getpid(), threading.get_native_id()]


PATHS = {"/count": count, "/hold": hold, "/line": line, "/try": try_it, "/again": again, "/fork": fork, "/exec": become, "/spawned": spawned,
         "/die": die, "/number": number, "/who": who}


def application(environ: Any, start_response: Any) -> Any:
    return answer(start_response, json.dumps(PATHS[environ["PATH_INFO"]](query(environ))).encode(), content_type="application/json")
