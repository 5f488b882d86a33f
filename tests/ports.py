"""Ports on 127.0.0.1 for programs that must be told theirs.

They are below those that the system gives to outgoing connections (32768 and up), so nobody takes one by chance between this look and the
program's start; a locked file keeps the other test processes, Python's and .NET's (tests/FreePort.cs), from choosing the same.
"""
from __future__ import annotations

import fcntl
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

_FIRST, _COUNT = 10_000, 20_000
_locks: list[IO[bytes]] = []  # each held until the process ends


def free_port() -> int:
    """A port that nobody listens on; each is given once."""
    directory = Path(tempfile.gettempdir()) / "lanner-test-ports"
    directory.mkdir(exist_ok=True)
    while True:
        port = _FIRST + random.randrange(_COUNT)
        lock = (directory / str(port)).open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:  # another test or program has it
            lock.close()
            continue
        _locks.append(lock)
        return port
