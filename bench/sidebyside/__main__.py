"""``bench/run``: all measurements, or those named."""
from __future__ import annotations

import argparse
import datetime
import shutil
import sys
import tempfile
from pathlib import Path

from . import jobs, report, rows
from .servers import ROOT


MEASUREMENTS = {**rows.MEASUREMENTS, "jobs": jobs.jobs}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures Lanner beside its peers and writes a dated table and a chart.")
    parser.add_argument("names", nargs="*", metavar="MEASUREMENT", help="some of: " + ", ".join(MEASUREMENTS) + " (all; only a whole run is written to bench/results)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each run in a round")
    parser.add_argument("--pictures", type=Path, metavar="DIRECTORY", help="writes the pictures of single measurements there")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in MEASUREMENTS]:
        parser.error(f"no measurement is named {', '.join(unknown)}; there are: {', '.join(MEASUREMENTS)}")
    work = Path(tempfile.mkdtemp(prefix="lanner-bench-"))
    try:
        bench = rows.Bench(work, options.rounds, options.seconds)
        for name in options.names or MEASUREMENTS:
            MEASUREMENTS[name](bench)
        if options.pictures:
            report.pictures(bench, options.pictures)
        if not options.names:
            date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
            for path in report.write(bench, ROOT / "bench/results", date):
                print(path.relative_to(ROOT))
        return 0 if all(row.met for row in bench.rows) else 1
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
