"""The app factory that production.ini names."""
from __future__ import annotations

import os
from typing import Any

from pyramid.config import Configurator

from .pages import Pages
from .rendering import TemplateRenderer


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """paste.app_factory: settings of [app:main] over those of [DEFAULT], the environment over both."""
    path = os.environ.get("WIKI_DATABASE") or settings.get("wiki.database") or global_config["wiki.database"]
    with Configurator(settings=settings) as config:
        config.registry["pages"] = Pages(path)
        config.add_renderer(".html", TemplateRenderer)
        config.add_route("front", "/")
        config.add_route("page", "/page/{name}")
        config.add_route("edit", "/page/{name}/edit")
        config.add_route("api-pages", "/api/pages")
        config.add_route("api-page", "/api/pages/{name}")
        config.scan(".views")
        return config.make_wsgi_app()
