"""psycopg_pool (psycopg 3): besides the connections, the threads that make them are the template's. The pool opens again."""
from __future__ import annotations

import collections
import sys
from queue import Queue

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Pools(Repair):
    name = "psycopg pools"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["psycopg_pool.pool"].ConnectionPool,)

    def sockets(self) -> Iterable[int]:
        for pool in self.found:
            for connection in list(pool._pool):
                if not connection.closed:
                    yield connection.fileno()

    def locks(self) -> Iterable[Any]:
        return [pool._lock for pool in self.found]

    def threads(self) -> Iterable[Any]:
        return [thread for pool in self.found for thread in (*pool._workers, pool._sched_runner)]

    def repair(self) -> None:
        for pool in self.found:
            if pool._closed:
                continue  # never opened, or ended
            keep(dict(vars(pool)), list(pool._pool))
            pool._lock = type(pool._lock)()
            pool._pool = collections.deque()
            pool._waiting = collections.deque()
            pool._nconns = pool._min_size
            pool._tasks = Queue()
            pool._workers = []
            pool._sched = type(pool._sched)()
            pool._sched_runner = None
            pool._closed, pool._opened = True, False
            pool._pool_full_event = None
            pool._growing = False
            pool.open()
