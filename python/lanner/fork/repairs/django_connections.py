"""Django's database connections: Django itself does nothing at a fork."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator


class Databases(Repair):
    name = "Django database connections"

    def kinds(self) -> tuple[type, ...]:
        base = sys.modules.get("django.db.backends.base.base")
        return (base.BaseDatabaseWrapper,) if base else ()

    def before(self) -> None:
        """The template itself needs none: closed in order, they are not left open on the database's side."""
        for wrapper in self._open():
            if not wrapper.in_atomic_block and not _in_memory(wrapper):
                try:
                    wrapper.close()
                except Exception:  # another thread's, which may use it
                    pass

    def sockets(self) -> Iterable[int]:
        for wrapper in self._open():
            number = getattr(wrapper.connection, "fileno", None)
            if number is not None:
                yield number()

    def databases(self) -> Iterable[Any]:
        return [wrapper.connection for wrapper in self._open()]

    def repair(self) -> None:
        for wrapper in self._open():
            if not _in_memory(wrapper):
                keep(wrapper.connection)
                wrapper.connection = None
        postgresql = sys.modules.get("django.db.backends.postgresql.base")
        pools = getattr(getattr(postgresql, "DatabaseWrapper", None), "_connection_pools", None)  # Django 5.1
        if pools:
            keep(dict(pools))
            pools.clear()

    def count(self) -> int:
        return sum(1 for wrapper in self._open() if not _in_memory(wrapper))

    def _open(self) -> Iterator[Any]:
        return (wrapper for wrapper in self.found if wrapper.connection is not None)


def _in_memory(wrapper: Any) -> bool:
    return wrapper.vendor == "sqlite" and bool(wrapper.is_in_memory_db())
