"""The dated table and the chart."""
from __future__ import annotations

import os
import platform
from html import escape
from pathlib import Path

from . import servers
from .rows import Bench, Row


def write(bench: Bench, results: Path, date: str) -> tuple[Path, Path]:
    table, chart = results / f"{date}-side-by-side.md", results / f"{date}-side-by-side.svg"
    results.mkdir(exist_ok=True)
    table.write_text(_table(bench, date))
    chart.write_text(_chart(bench))
    pictures(bench, results, f"{date}-")
    return table, chart


def pictures(bench: Bench, directory: Path, prefix: str = "") -> None:
    directory.mkdir(exist_ok=True)
    for name, picture in bench.pictures.items():
        (directory / f"{prefix}{name}.svg").write_text(picture)


def _table(bench: Bench, date: str) -> str:
    missed = [row for row in bench.rows if not row.met]
    lines = [
        f"# Lanner beside its peers, {date}",
        "",
        f"{os.cpu_count()} cores shared with the load generator; {bench.rounds} rounds of {bench.seconds:g} s in turn (A B A B); medians. "
        f"Linux {platform.release().split('-')[0]}. Made by `bench/run`.",
        "",
        ", ".join(servers.versions()) + ".",
        "",
        f"{len(bench.rows) - len(missed)} of {len(bench.rows)} rows met." + ("" if not missed else " Not met: " + "; ".join(
            f"{row.load} against {row.against}" for row in missed) + "."),
        "",
        "| load | against | Lanner ÷ it | wanted | |",
        "|---|---|---|---|---|",
        *(f"| {row.load} | {row.against} | {row.ratio:.2f} | {_wanted(row)} | {'met' if row.met else '**not met**'} |" for row in bench.rows),
        "",
        "| load | server | medians |",
        "|---|---|---|",
        *(f"| {load} | {server} | {figures} |" for load, server, figures in bench.details),
    ]
    return "\n".join(lines) + "\n"


def _wanted(row: Row) -> str:
    return f"≥ {row.at_least:g}" if row.at_least is not None else f"≤ {row.at_most:g}"


def _chart(bench: Bench) -> str:
    """Rows of requests/s or bytes/s against a peer as bars: Lanner's throughput for 1 of the peer's."""
    rows = [row for row in bench.rows if row.unit in ("requests/s", "bytes/s") and "Lanner" not in row.against and not row.against.startswith(("the same", "30 "))]
    left, width, height, scale = 330, 860, 26, 480 / max([row.ratio for row in rows] + [1.0])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height * len(rows) + 62}" font-family="system-ui, sans-serif" font-size="13">',
        "<style>text{fill:#24292f}.bar{fill:#2f81f7}.one{stroke:#8b949e;stroke-dasharray:3 3}.dim{fill:#6e7781}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8b949e}}</style>",
        f'<text x="{left}" y="18" class="dim">Lanner’s throughput, the peer’s being 1 (dashed); same workers × threads, two cores shared with the load</text>',
    ]
    for at, row in enumerate(rows):
        y = 34 + at * height
        parts.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(_short(row))}</text>')
        parts.append(f'<rect class="bar" x="{left}" y="{y + 3}" width="{row.ratio * scale:.1f}" height="{height - 9}" rx="2"/>')
        parts.append(f'<text x="{left + row.ratio * scale + 6:.1f}" y="{y + 15}">{row.ratio:.2f} ×</text>')
    parts.append(f'<line class="one" x1="{left + scale:.1f}" y1="30" x2="{left + scale:.1f}" y2="{34 + height * len(rows)}"/>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _short(row: Row) -> str:
    return f"{row.load.split(', ')[0]} · {row.against}"
