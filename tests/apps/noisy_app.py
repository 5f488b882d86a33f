"""Prints to stdout and stderr on import, starts a thread and opens a file: what a preload inherits."""
from __future__ import annotations

import os
import sys
import threading
from typing import Any

from exchange import Environ, answer, note, who

print("noisy_app: imported, on stdout")
print("noisy_app: imported, on stderr", file=sys.stderr)
note("imported", "noisy_app")
IMPORTED_BY = os.getpid()
OPEN_FILE = open(os.path.abspath(__file__), encoding="utf-8")
BACKGROUND = threading.Thread(target=threading.Event().wait, name="noisy-background", daemon=True)
BACKGROUND.start()


def application(environ: Environ, start_response: Any) -> list[bytes]:
    """Which process imported the module, and whether the background thread lives in this one."""
    told = f"imported by {IMPORTED_BY}, background {'alive' if BACKGROUND.is_alive() else 'gone'}\n"
    return answer(start_response, told.encode(), headers=who())
