"""Child processes, threads and descriptors, part of harm_app: what an app starts and what it inherits."""
from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from typing import Any

from exchange import Environ, Shape, answer, number, query, who

LIST_DESCRIPTORS = """
import json, os
found = {}
for number in os.listdir("/proc/self/fd"):
    try:
        found[number] = os.readlink("/proc/self/fd/" + number)
    except OSError:
        pass
print(json.dumps(found))
"""


def _json(start_response: Any, told: Any) -> list[bytes]:
    return answer(start_response, json.dumps(told).encode() + b"\n", content_type="application/json", headers=who())


def _open_descriptors() -> dict[str, str]:
    """Number → what it leads to; the descriptor of the listing itself is gone by then and left out."""
    found = {}
    for entry in os.listdir("/proc/self/fd"):
        try:
            found[entry] = os.readlink(f"/proc/self/fd/{entry}")
        except OSError:
            pass
    return found


def spawn(environ: Environ, start_response: Any) -> Any:
    """A child program that sleeps `seconds` (600), in this session or with `session=1` in its own: its pid."""
    program = [sys.executable, "-c", f"import time; time.sleep({number(environ, 'seconds', 600)})"]
    child = subprocess.Popen(program, start_new_session=query(environ).get("session") == "1")
    # Not waited for: the Popen object must not complain about that when it is collected.
    child.returncode = 0
    return _json(start_response, {"pid": child.pid})


def multiprocess(environ: Environ, start_response: Any) -> Any:
    """A multiprocessing child (fork) that sleeps `seconds` (600), `daemon=1|0` (1): its pid."""
    child = multiprocessing.get_context("fork").Process(
        target=time.sleep, args=(number(environ, "seconds", 600),), daemon=query(environ).get("daemon", "1") == "1"
    )
    child.start()
    return _json(start_response, {"pid": child.pid})


def forked(environ: Environ, start_response: Any) -> Any:
    """A plain os.fork() child that sleeps `seconds` (600) with all it inherited open: its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            time.sleep(number(environ, "seconds", 600))
        finally:
            os._exit(0)
    return _json(start_response, {"pid": pid})


def thread(environ: Environ, start_response: Any) -> Any:
    """A thread that sleeps `seconds` (600), `daemon=0|1` (0: the process cannot end by itself before it)."""
    started = threading.Thread(
        target=time.sleep, args=(number(environ, "seconds", 600),), daemon=query(environ).get("daemon") == "1"
    )
    started.start()
    return _json(start_response, {"thread": started.native_id})


def fds(environ: Environ, start_response: Any) -> Any:
    """The descriptors of this worker."""
    return _json(start_response, _open_descriptors())


def fds_exec(environ: Environ, start_response: Any) -> Any:
    """The descriptors of a child program; `all=1`: with close_fds=False, so what is inheritable shows."""
    program = [sys.executable, "-c", LIST_DESCRIPTORS]
    ended = subprocess.run(program, close_fds=query(environ).get("all") != "1", stdout=subprocess.PIPE, check=True)
    return _json(start_response, json.loads(ended.stdout))


def fds_fork(environ: Environ, start_response: Any) -> Any:
    """The descriptors of an os.fork() child (without the pipe it answers by)."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            found = _open_descriptors()
            found.pop(str(writer), None)
            with os.fdopen(writer, "w", encoding="utf-8") as out:
                json.dump(found, out)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as answered:
        told = json.load(answered)
    os.waitpid(pid, 0)
    return _json(start_response, told)


def process(environ: Environ, start_response: Any) -> Any:
    """What a worker has of its own: pids, directory, threads, random numbers (two workers must differ)."""
    return _json(start_response, {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "group": os.getpgid(0),
        "session": os.getsid(0),
        "directory": os.getcwd(),
        "threads": sorted(found.name for found in threading.enumerate()),
        "main": threading.current_thread() is threading.main_thread(),
        "random": random.random(),
        "executable": sys.executable,
        "path": sys.path,
    })


CHILDREN: dict[str, Shape] = {
    found.__name__.replace("_", "-"): found
    for found in (spawn, multiprocess, forked, thread, fds, fds_exec, fds_fork, process)
}
