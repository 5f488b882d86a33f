"""``worker`` as hooks see it."""
from __future__ import annotations

import os
from typing import Any, Callable, Optional, Union


class Worker:
    """Made in the template before the fork, as in Gunicorn; the child fills it in."""

    def __init__(self, age: int, server: Any) -> None:
        self.age = age
        self.pid: Union[int, str] = "[booting]"
        self.ppid = os.getpid()
        self.sockets: list[Any] = []
        self.app = server.app
        self.cfg = server.cfg
        self.log = server.log
        self.timeout = server.timeout
        self.booted = False
        self.aborted = False
        self.alive = True
        self.reloader = None
        self.nr = 0
        self.max_requests = server.cfg.max_requests or 9223372036854775807
        self.wsgi: Optional[Callable[..., Any]] = None

    def __str__(self) -> str:
        return f"<Worker {self.pid}>"
