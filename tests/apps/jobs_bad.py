"""Declarations that say what cannot be, beside one that can."""
from __future__ import annotations

from typing import Any

import lanner
from exchange import answer


@lanner.job(cron="61 * * * *")
def minutes() -> None:
    """No hour has so many."""


@lanner.job(every="1h", overlap="sometimes")
def overlaps() -> None:
    """No such word."""


@lanner.job(cron="0 3 * * *", timezone="Europe/Atlantis")
def zone() -> None:
    """No such place."""


@lanner.job(context_url="nowhere")
def nowhere() -> None:
    """Neither path nor URL."""


@lanner.job(name="with space")
def spaced() -> None:
    """No such names."""


@lanner.job
def good() -> str:
    return "good"


def application(_: Any, start_response: Any) -> Any:
    return answer(start_response, b"served")
