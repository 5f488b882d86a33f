"""What ``/proc`` tells of processes, their descriptors and the connections of a port."""
from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_LISTEN, _TIME_WAIT, _ESTABLISHED = 0x0A, 0x06, 0x01


def children(alive: bool = False) -> dict[int, list[int]]:
    """Parent → children, of all processes, from one pass. Those that have ended but are not reaped count, unless ``alive``."""
    found: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = Path(f"/proc/{entry}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if alive and fields[0] in (b"Z", b"X"):
            continue
        found.setdefault(int(fields[1]), []).append(int(entry))
    return found


def descendants(pid: int) -> set[int]:
    by_parent = children()
    found: set[int] = set()
    new = [pid]
    while new:
        new = [child for parent in new for child in by_parent.get(parent, []) if child not in found]
        found.update(new)
    return found


def marked(variable: str, value: str) -> set[int]:
    """The processes that were started with this in their environment, whoever their parent is by now."""
    mark = f"{variable}={value}".encode()
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                environment = Path(f"/proc/{entry}/environ").read_bytes()
            except OSError:
                continue
            if mark in environment.split(b"\0"):
                found.add(int(entry))
    return found


def descriptors(pid: int) -> Counter[str]:
    """What the process has open: how many of each kind or path. Code is loaded when it is first needed: no leak."""
    found: Counter[str] = Counter()
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            kind = os.readlink(f"/proc/{pid}/fd/{entry}").partition(":[")[0]
        except OSError:
            continue
        if not kind.endswith((".dll", ".so", ".pdb")):
            found[kind] += 1
    return found


@dataclass(frozen=True)
class Connections:
    """The server's ends of the connections to a port."""

    there: int  # in whatever state, other than over
    established: int
    unread: int  # those with bytes that the server has not read


def connections(port: int) -> Connections:
    there = established = unread = 0
    with open("/proc/net/tcp", encoding="ascii") as file:
        next(file)
        for line in file:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) != port:
                continue
            state = int(fields[3], 16)
            if state in (_LISTEN, _TIME_WAIT):
                continue
            there += 1
            established += state == _ESTABLISHED
            unread += int(fields[4].partition(":")[2], 16) > 0
    return Connections(there, established, unread)
