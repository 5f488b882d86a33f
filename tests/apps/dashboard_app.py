"""What a dashboard has to show: `/hold?file=F` is there until the file is, `/compute?file=F` computes until then,
`/freeze?file=F` holds the GIL until the pipe F is opened, `/raise?order=N` raises; any path waits for `?wait_ms=` and computes for `?cpu_ms=`."""
from __future__ import annotations

import ctypes
import os
import time
from typing import Any

from exchange import Environ, answer, await_file, number, query, who


class PaymentRefused(Exception):
    """What the app raises."""


def weigh_the_order(path: str) -> None:
    await_file(path)


def compute_the_tax(path: str) -> int:
    total = 0
    while not os.path.exists(path):
        total += sum(range(20000))
    return total


def hold_the_gil(path: str) -> None:
    """As C code does that never lets go of it: until somebody opens the pipe."""
    os.mkfifo(path)
    pipe = ctypes.PyDLL(None).open(path.encode(), os.O_RDONLY)
    os.unlink(path)
    os.close(pipe)


def ask_the_bank(order: str) -> None:
    raise PaymentRefused(f"order {order}: the bank said no")


def price_the_cart(milliseconds: int) -> None:
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        sum(range(200))


def application(environ: Environ, start_response: Any) -> list[bytes]:
    path = environ["PATH_INFO"]
    if path == "/hold":
        weigh_the_order(query(environ)["file"])
    if path == "/compute":
        compute_the_tax(query(environ)["file"])
    if path == "/freeze":
        hold_the_gil(query(environ)["file"])
    if path == "/raise":
        ask_the_bank(query(environ)["order"])
    if number(environ, "wait_ms", 0):
        time.sleep(number(environ, "wait_ms", 0) / 1000)
    price_the_cart(number(environ, "cpu_ms", 0))
    return answer(start_response, b"ok\n", headers=who())
