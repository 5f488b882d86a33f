"""Gunicorn's hooks, called in its order in Lanner's processes: the server's in the template, the worker's in the worker."""
from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, Callable, Optional

from ... import ending, loading
from ..peer import Peer
from . import option, reading
from .configuration import Cfg
from .log import Log
from .request import Request, Response
from .server import Server
from .worker import Worker

if TYPE_CHECKING:
    from ..peer import App


class Hooks(Peer):
    """Evaluates the configuration file in this process: functions cannot come from another."""

    def __init__(self, task: dict[str, Any], settings: dict[str, Any]) -> None:
        here = os.getcwd()
        os.chdir(task["directory"])  # the configuration file is read where the command was given
        try:
            configuration = reading.read(task["arguments"], os.environ, task["directory"])
        except reading.Refused as refusal:
            # The front end could read it: this process may be another user's, or the file has changed since.
            raise loading.LoadError(str(refusal), refusal.trace) from None
        finally:
            os.chdir(here)
        for path in reversed([here, *configuration.paths]):
            if path in sys.path:
                sys.path.remove(path)
            sys.path.insert(0, path)
        cfg = Cfg(configuration)
        if cfg.paste_global_conf:
            loading.paste_globals.update(cfg.paste_global_conf)
        # Apps ask by what server they are run.
        sys.argv[:] = ["gunicorn", *task["arguments"]]
        os.environ.setdefault("SERVER_SOFTWARE", "gunicorn (in Lanner)")
        self._is_first = settings["generation"] == 1
        self._is_check = not task.get("hooks", True)
        self._cfg = cfg
        self._server = Server(cfg, Log(cfg), os.getppid())
        self._server.num_workers = settings["workers"]
        self._workers: dict[int, Worker] = {}  # by pid
        self._next: Optional[Worker] = None  # forked next; in a worker: its own
        self._failure: Optional[BaseException] = None

    # In the template.

    def starting(self) -> None:
        if self._is_check:
            return
        before = None if self._is_first else self._server.num_workers  # a reload: this process knows no other
        self._call("nworkers_changed", self._server, self._server.num_workers, before)

    def started(self, app: Optional[App]) -> None:
        self._server.app.callable = app
        if self._is_check:
            return
        if self._is_first:
            self._call("on_starting", self._server)
            self._call("when_ready", self._server)
        else:
            self._call("on_reload", self._server)

    def before_fork(self, serial: int) -> None:
        self._server.worker_age = serial
        self._next = Worker(serial, self._server)
        self._failure = None
        try:
            self._call("pre_fork", self._server, self._next)
        except BaseException as error:
            self._failure = error

    def forked(self, pid: int) -> None:
        assert self._next is not None
        self._next.pid = pid
        self._workers[pid] = self._server.WORKERS[pid] = self._next
        self._next = None

    def reaped(self, pid: int, status: int) -> None:
        worker = self._workers.pop(pid, None)
        self._server.WORKERS.pop(pid, None)
        if worker is not None:
            worker.alive = False
            self._call_and_tell("child_exit", self._server, worker)

    def scaled(self, workers: int) -> None:
        before, self._server.num_workers = self._server.num_workers, workers
        if workers != before:
            self._call_and_tell("nworkers_changed", self._server, workers, before)

    def stopping(self) -> None:
        self._call_and_tell("on_exit", self._server)

    # In a worker.

    def after_fork(self) -> None:
        if self._failure is not None:
            raise self._failure
        worker = self._own
        worker.pid = os.getpid()
        self._workers.clear()
        signal.signal(signal.SIGQUIT, self._quit)
        signal.signal(signal.SIGABRT, self._abort)
        self._call("post_fork", self._server, worker)

    def worker_starting(self, app: App) -> App:
        worker = self._own
        worker.wsgi = worker.app.callable = app
        self._call("post_worker_init", worker)
        worker.booted = True
        return worker.wsgi  # a hook may have put another in its place

    def thread(self, app: App, ended: Callable[[], None]) -> tuple[App, Callable[[], None]]:
        before, after = self._cfg.pre_request, self._cfg.post_request
        if before is None and after is None:
            return app, ended
        worker = self._own
        if after is None:

            def announced(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
                worker.nr += 1
                before(worker, Request(environ))
                return app(environ, start_response)

            return announced, ended
        count = option.arity(after, (2, 3, 4)) or 2
        running: list[Any] = []

        def called(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            worker.nr += 1
            request = Request(environ)
            if before is not None:
                before(worker, request)
            response = Response(request, start_response)
            running[:] = (worker, request, environ, response)
            return response.counting(app(environ, response.start_response))

        def told() -> None:
            if running:  # not when pre_request raised
                arguments = running[:count]
                running.clear()
                self._tell(after, *arguments)
            ended()

        return called, told

    def worker_ending(self) -> None:
        worker = self._own
        worker.alive = False
        self._call_and_tell("worker_exit", self._server, worker)

    def _quit(self, number: int, frame: Any) -> None:
        """The server stops quickly: what runs is cut off."""
        self._call_and_tell("worker_int", self._own)
        self._end(0)

    def _abort(self, number: int, frame: Any) -> None:
        """A request has run into its time limit."""
        self._own.aborted = True
        self._call_and_tell("worker_abort", self._own)
        self._end(1)

    def _end(self, code: int) -> None:
        ending.end(self, code, waits=False)

    @property
    def _own(self) -> Worker:
        assert self._next is not None
        return self._next

    def _call(self, name: str, *arguments: Any) -> None:
        function = getattr(self._cfg, name)
        if function is not None:
            function(*arguments)

    def _call_and_tell(self, name: str, *arguments: Any) -> None:
        function = getattr(self._cfg, name)
        if function is not None:
            self._tell(function, *arguments)

    @staticmethod
    def _tell(function: Callable[..., Any], *arguments: Any) -> None:
        """What raises here can stop nothing any more."""
        try:
            function(*arguments)
        except SystemExit:
            pass
        except BaseException:
            traceback.print_exc()
