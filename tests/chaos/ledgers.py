"""What the app did, what the clients saw, and the join of both."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Container, Iterable, Mapping

CUT_BOUND = 1.0  # seconds from a worker's death until the client knows
# How a request ends that had begun in a worker that was killed: the one, unavoidable, way to get no right answer.
TOLD_CUTS: tuple[str, ...] = ("502 worker-died", "truncated")
# A server that has no front end cannot even tell.
UNTOLD_CUTS: tuple[str, ...] = (*TOLD_CUTS, "reset", "reset on keep-alive")


@dataclass(frozen=True)
class Outcome:
    """What a client saw of one request; ``result`` is ``ok`` or the reason why it is lost. Times in seconds, of the monotonic clock;
    ``delay`` is what it took beyond its own time."""

    subject: str
    kind: str
    result: str
    started: float
    seconds: float
    delay: float = 0
    reused: bool = False
    pid: int = 0
    version: str = ""

    @property
    def ended(self) -> float:
        return self.started + self.seconds


class ClientLedger:
    """The clients' own book. Also written to a file, for a look after a failure."""

    def __init__(self, path: Path) -> None:
        self.outcomes: list[Outcome] = []
        self._file = open(path, "w", encoding="utf-8")

    def write(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        print(outcome.subject, outcome.kind, outcome.result.replace(" ", "_"), f"{outcome.started:.6f}", f"{outcome.seconds:.6f}",
              outcome.pid, outcome.version or "-", file=self._file)

    def close(self) -> None:
        self._file.close()


class AppLedger:
    """The app's book, read while it grows."""

    def __init__(self, path: Path) -> None:
        self.begun: dict[str, list[int]] = {}  # id → the processes that were called with it
        self.ended: set[str] = set()
        self.importing: Counter[str] = Counter()  # version → tries
        self.imported: Counter[str] = Counter()
        self._path = path
        self._path.touch()
        self._offset = 0

    def read(self) -> None:
        """Takes in what has been added since the last call; a line that is not whole yet waits for the next."""
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.decode().splitlines():
            event, subject, pid = line.split()
            if event == "begun":
                self.begun.setdefault(subject, []).append(int(pid))
            elif event == "ended":
                self.ended.add(subject)
            elif event == "importing":
                self.importing[subject] += 1
            elif event == "imported":
                self.imported[subject] += 1
            else:
                raise ValueError(f"{self._path}: {line!r}")

    def begun_by(self) -> Counter[int]:
        """How many requests each process has begun."""
        return Counter(pid for pids in self.begun.values() for pid in pids)


@dataclass
class Verdict:
    """What came of all requests."""

    requests: int = 0
    lost: list[Outcome] = field(default_factory=list)
    cut: list[Outcome] = field(default_factory=list)  # begun in a worker that was then killed
    on_threshold: list[Outcome] = field(default_factory=list)  # told to be so, just when one was killed, and not in the app's book
    twice: list[str] = field(default_factory=list)
    not_executed: list[str] = field(default_factory=list)  # the right answer, though the app was never called
    delay: float = 0  # the longest, in seconds, of the requests that were answered right
    reasons: Counter[str] = field(default_factory=Counter)

    def may_be_on_threshold(self, kills: int) -> bool:
        """Between the server's note that a request has begun and the first line of the app, which writes its own, lie some 50 µs.
        A kill can fall into them, seldom; if it does so often, requests are answered with 502 that had not begun."""
        return len(self.on_threshold) <= 1 + kills // 50

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.twice or self.not_executed)


def join(outcomes: Iterable[Outcome], app: AppLedger, killed: Mapping[int, float] = {}, cuts: Container[str] = TOLD_CUTS) -> Verdict:
    """Joins both books by id. ``killed`` are the processes that were killed on purpose, and when; ``cuts`` the results by which a
    request that had begun in one of them may end."""
    verdict = Verdict(twice=[subject for subject, pids in app.begun.items() if len(pids) > 1])
    for outcome in outcomes:
        verdict.requests += 1
        pids = app.begun.get(outcome.subject, [])
        if outcome.result == "ok":
            verdict.delay = max(verdict.delay, outcome.delay)
            if not pids:
                verdict.not_executed.append(outcome.subject)
        elif outcome.result in cuts and any(pid in killed for pid in pids):
            verdict.cut.append(outcome)
        elif outcome.result == "502 worker-died" and not pids and any(0 <= outcome.ended - when <= CUT_BOUND for when in killed.values()):
            verdict.on_threshold.append(outcome)
        else:
            verdict.lost.append(outcome)
            verdict.reasons[outcome.result] += 1
    return verdict
