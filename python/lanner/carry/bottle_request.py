"""Bottle: ``bottle.request`` of the caller's thread."""
from __future__ import annotations

import contextlib
from typing import Any, ContextManager, Dict, Iterator, List

import bottle


def contexts() -> List[ContextManager[Any]]:
    try:
        environ = bottle.request.environ
    except RuntimeError:
        return []  # no request in this thread
    if not isinstance(environ, dict) or "wsgi.input" not in environ:
        return []
    bottle.request.body  # read and kept: the server's is closed with the response
    return [_bound(dict(environ))]


@contextlib.contextmanager
def _bound(environ: Dict[str, Any]) -> Iterator[None]:
    bottle.request.bind(environ)
    try:
        yield
    finally:
        bottle.request.bind({})
