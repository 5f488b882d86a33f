"""The server's own sockets and mappings in this process, so that a child which the app forks can let go of them.

Programs that the app starts inherit none (all are closed on exec). A plain ``os.fork`` copies every descriptor: the
hook here closes the server's in the child, or a dead worker's sockets would stay open as long as the child lives."""
from __future__ import annotations

import mmap
import os
import signal
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_sockets: list[socket.socket] = []
_numbers: list[int] = []
_mappings: list[tuple[Any, mmap.mmap]] = []
_forking_worker = False
metrics = -1  # the memory that lanner.metrics counts in; none under other servers


def own(sock: socket.socket) -> socket.socket:
    sock.settimeout(None)  # the app may have set a default for all sockets
    _sockets.append(sock)
    return sock


def own_number(number: int) -> int:
    _numbers.append(number)
    return number


def disown_number(number: int) -> None:
    _numbers.remove(number)


def own_metrics(number: int) -> None:
    global metrics
    metrics = own_number(number)


def numbers() -> list[int]:
    """Every descriptor that the server holds in this process."""
    return [*_numbers, *(sock.fileno() for sock in _sockets)]


def own_mapping(view: Any, mapping: mmap.mmap) -> None:
    _mappings.append((view, mapping))


def fork() -> int:
    """``os.fork`` for a worker: the child keeps nothing of the template's descriptors either, but its signals and streams."""
    global _forking_worker
    _forking_worker = True
    try:
        return os.fork()
    finally:
        _forking_worker = False


def forking_worker() -> bool:
    """For hooks that run in a child: whether it becomes a worker."""
    return _forking_worker


def release() -> None:
    """Closes everything that the server holds in this process."""
    global metrics
    metrics = -1
    for sock in _sockets:
        number = sock.detach()
        if number >= 0:
            _close(number)
    for number in _numbers:
        _close(number)
    for view, mapping in _mappings:
        try:
            view.release()
            mapping.close()
        except (BufferError, ValueError):
            pass
    del _sockets[:], _numbers[:], _mappings[:]


def _close(number: int) -> None:
    try:
        os.close(number)
    except OSError:
        pass


def _after_fork_in_child() -> None:
    if _forking_worker:
        return
    release()
    # The worker takes TERM and INT calmly because the front end decides when it ends; its children are their own.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def watch_forks() -> None:
    os.register_at_fork(after_in_child=_after_fork_in_child)
