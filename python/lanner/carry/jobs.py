"""The contexts in which a job runs: as if the app itself had called it."""
from __future__ import annotations

import contextlib
import sys
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, Optional

_DEPTH = 6  # middlewares around an app; more are not looked through
_found: Dict[tuple[int, str], Any] = {}


@contextlib.contextmanager
def around(app: Any, context_url: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        modules = sys.modules
        if "flask" in modules:
            flask_app = within(app, modules["flask"].Flask)
            if flask_app is not None:
                stack.enter_context(flask_app.test_request_context(context_url) if context_url else flask_app.app_context())
        if "django.db" in modules:
            stack.enter_context(_django())
        if "pyramid.router" in modules:
            router = within(app, modules["pyramid.router"].Router)
            if router is not None:
                stack.enter_context(_pyramid(router, context_url))
        yield


@contextlib.contextmanager
def _django() -> Iterator[None]:
    from django.db import close_old_connections, connections, reset_queries

    reset_queries()
    close_old_connections()
    try:
        yield
    finally:
        connections.close_all()


@contextlib.contextmanager
def _pyramid(router: Any, context_url: str) -> Iterator[None]:
    from pyramid.request import Request
    from pyramid.scripting import prepare

    request = Request.blank(context_url, base_url=None) if context_url else None
    environment = prepare(request=request, registry=router.registry)
    try:
        yield
    finally:
        environment["closer"]()


def within(app: Any, kind: type) -> Optional[Any]:
    """The framework's own app inside middlewares: looked for in attributes and closures, the nearest first."""
    known = (id(app), kind.__name__)
    if known not in _found:
        _found[known] = _search(app, kind)
    return _found[known]


def _search(app: Any, kind: type) -> Optional[Any]:
    seen, line = {id(app)}, deque([(app, 0)])
    while line:
        value, depth = line.popleft()
        if isinstance(value, kind):
            return value
        if depth == _DEPTH:
            continue
        inner = list(getattr(value, "__dict__", {}).values())
        inner += [cell.cell_contents for cell in getattr(value, "__closure__", None) or () if _filled(cell)]
        inner.append(getattr(value, "__wrapped__", None))
        inner.append(getattr(value, "__self__", None))
        if isinstance(value, dict):
            inner += list(value.values())
        elif isinstance(value, (list, tuple)):
            inner += list(value)
        for each in inner:
            if each is not None and id(each) not in seen and not isinstance(each, (str, bytes, int, float, type)) and type(each).__name__ != "module":
                seen.add(id(each))
                line.append((each, depth + 1))
    return None


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents
    except ValueError:
        return False
    return True
