"""One thread's socket to the front end: requests in order, answers in the same order, descriptors when asked for."""
from __future__ import annotations

import collections
import os
import socket

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

_RECEIVE = 65536


class FrontEndGone(Exception):
    """The socket closed in the midst of a request."""


class Channel:
    """Reads frames ahead: several requests may come in one ``recv``."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.ahead: collections.deque[tuple[int, int, int, bytes]] = collections.deque()
        self._rest = b""

    def receive(self) -> Optional[tuple[int, int, int, bytes]]:
        """(number, flags, length of the environ, environ and body) of the next request; None when the front end closes the socket."""
        while not self.ahead:
            data = self.socket.recv(_RECEIVE)
            if not data:
                return None
            self._parse(data)
        return self.ahead.popleft()

    def _parse(self, data: bytes) -> list[int]:
        """Puts whole requests into ``ahead`` and returns the kinds of the other frames."""
        if self._rest:
            data = self._rest + data
        others = []
        at, end = 0, len(data)
        unpack = frames.HEADER.unpack_from
        while end - at >= 16:
            length, number, extra, kind, flags, _ = unpack(data, at)
            stop = at + 16 + length
            if stop > end:
                break
            if kind == 1:  # REQUEST; a global costs 30 ns
                self.ahead.append((number, flags, extra, data[at + 16 : stop]))
            else:
                others.append(kind)
            at = stop
        self._rest = data[at:] if at < end else b""
        return others

    def request_body(self, number: int) -> int:
        """The descriptor of the file that holds the body of the request that runs now."""
        self.socket.sendall(frames.HEADER.pack(0, number, 0, frames.BODY_WANTED, 0, 0))
        found: list[int] = []
        while True:
            data, descriptors = frames.receive_descriptors(self.socket, _RECEIVE)
            if not data:
                raise FrontEndGone
            found.extend(descriptors)
            if frames.DESCRIPTOR in self._parse(data):
                for more in found[1:]:
                    os.close(more)
                if not found:
                    raise FrontEndGone("a descriptor was announced and did not come")
                return found[0]

    def send_descriptor(self, number: int, descriptor: int) -> None:
        """Waits until the front end asks for what a FILE frame offered, and sends it."""
        while True:
            data = self.socket.recv(_RECEIVE)
            if not data:
                raise FrontEndGone
            if frames.SEND_DESCRIPTOR in self._parse(data):
                break
        socket.send_fds(self.socket, [frames.HEADER.pack(0, number, 0, frames.DESCRIPTOR, 0, 0)], [descriptor])
