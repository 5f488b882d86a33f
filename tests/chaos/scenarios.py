"""The scenarios, by name. Each is a promise put to the proof."""
from __future__ import annotations

import asyncio
import signal
import time
from typing import Any, Callable, Coroutine

from . import disturbances, due, processes, settings
from .clients import Connection, Lost
from .servers import THREADS, WORKERS
from .trials import Trial
from .visits import Download, Probe, Stuck, Upload, Visit, Wait

_MAX_REQUESTS = 100
_HELD_UP = 1.5  # seconds that no client should wait, whatever is done to the server
_IN_FLIGHT = 200
_DRAIN_DELAY = 2  # seconds
_READY = "/-/ready"
_DEADLINE = 3  # seconds; longer than any request of the mix takes


async def reload_storm(trial: Trial) -> None:
    """Reloads, also two at once, are invisible."""
    await trial.serve()
    await trial.disturb(disturbances.reloads)
    await trial.deploy()
    await trial.finish()
    _must_not_hold_up(trial)


async def slow_boot(trial: Trial) -> None:
    """The old generation serves for as long as the new one takes to start."""
    await trial.serve()
    await trial.disturb(disturbances.slow_boots)
    await trial.finish()
    _must_not_hold_up(trial)


async def recycling(trial: Trial) -> None:
    """The replacement of a worker that has answered its share is invisible."""
    await trial.serve(max_requests=_MAX_REQUESTS)
    await trial.disturb()
    await trial.finish()
    _must_not_hold_up(trial)
    served = trial.app.begun_by()
    trial.counts["workers"] = len(served)
    trial.counts["most requests of one"] = max(served.values(), default=0)
    if len(served) < max(WORKERS + 2, served.total() / _MAX_REQUESTS / 2):
        trial.faults.append(f"only {len(served)} workers for {served.total()} requests: they were not recycled every {_MAX_REQUESTS}")


async def worker_kill(trial: Trial) -> None:
    """A worker's death costs only what had begun in it."""
    await trial.serve()
    await trial.disturb(disturbances.worker_kills)
    await trial.finish()
    _must_have(trial, "workers killed")


async def template_kill(trial: Trial) -> None:
    """The template's death costs nothing."""
    await trial.serve()
    await trial.disturb(disturbances.template_kills)
    await trial.finish()
    _must_not_hold_up(trial)
    _must_have(trial, "templates killed")


async def broken_deploy(trial: Trial) -> None:
    """A version that does not boot never takes the service down; the next good one is deployed."""
    await trial.serve()
    await trial.disturb(disturbances.broken_deploys)
    await trial.deploy()
    await trial.finish()
    _must_not_hold_up(trial)
    _must_have_tried_the_broken(trial)


async def slow_clients(trial: Trial) -> None:
    """Slow clients hold up nobody else."""
    await trial.serve()
    await trial.disturb(disturbances.slow_clients)
    await trial.finish()
    _must_not_hold_up(trial)


async def deadlines(trial: Trial) -> None:
    """A stuck request has its 504 in time and costs no other one."""
    async def stuck(trial: Trial) -> None:
        while await trial.pause(0.3):
            outcome, _ = await trial.crowd.visit(Stuck(trial.mix.next_id(), _DEADLINE), close=True)
            trial.counts["stuck requests"] += 1
            if outcome.result == "ok" and outcome.delay > 1 and trial.scale.judges_delays:
                trial.faults.append(f"a deadline of {_DEADLINE} s was kept after {outcome.seconds:.1f} s")

    await trial.serve(settings={"app": {"request_timeout": f"{_DEADLINE}s"}})
    await trial.disturb(stuck)
    await trial.finish()
    _must_have(trial, "stuck requests")


async def stop(trial: Trial) -> None:
    """TERM with so many requests in flight: all of them are finished, and the exit code is 0."""
    await trial.serve()
    connections = [(await trial.crowd.visit(Visit(trial.mix.next_id())))[1] for _ in range(_IN_FLIGHT)]
    if None in connections:
        trial.faults.append("connections were not kept alive before the stop")
    flying = [_in_flight(trial, at) for at in range(_IN_FLIGHT)]
    tasks = [asyncio.create_task(trial.crowd.visit(visit, connection)) for visit, connection in zip(flying, connections)]
    subjects = {visit.subject for visit in flying}

    async def all_taken() -> bool:
        """As far as can be seen from outside: the server has read every request, and works."""
        trial.app.read()
        return processes.connections(trial.server.port).unread == 0 and len(subjects & trial.app.begun.keys()) >= WORKERS * THREADS

    if not await trial.until(all_taken, 0.3):
        trial.counts["connections unread at TERM"] = processes.connections(trial.server.port).unread
    trial.app.read()
    trial.counts["in flight at TERM"] = _IN_FLIGHT - len(subjects & trial.app.ended)
    trial.event("TERM")
    trial.server.signal(signal.SIGTERM)
    await asyncio.gather(*tasks)
    await _end_after_term(trial)


def _in_flight(trial: Trial, at: int) -> Visit:
    subject = trial.mix.next_id()
    if at % 20 == 0:
        return Download(subject, 40, 25, known=at % 40 == 0)
    if at % 20 == 1:
        return Upload(subject, b"x" * 100_000, 10, 0.1, chunked=at % 40 == 1)
    return Wait(subject, trial.scale.wait_ms)


async def stop_behind_balancer(trial: Trial) -> None:
    """TERM turns the readiness to 503 and still serves; a balancer that looks every 50 ms has gone before the server has."""
    await trial.serve(settings={"server": {"drain_delay": f"{_DRAIN_DELAY}s", "health": "/-"}})
    trial.crowd.start(trial.scale.keep_alive, trial.scale.new, trial.scale.pause)
    if not await _ready(trial):
        trial.faults.append(f"{_READY} was not ready before the stop")
    await asyncio.sleep(min(2, trial.scale.seconds))
    trial.event("TERM")
    trial.server.signal(signal.SIGTERM)
    began = time.monotonic()
    while await _ready(trial):
        if time.monotonic() - began > _DRAIN_DELAY:
            trial.faults.append(f"{_READY} did not tell of the stop")
            break
        await asyncio.sleep(0.05)
    await trial.crowd.stop()
    await _end_after_term(trial)


async def _ready(trial: Trial) -> bool:
    try:
        async with asyncio.timeout(1):
            connection = await Connection.open(trial.server.port)
            answer = await connection.exchange(Probe(_READY), close=True)
    except (Lost, TimeoutError):
        return False
    connection.close()
    return answer.status == 200


async def _end_after_term(trial: Trial) -> None:
    if not await trial.server.wait_ended(40):
        trial.faults.append("it did not end within 40 s of TERM")
    elif trial.server.exit_code != 0:
        trial.faults.append(f"it stopped with exit code {trial.server.exit_code}")
    trial.faults += await trial.server.left_behind() if trial.server.has_ended() else await trial.server.stop()
    trial.close_books()


async def live_settings(trial: Trial) -> None:
    """After an update was acknowledged no request sees an older version, through reloads and deaths of workers."""
    await trial.serve(settings={"app": {"workers": settings.WORKERS, "threads": settings.THREADS}, "settings": {"first": 0}})
    await trial.disturb(settings.write_and_read, disturbances.reloads, disturbances.worker_kills)
    await trial.finish()
    _must_have(trial, "workers killed")
    _must_have(trial, "reloads")


async def jobs(trial: Trial) -> None:
    """Each due instant of a thousand jobs is claimed once, whatever is killed, the server too; what a kill cuts is told."""
    await trial.serve(settings=due.settings(trial.scale))
    await due.disturb(trial)
    await trial.finish()
    due.judge(trial)
    for kind in due.KINDS:
        _must_have(trial, f"{kind}s killed")


async def everything(trial: Trial) -> None:
    """All at once, for the whole time."""
    await trial.serve(max_requests=_MAX_REQUESTS)
    await trial.disturb(disturbances.all_deploys, disturbances.worker_kills, disturbances.slow_clients)
    await trial.deploy()
    await trial.finish()
    _must_have(trial, "workers killed")
    _must_have_tried_the_broken(trial)


def _must_not_hold_up(trial: Trial) -> None:
    """Answered at last is not yet unnoticed."""
    if trial.scale.judges_delays and trial.verdict.delay > _HELD_UP:
        trial.faults.append(f"a request was held up for {trial.verdict.delay:.1f} s")


def _must_have(trial: Trial, what: str) -> None:
    """A disturbance that did not happen proves nothing."""
    if not trial.counts[what]:
        trial.faults.append(f"no {what}")


def _must_have_tried_the_broken(trial: Trial) -> None:
    if not any(trial.app.importing[version] for version in trial.deployment.broken):
        trial.faults.append("no broken version was ever tried")


SCENARIOS: dict[str, Callable[[Trial], Coroutine[Any, Any, None]]] = {
    scenario.__name__.replace("_", "-"): scenario
    for scenario in (reload_storm, slow_boot, recycling, worker_kill, template_kill, broken_deploy, slow_clients, deadlines, stop,
                     stop_behind_balancer, live_settings, jobs, everything)
}
ONLY_LANNER = ("template-kill", "deadlines", "stop-behind-balancer", "live-settings", "jobs")  # others have no such thing
