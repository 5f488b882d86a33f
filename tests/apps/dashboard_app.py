"""What a dashboard has to show: `/hold?file=F` is there until the file is, `/compute?file=F` computes until then, `/raise?what=W` raises."""
from __future__ import annotations

import os
from typing import Any

from exchange import Environ, answer, await_file, query, who


class PaymentRefused(Exception):
    """What the app raises."""


def weigh_the_order(path: str) -> None:
    await_file(path)


def compute_the_tax(path: str) -> int:
    total = 0
    while not os.path.exists(path):
        total += sum(range(20000))
    return total


def ask_the_bank(order: str) -> None:
    raise PaymentRefused(f"order {order}: the bank said no")


def application(environ: Environ, start_response: Any) -> list[bytes]:
    path = environ["PATH_INFO"]
    if path == "/hold":
        weigh_the_order(query(environ)["file"])
    if path == "/compute":
        compute_the_tax(query(environ)["file"])
    if path == "/raise":
        ask_the_bank(query(environ)["order"])
    return answer(start_response, b"ok\n", headers=who())
