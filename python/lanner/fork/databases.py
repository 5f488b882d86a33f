"""sqlite3 connections made in the template. SQLite forbids both to use and to close one in a child.

One that belongs to SQLAlchemy or Django is dropped by its repair. Any other is kept, and every statement on it refused."""
from __future__ import annotations

import sys

from . import holders, keep, origins
from .inventory import Finds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Optional


def kinds() -> tuple[type, ...]:
    module = sys.modules.get("sqlite3")
    return (module.Connection,) if module is not None else ()


def shared(found: Finds, spared: set[int]) -> Iterator[tuple[Any, str]]:
    """Each open connection to a file, and the file."""
    for connection in found:
        if id(connection) in spared:
            continue
        path = _file(connection)
        if path:
            yield connection, path


def text(connection: Any, path: str) -> str:
    """The beginning of its warning."""
    holder = holders.find(connection)
    line = origins.of_database(path) or (holder.line if holder else None)
    held = f" (held by {holder})" if holder else ""
    return f"{line or 'the app'} opened the SQLite database {path}{held}"


def refuse(connection: Any) -> None:
    """Has every statement answered with an error, before it comes near the file."""
    keep(connection)
    try:
        connection.set_authorizer(_deny)
    except Exception:  # made by another thread: sqlite3 itself refuses it to all others
        pass


def _deny(*_: Any) -> int:
    return 1  # SQLITE_DENY


def _file(connection: Any) -> Optional[str]:
    try:
        for _, name, path in connection.execute("PRAGMA database_list"):
            if name == "main":
                return path or None
    except Exception:  # closed, or of another thread
        pass
    return None
