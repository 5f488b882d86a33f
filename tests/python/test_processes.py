"""Identity, the lifeline, and what a forked child lets go of."""
import os
import signal
import socket
import subprocess
import sys

import lanner
from lanner import descriptors, lifeline, loading


def test_worker_tells_of_this_process_under_any_server():
    assert lanner.worker.pid == os.getpid()
    assert (lanner.worker.kind, lanner.worker.slot, lanner.worker.workers) == ("web", 0, 1)


def test_import_does_no_work():
    code = "import sys; before = set(sys.modules); import lanner; print(sorted(m for m in set(sys.modules) - before if not m.startswith(('lanner', '__future__'))))"
    path = os.path.join(os.path.dirname(__file__), "..", "..", "python")
    told = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_lifeline_kills_when_the_other_end_closes():
    read, write = os.pipe()
    armed, arm = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        lifeline.hold(read)
        os.write(arm, b"x")
        while True:
            signal.pause()
    os.close(read)
    os.read(armed, 1)
    os.close(write)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_release_closes_what_is_owned():
    ours, theirs = socket.socketpair()
    descriptors.own(ours)
    descriptors.release()
    assert ours.fileno() == -1
    assert theirs.recv(1) == b""


def test_interface_is_told_from_the_object():
    async def asgi(scope, receive, send):
        pass

    class Asgi:
        async def __call__(self, scope, receive, send):
            pass

    def wsgi(environ, start_response):
        return []

    assert [loading.interface(app) for app in (asgi, Asgi(), wsgi)] == ["asgi", "asgi", "wsgi"]
