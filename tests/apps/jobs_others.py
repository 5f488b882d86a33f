"""Django and Pyramid: what a job sees of them."""
from __future__ import annotations

import tempfile
from typing import Any

import django
import lanner
from django.conf import settings
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.threadlocal import get_current_registry, get_current_request

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{tempfile.mkdtemp()}/db"}}, ALLOWED_HOSTS=["*"])
django.setup()


@lanner.job
def database() -> list[Any]:
    """Whether a connection was left open, and what the database says."""
    from django.db import connection

    left_open = connection.connection is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        return [left_open, int(cursor.fetchone()[0])]


@lanner.job
def registry() -> list[Any]:
    return [get_current_registry().settings["shop"], get_current_request() is not None]


@lanner.job(context_url="https://shop.example.com/admin")
def request() -> list[Any]:
    seen = get_current_request()
    return [seen.path, seen.route_url("admin"), get_current_registry() is seen.registry]


def _view(_: Any) -> Response:
    return Response("admin")


with Configurator(settings={"shop": "the registry's"}) as config:
    config.add_route("admin", "/admin")
    config.add_view(_view, route_name="admin")
    application = config.make_wsgi_app()
