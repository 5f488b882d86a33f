"""A worker process: its threads, its streams, its end. Entered once, after the fork (or in a new interpreter); never left."""
from __future__ import annotations

import faulthandler
import gc
import mmap
import os
import queue
import signal
import socket
import sys
import threading
import traceback

from . import capture, descriptors, ending, frames, hooks, lifeline, loading, logs, output, running, wsgi
from .channel import Channel, FrontEndGone
from .control import Control
from .file_wrapper import FileWrapper
from .identity import name_process, worker as identity
from .live_settings import settings as live_settings
from .peers.peer import Peer
from .version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    from .generic import T

STACKS_SIGNAL = 62


def run(
    app: Optional[Callable[..., Any]],
    settings: dict[str, Any],
    command: dict[str, Any],
    numbers: list[int],
    peer: Peer,
    failure: Optional[BaseException] = None,
) -> None:
    """Becomes the worker that ``command`` asks for. ``numbers``: control, lifeline, stdout, stderr, scoreboard, stacks, metrics, then a channel a thread.
    ``failure``: what went wrong before the fork."""
    status = 1
    try:
        status = _run(app, settings, command, numbers, peer, failure)
    except BaseException:
        traceback.print_exc()
    finally:
        ending.end(peer, status)


def _run(
    app: Optional[Callable[..., Any]],
    settings: dict[str, Any],
    command: dict[str, Any],
    numbers: list[int],
    peer: Peer,
    failure: Optional[BaseException],
) -> int:
    control_number, life, out, err, board, stacks, metrics, *channel_numbers = numbers
    for number in numbers:
        os.set_inheritable(number, False)
    lifeline.hold(descriptors.own_number(life))
    descriptors.own_metrics(metrics)
    link = frames.ControlLink(descriptors.own(socket.socket(fileno=control_number)))
    running.control = control = Control(link)
    _identify(settings, command)
    capture.capture(out, err)
    signal.signal(signal.SIGTERM, _calm)
    signal.signal(signal.SIGINT, _calm)
    # In C, without the GIL: it answers whatever the threads do. The number is StackDump.Signal's.
    faulthandler.register(STACKS_SIGNAL, descriptors.own_number(stacks), all_threads=True, chain=False)
    gc.enable()

    if command["settings"]:
        came = link.receive()  # sent before the process was
        if came is None:
            return 1
        live_settings.accept(int(came[1]["version"]), link.descriptors.popleft())
        control.send(frames.SETTINGS_TAKEN, {"version": came[1]["version"]})
    live_settings.attach(control)
    control.on(frames.LOG_LEVEL, _set_levels)
    served = told(control, _served, app, settings, peer, failure)
    if served is None:
        return 3
    cells = _board(board, len(channel_numbers))
    begun: queue.SimpleQueue[Optional[BaseException]] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_serve, args=(served, place, number, cells, begun, peer), name=f"lanner-{place}")
        for place, number in enumerate(channel_numbers)
    ]
    for thread in threads:
        thread.start()
    for error in [begun.get() for _ in threads]:
        if error is not None:
            _tell(control, error)
            return 3
    identifiers = [threading.main_thread().ident, *(thread.ident for thread in threads)]
    if not settings["preload"] and told(control, tell_jobs, control) is None:
        return 3
    control.send(frames.LOADED, {"pid": os.getpid(), "threads": " ".join(f"{number:x}" for number in identifiers if number)})
    if not control.run():
        return 1  # the front end is gone
    control.run_on()
    for thread in threads:  # each ends when the front end closes its channel
        thread.join()
    hooks.finish()
    return 0


def _served(
    app: Optional[Callable[..., Any]], settings: dict[str, Any], peer: Peer, failure: Optional[BaseException]
) -> Callable[..., Any]:
    """The user's code in a new worker, before traffic. What it returns is served."""
    if failure is not None:
        raise failure
    peer.after_fork()
    if app is None:
        app = load(settings)
    hooks.forked(in_child=settings["start"] != "spawn")
    hooks.process._set_up()
    if settings["app_factory"]:
        app.app_for(live_settings.current)  # type: ignore[attr-defined]
    app = peer.worker_starting(app)
    logs.serve()
    if identity.kind == "job":
        from .job_worker import Runner

        return Runner(app)
    return app


def load(settings: dict[str, Any]) -> Callable[..., Any]:
    """Loads the app; raises what its code raises."""
    app: Callable[..., Any] = loading.load(settings["app"], settings["directory"])
    if settings["app_factory"]:
        from .dynamic import DynamicApp

        app = made = DynamicApp(app, _tell_fault)
        made.start()
    patched = getattr(sys.modules.get("eventlet.patcher"), "already_patched", {})
    if "thread" in patched or "socket" in patched:
        raise loading.LoadError(
            "the app calls eventlet.monkey_patch(), under which threads of a server cannot run: leave the call out, requests run in real threads here"
        )
    found = settings["interface"] or ("wsgi" if settings["app_factory"] else loading.interface(app))
    if found == "asgi":
        raise loading.LoadError(
            "this is an ASGI app, which this version does not serve yet; a WSGI app is served, and --interface wsgi says that it is one"
        )
    if settings["job_calls"]:
        from .job_worker import resolve

        for call in settings["job_calls"]:
            resolve(call)
    hooks.register(settings["setup"])
    hooks.spawn_threads = settings["spawn_threads"]
    return app


def tell_jobs(control: frames.ControlLink | Control) -> bool:
    """Tells the front end of the jobs in the app's code."""
    if running.jobs:
        from .jobs import definitions

        for piece in definitions(frames.LONGEST // 8):
            control.send(frames.JOBS, {"jobs": piece})
    return True


def _set_levels(entries: dict[str, Any]) -> None:
    assert running.control is not None
    logs.set_levels(entries["log_levels"])
    running.control.send(frames.LOG_LEVEL, {"serial": entries["serial"]})


def _tell_fault(message: str, trace: str) -> None:
    if running.control is not None:
        running.control.send(frames.FAULT, {"message": frames.shortened(message), "traceback": frames.shortened(trace)})


def told(control: frames.ControlLink | Control, step: Callable[..., T], *arguments: Any) -> Optional[T]:
    """Takes a step of the start that is the user's code, or tells the front end why it failed and returns None."""
    try:
        return step(*arguments)
    except loading.LoadError as error:
        output.flush()
        control.send(frames.FAILED, {"message": frames.shortened(str(error)), "traceback": frames.shortened(error.trace)})
    except BaseException as error:  # SystemExit too
        _tell(control, error)
    return None


def _tell(control: frames.ControlLink | Control, error: BaseException) -> None:
    output.flush()  # who is told may end this process at once
    last = traceback.format_exception_only(type(error), error)[-1].strip()
    control.send(frames.FAILED, {"message": frames.shortened(last), "traceback": wsgi.app_traceback(error)})


def _identify(settings: dict[str, Any], command: dict[str, Any]) -> None:
    identity.kind = command["kind"]
    identity.slot = command["slot"]
    identity.generation = settings["generation"]
    identity.app = settings["name"]
    identity.workers = command["workers"]
    identity.threads = command["threads"]
    name_process(f"lanner:{settings['name']}:{'j' if identity.kind == 'job' else ''}{identity.slot}")


def _board(number: int, threads: int) -> Any:
    mapping = mmap.mmap(number, threads * 64)
    running.scoreboard = cells = memoryview(mapping).cast("Q")
    os.close(number)
    descriptors.own_mapping(cells, mapping)
    return cells


def _serve(
    app: Callable[..., Any], place: int, number: int, cells: Any, begun: queue.SimpleQueue[Optional[BaseException]], peer: Peer
) -> None:
    noted = running.threads[threading.get_ident()] = [None, None]
    home = os.getpid()
    try:
        hooks.thread.ensure()
    except BaseException as error:
        begun.put(error)
        return
    cells[place * 8 + 6] = threading.get_native_id()
    out, err = capture.streams

    def ended() -> None:
        if out.unfinished or err.unfinished:
            out.end_line()
            err.end_line()

    constants = {
        "wsgi.version": (1, 0),
        "wsgi.errors": err,
        "wsgi.multithread": identity.threads > 1,
        "wsgi.multiprocess": identity.workers > 1,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": f"Lanner/{__version__}",
    }
    try:
        app, ended = peer.thread(app, ended)
        begun.put(None)
        wsgi.serve(app, Channel(descriptors.own(socket.socket(fileno=number))), cells, place * 8, constants, noted, ended)
    except BaseException as error:
        if os.getpid() != home:
            ending.end_child(error)
        if isinstance(error, FrontEndGone):
            return  # as at the end of the channel
        # A fault of the server's own, not of the app: better a new worker than one with a thread less.
        traceback.print_exc()
        os._exit(70)


def _calm(number: int, frame: Any) -> None:
    """The front end decides when a worker ends; a signal to the whole process group or control group must not."""
