"""Notes in SQLite through SQLAlchemy, safe for several processes with several threads each."""
from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any, Iterator

from sqlalchemy import Column, DateTime, Integer, String, Text, create_engine, event, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, declarative_base
from sqlalchemy.pool import NullPool

Base = declarative_base()


class Note(Base):  # type: ignore[misc, valid-type]
    """One note."""

    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    author = Column(String(80), nullable=False)
    text = Column(Text, nullable=False)
    written = Column(DateTime, nullable=False)

    def as_dict(self) -> dict[str, Any]:
        """What the JSON API shows."""
        return {"id": self.id, "author": self.author, "text": self.text, "written": self.written.isoformat() + "Z"}


class NoteStore:
    """The database of one app.

    It may be opened before a fork: without a pool no connection outlives its session, so none is inherited.
    """

    def __init__(self, path: str) -> None:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        self._engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": 30})
        # The driver's own BEGIN comes late and takes the write lock later still; then two writers that both read
        # first cannot both go on. With the lock taken at BEGIN the second one just waits its turn.
        event.listen(self._engine, "connect", _leave_transactions_to_us)
        event.listen(self._engine, "begin", _begin)
        self._writing = self._engine.execution_options(sqlite_begin="IMMEDIATE")
        self._create()

    def _create(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        with self._writing.begin() as connection:
            Base.metadata.create_all(connection)

    def add(self, author: str, text: str) -> dict[str, Any]:
        """Keep a note and return it."""
        with Session(self._writing) as session, session.begin():
            note = Note(author=author, text=text, written=datetime.now(timezone.utc).replace(tzinfo=None))
            session.add(note)
            session.flush()
            return note.as_dict()

    def find(self, number: int) -> dict[str, Any] | None:
        """One note, or None."""
        with Session(self._engine) as session:
            note = session.get(Note, number)
            return note.as_dict() if note else None

    def newest(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest notes first."""
        with Session(self._engine) as session:
            found = session.scalars(select(Note).order_by(Note.id.desc()).limit(limit))
            return [note.as_dict() for note in found]

    def every(self) -> Iterator[dict[str, Any]]:
        """All notes, oldest first, read as they are asked for."""
        with Session(self._engine) as session:
            for note in session.scalars(select(Note).order_by(Note.id).execution_options(yield_per=100)):
                yield note.as_dict()


def _leave_transactions_to_us(connection: Any, record: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
