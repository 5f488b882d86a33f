"""Jobs for a dashboard to show: `wait` writes a line, waits for a file and writes another, `fails` raises, `pace` takes as long as it is told."""
from __future__ import annotations

import time
from typing import Any

from exchange import await_file


def wait(path: str) -> str:
    print("counting the stock", flush=True)
    await_file(path)
    print("the stock is counted", flush=True)
    return "42 boxes"


def fails(**named: Any) -> None:
    print("asking the bank", flush=True)
    raise ValueError("no stock <b>of</b> tea")


def pace(milliseconds: int = 0, fail: bool = False) -> None:
    time.sleep(milliseconds / 1000)
    if fail:
        raise TimeoutError("the warehouse did not answer")
