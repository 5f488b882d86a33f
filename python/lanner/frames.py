"""The frames of docs/wire.md, seen from Python: header, kinds, and the control link of a template or a worker."""
from __future__ import annotations

import array
import collections
import marshal
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HEADER = struct.Struct("<IIIBBH")  # length, number, extra, kind, flags, zero
SIZE = HEADER.size

REQUEST = 1
SEND_DESCRIPTOR = 2
DESCRIPTOR = 3

RESPONSE = 16
HEAD = 17
DATA = 18
END = 19
FILE = 20
ERROR = 21
BODY_WANTED = 22
SKIPPED = 23

CONFIGURE = 64
LOADED = 65
FAILED = 66
FORK = 67
DESCRIPTORS = 68
FORKED = 69
EXITED = 70
STOP = 71
SCALED = 72
SETTINGS = 73
SETTINGS_TAKEN = 74
SETTINGS_CHANGE = 80
ANSWER = 81
FAULT = 82
JOB_ENQUEUE = 83
LOCK_ACQUIRE = 84
LOCK_RELEASE = 85
LOCK_LOST = 86
LOG_LEVEL = 75
JOBS = 76

BODY_IN_FILE = 1

LONGEST = 4 << 20  # bytes of a frame's payload; the front end takes a longer one for a broken wire
LONGEST_TEXT = 512 << 10  # characters of a message or a traceback

MARSHAL_VERSION = 2  # no references between values, so that the reader in C# stays small


class TooLong(Exception):
    """What was to be told is longer than a frame may be."""


def shortened(text: str) -> str:
    """Its beginning and its end, where it is longer than is told of one."""
    left_out = len(text) - LONGEST_TEXT
    if left_out <= 0:
        return text
    begin = LONGEST_TEXT // 4
    return f"{text[:begin]}… [{left_out:,} characters are left out] …{text[begin + left_out:]}"


def receive_descriptors(sock: socket.socket, size: int) -> tuple[bytes, list[int]]:
    """Like ``recv``, and the descriptors that came beside the bytes; none of them is inherited by programs."""
    room = socket.CMSG_SPACE(253 * array.array("i").itemsize)
    data, ancillary, _, _ = sock.recvmsg(size, room, socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    return data, list(descriptors)


class ControlLink:
    """Commands in, news out; each a marshalled dict. Reading is for one thread; sending is atomic enough for one writer."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.descriptors: collections.deque[int] = collections.deque()
        self._rest = b""

    def send(self, kind: int, entries: dict[str, Any]) -> None:
        payload = marshal.dumps(entries, MARSHAL_VERSION)
        if len(payload) > LONGEST:
            raise TooLong(f"{len(payload):,} bytes are more than can be told at once: up to {LONGEST:,}")
        self.socket.sendall(HEADER.pack(len(payload), 0, 0, kind, 0, 0) + payload)

    def holds_more(self) -> bool:
        """Whether another command has come with the last one: no poll of the socket tells of it."""
        return len(self._rest) >= SIZE and len(self._rest) >= SIZE + int(HEADER.unpack_from(self._rest)[0])

    def receive(self) -> tuple[int, dict[str, Any]] | None:
        """The next command, or None when the front end is gone. Descriptors gather in ``descriptors``, in order."""
        while True:
            if len(self._rest) >= SIZE:
                length, _, _, kind, _, _ = HEADER.unpack_from(self._rest)
                if len(self._rest) >= SIZE + length:
                    payload = self._rest[SIZE : SIZE + length]
                    self._rest = self._rest[SIZE + length :]
                    return kind, marshal.loads(payload) if payload else {}
            data, descriptors = receive_descriptors(self.socket, 65536)
            if not data:
                return None
            self.descriptors.extend(descriptors)
            self._rest += data
