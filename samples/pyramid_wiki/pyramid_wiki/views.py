"""The wiki's pages and its JSON.

Forms carry no token against forgery: anybody may edit, so there is no right that could be borrowed.
"""
from __future__ import annotations

import logging
import re
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPConflict, HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config
from markupsafe import Markup, escape

from .pages import Conflict, Page, Pages

log = logging.getLogger(__name__)
_LINK = re.compile(r"\[\[([\w -]+)\]\]")


def _pages(request: Request) -> Pages:
    return request.registry["pages"]


def _title(request: Request) -> str:
    return request.registry.settings.get("wiki.title", "Wiki")


def _linked(request: Request, text: str) -> Markup:
    """The text with `[[name]]` made a link; everything else is escaped."""
    def link(found: re.Match[str]) -> str:
        return str(Markup('<a href="{}">{}</a>').format(request.route_path("page", name=found[1]), found[1]))

    return Markup(_LINK.sub(link, str(escape(text))))


@view_config(route_name="front", renderer="front.html", request_method="GET")
def front(request: Request) -> dict[str, Any]:
    """All pages by name."""
    return {"title": _title(request), "names": _pages(request).names()}


@view_config(route_name="page", renderer="page.html", request_method="GET")
def page(request: Request) -> Any:
    """One page; one that does not exist leads to its form."""
    found = _pages(request).find(request.matchdict["name"])
    if not found.version:
        return HTTPSeeOther(request.route_path("edit", name=found.name))
    return {"title": _title(request), "page": found, "text": _linked(request, found.text)}


@view_config(route_name="edit", renderer="edit.html", request_method="GET")
def edit(request: Request) -> dict[str, Any]:
    """The form of one page, which remembers the version it shows."""
    return {"title": _title(request), "page": _pages(request).find(request.matchdict["name"])}


@view_config(route_name="edit", request_method="POST")
def save(request: Request) -> Any:
    """Save the form; 409 when the page was changed in the meantime."""
    _write(request, request.POST.get("text", ""), request.POST.get("version", "0"))
    return HTTPSeeOther(request.route_path("page", name=request.matchdict["name"]))


@view_config(route_name="api-pages", renderer="json", request_method="GET")
def api_pages(request: Request) -> dict[str, Any]:
    """The names of all pages as JSON."""
    return {"pages": _pages(request).names()}


@view_config(route_name="api-page", renderer="json", request_method="GET")
def api_page(request: Request) -> Any:
    """One page as JSON; version 0 when there is none."""
    return _pages(request).find(request.matchdict["name"])._asdict()


@view_config(route_name="api-page", renderer="json", request_method="PUT")
def api_save(request: Request) -> Any:
    """Write `{"text": …, "version": …}`; 409 when the version is no longer the newest."""
    try:
        given = request.json_body
    except ValueError:
        raise HTTPBadRequest("the body is no JSON") from None
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise HTTPBadRequest("text is missing")
    return _write(request, given["text"], given.get("version", 0))._asdict()


def _write(request: Request, text: str, version: Any) -> Page:
    try:
        saved = _pages(request).save(request.matchdict["name"], text, int(version))
    except Conflict:
        raise HTTPConflict("the page was changed by somebody else") from None
    except (TypeError, ValueError):
        raise HTTPBadRequest("version is no number") from None
    log.info("saved %s, version %d", saved.name, saved.version)
    return saved
