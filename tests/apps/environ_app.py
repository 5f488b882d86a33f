"""The environ and the body as the app sees them, in JSON; `?how=` is a way of reading (see READERS), `?size=` its size.

`how=length` (the default) reads no further than CONTENT_LENGTH, as an app must under a server that does not end
wsgi.input by itself; all the other ways rely on the end of input that PEP 3333 asks of the server.
"""
from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Iterable, Iterator

from exchange import Environ, answer, number, query, who

PIECES_SHOWN = 1000


def _by_length(stream: Any, size: int, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = stream.read(min(size, length))
        if not piece:
            return
        length -= len(piece)
        yield piece


def _whole_twice(stream: Any, size: int, length: int) -> Iterable[bytes]:
    return [stream.read(), stream.read()]


def _nothing_then_rest(stream: Any, size: int, length: int) -> Iterator[bytes]:
    yield stream.read(0)
    yield from iter(lambda: stream.read(size), b"")


def _line_then_rest(stream: Any, size: int, length: int) -> Iterator[bytes]:
    yield stream.readline()
    yield from iter(lambda: stream.read(size), b"")


def _hinted_lines(stream: Any, size: int, length: int) -> Iterator[bytes]:
    lines = stream.readlines(size)
    while lines:
        yield from lines
        lines = stream.readlines(size)


READERS: dict[str, Callable[[Any, int, int], Iterable[bytes]]] = {
    "length": _by_length,
    "none": lambda stream, size, length: [],
    "part": lambda stream, size, length: [stream.read(size)],
    "read": lambda stream, size, length: [stream.read()],
    "read-minus": lambda stream, size, length: [stream.read(-1)],
    "read-twice": _whole_twice,
    "read-zero": _nothing_then_rest,
    "read-n": lambda stream, size, length: iter(lambda: stream.read(size), b""),
    "readline": lambda stream, size, length: iter(stream.readline, b""),
    "readline-n": lambda stream, size, length: iter(lambda: stream.readline(size), b""),
    "readlines": lambda stream, size, length: stream.readlines(),
    "readlines-n": _hinted_lines,
    "iter": lambda stream, size, length: stream,
    "line-then-rest": _line_then_rest,
}


def _body(environ: Environ) -> dict[str, Any]:
    how = query(environ).get("how", "length")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    digest = hashlib.sha256()
    sizes = []
    for piece in READERS[how](environ["wsgi.input"], number(environ, "size", 65536), length):
        digest.update(piece)
        sizes.append(len(piece))
    return {
        "how": how,
        "length": sum(sizes),
        "sha256": digest.hexdigest(),
        "pieces": len(sizes),
        "sizes": sizes[:PIECES_SHOWN],
    }


def _described(value: Any) -> dict[str, Any]:
    """Type and, for plain values, the value; for objects, the public names they offer."""
    shown: dict[str, Any] = {"type": type(value).__name__}
    if value is None or isinstance(value, (bool, int, float, str)):
        shown["value"] = value
    elif isinstance(value, (tuple, list)):
        shown["value"] = [item if isinstance(item, (int, str)) else repr(item) for item in value]
    else:
        shown["callable"] = callable(value)
        shown["methods"] = sorted(
            name for name in ("read", "readline", "readlines", "__iter__", "write", "writelines", "flush", "close")
            if hasattr(value, name)
        )
    return shown


def _faults(environ: Environ) -> list[str]:
    """What PEP 3333 forbids and JSON would hide: odd types, text beyond Latin-1, a dict that is not just a dict."""
    found = [] if type(environ) is dict else [f"environ is {type(environ).__name__}"]
    for name, value in environ.items():
        if type(name) is not str:
            found.append(f"{name!r} is a name of type {type(name).__name__}")
        elif isinstance(value, str):
            if type(value) is not str:
                found.append(f"{name} is {type(value).__name__}")
            if any(ord(character) > 255 for character in value):
                found.append(f"{name} is not Latin-1")
        elif "." not in name:
            found.append(f"{name} is {type(value).__name__}")
    return found


def application(environ: Environ, start_response: Any) -> list[bytes]:
    """`environ`: its str values; `objects`: everything else by type; `body`: what was read; `faults`: wrong types."""
    plain = {name: value for name, value in environ.items() if isinstance(value, str)}
    objects = {
        str(name): _described(value)
        for name, value in environ.items()
        if not isinstance(value, str) or str(name).startswith("wsgi.")
    }
    told = {"environ": plain, "objects": objects, "body": _body(environ), "faults": _faults(environ)}
    body = json.dumps(told, sort_keys=True, indent=1).encode() + b"\n"
    return answer(start_response, body, content_type="application/json", headers=who())
