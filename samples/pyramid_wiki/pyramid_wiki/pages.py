"""The wiki's pages in SQLite; each request opens one connection and closes it at its end."""
from __future__ import annotations

import os
import sqlite3
from typing import NamedTuple

from pyramid.threadlocal import get_current_request


class Page(NamedTuple):
    """A page; its version counts its changes, 0 is a page that does not exist yet."""

    name: str
    text: str
    version: int


class Conflict(Exception):
    """The page was changed since it was read."""


class Pages:
    """All pages. Nothing is open between requests, so nothing is shared by a fork or by two threads."""

    def __init__(self, path: str) -> None:
        self._path = path
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        connection = self._open()
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS page (name TEXT PRIMARY KEY, text TEXT NOT NULL, version INTEGER NOT NULL)"
        )
        connection.close()

    def _open(self) -> sqlite3.Connection:
        # No transactions but our own: each statement below is one by itself.
        return sqlite3.connect(self._path, timeout=30, isolation_level=None)

    @property
    def _connection(self) -> sqlite3.Connection:
        """The connection of the request that this thread is answering, found through Pyramid's thread-locals."""
        request = get_current_request()
        if request is None:
            raise RuntimeError("pages are read and written inside a request only")
        found = request.environ.get("pyramid_wiki.connection")
        if found is None:
            found = request.environ["pyramid_wiki.connection"] = self._open()
            request.add_finished_callback(lambda ended: found.close())
        return found

    def names(self) -> list[str]:
        """The names of all pages."""
        return [name for (name,) in self._connection.execute("SELECT name FROM page ORDER BY name")]

    def find(self, name: str) -> Page:
        """One page; an empty one of version 0 when there is none."""
        row = self._connection.execute("SELECT name, text, version FROM page WHERE name = ?", (name,)).fetchone()
        return Page(*row) if row else Page(name, "", 0)

    def save(self, name: str, text: str, version: int) -> Page:
        """Write the page that was read at `version`; raises Conflict when somebody else was faster."""
        if version == 0:
            query = "INSERT INTO page (name, text, version) VALUES (?, ?, 1) ON CONFLICT DO NOTHING"
            changed = self._connection.execute(query, (name, text)).rowcount
        else:
            query = "UPDATE page SET text = ?, version = version + 1 WHERE name = ? AND version = ?"
            changed = self._connection.execute(query, (text, name, version)).rowcount
        if not changed:
            raise Conflict(name)
        return Page(name, text, version + 1)
