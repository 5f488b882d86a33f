"""ASGI in four forms: `application` (async def), `site` (a class with async __call__), `create()`, `without_lifespan`.

HTTP: `/` the scope as JSON with the body's length, `/stream?n=` chunks, `/raise`, `/silent` (never answers, returns).
WebSocket: `/echo` sends back what comes; `close` makes it close with 4000; any other path is refused.
Lifespan events go to the ledger.
"""
from __future__ import annotations

import json
import os
import threading
from typing import Any
from urllib.parse import parse_qs

from exchange import note


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {str(name): _shown(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else repr(value)


async def _body(receive: Any) -> tuple[bytes, int]:
    body, messages = b"", 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body, messages
        messages += 1
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body, messages


async def _answer(send: Any, body: bytes, content_type: bytes, status: int = 200) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"x-pid", str(os.getpid()).encode()),
        (b"x-thread", str(threading.get_native_id()).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _stream(scope: Any, send: Any) -> None:
    count = int(parse_qs(scope["query_string"].decode()).get("n", ["10"])[0])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for index in range(count):
        await send({"type": "http.response.body", "body": b"chunk %d\n" % index, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _path(scope: Any) -> str:
    """The path below the mount: servers differ on whether `path` contains `root_path`."""
    path, root = scope["path"], scope.get("root_path", "")
    return path[len(root):] if root and path.startswith(root) else path


async def _http(scope: Any, receive: Any, send: Any) -> None:
    path = _path(scope)
    if path == "/stream":
        await _stream(scope, send)
    elif path == "/raise":
        raise RuntimeError("raised on purpose")
    elif path == "/silent":
        return
    elif path in ("", "/"):
        body, messages = await _body(receive)
        told = {"scope": _shown(scope), "body": {"length": len(body), "messages": messages}}
        await _answer(send, json.dumps(told, sort_keys=True).encode() + b"\n", b"application/json")
    else:
        await _answer(send, b"no such path\n", b"text/plain", 404)


async def _websocket(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    if _path(scope) != "/echo":
        await send({"type": "websocket.close", "code": 4004})
        return
    offered = scope.get("subprotocols") or [None]
    await send({"type": "websocket.accept", "subprotocol": offered[0]})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            note("disconnected", str(message.get("code")))
            return
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4000})
            return
        if message.get("text") is not None:
            await send({"type": "websocket.send", "text": message["text"]})
        else:
            await send({"type": "websocket.send", "bytes": message.get("bytes")})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        event = (await receive())["type"]
        note(event, "asgi_app")
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def application(scope: Any, receive: Any, send: Any) -> None:
    """All three protocols."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await _websocket(scope, receive, send)
    else:
        await _http(scope, receive, send)


async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """An app that knows HTTP only: it must run all the same."""
    if scope["type"] != "http":
        raise ValueError(f"no {scope['type']} here")
    await _http(scope, receive, send)


async def failing_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Start-up that fails: the worker takes no traffic."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "start-up failed on purpose"})
    else:
        await _http(scope, receive, send)


class Site:
    """An object with async __call__."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, send)


site = Site()


def create() -> Site:
    """`asgi_app:create()`."""
    return Site()
