"""Live settings under load: whoever begins a request after an update was acknowledged sees that update, in any worker."""
from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field

from .answers import Answer
from .clients import Connection
from .trials import Trial
from .visits import Visit

WORKERS, THREADS = 4, 8
WRITERS = 8
UPDATES = 200  # a second, of all writers together
READERS = 32
_LONG_MS = 20  # of every eighth reading: updates come in between


@dataclass
class Acknowledged:
    """What every request that begins from now on must see."""

    version: int = 0
    values: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)


class Reading(Visit):
    """Reads the settings, at its beginning and at its end."""

    kind = "settings"

    def __init__(self, subject: str, acknowledged: Acknowledged, milliseconds: int) -> None:
        super().__init__(subject)
        self._acknowledged = acknowledged
        self._milliseconds = milliseconds
        self._version = 0
        self._values: Counter[str] = Counter()

    @property
    def query(self) -> str:
        return f"&ms={self._milliseconds}"

    @property
    def own_seconds(self) -> float:
        return self._milliseconds / 1000

    def head(self, close: bool) -> bytes:
        # Now it begins: what is acknowledged by now, it must see.
        self._version = self._acknowledged.version
        self._values = Counter(self._acknowledged.values)
        return super().head(close)

    def fault(self, answer: Answer) -> str | None:
        if answer.status != 200:
            return f"{answer.status} {answer.headers.get('lanner-error', '')}".strip()
        seen = json.loads(answer.body)
        if seen["first"] != seen["last"]:
            return f"settings changed within a request, from version {seen['first']} to {seen['last']}"
        if seen["first"] < self._version:
            return f"stale settings: version {seen['first']}, though {self._version} had been acknowledged"
        for writer, value in self._values.items():
            if seen["values"].get(writer, 0) < value:
                return f"stale settings: {writer} is {seen['values'].get(writer)}, though {value} had been acknowledged"
        return None


class Writing(Visit):
    """Updates one value; acknowledged when it is answered."""

    kind = "change"

    def __init__(self, subject: str, acknowledged: Acknowledged, writer: str, value: int) -> None:
        super().__init__(subject)
        self._acknowledged = acknowledged
        self._writer, self._value = writer, value

    @property
    def query(self) -> str:
        return f"&name={self._writer}&value={self._value}"

    def fault(self, answer: Answer) -> str | None:
        if answer.status != 200:
            return f"{answer.status} {answer.headers.get('lanner-error', '')}".strip()
        made = json.loads(answer.body)
        if made["pinned"] > made["version"]:
            return f"an update made version {made['version']} and its own request has {made['pinned']}"
        self._acknowledged.version = max(self._acknowledged.version, made["version"])
        self._acknowledged.values[self._writer] = max(self._acknowledged.values[self._writer], self._value)
        return None


async def write_and_read(trial: Trial) -> None:
    """Writers and readers for the whole time, then every worker once more."""
    acknowledged = Acknowledged()
    await asyncio.gather(
        *(_write(trial, acknowledged, f"writer-{number}") for number in range(WRITERS)),
        *(_read(trial, acknowledged) for _ in range(READERS)))
    connection: Connection | None = None
    for _ in range(WORKERS * THREADS * 4):
        outcome, connection = await trial.crowd.visit(Reading(trial.mix.next_id(), acknowledged, 0), connection)
    _close(connection)
    trial.counts["settings version"] = acknowledged.version
    if acknowledged.latencies:
        ordered = sorted(acknowledged.latencies)
        trial.counts["update median, µs"] = round(ordered[len(ordered) // 2] * 1e6)
        trial.counts["update p99, µs"] = round(ordered[len(ordered) * 99 // 100] * 1e6)
    if trial.counts["updates"] == 0 or trial.counts["settings read"] == 0:
        trial.faults.append("no settings were written, or none read")
    if acknowledged.version < trial.counts["updates"] // 2:
        trial.faults.append(f"{trial.counts['updates']} updates made only {acknowledged.version} versions")


async def _write(trial: Trial, acknowledged: Acknowledged, writer: str) -> None:
    connection: Connection | None = None
    value, due = 0, time.monotonic()
    while await trial.pause(max(0.0, due - time.monotonic())):
        value += 1
        due = max(due + WRITERS / UPDATES, time.monotonic() - 10)
        began = time.monotonic()
        outcome, connection = await trial.crowd.visit(Writing(trial.mix.next_id(), acknowledged, writer, value), connection)
        if outcome.result == "ok":
            trial.counts["updates"] += 1
            acknowledged.latencies.append(time.monotonic() - began)
    _close(connection)


async def _read(trial: Trial, acknowledged: Acknowledged) -> None:
    connection: Connection | None = None
    count = 0
    while not trial.over.is_set():
        count += 1
        visit = Reading(trial.mix.next_id(), acknowledged, 0 if count % 8 else _LONG_MS)
        outcome, connection = await trial.crowd.visit(visit, connection)
        trial.counts["settings read"] += outcome.result == "ok"
    _close(connection)


def _close(connection: Connection | None) -> None:
    if connection is not None:
        connection.close()
