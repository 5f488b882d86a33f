"""What production.ini puts around the wiki: a composite, a filter and a second app."""
from __future__ import annotations

import time
from typing import Any, Callable

App = Callable[[dict, Any], Any]


def help_app(global_conf: dict[str, str], text: str) -> App:
    """paste.app_factory: one line of text at every path."""
    body = text.encode() + b"\n"

    def app(environ: dict, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def prefixes(loader: Any, global_conf: dict[str, str], **mounts: str) -> App:
    """paste.composite_factory: `/prefix = section`; the longest prefix wins."""
    apps = {prefix.rstrip("/"): loader.get_app(section, global_conf=global_conf) for prefix, section in mounts.items()}
    longest_first = sorted(apps, key=len, reverse=True)

    def composite(environ: dict, start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        for prefix in longest_first:
            if path == prefix or path.startswith(prefix + "/"):
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
                environ["PATH_INFO"] = path[len(prefix):]
                return apps[prefix](environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return []

    return composite


def timing(global_conf: dict[str, str], header: str = "X-Seconds") -> Callable[[App], App]:
    """paste.filter_factory: tells in a header how long the app took to begin its answer."""
    def wrap(app: App) -> App:
        def timed(environ: dict, start_response: Any) -> Any:
            begun = time.perf_counter()

            def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
                return start_response(status, [*headers, (header, f"{time.perf_counter() - begun:.6f}")], *exc_info)

            return app(environ, start)

        return timed

    return wrap
