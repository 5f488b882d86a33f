"""httpcore, which is under httpx: as with urllib3."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Pools(Repair):
    name = "httpx and httpcore connection pools"

    def kinds(self) -> tuple[type, ...]:
        pool = getattr(sys.modules["httpcore"], "ConnectionPool", None)
        return (pool,) if pool is not None else ()

    def sockets(self) -> Iterable[int]:
        for pool in self.found:
            for connection in _list(pool):
                inner = getattr(connection, "_connection", None)
                stream = getattr(inner, "_network_stream", None)
                sock = stream.get_extra_info("socket") if stream is not None else None
                if sock is not None:
                    yield sock.fileno()

    def repair(self) -> None:
        for pool in self.found:
            connections = _list(pool)
            if connections:
                keep(list(connections))
                connections.clear()


def _list(pool: Any) -> list[Any]:
    found = getattr(pool, "_connections", None)
    if not isinstance(found, list):
        found = getattr(pool, "_pool", None)
    return found if isinstance(found, list) else []
