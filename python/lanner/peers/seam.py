"""What the peers' modules are told of the app and of the process they are in.

``modules`` goes to the end of sys.path in Lanner's own processes only: elsewhere ``import uwsgi`` fails as in any plain
Python, and where a package of that name is installed, it wins."""
from __future__ import annotations

import os
import sys
import time

from .. import descriptors, running
from ..identity import worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

settings: dict[str, Any] = {}  # the app's, as the front end sent them; empty outside of Lanner's processes


def prepare(given: dict[str, Any]) -> None:
    """In the template and in spawned workers, before the app is imported."""
    given.setdefault("front_end", os.getppid())
    given.setdefault("started_on", int(time.time()))
    os.set_inheritable(given["locks"], False)  # a spawned worker was handed it so
    settings.update(given)
    os.register_at_fork(after_in_child=_let_go)
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules"))


def _let_go() -> None:
    """Children that the app forks inherit nothing of the server's; its workers do."""
    if settings.get("locks", -1) >= 0 and not descriptors.forking_worker():
        os.close(settings["locks"])
        settings["locks"] = -1


def in_worker() -> bool:
    """Whether this process is a worker: neither the template nor a child that the app forked."""
    return worker.kind != "template" and settings["locks"] >= 0


def environ() -> Optional[dict[str, Any]]:
    """Of the request that this thread runs."""
    return running.environ()


def requests_begun() -> int:
    """By this worker, those that were taken back included: the numbers of the last ones on its channels."""
    cells = running.scoreboard
    return sum(cells[::8]) if cells is not None and in_worker() else 0
