"""``lanner.worker``: who this process is."""
from __future__ import annotations

import os


class Worker:
    """What an app may know of the process it runs in. Under another server it tells of one process without a slot."""

    __slots__ = ("slot", "generation", "app", "workers", "threads", "kind")

    def __init__(self) -> None:
        self.slot: int = 0
        self.generation: int = 0
        self.app: str = ""
        self.workers: int = 1
        self.threads: int = 1
        self.kind: str = "web"

    @property
    def pid(self) -> int:
        return os.getpid()

    def __repr__(self) -> str:
        return f"<lanner.worker {self.kind} app={self.app!r} slot={self.slot} generation={self.generation} pid={self.pid}>"


worker = Worker()
