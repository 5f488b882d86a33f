"""What a deploy replaces: copied with its files `version`, `slow` and `broken` into a directory of the test's; for the rest, harm_app."""
from __future__ import annotations

import os
import resource
import threading
import time
from typing import Any

from exchange import answer, await_file, note, query, who
from harm_app import application as harm

_HERE = os.path.dirname(os.path.abspath(__file__))


def _file(name: str) -> str:
    try:
        with open(os.path.join(_HERE, name), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


VERSION = _file("version")
if _file("slow"):
    note("importing", VERSION)
    await_file(_file("slow"))
if _file("broken"):
    raise RuntimeError(_file("broken"))

_hoard: list[bytes] = []
_lock = threading.Lock()
_lock.acquire()


def application(environ: Any, start_response: Any) -> Any:
    """`/version`, `/warm`, `/warm-broken`, `/hoard`, `/limits`, `/lock`, `/trickle`; any other path is harm_app's."""
    path = environ["PATH_INFO"]
    if path == "/version":
        return answer(start_response, VERSION.encode(), headers=who())
    if path == "/warm":
        note("warmed", VERSION)
        return answer(start_response, b"warm", headers=who())
    if path == "/warm-broken":
        return answer(start_response, b"", status="500 Broken" if _file("cold") else "200 OK")
    if path == "/hoard":
        _hoard.append(os.urandom(1 << 20) * int(query(environ).get("mb", "64")))
        return answer(start_response, b"kept", headers=who())
    if path == "/limits":
        told = f"{os.getuid()} {os.getgid()} {resource.getrlimit(resource.RLIMIT_NOFILE)[0]} {os.nice(0)} {os.environ.get('HOME')}"
        return answer(start_response, told.encode(), headers=who())
    if path == "/lock":
        note("begun", "lock")
        _lock.acquire()
    if path == "/sleep":
        note("begun", "sleep")
        time.sleep(600)
    if path == "/trickle":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _trickle()
    return harm(environ, start_response)


def _trickle() -> Any:
    for index in range(8):
        time.sleep(0.25)
        yield f"{index}\n".encode()
