"""Jinja2 templates as a Pyramid renderer, with nothing but Jinja2 itself."""
from __future__ import annotations

from typing import Any

import jinja2

_TEMPLATES = jinja2.Environment(loader=jinja2.PackageLoader("pyramid_wiki"), autoescape=True)


class TemplateRenderer:
    """A renderer factory: Pyramid makes one for each template."""

    def __init__(self, info: Any) -> None:
        self._name = info.name

    def __call__(self, value: dict[str, Any], system: dict[str, Any]) -> str:
        """Fill the template with what the view returned."""
        return _TEMPLATES.get_template(self._name).render({**system, **value})
