"""Lanner's public Python API. Importing it does nothing: it also works under any other server and in plain tests."""
from __future__ import annotations

from . import fork
from .hooks import after_fork, before_fork, process, thread
from .identity import worker
from .once import once

__all__ = ["LogHandler", "after_fork", "before_fork", "fork", "job", "lock", "metrics", "once", "process", "settings", "spawn", "thread", "worker", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "spawn":  # its imports cost a small app a tenth of its start
        from .background import spawn

        globals()["spawn"] = spawn
        return spawn
    if name == "job":
        from .jobs import job

        globals()["job"] = job
        return job
    if name == "lock":
        from .locks import lock

        globals()["lock"] = lock
        return lock
    if name == "settings":
        from .live_settings import settings

        globals()["settings"] = settings
        return settings
    if name == "LogHandler":  # imports logging
        from .log_handler import LogHandler

        globals()["LogHandler"] = LogHandler
        return LogHandler
    if name == "metrics":  # what an app does not use is not loaded
        import importlib

        return importlib.import_module(".metrics", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
