"""Django: connections that the work opens are its thread's, and nobody else would close them."""
from __future__ import annotations

import contextlib
from typing import Iterator

from django.db import connections


@contextlib.contextmanager
def closing() -> Iterator[None]:
    try:
        yield
    finally:
        connections.close_all()
