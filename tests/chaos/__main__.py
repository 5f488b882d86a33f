"""``tests/chaos/run``: all scenarios, or those named."""
from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from . import report
from .scenarios import ONLY_LANNER, SCENARIOS
from .servers import SERVERS, Server
from .trials import Scale, Trial, short

_SECONDS = 30
_SHORT_SECONDS = 4


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/chaos/run", description="Disturbs a server under load and counts the requests that are lost or executed twice.")
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="some of: " + ", ".join(SCENARIOS) + " (all)")
    parser.add_argument("--server", choices=SERVERS, default="lanner")
    time = parser.add_mutually_exclusive_group()
    time.add_argument("--minutes", type=float, help="of load in each scenario")
    time.add_argument("--seconds", type=float, help=f"the same ({_SECONDS}; {_SHORT_SECONDS} if --short)")
    parser.add_argument("--short", action="store_true", help="fewer clients, milder disturbances: all within two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where all counts are written")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in SCENARIOS]:
        parser.error(f"no scenario is named {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}")
    if options.server != "lanner" and (foreign := [name for name in options.names if name in ONLY_LANNER]):
        parser.error(f"only Lanner can do {', '.join(foreign)}")
    names = options.names or [name for name in SCENARIOS if options.server == "lanner" or name not in ONLY_LANNER]
    seconds = options.minutes * 60 if options.minutes else options.seconds or (_SHORT_SECONDS if options.short else _SECONDS)
    scale = short(seconds) if options.short else Scale(seconds)
    server_type = SERVERS[options.server]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended, whoever ends the runner
    server_type.build()
    passed, told = 0, {}
    for name in names:
        trial = _run(name, server_type, scale)
        passed += report.passed(trial)
        told[name] = report.counts(trial)
        if options.json:
            options.json.write_text(json.dumps(told, indent=2) + "\n")
    print(f"{passed} passed, {len(names) - passed} failed")
    return 0 if passed == len(names) else 1


def _run(name: str, server_type: type[Server], scale: Scale) -> Trial:
    """One scenario; what it wrote is kept if it fails."""
    work = Path(tempfile.mkdtemp(prefix=f"lanner-chaos-{name}-"))
    trial = Trial(name, server_type, scale, work)
    try:
        asyncio.run(_bounded(trial))
    finally:
        passed = report.passed(trial)
        print(report.line(trial), flush=True)
        if passed:
            shutil.rmtree(work)
        else:
            print(*report.story(trial), f"  its books and the server's log: {work}", sep="\n", flush=True)
    return trial


async def _bounded(trial: Trial) -> None:
    """However it goes, the server and all its processes are gone afterwards."""
    try:
        await SCENARIOS[trial.name](trial)
    except RuntimeError as error:
        trial.faults.append(str(error))
    finally:
        await trial.server.stop()


if __name__ == "__main__":
    sys.exit(main())
