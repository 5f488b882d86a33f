"""Other servers, as far as an app that was written for one of them can tell."""
from __future__ import annotations

from .peer import Peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def of(settings: dict[str, Any]) -> Peer:
    """The peer that the front end names, or one that does nothing."""
    text = settings.get("peer")
    if not text:
        return Peer()
    import json

    from .gunicorn import hooks  # the only one there is

    return hooks.Hooks(json.loads(text), settings)
