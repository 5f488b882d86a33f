"""``server`` as hooks see it: Gunicorn's arbiter."""
from __future__ import annotations

import os
import signal
from typing import Any, Callable, Optional


class Server:
    """Hooks get the template's; what they set on it, the workers that are forked later see."""

    START_CTX: dict[str, Any] = {}
    LISTENERS: list[Any] = []  # the front end's: no process of Python has them
    master_name = "Master"
    master_pid = 0
    reexec_pid = 0
    pidfile = None
    systemd = False

    def __init__(self, cfg: Any, log: Any, front_end: int) -> None:
        self.cfg = cfg
        self.log = log
        self.pid = front_end
        self.address = cfg.address
        self.num_workers = cfg.workers
        self.timeout = cfg.timeout
        self.proc_name = cfg.proc_name
        self.worker_class = cfg.worker_class
        self.worker_age = 0
        self.app = Application(cfg)
        self.WORKERS: dict[int, Any] = {}

    def stop(self, graceful: bool = True) -> None:
        os.kill(self.pid, signal.SIGTERM if graceful else signal.SIGQUIT)

    def halt(self, reason: Optional[str] = None, exit_status: int = 0) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def reload(self) -> None:
        os.kill(self.pid, signal.SIGHUP)


class Application:
    """``server.app`` and ``worker.app``."""

    def __init__(self, cfg: Any) -> None:
        self.cfg = cfg
        self.callable: Optional[Callable[..., Any]] = None

    def wsgi(self) -> Callable[..., Any]:
        if self.callable is None:
            raise RuntimeError("the app is not loaded in this process: it is with preload_app")
        return self.callable
