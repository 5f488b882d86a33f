"""kombu (and Celery's producers): its pools are emptied, its connections forgotten without a word to the broker."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Connections(Repair):
    name = "kombu connections"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["kombu.connection"].Connection,)

    def sockets(self) -> Iterable[int]:
        for connection in self.found:
            sock = getattr(getattr(connection, "_connection", None), "sock", None)  # amqp
            if sock is not None:
                yield sock.fileno()

    def repair(self) -> None:
        for connection in self.found:
            if connection._connection is not None:
                keep(connection._connection, connection._default_channel)
                connection._default_channel = None
                connection.collect()
        pools: Any = sys.modules.get("kombu.pools")
        if pools is not None:
            pools.reset()
