"""Pyramid: the current request and registry of ``pyramid.threadlocal``."""
from __future__ import annotations

import contextlib
from typing import Any, ContextManager, Dict, Iterator, List

from pyramid.threadlocal import manager


def contexts() -> List[ContextManager[Any]]:
    current = dict(manager.get())
    request = current.get("request")
    if request is not None and hasattr(request, "make_body_seekable"):
        request.make_body_seekable()  # reads it: the body is closed with the response
    return [_pushed(current)]


@contextlib.contextmanager
def _pushed(current: Dict[str, Any]) -> Iterator[None]:
    manager.push(current)
    try:
        yield
    finally:
        manager.pop()
