"""Jobs that are due at one instant: how late the body of each begins."""
from __future__ import annotations

import math
import os
import subprocess
import time
from contextlib import contextmanager
from html import escape
from pathlib import Path
from statistics import median
from typing import Iterator

from .rows import Bench, Row
from .servers import PYTHON, App, LannerWithJobs

EVERY = 5  # seconds, as in apps/due.py

_APSCHEDULER = """
import os, signal, sys
sys.path.insert(0, os.environ["DUE_FOLDER"])
import due
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.executors.pool import ThreadPoolExecutor
scheduler = BlockingScheduler(executors={"default": ThreadPoolExecutor(due.COUNT)})
for number in range(due.COUNT):
    scheduler.add_job(due.main, "cron", second=f"*/{due.EVERY}")
scheduler.start()
"""


def jobs(bench: Bench) -> None:
    """A hundred and a thousand jobs of a Flask app are due at one instant; how late does the body of each begin, in the app's context?"""
    hundred, thousand = (f"{count:,} jobs due at one instant: from the instant to the first line of the body" for count in (100, 1000))
    ours = _lanner(bench, hundred, 100, 2, 50)
    more = _lanner(bench, thousand, 1000, 2, 500)
    with _environment(bench, "apscheduler", 100) as ledger:
        os.environ["DUE_PLAIN"] = "1"
        scheduler = subprocess.Popen([PYTHON, "-c", _APSCHEDULER], stderr=subprocess.DEVNULL)
        time.sleep(EVERY * (bench.rounds + 2))
        scheduler.kill()
        scheduler.wait()
        theirs = _starts(bench, hundred, "APScheduler, 100 threads", ledger, 100)
    each = _processes(bench, hundred)
    bench.add(Row(hundred + ": median", "15 ms", _median(ours, 0.5), 0.015, "s", at_most=1), Row(hundred + ": last", "50 ms", _median(ours, 1), 0.050, "s", at_most=1),
              Row(hundred + ": last", "APScheduler", _median(ours, 1), _median(theirs, 1), "s", at_most=1), Row(thousand + ": last", "500 ms", _median(more, 1), 0.500, "s", at_most=1))
    bench.pictures["job-starts"] = _picture([("Lanner, 100 jobs", ours), ("Lanner, 1,000 jobs", more), ("APScheduler, 100 jobs", theirs), ("a process each, 100 jobs", [each])])


def _lanner(bench: Bench, load: str, count: int, workers: int, threads: int) -> list[list[float]]:
    with _environment(bench, f"lanner-{count}", count) as ledger:
        with LannerWithJobs(App(bench.work / "apps", "due"), bench.work, workers, threads):
            time.sleep(EVERY * (bench.rounds + 2))
        return _starts(bench, load, f"Lanner, {workers} × {threads} threads", ledger, count)


@contextmanager
def _environment(bench: Bench, name: str, count: int) -> Iterator[Path]:
    ledger = bench.work / f"due-{name}"
    os.environ.update(DUE_LEDGER=str(ledger), DUE_FOLDER=str(bench.work / "apps"), DUE_COUNT=str(count))
    try:
        yield ledger
    finally:
        for key in ("DUE_LEDGER", "DUE_FOLDER", "DUE_COUNT", "DUE_PLAIN"):
            os.environ.pop(key, None)


def _starts(bench: Bench, load: str, name: str, ledger: Path, count: int) -> list[list[float]]:
    """For each instant at which all were started, how late each was, in seconds, in order; without the first, which is a warm-up."""
    by_instant: dict[str, list[float]] = {}
    for line in ledger.read_text().splitlines():
        late, instant, _ = line.split()
        by_instant.setdefault(instant, []).append(float(late))
    whole = [sorted(times) for _, times in sorted(by_instant.items()) if len(times) == count][1 : bench.rounds + 1]
    if not whole:
        raise RuntimeError(f"{name} has not started {count} jobs at one instant")
    bench.note(load, name, f"median {_median(whole, 0.5) * 1000:.1f} ms, last {_median(whole, 1) * 1000:.1f} ms ({len(whole)} instants)")
    return whole


def _processes(bench: Bench, load: str) -> list[float]:
    """As cron does: a process each, all at the instant. The interpreter and the app's import are on its way."""
    with _environment(bench, "processes", 100) as ledger:
        os.environ["DUE_PLAIN"] = "1"
        due = math.ceil(time.time() + 0.5)
        time.sleep(due - time.time())
        started = [subprocess.Popen([PYTHON, str(bench.work / "apps/due.py")]) for _ in range(100)]
        for each in started:
            each.wait()
        times = sorted(float(late) + float(instant) * EVERY - due for late, instant, _ in (line.split() for line in ledger.read_text().splitlines()))
    bench.note(load, "a process for each job", f"median {times[50] * 1000:.0f} ms, last {times[-1] * 1000:.0f} ms")
    return times


def _median(whole: list[list[float]], share: float) -> float:
    """Over the instants, of the lateness after which that share had begun."""
    return median(times[min(len(times) - 1, int(len(times) * share))] for times in whole)


def _picture(series: list[tuple[str, list[list[float]]]]) -> str:
    """Which share of the jobs has begun, by the time since the instant, which is in decades from 0.1 ms to 100 s."""
    left, top, width, height, decades = 60, 40, 760, 300, 6
    colours = ("#2f81f7", "#8250df", "#d29922", "#cf222e")

    def across(seconds: float) -> float:
        return left + width * min(1.0, max(0.0, (math.log10(max(seconds, 1e-4)) + 4) / decades))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 40}" height="{top + height + 100}" font-family="system-ui, sans-serif" font-size="13">',
        "<style>text{fill:#24292f}.grid{stroke:#8b949e;stroke-opacity:.4}.dim{fill:#6e7781}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8b949e}}</style>",
        f'<text x="{left}" y="20" class="dim">Jobs that have begun, by the time since the instant at which all are due; two cores</text>',
    ]
    for decade in range(decades + 1):
        x = left + width * decade / decades
        label = ("0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s", "10 s", "100 s")[decade]
        parts += [f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + height}" class="grid"/>', f'<text x="{x:.1f}" y="{top + height + 18}" text-anchor="middle" class="dim">{label}</text>']
    for share in (0, 50, 100):
        y = top + height * (1 - share / 100)
        parts += [f'<line x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}" class="grid"/>', f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" class="dim">{share} %</text>']
    for at, (name, whole) in enumerate(series):
        every = sorted(time for times in whole for time in times)
        points = " ".join(f"{across(late):.1f},{top + height * (1 - (place + 1) / len(every)):.1f}" for place, late in enumerate(every) if place % max(1, len(every) // 400) == 0 or place == len(every) - 1)
        parts += [f'<polyline points="{points}" fill="none" stroke="{colours[at]}" stroke-width="2.5"/>',
                  f'<rect x="{left + at * 195}" y="{top + height + 40}" width="14" height="14" fill="{colours[at]}"/>',
                  f'<text x="{left + at * 195 + 20}" y="{top + height + 52}">{escape(name)}</text>']
    return "\n".join([*parts, "</svg>"]) + "\n"
