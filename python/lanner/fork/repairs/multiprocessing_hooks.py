"""multiprocessing: a plain fork does not run what was registered with ``register_after_fork``; and a worker that ends
would take the template's child processes for its own and end them."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Multiprocessing(Repair):
    name = "multiprocessing's hooks"

    def repair(self) -> None:
        process: Any = sys.modules["multiprocessing.process"]
        keep(process._children)
        process._children = set()
        util: Any = sys.modules.get("multiprocessing.util")
        if util is not None:
            util._run_after_forkers()
