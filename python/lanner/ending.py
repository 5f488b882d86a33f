"""How processes of an app end: workers, and children that the app has forked."""
from __future__ import annotations

import atexit
import os
import sys
import threading

from . import capture, output, wsgi
from .peers.peer import Peer


def _await_threads() -> None:
    """What the interpreter does at its own end: executors finish what they were given, threads that are no daemons end.
    The front end bounds how long."""
    for call in reversed(getattr(threading, "_threading_atexits", ())):
        call()
    joined = {threading.current_thread(), threading.main_thread()}
    while others := [one for one in threading.enumerate() if not one.daemon and one not in joined]:
        for thread in others:
            thread.join(1)
            if thread.is_alive():
                print(f"the end of this worker waits for the thread {thread.name!r}, which is no daemon", file=sys.stderr)
                thread.join()
            joined.add(thread)


def end(peer: Peer, status: int, waits: bool = True) -> None:
    """Ends without unwinding the template's stack below the fork, but with what the app registered. ``waits``: for the app's threads, when all is well."""
    try:
        peer.worker_ending()
        if waits and status == 0:
            _await_threads()
        atexit._run_exitfuncs()
        output.flush()
    finally:
        os._exit(status)


def end_child(error: BaseException) -> None:
    """A child that the app has forked in a request ends as a program does with what it has raised."""
    code = 1
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    if not isinstance(error, SystemExit) or isinstance(error.code, str):
        print(error if isinstance(error, SystemExit) else wsgi.app_traceback(error), file=sys.stderr)
    output.flush()
    for stream in capture.streams:
        stream.end_line()
    os._exit(code & 0xFF)
