"""asyncio: a loop made in the template shares its epoll and its waking sockets with all workers; it is given new ones."""
from __future__ import annotations

import selectors
import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator


class Loops(Repair):
    name = "asyncio event loops"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["asyncio.selector_events"].BaseSelectorEventLoop,)

    def sockets(self) -> Iterable[int]:
        for loop in self._usable():
            for sock in (loop._ssock, loop._csock):
                if sock is not None:
                    yield sock.fileno()

    def polls(self) -> Iterable[int]:
        for loop in self._usable():
            number = getattr(loop._selector, "fileno", None)
            if number is not None:
                yield number()

    def repair(self) -> None:
        for loop in self._usable():
            keep(loop._selector, loop._ssock, loop._csock)
            loop._selector = selectors.DefaultSelector()
            loop._ssock = loop._csock = None
            loop._internal_fds = 0
            loop._make_self_pipe()

    def count(self) -> int:
        return sum(1 for _ in self._usable())

    def _usable(self) -> Iterator[Any]:
        """A loop that runs in a thread of the template has no thread here."""
        return (loop for loop in self.found if not loop.is_closed() and not loop.is_running())
