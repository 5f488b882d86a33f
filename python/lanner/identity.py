"""``lanner.worker``: who this process is."""
from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class Worker:
    """What an app may know of the process it runs in. Under another server it tells of one process without a slot."""

    __slots__ = ("slot", "generation", "app", "workers", "threads", "kind")

    def __init__(self) -> None:
        self.slot = 0
        self.generation = 0
        self.app = ""
        self.workers = 1
        self.threads = 1
        self.kind: Literal["web", "job", "template"] = "web"

    @property
    def pid(self) -> int:
        return os.getpid()

    def __repr__(self) -> str:
        return f"<lanner.worker {self.kind} app={self.app!r} slot={self.slot} generation={self.generation} pid={self.pid}>"


worker = Worker()


def name_process(name: str) -> None:
    """What ``ps -o comm`` and ``top`` show; 15 characters at most."""
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(name[:15])
    except OSError:
        pass
