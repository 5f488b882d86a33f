"""A worker that breaks the wire: each path writes something forbidden to the socket of its own thread."""
from __future__ import annotations

import gc
import os
import struct
import threading
from typing import Any, Iterable

HEADER = struct.Struct("<IIIBBH")
RESPONSE, FILE, SKIPPED, ERROR = 16, 20, 23, 21


def _channel() -> Any:
    """The channel of this thread: the one in whose frames the thread is."""
    import sys

    frame = sys._getframe()
    while frame is not None:
        if "channel" in frame.f_locals and hasattr(frame.f_locals["channel"], "socket"):
            return frame.f_locals["channel"]
        frame = frame.f_back
    raise LookupError("no channel")


def _number() -> int:
    for found in gc.get_objects():
        if type(found).__name__ == "Exchange" and found.channel is _channel():
            return found.number
    raise LookupError("no exchange")


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    name = environ["PATH_INFO"].strip("/")
    if not name:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine\n"]
    sock, number = _channel().socket, _number()
    frames = {
        "garbage": os.urandom(4096),
        "text": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 4,
        "huge": HEADER.pack(0xFFFFFFFF, number, 0, RESPONSE, 0, 0),
        "reserved": HEADER.pack(0, number, 0, RESPONSE, 0, 1),
        "wrong-number": HEADER.pack(0, number + 7, 0, RESPONSE, 0, 0),
        "unknown-kind": HEADER.pack(0, number, 0, 200, 0, 0),
        "bad-marshal": HEADER.pack(9, number, 0, RESPONSE, 0, 0) + b"\xff" * 9,
        "cut-marshal": HEADER.pack(5, number, 0, RESPONSE, 0, 0) + b"(\x02\x00\x00\x00",
        "huge-marshal": HEADER.pack(10, number, 0, RESPONSE, 0, 0) + b"(\x02\x00\x00\x00u\xff\xff\xff\x7f",
        "skipped": HEADER.pack(0, number + 1, 0, SKIPPED, 0, 0),
        "skipped-itself": HEADER.pack(0, number, 0, SKIPPED, 0, 0),
        "bad-error": HEADER.pack(1, number, 0, ERROR, 0, 0) + b"N",
        "short-file": HEADER.pack(4, number, 0, FILE, 0, 0) + b"abcd",
    }
    if name == "half":
        sock.sendall(HEADER.pack(100, number, 0, RESPONSE, 0, 0)[:9])
        os._exit(9)
    if name == "closed":
        sock.shutdown(2)
    else:
        sock.sendall(frames[name])
    threading.Event().wait()
    return []
