"""The well-behaved apps inside wsgiref's validator, which raises AssertionError when the server breaks PEP 3333.

`/environ`, `/shapes/NAME` and `/demo`. The validator's own demands: wsgi.input.read() needs an argument (so no
`how=read`, `how=read-twice`), exact str and dict types, and close() on every answer (else it complains on stderr).
"""
from __future__ import annotations

import warnings
from typing import Any
from wsgiref.simple_server import demo_app
from wsgiref.util import shift_path_info
from wsgiref.validate import WSGIWarning, validator

import environ_app
import shapes_app
from exchange import Environ, answer

warnings.filterwarnings("error", message="QUERY_STRING", category=WSGIWarning)


def _good_shapes(environ: Environ, start_response: Any) -> Any:
    name = environ.get("PATH_INFO", "").strip("/").partition("/")[0]
    if name and name not in shapes_app.GOOD:
        return answer(start_response, b"not a good shape\n", status="404 Not Found")
    return shapes_app.application(environ, start_response)


environ_application = validator(environ_app.application)
shapes_application = validator(_good_shapes)
demo_application = validator(demo_app)
_APPS = {"environ": environ_application, "shapes": shapes_application, "demo": demo_application}


def _route(environ: Environ, start_response: Any) -> Any:
    """Hand over by the first part of the path, moved to SCRIPT_NAME: the inner app is validated as mounted."""
    app = _APPS.get(shift_path_info(environ) or "")
    if app is None:
        return answer(start_response, b"environ, shapes or demo\n", status="404 Not Found")
    return app(environ, start_response)


application = validator(_route)
