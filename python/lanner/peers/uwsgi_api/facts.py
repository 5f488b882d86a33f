"""What a process can say of itself and of its app in uWSGI's words."""
from __future__ import annotations

import os
import socket
import time
from typing import Any

from ...identity import worker
from .. import seam


def worker_id() -> int:
    """From 1; 0 in the template and in job workers, as in uWSGI's master and spoolers."""
    return worker.slot + 1 if worker.kind == "web" else 0


def memory() -> tuple[int, int]:
    """Resident and virtual size in bytes."""
    try:
        with open("/proc/self/statm") as file:
            pages = file.read().split()
    except OSError:
        return 0, 0
    size = os.sysconf("SC_PAGE_SIZE")
    return int(pages[1]) * size, int(pages[0]) * size


def workers() -> tuple[dict[str, Any], ...]:
    """One entry a worker, of which this process knows its own."""
    return tuple(_worker(number) for number in range(1, worker.workers + 1))


def _worker(number: int) -> dict[str, Any]:
    entry: dict[str, Any] = dict.fromkeys(
        "pid requests delta_requests signals exceptions rss vsz running_time last_spawn respawn_count tx avg_rt".split(), 0
    )
    entry.update(id=number, status=b"idle", apps=())
    if number == worker_id():
        rss, vsz = memory()
        begun = seam.requests_begun()
        entry.update(pid=os.getpid(), requests=begun, delta_requests=begun, status=b"busy", rss=rss, vsz=vsz)
    return entry


def options() -> dict[str, Any]:
    """``uwsgi.opt``: what the app's settings would be called in an ini file of uWSGI's."""
    settings = seam.settings
    found: dict[str, Any] = {
        "master": True,
        "need-app": True,
        "die-on-term": True,
        "enable-threads": True,
        "py-call-osafterfork": True,
        "py-call-uwsgi-fork-hooks": True,
        "processes": str(worker.workers).encode(),
        "workers": str(worker.workers).encode(),
        "threads": str(worker.threads).encode(),
        "chdir": os.fsencode(settings["directory"]),
        "module": settings["app"].encode(),
    }
    if not settings["preload"]:
        found["lazy-apps"] = True
    for ours, theirs in (("user", "uid"), ("group", "gid")):
        if settings[ours]:
            found[theirs] = str(settings[ours]).encode()
    return found


def magic_table() -> dict[bytes, bytes]:
    """What ``%x`` stands for in an ini file, where that is known without one."""
    started = int(seam.settings["started_on"])
    table: dict[str, Any] = {
        "%": "%", "(": "%(", "[": "\x1b", "u": os.getuid(), "g": os.getgid(), "h": socket.gethostname(), "k": os.cpu_count() or 1,
        "t": started, "T": started * 1000000, "v": os.getcwd(), "V": "2.0",
    }
    return {letter.encode(): str(value).encode() for letter, value in table.items()}


def micros() -> int:
    return time.time_ns() // 1000


def reload() -> bool:
    """Asks the server by the signal that its administrators use. The app may not know what else runs in the process above:
    it is signalled only when it is Lanner's own program, whose answer to HUP is a reload."""
    import signal

    front_end = int(seam.settings["front_end"])
    try:
        program = os.path.basename(os.readlink(f"/proc/{front_end}/exe"))
        if program.removesuffix(" (deleted)") != "lanner":
            raise RuntimeError(f"the server is part of {program}, which may take a HUP for its end: reload it from there")
        os.kill(front_end, signal.SIGHUP)
    except PermissionError:
        raise RuntimeError(
            "the app's user may not signal the server; an administrator can: lanner reload, or POST /v1/apps/NAME/reload"
        ) from None
    return True
