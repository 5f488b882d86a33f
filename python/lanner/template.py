"""The template: one process per generation of an app that imports it once and forks its workers when told."""
from __future__ import annotations

import gc
import os
from select import POLLIN, poll as _poll  # an app under eventlet takes it out of its module
import signal
import socket
import sys
import warnings

from . import descriptors, frames, hooks, imports, lifeline, logs, output, peers, worker_process
from .identity import name_process, worker as identity
from .live_settings import settings as live_settings
from .peers import seam
from .peers.peer import Peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, NoReturn, Optional

CONTROL, LIFELINE = 3, 4  # where the front end puts them


def main() -> None:
    if len(sys.argv) > 1:
        import json

        return _spawned(json.loads(sys.argv[1]))
    for number in (CONTROL, LIFELINE):
        os.set_inheritable(number, False)
    gc.disable()  # what is garbage now would be copied into every worker by a later collection
    lifeline.hold(descriptors.own_number(LIFELINE))
    descriptors.watch_forks()
    hooks.manage()
    control = frames.ControlLink(descriptors.own(socket.socket(fileno=CONTROL)))
    from .fork import survey  # here it costs nothing: the front end still reads the settings, and a spawned worker needs none

    came = control.receive()
    if came is None or came[0] != frames.CONFIGURE:
        os._exit(1)
    settings = {**came[1], "locks": control.descriptors.popleft()}
    descriptors.own_metrics(control.descriptors.popleft())
    if settings["settings"]:
        live_settings.accept(int(settings["settings"]), control.descriptors.popleft())
    try:
        _limit(settings)
        _prepare(settings)
    except (OSError, KeyError, ValueError) as error:
        control.send(frames.FAILED, {"message": _refusal(error, settings), "traceback": ""})
        control.receive()
        _end(3)
    loaded = worker_process.told(control, _load, settings)
    if loaded is None:
        control.receive()  # the front end reads the reason and closes
        _end(3)
    # The import may have set its own: the front end decides when the template ends.
    signal.signal(signal.SIGTERM, worker_process._calm)
    signal.signal(signal.SIGINT, worker_process._calm)
    gc.collect()
    refusal = survey.refusal(settings)
    if refusal:
        output.flush()
        control.send(frames.FAILED, {"message": refusal, "traceback": ""})
        control.receive()
        _end(3)
    if worker_process.told(control, worker_process.tell_jobs, control) is None:
        control.receive()
        _end(3)
    control.send(frames.LOADED, {"python": sys.version.split()[0], "executable": sys.executable})
    _Template(control, settings, *loaded).run()


def _end(status: int) -> NoReturn:
    """Without what the app registered for the end of a process: its workers are where it runs."""
    output.flush()
    os._exit(status)


def _load(settings: dict[str, Any]) -> tuple[Optional[Callable[..., Any]], Peer]:
    """The user's code in the template. The app is None when each worker loads it."""
    peer = peers.of(settings)
    peer.starting()
    app = None
    if settings["preload"]:
        from .fork import origins

        origins.watch()
        app = worker_process.load(settings)
    logs.load()
    peer.started(app)
    return app, peer


def _prepare(settings: dict[str, Any]) -> None:
    identity.kind = "template"
    identity.app = settings["name"]
    identity.generation = settings["generation"]
    identity.workers = settings["workers"]
    identity.threads = settings["threads"]
    name_process(f"lanner:{settings['name']}")
    os.chdir(settings["directory"])
    sys.path.insert(0, settings["directory"])
    sys.argv[:] = ["lanner"]
    output.by_lines()
    output.begin_log()
    logs.watch(settings["log_levels"])
    imports.watch()
    seam.prepare(settings)


def _limit(settings: dict[str, Any]) -> None:
    """Takes the limits and the user that the settings name, before anything of the app is read."""
    if int(settings["nice"]):
        os.nice(int(settings["nice"]))
    for name, kind in (("nofile", "RLIMIT_NOFILE"), ("as", "RLIMIT_AS")):
        wanted = int(settings[name])
        if wanted >= 0:
            import resource

            resource.setrlimit(getattr(resource, kind), (wanted, wanted))
    user, group = settings["user"], settings["group"]
    if not user and not group:
        return
    import grp
    import pwd

    account = (pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)) if user else None
    number = (int(group) if group.isdigit() else grp.getgrnam(group).gr_gid) if group else account.pw_gid if account else -1
    if account is not None:
        os.initgroups(account.pw_name, number)
    else:
        os.setgroups([number])
    os.setresgid(number, number, number)
    if account is not None:
        os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
        os.environ.update(USER=account.pw_name, LOGNAME=account.pw_name, HOME=account.pw_dir)


def _refusal(error: Exception, settings: dict[str, Any]) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"the directory {error.filename} cannot be entered: {error.strerror}"
    wanted = ", ".join(f"{name} = {settings[name]}" for name in ("user", "group", "nofile", "as", "nice") if settings[name] not in ("", "-1", "0"))
    return f"the process cannot be given {wanted}: {error.strerror if isinstance(error, OSError) else error.args[0]}"


class _Template:
    """Takes commands, reaps workers. One thread; a pidfd for each worker, so that no signal handler of the app is disturbed."""

    def __init__(
        self, control: frames.ControlLink, settings: dict[str, Any], app: Optional[Callable[..., Any]], peer: Peer
    ) -> None:
        self._peer = peer
        self._control = control
        self._settings = settings
        self._app = app
        self._hazards = 0  # what the last look found that workers share or lose
        self._waiting: list[dict[str, Any]] = []
        self._workers: dict[int, tuple[int, int]] = {}  # pid → (serial, pidfd or -1)

    def run(self) -> None:
        poll = _poll()
        poll.register(self._control.socket, POLLIN)
        while True:
            pidfds = {pidfd for _, pidfd in self._workers.values()}
            for pidfd in pidfds - {-1}:
                poll.register(pidfd, POLLIN)
            ready = [number for number, _ in poll.poll(200 if -1 in pidfds else None)]
            for pid, (_, pidfd) in list(self._workers.items()):
                if pidfd == -1 or pidfd in ready:
                    if pidfd != -1:
                        poll.unregister(pidfd)
                    self._reap(pid)
            while self._control.socket.fileno() in ready or self._control.holds_more():
                ready.clear()
                came = self._control.receive()
                if came is None:
                    _end(0)
                self._take(*came)

    def _take(self, kind: int, command: dict[str, Any]) -> None:
        if kind == frames.FORK:
            self._waiting.append(command)
        elif kind == frames.SCALED:
            self._peer.scaled(command["workers"])
        elif kind == frames.LOG_LEVEL:
            self._settings["log_levels"] = command["log_levels"]
            logs.set_levels(command["log_levels"])
        elif kind == frames.STOP:
            self._peer.stopping()
            _end(0)
        while self._waiting and len(self._control.descriptors) >= self._waiting[0]["descriptors"]:
            command = self._waiting.pop(0)
            numbers = [self._control.descriptors.popleft() for _ in range(command["descriptors"])]
            pid = self._spawn(command, numbers) if self._settings["start"] == "spawn" else self._fork(command, numbers)
            for number in numbers:
                os.close(number)
            try:
                pidfd = os.pidfd_open(pid)
                descriptors.own_number(pidfd)
            except (OSError, AttributeError):
                pidfd = -1
            self._workers[pid] = (command["serial"], pidfd)
            self._control.send(frames.FORKED, {"serial": command["serial"], "pid": pid, "hazards": self._hazards})

    def _fork(self, command: dict[str, Any], numbers: list[int]) -> int:
        from .fork import survey

        # First the app's own hooks: what it closes now is not shared.
        failure = hooks.prepare_fork()
        self._peer.before_fork(command["serial"])
        self._hazards = survey.look(self._settings, numbers)
        output.flush()
        gc.freeze()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns where the app has started threads
            pid = descriptors.fork()
        if pid == 0:
            descriptors.release()
            survey.repair(numbers)
            worker_process.run(self._app, self._settings, command, numbers, self._peer, failure)
        hooks.forked(in_child=False)
        self._peer.forked(pid)
        return pid

    def _spawn(self, command: dict[str, Any], numbers: list[int]) -> int:
        import json
        import subprocess

        boot = os.path.join(os.path.dirname(os.path.abspath(__file__)), "boot.py")
        task = json.dumps({"settings": self._settings, "command": command, "numbers": numbers})
        process = subprocess.Popen([sys.executable, boot, task], pass_fds=[*numbers, self._settings["locks"]])
        process.returncode = 0  # reaped here, by pid
        return process.pid

    def _reap(self, pid: int) -> None:
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # the app has reaped it
            ended, status = pid, 0
        if ended == 0:
            return
        serial, pidfd = self._workers.pop(pid)
        if pidfd != -1:
            descriptors.disown_number(pidfd)
            os.close(pidfd)
        self._peer.reaped(pid, status)
        self._control.send(frames.EXITED, {"serial": serial, "pid": pid, "status": status})


def _spawned(task: dict[str, Any]) -> None:
    """A worker in an interpreter of its own."""
    descriptors.watch_forks()
    hooks.manage()
    _prepare(task["settings"])
    worker_process.run(None, task["settings"], task["command"], task["numbers"], Peer())
