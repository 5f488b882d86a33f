"""Django, Pyramid and Bottle: what a background thread sees of the request. `/django`, `/pyramid`, `/bottle?x=`."""
from __future__ import annotations

import tempfile
from typing import Any

import bottle
import django
import lanner
from django.conf import settings
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.threadlocal import get_current_registry, get_current_request

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{tempfile.mkdtemp()}/db"}}, ALLOWED_HOSTS=["*"])
django.setup()


def _query() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        return int(cursor.fetchone()[0])


def _is_open() -> bool:
    from django.db import connections

    return connections["default"].connection is not None


def _django() -> str:
    # One after the other in the same thread of the pool: the second finds no connection left open.
    return f"{lanner.spawn(_query).result()} {[lanner.spawn(_is_open).result() for _ in range(40)].count(True)}"


def _pyramid_view(request: Any) -> Response:
    def work() -> str:
        seen = get_current_request()
        return f"{seen.path} {seen.params['x']} {get_current_registry() is request.registry}"

    return Response(lanner.spawn(work).result())


with Configurator() as config:
    config.add_route("pyramid", "/pyramid")
    config.add_view(_pyramid_view, route_name="pyramid")
    pyramid = config.make_wsgi_app()

bottles = bottle.Bottle()


@bottles.route("/bottle", method=["GET", "POST"])
def _bottle() -> str:
    return str(lanner.spawn(lambda: f"{bottle.request.path} {bottle.request.params['x']}").result())


def application(environ: Any, start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path == "/pyramid":
        return pyramid(environ, start_response)
    if path == "/bottle":
        return bottles(environ, start_response)
    body = _django().encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
