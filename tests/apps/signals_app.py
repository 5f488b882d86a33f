"""Says which signals are ignored, blocked and caught: `/template`, `/worker`, `/fork`, `/program`, and `/job`, whose report the ledger has."""
from __future__ import annotations

import os
import subprocess
from typing import Any

import lanner
from exchange import answer, note


def report(status: str) -> str:
    """Of a status file of /proc: `ignored=13,25 blocked= caught=2`."""
    masks = dict(line.split(":\t", 1) for line in status.splitlines())
    return " ".join(f"{name}={_numbers(masks[key])}" for name, key in (("ignored", "SigIgn"), ("blocked", "SigBlk"), ("caught", "SigCgt")))


def _numbers(mask: str) -> str:
    return ",".join(str(bit + 1) for bit in range(64) if int(mask, 16) >> bit & 1)


def _own() -> str:
    with open("/proc/thread-self/status", encoding="utf-8") as file:
        return report(file.read())


_template = _own()


@lanner.job
def signals() -> None:
    note("signals", _own().replace(" ", ";"))


def _fork() -> str:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, _own().encode())
        os._exit(0)
    os.waitpid(child, 0)
    return os.read(read, 4096).decode()


def application(environ: Any, start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path == "/job":
        signals.enqueue()
    told = {
        "/template": lambda: _template,
        "/worker": _own,
        "/fork": _fork,
        "/program": lambda: report(subprocess.run(["cat", "/proc/self/status"], stdout=subprocess.PIPE, text=True, check=True).stdout),
    }.get(path, lambda: "")()
    return answer(start_response, told.encode())
