"""Lanner's public Python API. Importing it does nothing: it also works under any other server and in plain tests."""
from __future__ import annotations

from . import fork
from .hooks import after_fork, before_fork, process, thread
from .identity import worker
from .once import once

TYPE_CHECKING = False
if TYPE_CHECKING:  # the names of _LAZY, for type checkers and editors
    from . import metrics
    from .background import spawn
    from .jobs import JobError, job
    from .live_settings import SettingsConflict, SettingsError, SettingsInvalid, settings
    from .locks import LockError, LockTimeout, lock
    from .log_handler import LogHandler
    from .version import __version__

__all__ = [
    "JobError", "LockError", "LockTimeout", "LogHandler", "SettingsConflict", "SettingsError", "SettingsInvalid", "__version__", "after_fork",
    "before_fork", "fork", "job", "lock", "metrics", "once", "process", "settings", "spawn", "thread", "worker",
]

# Name → the module that has it, imported when the name is first used. What an app does not use costs its start nothing:
# ``spawn`` alone would take a tenth of a small app's.
_LAZY = {
    "JobError": "jobs",
    "LockError": "locks",
    "LockTimeout": "locks",
    "LogHandler": "log_handler",
    "SettingsConflict": "live_settings",
    "SettingsError": "live_settings",
    "SettingsInvalid": "live_settings",
    "__version__": "version",
    "job": "jobs",
    "lock": "locks",
    "metrics": "metrics",
    "settings": "live_settings",
    "spawn": "background",
}

if not TYPE_CHECKING:  # a type checker would take every name for one of these

    def __getattr__(name: str) -> object:
        module = _LAZY.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        loaded = __import__(f"{__name__}.{module}", fromlist=(module,))
        value = globals()[name] = loaded if name == module else getattr(loaded, name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
