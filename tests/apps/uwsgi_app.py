"""An app as it is written for uWSGI: hooks after the fork, timers, locks; `/who`, `/locked?until=`, `/is-locked`, `/call?name=`, `/reload`."""
from __future__ import annotations

import os
import time
from typing import Any

import uwsgi
import uwsgidecorators
from exchange import answer, await_file, note, query

begun = 0


@uwsgidecorators.postfork
def connect() -> None:
    global begun
    begun += 1
    note("postfork", str(uwsgi.worker_id()))


@uwsgidecorators.mstimer(20)
def tick(number: int) -> None:
    note("tick", "one")


@uwsgidecorators.mstimer(20, target="workers")
def tick_everywhere(number: int) -> None:
    note("tick", "all")


@uwsgidecorators.spool
def mail(arguments: dict[str, str]) -> int:
    note("mailed", arguments["to"])
    return uwsgi.SPOOL_OK


def finish() -> None:
    note("atexit", str(uwsgi.worker_id()))


uwsgi.atexit = finish


def application(environ: Any, start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path == "/who":
        note("request", str(begun))
        time.sleep(0.05)
        return answer(start_response, f"{uwsgi.worker_id()} {os.getpid()} {uwsgi.masterpid()}".encode())
    if path == "/locked":
        uwsgi.lock()
        note("enter", "lock")
        time.sleep(0.005)
        if "until" in query(environ):
            await_file(query(environ)["until"])
        note("leave", "lock")
        uwsgi.unlock()
        return answer(start_response, b"done")
    if path == "/is-locked":
        return answer(start_response, str(uwsgi.is_locked()).encode())
    if path == "/call":
        function = mail if query(environ)["name"] == "mail" else getattr(uwsgi, query(environ)["name"])
        try:
            return answer(start_response, repr(function({"to": "ann"})).encode())
        except Exception as error:
            return answer(start_response, f"{type(error).__name__}: {error}".encode())
    if path == "/reload":
        return answer(start_response, str(uwsgi.reload()).encode())
    return answer(start_response, environ["PATH_INFO"].encode())
