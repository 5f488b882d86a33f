"""SQLAlchemy: a pool has no notion of processes and would hand the template's connections to every worker."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator


class Engines(Repair):
    name = "SQLAlchemy engines"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["sqlalchemy.engine.base"].Engine,)

    def sockets(self) -> Iterable[int]:
        """Those of idle connections. One that is checked out belongs to who holds it."""
        for connection in self._idle():
            number = getattr(connection, "fileno", None)
            if number is not None:
                yield number()

    def databases(self) -> Iterable[Any]:
        return self._idle()

    def repair(self) -> None:
        pools = set()
        for engine in self._shared():
            if id(engine.pool) in pools:
                continue  # an engine made by execution_options() has the pool of its original
            keep(engine.pool)
            try:
                engine.dispose(close=False)
            except TypeError:  # before 1.4.33
                engine.pool = engine.pool.recreate()
            pools.add(id(engine.pool))

    def count(self) -> int:
        return sum(1 for _ in self._shared())

    def _idle(self) -> Iterator[Any]:
        for engine in self._shared():
            queue = getattr(getattr(engine.pool, "_pool", None), "queue", ())
            for record in list(queue):
                yield getattr(record, "dbapi_connection", None) or getattr(record, "connection", None)

    def _shared(self) -> Iterator[Any]:
        return (engine for engine in self.found if not _in_memory(engine.url))


def _in_memory(url: Any) -> bool:
    """A database in this process's memory is the worker's own copy, and its connection is all there is of it."""
    if not str(url.drivername).startswith("sqlite"):
        return False
    return not url.database or ":memory:" in url.database or "mode=memory" in str(url)
