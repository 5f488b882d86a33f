"""One scenario's run: a server, its load, what is done to it, and the check of what must be as before."""
from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Coroutine

from . import processes
from .clients import Crowd
from .ledgers import CUT_BOUND, AppLedger, ClientLedger, Verdict, join
from .servers import Deployment, Server, WORKERS
from .visits import Download, File, Mix, Upload, Visit, Wait

_BOOT_BOUND = 30  # seconds for a reload, with others before it, besides the import's own time
_REST_BOUND = 40  # seconds: longer than a drain may take


@dataclass(frozen=True)
class Scale:
    """How much load, and how much of each disturbance. ``pause`` is the mean between two requests of a client."""

    seconds: float
    keep_alive: int = 256
    new: int = 64
    pause: float = 0.8
    warm_up: float = 2
    timeout: float = 30
    reload_every: float = 3
    template_kill_every: float = 5
    import_seconds: float = 10
    longest_ms: int = 2000  # of a request
    wait_ms: int = 200  # of the requests in flight at a stop
    slow_connections: int = 2000
    jobs_seconds: float = 30  # at least: so that each kind of process is killed
    job_every: int = 10  # seconds
    process_kill_every: float = 5
    judges_delays: bool = True  # in the short run a busy machine must not make a failure


def short(seconds: float) -> Scale:
    return Scale(seconds, keep_alive=64, new=16, pause=0.2, warm_up=0.5, timeout=20, reload_every=1, template_kill_every=1.5,
                 import_seconds=3, longest_ms=1000, wait_ms=50, slow_connections=300, jobs_seconds=15, job_every=3, process_kill_every=2.5, judges_delays=False)


@dataclass(frozen=True)
class Footing:
    """What the server holds when nobody is connected."""

    descriptors: Counter[str]  # of the first process, by kind
    processes: int


@dataclass
class Trial:
    name: str
    server_type: type[Server]
    scale: Scale
    work: Path
    killed: dict[int, float] = field(default_factory=dict)  # pid → when
    events: list[tuple[float, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    before: Footing | None = None
    after: Footing | None = None

    def __post_init__(self) -> None:
        self.mix = Mix(self.name, self.scale.longest_ms)
        self.over = asyncio.Event()
        self.deployment = Deployment(self.work / "app")
        self.clients = ClientLedger(self.work / "clients.ledger")
        self.server = self.server_type(self.work, self.deployment)
        self.app = AppLedger(self.server.ledger)
        self.crowd = Crowd(self.server.port, self.mix, self.clients, self.scale.timeout)

    async def serve(self, max_requests: int = 0, settings: dict[str, dict[str, object]] | None = None) -> None:
        """Starts the server, has every path walked once, and notes what the server holds afterwards."""
        self.server.max_requests = max_requests
        self.server.settings = settings or {}
        self.server.workers_wanted = sum(
            int(str(self.server.settings.get(table, {}).get("workers", default))) for table, default in (("app", WORKERS), ("app.chaos.jobs", 0)))
        await self.server.start()
        visits: list[Visit] = [Visit(self.mix.next_id()), File(self.mix.next_id()), Wait(self.mix.next_id(), 1)]
        for known in (False, True):
            visits += [Upload(self.mix.next_id(), b"x" * 200_000, 2, 0, chunked=not known), Download(self.mix.next_id(), 2, 1, known)]
        for visit in visits:
            await self.crowd.visit(visit, close=True)
        self.crowd.start(self.scale.keep_alive, self.scale.new, self.scale.warm_up / 3)
        await asyncio.sleep(self.scale.warm_up)
        await self.crowd.stop()
        self.before = await self.settled(None)

    async def disturb(self, *disturbances: Callable[["Trial"], Coroutine[Any, Any, None]]) -> None:
        """Clients come and go while the disturbances run, for the time of the scale; a last release proves that it still can be deployed."""
        self.crowd.start(self.scale.keep_alive, self.scale.new, self.scale.pause)
        tasks = [asyncio.create_task(disturbance(self)) for disturbance in disturbances]
        end = time.monotonic() + self.scale.seconds
        while time.monotonic() < end and not self.server.has_ended() and not any(task.done() and task.exception() for task in tasks):
            await asyncio.sleep(0.1)
            self.app.read()
        self.over.set()
        await asyncio.gather(*tasks)

    async def deploy(self, import_seconds: float = 0) -> bool:
        """A good release and a reload; whether it came to serve. Otherwise that is a fault."""
        version = self.deployment.release(import_seconds)
        self.event(f"reload to version {version}")
        self.server.reload()
        streak = 0

        async def serves() -> bool:
            nonlocal streak
            outcome, _ = await self.crowd.visit(Visit(self.mix.next_id()), close=True)
            streak = streak + 1 if outcome.version == version else 0
            return streak == 10

        if self.server.has_ended() or not await self.until(serves, _BOOT_BOUND + import_seconds):
            self.faults.append(f"version {version} never came to serve")
            return False
        return True

    async def finish(self) -> None:
        """The clients go; then all must be as it was; then the server ends."""
        await self.crowd.stop()
        if self.server.has_ended():
            self.faults.append(f"the server ended by itself with exit code {self.server.exit_code}")
        else:
            self.after = await self.settled(self.before)
        self.faults += await self.server.stop()
        self.close_books()

    def close_books(self) -> None:
        self.clients.close()
        self.app.read()
        self.verdict = join(self.clients.outcomes, self.app, self.killed, self.server.cuts)
        served = {outcome.version for outcome in self.clients.outcomes} - {""}
        if len(served) > 1:
            self.counts["versions served"] = len(served)
        if broken := served & self.deployment.broken:
            self.faults.append(f"broken versions came to serve: {', '.join(sorted(broken))}")
        if not self.verdict.may_be_on_threshold(len(self.killed)):
            self.faults.append(f"{len(self.verdict.on_threshold)} requests had 502 worker-died and had never begun")
        if self.server.templates_wanted:
            late = max((outcome.ended - self.killed[pid] for outcome in self.verdict.cut
                        for pid in self.app.begun[outcome.subject] if pid in self.killed), default=0)
            if late > CUT_BOUND and self.scale.judges_delays:
                self.faults.append(f"a client was told only {late:.1f} s after its worker had been killed")

    async def settled(self, wanted: Footing | None) -> Footing:
        """Waits until nobody is connected and the server holds what it should: no more than ``wanted``, or the same several times in a row."""
        same, seen = 0, Footing(Counter(), -1)
        bound = time.monotonic() + _REST_BOUND
        while True:
            there = processes.connections(self.server.port).there
            workers, templates = len(self.server.workers()), len(self.server.templates())
            now = Footing(processes.descriptors(self.server.pid), len(self.server.processes()))
            same = same + 1 if now == seen else 0
            seen = now
            at_rest = there == 0 and workers == self.server.workers_wanted and templates == self.server.templates_wanted and same >= 4
            if at_rest and (wanted is None or (now.descriptors.total() <= wanted.descriptors.total() and now.processes == wanted.processes)):
                return now
            if time.monotonic() > bound or self.server.has_ended():
                more = "" if wanted is None else f" ({now.processes - wanted.processes:+} processes, descriptors: {_difference(wanted.descriptors, now.descriptors)})"
                self.faults.append(f"not as before {_REST_BOUND} s after the clients had gone: {there} connections, {templates} templates, {workers} workers{more}")
                return now
            await asyncio.sleep(0.05)

    # For disturbances.

    async def pause(self, seconds: float) -> bool:
        """False when the time is over."""
        try:
            await asyncio.wait_for(self.over.wait(), seconds)
        except TimeoutError:
            return True
        return False

    async def until(self, condition: Callable[[], Coroutine[Any, Any, bool]], bound: float) -> bool:
        """Whether the condition came true in time."""
        deadline = time.monotonic() + bound
        while not await condition():
            if time.monotonic() > deadline or self.server.has_ended():
                return False
            await asyncio.sleep(0.02)
        return True

    def event(self, what: str) -> None:
        self.events.append((time.monotonic(), what))

    def last_event(self, at: float) -> str:
        """What had been done last to the server, for the story of a loss."""
        when, what = max((event for event in self.events if event[0] <= at), default=(at, ""))
        return f"{at - when:.2f} s after {what}" if what else "before any disturbance"

    def kill(self, pid: int, what: str) -> None:
        # The books of requests begun before: a number may be used again later.
        self.killed[pid] = time.monotonic()
        self.event(f"kill -9 of {what} {pid}")
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            del self.killed[pid]
        else:
            self.counts[f"{what}s killed"] += 1


def _difference(before: Counter[str], after: Counter[str]) -> str:
    return ", ".join(f"{after[kind] - before[kind]:+} {kind}" for kind in sorted(before | after) if after[kind] != before[kind]) or "the same"
