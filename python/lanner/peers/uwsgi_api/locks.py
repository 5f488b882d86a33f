"""Locks that exclude across the workers of an app.

Each is one byte of a nameless file that all processes of the app share, those of the next generation too, locked by the kernel for the process (fcntl), so that it is free again
the moment its holder is dead, however it died; the threads of one process exclude each other by an ordinary lock."""
from __future__ import annotations

import errno
import fcntl
import os
import struct
import threading
import time
from typing import Optional

from .. import seam

COUNT = 256  # those of the app; the bytes behind them are the server's
_PAUSE = 0.005
_FLOCK = "hhqqi"  # struct flock: type, whence, start, length, pid


class Locks:
    """The locks of one file. A forked child begins with none held, as the kernel sees it too."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._fresh()
        os.register_at_fork(after_in_child=self._fresh)

    def _fresh(self) -> None:
        self._gate = threading.Lock()
        self._threads: dict[int, threading.Lock] = {}
        self._holders: dict[int, int] = {}

    def acquire(self, number: int) -> None:
        """Waits for it. The same thread must not ask twice."""
        if self._holders.get(number) == threading.get_ident():
            raise RuntimeError(f"this thread holds lock {number} already and would wait for itself for ever")
        lock = self._thread_lock(number)
        lock.acquire()
        try:
            self._lock_byte(number)
        except BaseException:
            lock.release()
            raise
        self._holders[number] = threading.get_ident()

    def release(self, number: int) -> None:
        """Any thread of the holder may; without a holder in this process it does nothing, as in uWSGI."""
        with self._gate:
            if self._holders.pop(number, None) is None:
                return
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, number)
        self._thread_lock(number).release()

    def locked(self, number: int) -> bool:
        """By whomever. Asking never takes it, not even for a moment."""
        if number in self._holders:
            return True
        question = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
        answer = fcntl.fcntl(self._descriptor, fcntl.F_GETLK, question)
        return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)

    def _thread_lock(self, number: int) -> threading.Lock:
        with self._gate:
            return self._threads.setdefault(number, threading.Lock())

    def _lock_byte(self, number: int) -> None:
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1, number)
            return
        except OSError as error:
            if error.errno != errno.EDEADLK:
                raise
        # The kernel sees processes, not threads: two that wait for each other through different threads are no deadlock.
        while True:
            time.sleep(_PAUSE)
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
                return
            except (BlockingIOError, PermissionError):
                pass


_locks: Optional[Locks] = None


def of_app() -> Locks:
    """Those of the app that this process runs."""
    global _locks
    if seam.settings["locks"] < 0:
        raise RuntimeError("uwsgi.lock works in the template and the workers, not in processes that the app forks")
    if _locks is None:
        _locks = Locks(seam.settings["locks"])
    return _locks
