"""pymemcache: a client has one socket and connects again where it has none; pools and hash clients are made of clients."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable


class Clients(Repair):
    name = "pymemcache clients"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["pymemcache.client.base"].Client,)

    def sockets(self) -> Iterable[int]:
        return [client.sock.fileno() for client in self.found if client.sock is not None]

    def repair(self) -> None:
        for client in self.found:
            keep(client.sock)
            client.sock = None
