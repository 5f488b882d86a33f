"""What runs in this process now. Each name has one owner, who sets it; all others read it.

=============  ==========================================================  =======================================
name           what                                                        set by
=============  ==========================================================  =======================================
``control``    this worker's link to the server                            ``worker_process``, once at the start
``scoreboard`` this worker's part of it                                    ``worker_process``, once at the start
``threads``    by thread identifier, ``[environ, settings]`` of a request  ``worker_process`` and ``wsgi`` for the
                                                                           threads of requests, ``background`` for
                                                                           those of ``lanner.spawn``
``jobs``       by name, the jobs that the app's code has declared          ``jobs``
=============  ==========================================================  =======================================

What an app imports (settings, locks, jobs, spawn) asks here, and so it knows nothing of templates and workers, which
know all of it. Under another server, and in plain tests, there is no link and no scoreboard.
"""
from __future__ import annotations

from _thread import get_ident

from . import hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .control import Control

control: Control | None = None
scoreboard: Any = None
threads: dict[int, list[Any]] = {}
jobs: dict[str, Any] = {}


class NotYet(RuntimeError):
    """The app is being loaded: this process is not a worker yet, and has no link."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} while the app is loaded: this process is not a worker yet. Do it in lanner.process.setup, a request or a job"
        )


def link(what: str) -> Control | None:
    """This worker's link; None without a server. Raises ``NotYet``, which says that ``what`` cannot be done, while the app is
    loaded, and ``control.Gone`` in a child of the worker."""
    if not hooks._managed:
        return None
    if control is None:
        raise NotYet(what)
    control.require()
    return control


def noted() -> list[Any] | None:
    """Of the request that this thread runs, ``[environ, settings]``; both are None between two requests."""
    return threads.get(get_ident())


def environ() -> dict[str, Any] | None:
    """Of the request that this thread runs."""
    entry = threads.get(get_ident())
    return entry[0] if entry else None


def request_id() -> str:
    """Of the request that this thread runs, or empty."""
    running = environ()
    return str(running.get("lanner.request_id", "")) if running else ""
