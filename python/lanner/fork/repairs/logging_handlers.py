"""logging: CPython makes the handlers' locks anew. Lost are the thread of a QueueListener, which would let its queue grow
for ever, and the connections of handlers that send records over the network."""
from __future__ import annotations

import queue
import sys
import threading

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Handlers(Repair):
    name = "logging queue listeners and network handlers"

    def kinds(self) -> tuple[type, ...]:
        module: Any = sys.modules["logging.handlers"]
        return (module.QueueListener, module.SocketHandler, module.SysLogHandler)

    def sockets(self) -> Iterable[int]:
        for handler in self.found:
            sock = getattr(handler, "sock", None) or (getattr(handler, "socket", None) if hasattr(handler, "createSocket") else None)
            if sock is not None and sock.fileno() >= 0:
                yield sock.fileno()

    def locks(self) -> Iterable[Any]:
        for listener in self.found:
            mutex = getattr(getattr(listener, "queue", None), "mutex", None)
            if mutex is not None:
                yield mutex

    def threads(self) -> Iterable[Any]:
        return [getattr(thing, "_thread", None) for thing in self.found]

    def repair(self) -> None:
        module: Any = sys.modules["logging.handlers"]
        for thing in self.found:
            if isinstance(thing, module.QueueListener):
                _restart(thing)
            elif isinstance(thing, module.SocketHandler):
                keep(thing.sock)
                thing.sock = None  # made again by the next record
            elif getattr(thing, "socktype", None) is not None and hasattr(thing, "createSocket") and not thing.unixsocket:
                keep(thing.socket)
                thing.socket = None
                thing.createSocket()

    def count(self) -> int:
        return sum(1 for thing in self.found if getattr(thing, "_thread", None) is not None or getattr(thing, "sock", None) is not None)


def _restart(listener: Any) -> None:
    if listener._thread is None:
        return
    records = listener.queue
    if isinstance(records, queue.Queue):
        # In place: the QueueHandler has the same queue. What waits in it is written by the template.
        records.mutex = threading.Lock()
        records.not_empty = threading.Condition(records.mutex)
        records.not_full = threading.Condition(records.mutex)
        records.all_tasks_done = threading.Condition(records.mutex)
        records.queue.clear()
        records.unfinished_tasks = 0
    elif isinstance(records, queue.SimpleQueue):
        while not records.empty():
            records.get_nowait()
    else:
        return  # multiprocessing's: read by one process, which goes on doing so
    keep(listener._thread)
    listener._thread = None
    listener.start()
