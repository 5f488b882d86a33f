"""Contexts of frameworks that work in another thread needs. One module a framework; each acts only when that one is loaded."""
from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ContextManager, List


def contexts() -> List[ContextManager[Any]]:
    """To be called in the thread that hands the work over; to be entered, in order, in the one that does it."""
    found: List[ContextManager[Any]] = []
    modules = sys.modules
    if "flask" in modules:
        from . import flask_contexts

        found += flask_contexts.contexts()
    if "django.db" in modules:
        from . import django_connections

        found.append(django_connections.closing())
    if "pyramid.threadlocal" in modules:
        from . import pyramid_threadlocals

        found += pyramid_threadlocals.contexts()
    if "bottle" in modules:
        from . import bottle_request

        found += bottle_request.contexts()
    return found
