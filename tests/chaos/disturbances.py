"""What is done to a server while clients are there. Each runs until the trial's time is over."""
from __future__ import annotations

import asyncio
import random
import subprocess
import time

from . import processes
from .servers import WORKERS
from .trials import Trial

_random = random.Random(3)


def _reload(trial: Trial, failure: str | None = None, import_seconds: float = 0) -> None:
    version = trial.deployment.release(import_seconds, failure)
    trial.event(f"reload to version {version}{f' ({failure})' if failure else ''}")
    trial.counts["broken deploys" if failure else "reloads"] += 1
    if not trial.server.has_ended():
        trial.server.reload()


async def reloads(trial: Trial) -> None:
    """A reload again and again; every third time two at once."""
    count = 0
    while await trial.pause(trial.scale.reload_every):
        count += 1
        _reload(trial)
        if count % 3 == 0:
            _reload(trial)


async def slow_boots(trial: Trial) -> None:
    """Reloads to versions whose import takes long, one after the other."""
    while await trial.pause(0.5):
        if not await trial.deploy(trial.scale.import_seconds):
            return
        trial.counts["slow boots"] += 1


async def broken_deploys(trial: Trial) -> None:
    """Every second a version that raises or does not compile."""
    count = 0
    while await trial.pause(1):
        count += 1
        _reload(trial, ("raises", "syntax")[count % 2])


async def all_deploys(trial: Trial) -> None:
    """Good, broken and slow ones, and two at once, in one sequence: they share the app's directory."""
    count = 0
    while await trial.pause(1):
        count += 1
        match count % 6:
            case 1 | 4:
                _reload(trial)
            case 2:
                _reload(trial, "raises")
            case 3:
                _reload(trial, import_seconds=trial.scale.import_seconds / 2)
            case 5:
                _reload(trial, "syntax")
            case 0:
                _reload(trial)
                _reload(trial)


async def worker_kills(trial: Trial) -> None:
    """Every second ``kill -9`` of a worker."""
    while await trial.pause(1):
        if workers := trial.server.workers():
            trial.kill(_random.choice(sorted(workers)), "worker")


async def template_kills(trial: Trial) -> None:
    """``kill -9`` of the template, again when there is a new one with all its workers."""
    async def is_whole() -> bool:
        return len(trial.server.templates()) == 1 and len(trial.server.workers()) == WORKERS

    while await trial.pause(trial.scale.template_kill_every):
        if not await trial.until(is_whole, 20):
            trial.faults.append("20 s after the template had been killed there was no new one with all its workers")
            return
        trial.kill(min(trial.server.templates()), "template")


async def slow_clients(trial: Trial) -> None:
    """Clients that send a head, and later a body, a few bytes now and then, and never finish."""
    wanted, half = trial.scale.slow_connections, trial.scale.seconds / 2
    good = trial.scale.keep_alive + trial.scale.new
    for mode in ("-H", "-B"):
        began, peak = time.monotonic(), 0
        with open(trial.work / f"slowhttptest{mode}.log", "wb") as log:
            slow = subprocess.Popen(
                ["slowhttptest", mode, "-c", str(wanted), "-r", str(2 * wanted), "-i", "1", "-l", str(round(half) + 10), "-p", "5", "-x", "10",
                 "-s", "8192", "-v", "1", "-u", f"http://127.0.0.1:{trial.server.port}/upload"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while time.monotonic() - began < half and await trial.pause(0.2):
                peak = max(peak, processes.connections(trial.server.port).established - good)
        finally:
            slow.terminate()
            await asyncio.to_thread(slow.wait)
        trial.counts[f"slow connections {mode}"] = peak
        if peak < wanted * 0.9:
            trial.faults.append(f"only {peak} of {wanted} slow connections ({mode}) were ever open at once")
