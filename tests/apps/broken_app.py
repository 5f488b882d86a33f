"""Fails on import, two calls deep, so that a traceback has something to show."""
from __future__ import annotations


def _connect() -> None:
    raise ConnectionError("broken_app fails on import, on purpose")


def _boot() -> None:
    _connect()


_boot()


def application(environ: dict, start_response: object) -> list:
    """Never reached."""
    return []
