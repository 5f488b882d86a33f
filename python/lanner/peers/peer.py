"""Another server, as far as an app that was written for it can tell."""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    App = Callable[..., Any]


class Peer:
    """The moments at which another server calls the user's code. This one has none: every moment passes.

    A moment that raises stops what it belongs to: the template does not start, the worker stays out. Those that come
    when nothing can be stopped any more print the traceback and return.
    """

    def starting(self) -> None:
        """In the template, before the app is loaded."""

    def started(self, app: Optional[App]) -> None:
        """In the template, before the first fork. ``app`` is None where each worker loads it."""

    def before_fork(self, serial: int) -> None:
        """In the template. What goes wrong here is raised by ``after_fork``: the template has other workers to care for."""

    def forked(self, pid: int) -> None:
        """In the template: the worker that was announced has been forked."""

    def after_fork(self) -> None:
        """In the child, before the app is loaded (unless it was preloaded)."""

    def worker_starting(self, app: App) -> App:
        """In the child, when the app is loaded, before any of its threads runs. Returns what is served."""
        return app

    def thread(self, app: App, ended: Callable[[], None]) -> tuple[App, Callable[[], None]]:
        """In each thread: what it calls for a request, and after one."""
        return app, ended

    def worker_ending(self) -> None:
        """In the child, after its last request, before its ``atexit`` functions."""

    def reaped(self, pid: int, status: int) -> None:
        """In the template: a worker has ended."""

    def scaled(self, workers: int) -> None:
        """Called in the template: the number of workers wanted."""

    def stopping(self) -> None:
        """In the template: all workers have ended, and the server ends."""
