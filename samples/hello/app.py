"""The smallest app: fourteen bytes of plain text, standard library only."""
from __future__ import annotations

from typing import Any

BODY = b"Hello, world!\n"
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """WSGI: the greeting at the root of wherever the app is mounted, 404 elsewhere."""
    if environ.get("PATH_INFO", "") in ("", "/"):
        # A copy: the list given to start_response belongs to the server, which may add to it.
        start_response("200 OK", HEADERS[:])
        return [BODY] if environ["REQUEST_METHOD"] != "HEAD" else []
    start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "10")])
    return [b"Not found\n"] if environ["REQUEST_METHOD"] != "HEAD" else []
