"""The factories that the ini files of this folder name: the folder of the ini file must be on sys.path."""
from __future__ import annotations

import json
import logging
from typing import Any, Callable

App = Callable[[dict, Any], Any]


def make_app(global_conf: dict[str, str], **local_conf: str) -> App:
    """paste.app_factory: tells its configuration and the names it is mounted at, as JSON."""
    def app(environ: dict, start_response: Any) -> list[bytes]:
        logging.getLogger("parts.app").info("asked for %s", environ.get("PATH_INFO", ""))
        told = {
            "global": dict(global_conf),
            "local": local_conf,
            "script_name": environ.get("SCRIPT_NAME", ""),
            "path_info": environ.get("PATH_INFO", ""),
            "filters": environ.get("parts.filters", []),
        }
        body = json.dumps(told, sort_keys=True).encode() + b"\n"
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def make_filter(global_conf: dict[str, str], name: str = "filter", **local_conf: str) -> Callable[[App], App]:
    """paste.filter_factory: adds its name to environ["parts.filters"] and to the header X-Filter."""
    def wrap(app: App) -> App:
        return make_filter_app(app, global_conf, name=name)

    return wrap


def make_filter_app(app: App, global_conf: dict[str, str], name: str = "filter") -> App:
    """paste.filter_app_factory: the same, given the app at once."""
    def filtered(environ: dict, start_response: Any) -> Any:
        environ["parts.filters"] = [*environ.get("parts.filters", []), name]

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [*headers, ("X-Filter", name)], *exc_info)

        return app(environ, start)

    return filtered


def make_composite(loader: Any, global_conf: dict[str, str], **mounts: str) -> App:
    """paste.composite_factory: `/prefix = section`, the longest prefix wins."""
    ordered = sorted(mounts, key=len, reverse=True)
    apps = {prefix: loader.get_app(section, global_conf=global_conf) for prefix, section in mounts.items()}

    def composite(environ: dict, start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        for prefix in ordered:
            bare = prefix.rstrip("/")
            if path == bare or path.startswith(bare + "/"):
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + bare
                environ["PATH_INFO"] = path[len(bare):]
                return apps[prefix](environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return []

    return composite


def make_failing(global_conf: dict[str, str], **local_conf: str) -> App:
    """A factory that raises."""
    raise RuntimeError("the factory failed on purpose")
