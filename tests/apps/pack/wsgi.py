"""`pack.wsgi:application`: needs the folder above the package on sys.path, since it imports relatively."""
from __future__ import annotations

from typing import Any

from .words import WORD


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Plain text."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(WORD)))])
    return [WORD]
