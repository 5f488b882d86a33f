"""psycopg2's pools: their connections are the template's. A connection outside of a pool is cut off and named."""
from __future__ import annotations

import sys
import threading

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Pools(Repair):
    name = "psycopg2 pools"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["psycopg2.pool"].AbstractConnectionPool,)

    def sockets(self) -> Iterable[int]:
        for pool in self.found:
            for connection in list(pool._pool):
                if not connection.closed:
                    yield connection.fileno()

    def locks(self) -> Iterable[Any]:
        return [pool._lock for pool in self.found if hasattr(pool, "_lock")]

    def repair(self) -> None:
        for pool in self.found:
            keep(pool._pool, pool._used)
            pool._pool, pool._used, pool._rused = [], {}, {}  # getconn() connects when there is none
            if hasattr(pool, "_lock"):
                pool._lock = threading.Lock()
