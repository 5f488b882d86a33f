"""Connected sockets of this process, and how one is cut off in a child without the parent's connection noticing."""
from __future__ import annotations

import _socket
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator, Optional


# Others (netlink, packet …) are conversations with the kernel or have none.
_FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, getattr(socket, "AF_VSOCK", socket.AF_UNIX))


class Connection:
    """A connected socket as the kernel tells of it."""

    def __init__(self, number: int, family: int, kind: int, peer: Any) -> None:
        self.number = number
        self.family = family
        self.kind = kind
        self.peer = peer

    def __str__(self) -> str:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host, port = self.peer[:2]
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if not isinstance(self.peer, (str, bytes)):
            return str(self.peer)
        name = os.fsdecode(self.peer)
        return name.replace("\0", "@", 1) if name else "the other end of a socket pair"


def connected(own: Iterable[int]) -> Iterator[Connection]:
    """Every connected socket but the server's own and the standard streams."""
    spared = {0, 1, 2, *own}
    for number in numbers("socket:"):
        if number in spared:
            continue
        found = _connection(number)
        if found is not None:
            yield found


def numbers(kind: str) -> list[int]:
    """The descriptors of one kind: ``socket:``, ``anon_inode:[eventpoll]``."""
    found = []
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:  # no /proc: nothing is known
        return []
    for name in names:
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith(kind):
                found.append(int(name))
        except OSError:  # the one that listed them
            pass
    return sorted(found)


def _connection(number: int) -> Optional[Connection]:
    try:
        # Neither the app's default timeout nor a socket class of its own may make what it shares non-blocking.
        sock = _socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK, fileno=number)
    except OSError:
        return None
    try:
        if sock.family not in _FAMILIES or sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return None
        return Connection(number, sock.family, sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE), sock.getpeername())
    except OSError:
        return None
    finally:
        sock.detach()


def sever(connections: Iterable[Connection]) -> None:
    """Puts a dead socket in the place of each: who writes to it meets BrokenPipeError, who reads from it the end.

    The parent's connection is neither used nor closed. A datagram socket has no conversation to lose: it is replaced by
    a fresh one to the same peer, so that logging to syslog or statsd goes on and answers come to who has asked."""
    dead, other = socket.socketpair()
    other.close()
    with dead:
        for connection in connections:
            if not _renewed(connection):
                blocking = os.get_blocking(connection.number)
                os.dup2(dead.fileno(), connection.number, inheritable=False)
                if not blocking:
                    _unblock(connection.number)


def _unblock(number: int) -> None:
    """All share one description, which may be non-blocking without harm: a dead socket never makes anybody wait."""
    os.set_blocking(number, False)


def _renewed(connection: Connection) -> bool:
    if connection.kind != socket.SOCK_DGRAM or not connection.peer:
        return False
    try:
        with socket.socket(connection.family, connection.kind) as fresh:
            fresh.setblocking(os.get_blocking(connection.number))
            fresh.connect(connection.peer)
            os.dup2(fresh.fileno(), connection.number, inheritable=False)
        return True
    except OSError:
        return False
