"""Loads on a server, each bounded in time, and what came of them."""
from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NoReturn

from .servers import Server

_LUA = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Measured:
    """One run. Times in µs; ``cpu`` is user + system time of all the server's processes for one request."""

    rate: float
    cpu: float
    p50: float
    p99: float


def start(server: Server, path: str, connections: int, seconds: float, pause: int | None = None) -> subprocess.Popen[str]:
    """Starts wrk on so many keep-alive connections; each pauses ``pause`` ms, on average, between requests."""
    environment = dict(os.environ)
    if pause is not None:
        environment["BENCH_PAUSE"] = str(pause)
    command = ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(_LUA), server.url(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def result(load: subprocess.Popen[str], server: Server, cpu_before: float = 0) -> Measured:
    """Waits for wrk's end. An answer that is an error, or none, fails the run: a rate of errors is no rate."""
    out, _ = load.communicate()
    cpu = server.cpu_seconds() - cpu_before
    line = next((line for line in out.splitlines() if line.startswith("result ")), None)
    if line is None:
        raise RuntimeError(f"wrk on {server.name} failed: {out}")
    _, requests, seconds, errors, p50, p99 = line.split()
    if int(errors) or not int(requests):
        raise RuntimeError(f"{server.name}: {errors} errors in {requests} requests: {out}")
    return Measured(int(requests) / float(seconds), cpu * 1e6 / int(requests), float(p50), float(p99))


def closed(server: Server, path: str, connections: int = 64, seconds: float = 4) -> Measured:
    """As many requests as the connections can carry, one at a time on each."""
    before = server.cpu_seconds()
    return result(start(server, path, connections, seconds), server, before)


def in_turn(servers: list[tuple[Server, str]], rounds: int, seconds: float, connections: int = 64) -> list[Measured]:
    """A B A B …: the medians of each, after all have been warmed up."""
    for server, path in servers:
        closed(server, path, connections, max(3.0, seconds))
    runs: list[list[Measured]] = [[] for _ in servers]
    for _ in range(rounds):
        for at, (server, path) in enumerate(servers):
            runs[at].append(closed(server, path, connections, seconds))
    return [medians(each) for each in runs]


def medians(runs: list[Measured]) -> Measured:
    return Measured(*(median(getattr(run, field) for run in runs) for field in ("rate", "cpu", "p50", "p99")))


def download(server: Server, path: str, size: int) -> float:
    """Bytes per second of one download on a connection of its own; the client throws them away."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", server.port), 30) as client:
        began = time.monotonic()
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096) or _fail(server, head)
        got = len(head.partition(b"\r\n\r\n")[2])
        while got < size:
            got += client.recv_into(buffer) or _fail(server, head)
        seconds = time.monotonic() - began
    if not head.startswith(b"HTTP/1.1 200") or got != size:
        _fail(server, head)
    return size / seconds


def upload(server: Server, path: str, file: Path) -> float:
    """Bytes per second of one upload, until the answer is there, which tells how many bytes the app has read."""
    size = file.stat().st_size
    with socket.create_connection(("127.0.0.1", server.port), 30) as client, open(file, "rb") as content:
        began = time.monotonic()
        client.sendall(f"PUT {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n".encode())
        client.sendfile(content)
        answer = b""
        while piece := client.recv(4096):
            answer += piece
        seconds = time.monotonic() - began
    if not answer.startswith(b"HTTP/1.1 200") or answer.split()[-1] != b"%d" % size:
        _fail(server, answer)
    return size / seconds


def _fail(server: Server, answer: bytes) -> NoReturn:
    raise RuntimeError(f"{server.name} answered {answer[:200]!r}")
