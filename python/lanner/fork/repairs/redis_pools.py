"""redis-py heals its pools by a look at the pid. What it does not heal is a connection that a client keeps for itself."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Pools(Repair):
    name = "redis connection pools"

    def kinds(self) -> tuple[type, ...]:
        module: Any = sys.modules["redis.connection"]
        return (module.ConnectionPool, getattr(module, "AbstractConnection", module.Connection))

    def sockets(self) -> Iterable[int]:
        for connection in self._connections():
            if connection._sock is not None:
                yield connection._sock.fileno()

    def repair(self) -> None:
        for connection in self._connections():
            if connection._sock is not None:
                keep(connection._sock)
                connection.disconnect()  # on a socket that is dead by now; it connects again when it is used
        for pool in self.found:
            if hasattr(pool, "reset"):
                keep(list(pool._available_connections) if isinstance(getattr(pool, "_available_connections", None), list) else None)
                pool.reset()

    def count(self) -> int:
        return sum(1 for thing in self.found if hasattr(thing, "reset"))

    def _connections(self) -> list[Any]:
        return [thing for thing in self.found if hasattr(thing, "_sock")]
