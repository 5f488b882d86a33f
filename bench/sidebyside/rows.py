"""The rows of the table: what is measured, against whom, and what is wanted."""
from __future__ import annotations

import lzma
import os
import resource
import shutil
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Callable, Iterator

from . import loads, processes
from .servers import App, BareKestrel, Gunicorn, Lanner, LannerReadyToRun, LannerWithSettings, ModWsgi, Nginx, NginxUwsgi, ROOT, Server, TunedKestrel, Waitress

MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One claim: ``ratio`` is Lanner's figure divided by the other's; ``at_least`` or ``at_most`` is what was set out to reach."""

    load: str
    against: str
    ours: float
    theirs: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def met(self) -> bool:
        return (self.at_least is None or self.ratio >= self.at_least) and (self.at_most is None or self.ratio <= self.at_most)


@dataclass
class Bench:
    """What the measurements share: where they work, how often and how long they run, and what has been found."""

    work: Path
    rounds: int
    seconds: float
    rows: list[Row] = field(default_factory=list)
    details: list[tuple[str, str, str]] = field(default_factory=list)  # (load, server, figures)
    pictures: dict[str, str] = field(default_factory=dict)  # SVG, by the end of the file's name

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "bench/apps", self.work / "apps", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "samples/hello", self.work / "hello", ignore=shutil.ignore_patterns("__pycache__"))
        os.environ["BENCH_FILE"] = str(self.work / "apps/large.bin")
        (self.work / "apps/large.bin").write_bytes(os.urandom(MIB) * 100)
        for path in [self.work, *self.work.rglob("*")]:
            path.chmod(0o755)
        self.hello = App(self.work / "hello", "app")
        self.plain = App(self.work / "apps", "plain")
        self.flask = App(self.work / "apps", "flask_json")
        self.django = App(self.work / "apps", "django_page")

    def add(self, *rows: Row) -> None:
        self.rows += rows
        for row in rows:
            wanted = f"≥ {row.at_least}" if row.at_least is not None else f"≤ {row.at_most}"
            print(f"{'ok  ' if row.met else 'MISS'} {row.load} · {row.against}: {row.ratio:.2f} ({wanted})", flush=True)

    def note(self, load: str, server: str, figures: str) -> None:
        self.details.append((load, server, figures))
        print(f"     {load} · {server}: {figures}", flush=True)

    def told(self, load: str, server: Server, run: loads.Measured) -> loads.Measured:
        self.note(load, server.name, f"{run.rate:,.0f}/s, {run.cpu:.1f} µs CPU each, p50 {run.p50 / 1000:.2f} ms, p99 {run.p99 / 1000:.2f} ms")
        return run

    def compare(self, load: str, servers: list[tuple[Server, str]], connections: int = 64, seconds: float | None = None) -> list[loads.Measured]:
        runs = loads.in_turn(servers, self.rounds, seconds or self.seconds, connections)
        return [self.told(load, server, run) for (server, _), run in zip(servers, runs)]


def hello(bench: Bench) -> None:
    load = "hello, 2 × 8, 64 connections"
    with Lanner(bench.hello, bench.work) as lanner, NginxUwsgi(bench.hello, bench.work) as uwsgi, Gunicorn(bench.hello, bench.work) as gunicorn, \
            Waitress(bench.hello, bench.work) as waitress, ModWsgi(bench.hello, bench.work) as apache, BareKestrel(bench.hello, bench.work) as kestrel, \
            TunedKestrel(bench.hello, bench.work) as tuned:
        servers = [lanner, uwsgi, gunicorn, waitress, apache, kestrel, tuned]
        runs = bench.compare(load, [(server, "/") for server in servers])
        alone = bench.compare("one connection, one request at a time", [(lanner, "/"), (uwsgi, "/")], connections=1)
    ours = runs[0]
    for server, run, at_least in zip(servers[1:], runs[1:], (1.3, 4, 4, 3, 0.55, 0.55)):
        bench.add(Row(load, server.name, ours.rate, run.rate, "requests/s", at_least=at_least))
    bench.add(Row("CPU per request, all server processes, hello", uwsgi.name, ours.cpu, runs[1].cpu, "µs", at_most=0.85))
    bench.add(Row("one connection, one request at a time: median latency", uwsgi.name, alone[0].p50, alone[1].p50, "µs", at_most=1.2))


def frameworks(bench: Bench) -> None:
    for load, app, path in (("Flask, JSON, 2 × 8", bench.flask, "/api/notes/7"), ("Django, template, 2 × 8", bench.django, "/")):
        with Lanner(app, bench.work) as lanner, NginxUwsgi(app, bench.work) as uwsgi, Gunicorn(app, bench.work) as gunicorn:
            ours, nginx, unicorn = bench.compare(load, [(server, path) for server in (lanner, uwsgi, gunicorn)])
        bench.add(Row(load, uwsgi.name, ours.rate, nginx.rate, "requests/s", at_least=1.0),
                  Row(load, gunicorn.name, ours.rate, unicorn.rate, "requests/s", at_least=1.8))


def waiting(bench: Bench) -> None:
    load = "waits 10 ms, 2 × 15, 64 connections"
    with Lanner(bench.plain, bench.work, threads=15) as lanner, NginxUwsgi(bench.plain, bench.work, threads=15) as uwsgi, \
            Gunicorn(bench.plain, bench.work, threads=15) as gunicorn:
        ours = bench.compare(load, [(server, "/wait/10") for server in (lanner, uwsgi, gunicorn)])[0]
    bench.add(Row(load, "30 threads ÷ 10 ms", ours.rate, 3000, "requests/s", at_least=0.90))


def computing(bench: Bench) -> None:
    load = "computes 1 ms, 2 × 15, 64 connections"
    with Lanner(bench.plain, bench.work, threads=15) as many, Lanner(bench.plain, bench.work, threads=1) as one, \
            NginxUwsgi(bench.plain, bench.work, threads=15) as uwsgi, Gunicorn(bench.plain, bench.work, threads=15) as gunicorn:
        one.name = "Lanner, 2 × 1"
        runs = bench.compare(load, [(server, "/compute/1") for server in (many, one, uwsgi, gunicorn)])
    bench.add(Row(load, "the same at 2 × 1", runs[0].rate, runs[1].rate, "requests/s", at_least=0.95))


def mixed(bench: Bench) -> None:
    """A fixed rate of about 4,000 requests/s: in a closed loop the slow ones would soon hold all threads of any server."""
    load = "1 % of requests take 200 ms, 2 × 15, 4,000/s: p99 of the fast"
    peers = (Lanner, NginxUwsgi, Gunicorn, ModWsgi, Waitress)
    calm: dict[str, list[loads.Measured]] = {}
    stormy: dict[str, list[loads.Measured]] = {}
    servers = [kind(bench.plain, bench.work, threads=15) for kind in peers]
    try:
        for server in servers:
            server.start()
            server.wait_ready()
            loads.closed(server, "/", 64, 3)
        for _ in range(bench.rounds):
            for server in servers:
                calm.setdefault(server.name, []).append(loads.result(loads.start(server, "/", 64, bench.seconds, pause=16), server))
                slow = loads.start(server, "/wait/200", 8, bench.seconds)
                stormy.setdefault(server.name, []).append(loads.result(loads.start(server, "/", 64, bench.seconds, pause=16), server))
                slow.communicate()
    finally:
        for server in servers:
            server.stop()
    for server in servers:
        without, beside = loads.medians(calm[server.name]), loads.medians(stormy[server.name])
        bench.note(load, server.name, f"{beside.rate:,.0f}/s, p99 {without.p99 / 1000:.2f} ms without the slow, {beside.p99 / 1000:.2f} ms beside them")
    ours = loads.medians(stormy[Lanner.name]).p99
    bench.add(Row(load, "the same without slow ones", ours, loads.medians(calm[Lanner.name]).p99, "µs", at_most=2))
    best = min((loads.medians(stormy[server.name]).p99, server.name) for server in servers[1:])
    bench.add(Row(load, f"the best peer ({best[1]})", ours, best[0], "µs", at_most=1))


def sizes(bench: Bench) -> None:
    with Lanner(bench.plain, bench.work) as lanner, NginxUwsgi(bench.plain, bench.work) as uwsgi:
        for name, size in (("10 KB", 10_000), ("100 KB", 100_000), ("1 MB", 1_000_000)):
            load = f"{name} response, 2 × 8, 64 connections"
            ours, theirs = bench.compare(load, [(server, f"/bytes/{size}") for server in (lanner, uwsgi)])
            bench.add(Row(load, uwsgi.name, ours.rate, theirs.rate, "requests/s", at_least=1.0))


def transfers(bench: Bench) -> None:
    file = bench.work / "apps/large.bin"
    size = file.stat().st_size
    with Lanner(bench.plain, bench.work) as lanner, Nginx(bench.plain, bench.work) as nginx, Gunicorn(bench.plain, bench.work) as gunicorn:
        down = _alternate(bench, lambda: loads.download(lanner, "/file", size), lambda: loads.download(nginx, "/large.bin", size))
        up = _alternate(bench, lambda: loads.upload(lanner, "/upload", file), lambda: loads.upload(gunicorn, "/upload", file))
    for load, peer, (ours, theirs), at_least in (("file of 100 MB, wsgi.file_wrapper", nginx, down, 0.8), ("upload of 100 MB, read by the app", gunicorn, up, 1.0)):
        bench.note(load, lanner.name, f"{ours / 1e6:,.0f} MB/s")
        bench.note(load, peer.name, f"{theirs / 1e6:,.0f} MB/s")
        bench.add(Row(load, peer.name, ours, theirs, "bytes/s", at_least=at_least))


def _alternate(bench: Bench, *measures: Callable[[], float]) -> tuple[float, ...]:
    """Each five times a round, in turn; the first of each is a warm-up."""
    found: list[list[float]] = [[] for _ in measures]
    for turn in range(1 + 5 * bench.rounds):
        for at, measure in enumerate(measures):
            value = measure()
            if turn:
                found[at].append(value)
    return tuple(median(values) for values in found)


def memory(bench: Bench) -> None:
    load = "memory (PSS), Django, 6 × 15, after load"

    def loaded(server: Server) -> float:
        with server:
            loads.closed(server, "/", 64, bench.seconds)
            pss = processes.proportional_bytes(server.pids())
        bench.note(load, f"{server.name}, {server.workers} × {server.threads}", f"{pss / MIB:.1f} MiB")
        return pss

    ours = loaded(Lanner(bench.django, bench.work, 6, 15))
    more = loaded(Lanner(bench.django, bench.work, 10, 15))
    theirs = loaded(Gunicorn(bench.django, bench.work, 6, 15))
    bench.add(Row(load, Gunicorn.name, ours, theirs, "bytes", at_most=0.6),
              Row("memory of each further worker of it", "8 MiB", (more - ours) / 4, 8 * MIB, "bytes", at_most=1))


def idle(bench: Bench, connections: int = 10_000) -> None:
    """Keep-alive connections that have asked once and then rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, connections + 1000)), hard))
    with Lanner(bench.hello, bench.work) as lanner:
        alone = [loads.closed(lanner, "/", 64, bench.seconds) for _ in range(bench.rounds + 1)][1:]
        before = processes.proportional_bytes([lanner.front])
        resting = list(_resting(lanner.port, connections))
        time.sleep(1)  # what the connections' arrival has caused is over
        each = (processes.proportional_bytes([lanner.front]) - before) / connections
        beside = [loads.closed(lanner, "/", 64, bench.seconds) for _ in range(bench.rounds)]
        for client in resting:
            client.close()
    load = f"{connections:,} idle keep-alive connections"
    bench.note(load, lanner.name, f"{each / 1024:.1f} KiB each in the front end")
    bench.told(load + ": active ones", lanner, loads.medians(beside))
    bench.add(Row(load, "10 KB each", each, 10_000, "bytes", at_most=1),
              Row(load + ": active ones", "the same without", loads.medians(beside).rate, loads.medians(alone).rate, "requests/s", at_least=0.9))


def _resting(port: int, count: int) -> Iterator[socket.socket]:
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port), 10)
        client.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
        client.recv(1000)
        yield client


def settings(bench: Bench) -> None:
    """An update is timed until every one of 16 workers has it; and what live settings cost an app that does not read them."""
    load = "update of live settings, in each of 16 workers × 2 threads"
    with LannerWithSettings(bench.hello, bench.work, 16, 2) as many:
        assert isinstance(many, LannerWithSettings)
        client = many.connect()
        for name, connections in (("idle", 0), ("64 connections at work", 64)):
            busy = loads.start(many, "/", connections, bench.seconds * bench.rounds) if connections else None
            times, end, number = [], time.monotonic() + bench.seconds * bench.rounds * 0.8, 0
            while time.monotonic() < end:
                began = time.monotonic()
                number += 1
                many.update(client, number if connections else -number)
                times.append(time.monotonic() - began)
            if busy:
                loads.result(busy, many)
            times.sort()
            bench.note(load, many.name, f"{name}: median {median(times) * 1000:.2f} ms, p99 {times[len(times) * 99 // 100] * 1000:.2f} ms, {len(times)} updates")
        client.close()
    load = "hello, 2 × 8, 64 connections"
    with LannerWithSettings(bench.hello, bench.work) as ours, Lanner(bench.hello, bench.work) as plain:
        runs = bench.compare(load, [(ours, "/"), (plain, "/")])
    bench.add(Row(load + ": with live settings", "without", runs[0].rate, runs[1].rate, "requests/s", at_least=0.97),
              Row("CPU per request: with live settings", "without", runs[0].cpu, runs[1].cpu, "µs", at_most=1.03))


def starting(bench: Bench) -> None:
    load = "from start to first answer, hello"

    def started(kind: type[Server]) -> float:
        server = kind(bench.hello, bench.work)
        began = time.monotonic()
        with server:
            return time.monotonic() - began

    ours, theirs = _alternate(bench, lambda: started(Lanner), lambda: started(Gunicorn))
    bench.note(load, Lanner.name, f"{ours * 1000:.0f} ms")
    bench.note(load, Gunicorn.name, f"{theirs * 1000:.0f} ms")
    bench.add(Row(load, Gunicorn.name, ours, theirs, "s", at_most=0.9))


def native(bench: Bench) -> None:
    """The native program beside the ReadyToRun build of the same commit, and what a user downloads and keeps in memory."""
    for load, app, path in (("hello, 2 × 8", bench.hello, "/"), ("Flask, JSON, 2 × 8", bench.flask, "/api/notes/7")):
        with Lanner(app, bench.work) as lanner, LannerReadyToRun(app, bench.work) as readytorun:
            idle_sizes = [processes.proportional_bytes([server.front]) for server in (lanner, readytorun)]
            ours, theirs = bench.compare(load, [(lanner, path), (readytorun, path)])
            sizes = [processes.proportional_bytes([server.front]) for server in (lanner, readytorun)]
        for server, before, after in zip((lanner, readytorun), idle_sizes, sizes):
            bench.note(f"front end, memory (PSS), {load}", server.name, f"{before / MIB:.1f} MiB idle, {after / MIB:.1f} MiB after load")
        bench.add(Row(load, readytorun.name, ours.rate, theirs.rate, "requests/s", at_least=1),
                  Row(f"CPU per request, {load}", readytorun.name, ours.cpu, theirs.cpu, "µs", at_most=1),
                  Row(f"front end, memory (PSS) after load, {load}", "45 MiB", sizes[0], 45 * MIB, "bytes", at_most=1))
    size = Lanner.program.stat().st_size
    bench.note("the program", Lanner.name, f"{size / MIB:.1f} MiB, {len(lzma.compress(Lanner.program.read_bytes(), preset=6)) / MIB:.1f} MiB compressed")
    bench.add(Row("size of the program", "30 MiB", size, 30 * MIB, "bytes", at_most=1))


MEASUREMENTS: dict[str, Callable[[Bench], None]] = {
    measure.__name__: measure
    for measure in (hello, frameworks, waiting, computing, mixed, sizes, transfers, memory, idle, settings, starting, native)
}
