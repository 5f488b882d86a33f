"""urllib3, and requests on top of it: a kept-alive connection would give one worker's answer to another.

Each host has a pool of its own; managers and sessions hold these, so that they need nothing themselves."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Pools(Repair):
    name = "urllib3 and requests connection pools"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["urllib3.connectionpool"].HTTPConnectionPool,)

    def sockets(self) -> Iterable[int]:
        for pool in self.found:
            for connection in _idle(pool):
                sock = getattr(connection, "sock", None)
                if sock is not None:
                    yield sock.fileno()

    def repair(self) -> None:
        for pool in self.found:
            if pool.pool is None:
                continue  # closed
            keep(pool.pool, _idle(pool))
            size = pool.pool.maxsize
            pool.pool = pool.QueueCls(size)
            for _ in range(size):
                pool.pool.put(None)


def _idle(pool: Any) -> list[Any]:
    return [connection for connection in list(getattr(pool.pool, "queue", ())) if connection is not None]
