"""A thousand jobs while processes are killed: the app's book of runs, joined with the server's ledger by the run's number."""
from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable

from .trials import Scale, Trial

JOBS = 1000
WORKERS, THREADS = 2, 20  # of jobs
KINDS = ("job worker", "server", "template", "web worker")
_LONG_EVERY, _LONG_MS = 10, 800  # every tenth job takes so long: some are cut by a kill
_UNTIL_WHOLE = 30  # seconds until all processes are there again
_LATE = 20.0  # seconds; a server is started again within two
_SETTLED = 5.0  # seconds, besides a job's interval: so long before the end each due instant must have been considered
_FINAL_UNBEGUN = ("waiting", "skipped")
_STATES = ("waiting", "claimed", "running", "succeeded", "failed", "interrupted", "skipped", "timed out")
_TICKS = 10**7  # of the ledger, a second
_random = random.Random(5)


def settings(scale: Scale) -> dict[str, dict[str, object]]:
    """A third is repeated after an interruption; half may overlap."""
    tables: dict[str, dict[str, object]] = {"server": {"state": "state"}, "app.chaos.jobs": {"workers": WORKERS, "threads": THREADS}}
    for number in range(JOBS):
        tables[f"job.j{number}"] = {
            "app": "chaos", "call": "chaos_jobs:run", "every": f"{scale.job_every}s", "missed": "run_all",
            "overlap": "allow" if number % 2 else "skip", "retries": int(number % 3 == 0), "retry_pause": "1s",
            "arguments": [_LONG_MS if number % _LONG_EVERY == 0 else 0],
        }
    return tables


async def disturb(trial: Trial) -> None:
    """Again and again ``kill -9`` of a process of each kind in turn, every second time just after a reload. Nobody asks meanwhile: what the
    server's death costs requests is not the question here."""
    end = time.monotonic() + max(trial.scale.seconds, trial.scale.jobs_seconds)
    count = 0
    while time.monotonic() < end:
        await asyncio.sleep(trial.scale.process_kill_every)
        kind = KINDS[count % len(KINDS)] if count < len(KINDS) else _random.choice(KINDS)
        count += 1
        if not await trial.until(lambda: _is_there(trial, kind), _UNTIL_WHOLE):
            trial.faults.append(f"there was no {kind} within {_UNTIL_WHOLE} s")
            return
        if count % 2 == 0:
            trial.deployment.release()
            trial.event("reload")
            trial.counts["reloads"] += 1
            trial.server.reload()
        those = sorted(_processes(trial, kind))
        if kind == "server":
            # All of its processes end with it.
            trial.killed.update(dict.fromkeys(trial.server.processes(), time.monotonic()))
        if those:
            trial.kill(_random.choice(those), kind)
        if kind == "server":
            await trial.server.wait_ended(10)
            trial.faults += await trial.server.left_behind()
            await trial.server.start()


async def _is_there(trial: Trial, kind: str) -> bool:
    return bool(_processes(trial, kind))


def _processes(trial: Trial, kind: str) -> set[int]:
    if kind == "server":
        return set() if trial.server.has_ended() else {trial.server.pid}
    if kind == "template":
        return trial.server.templates()
    return {pid for pid in trial.server.workers() if _name(pid).startswith("lanner:chaos:") and (kind == "job worker") == _name(pid).startswith("lanner:chaos:j")}


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True)
class Run:
    """One row of the ledger; times in seconds since 1970."""

    number: int
    job: str
    due: float
    attempt: int
    state: str
    of_schedule: bool = True


@dataclass
class Book:
    """What the app has written: of each run, when it has begun, in which process, and whether it came to its end."""

    begun: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> Book:
        book = cls()
        for line in path.read_text().splitlines():
            event, run, pid, at = line.split()
            if event == "begun":
                book.begun.setdefault(int(run), []).append((int(pid), int(at) / 1e9))
            else:
                book.ended.add(int(run))
        return book


def read_ledger(path: Path) -> tuple[list[Run], dict[str, float]]:
    """All runs, and how far each job's instants have been considered."""
    # The server has ended, so nobody writes; what its last commit left in the write-ahead log is read too.
    with sqlite3.connect(path) as ledger:
        rows = ledger.execute("SELECT id, job, due, attempt, state, origin FROM job_run ORDER BY id").fetchall()
        marks = ledger.execute("SELECT name, considered FROM job").fetchall()
    runs = [Run(number, job, due / _TICKS, attempt, _STATES[state], origin == 0) for number, job, due, attempt, state, origin in rows]
    return runs, {name: considered / _TICKS for name, considered in marks}


def join(runs: Iterable[Run], book: Book, killed: Iterable[int]) -> list[str]:
    """What is wrong between the ledger and the app's book, one sentence for each kind of fault."""
    faults: dict[str, list[str]] = {}

    def fault(what: str, run: Run | int) -> None:
        faults.setdefault(what, []).append(str(run) if isinstance(run, int) else f"run {run.number} of {run.job}, {run.state}")

    known = {run.number: run for run in runs}
    dead = set(killed)
    claims = Counter((run.job, run.due) for run in known.values() if run.of_schedule and run.attempt == 1)
    for (job, _), count in claims.items():
        if count > 1:
            faults.setdefault("an instant is in the ledger twice", []).append(job)
    for number, begun in book.begun.items():
        run = known.get(number)
        if run is None:
            fault("a run is not in the ledger", number)
        elif len(begun) > 1:
            fault("a run was begun twice", run)
        elif run.state in _FINAL_UNBEGUN:
            fault("a run has begun that should not have", run)
        elif number not in book.ended and run.state != "interrupted":
            fault("a run that a kill has cut is not told as interrupted", run)
        elif number not in book.ended and begun[0][0] not in dead:
            fault("a run was cut in a process that nobody has killed", run)
    for run in known.values():
        if run.state in ("claimed", "running"):
            fault("a run has neither ended nor was it interrupted", run)
        elif run.state == "succeeded" and run.number not in book.ended:
            fault("a run is told as succeeded that has not come to its end", run)
        elif run.state in ("failed", "timed out"):
            fault("a run has failed", run)
    return [f"{what}: {len(those)} times, such as {those[0]}" for what, those in faults.items()]


def missing(runs: Iterable[Run], every: int, since: float, until: float) -> list[str]:
    """The due instants in this time that are not in the ledger, of any job that should have them."""
    there = {(run.job, round(run.due)) for run in runs if run.of_schedule}
    first, last = int(since // every + 1) * every, int(until // every) * every
    return [f"j{number} at {due}" for number in range(JOBS) for due in range(first, last + 1, every) if (f"j{number}", due) not in there]


def judge(trial: Trial) -> None:
    """Joins the books after the end of the server, which is now."""
    ended = time.time()
    runs, marks = read_ledger(trial.work / "state" / "state.db")
    book = Book.read(trial.server.ledger.with_name(trial.server.ledger.name + ".jobs"))
    trial.faults += join(runs, book, trial.killed)
    # Before the first of them somebody began to count.
    since = min((run.due for run in runs if run.of_schedule), default=ended) + 0.5
    considered = min((marks.get(f"j{number}", 0.0) for number in range(JOBS)))
    if considered < ended - _SETTLED - trial.scale.job_every and trial.scale.judges_delays:
        trial.faults.append(f"at the end the jobs had been considered only up to {ended - considered:.1f} s before")
    if lost := missing(runs, trial.scale.job_every, since, considered):
        trial.faults.append(f"{len(lost)} due instants are missing, such as {lost[0]}")
    states = Counter(run.state for run in runs)
    first = [run for run in runs if run.of_schedule and run.attempt == 1]
    late = sorted(book.begun[run.number][0][1] - run.due for run in first if run.number in book.begun)
    trial.counts["due instants"] = len(first)
    trial.counts["runs"] = len(book.begun)
    for state in ("succeeded", "skipped", "interrupted", "waiting"):
        trial.counts[f"runs {state}"] = states[state]
    if len(first) < 2 * JOBS or not late:
        trial.faults.append(f"only {len(first)} instants were due, and {len(late)} of them began")
        return
    trial.counts["lateness median, ms"] = round(late[len(late) // 2] * 1e3)
    trial.counts["lateness p99, ms"] = round(late[len(late) * 99 // 100] * 1e3)
    trial.counts["lateness worst, ms"] = round(late[-1] * 1e3)
    if late[0] < -0.001:
        trial.faults.append(f"a run began {-late[0] * 1000:.0f} ms before its time")
    if late[-1] > _LATE and trial.scale.judges_delays:
        trial.faults.append(f"a run was {late[-1]:.1f} s late")
