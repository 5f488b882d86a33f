"""The tie to the front end: a pipe on which nothing is ever sent. When the front end is gone, however it went, the
kernel kills this process; no thread has to run for it, so it also works while C code holds the GIL for ever."""
from __future__ import annotations

import fcntl
import os
from select import POLLIN, poll as _poll  # an app under eventlet takes it out of its module
import signal

_F_SETSIG = getattr(fcntl, "F_SETSIG", 10)


def hold(descriptor: int) -> None:
    """Ends this process when the other end of the pipe closes. A no-op for the children that the app forks: they close it."""
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
    # It may have closed before it was armed.
    poll = _poll()
    poll.register(descriptor, POLLIN)
    if poll.poll(0):
        os._exit(1)
