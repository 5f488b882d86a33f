"""Flask: an application context of its own (its ``g`` outlives the caller's), and the request's."""
from __future__ import annotations

from typing import Any, ContextManager, List

import flask


def contexts() -> List[ContextManager[Any]]:
    found: List[ContextManager[Any]] = []
    if flask.has_app_context():
        found.append(flask.current_app._get_current_object().app_context())
    if flask.has_request_context():
        # The body is closed with the response: what has come is kept with the request.
        flask.request.get_data(cache=True)
        found.append(_request_context().copy())
    return found


def _request_context() -> Any:
    try:
        from flask.globals import request_ctx

        return request_ctx._get_current_object()
    except ImportError:  # before Flask 2.2
        return flask._request_ctx_stack.top
