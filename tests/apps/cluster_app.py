"""Served by several servers with one state. `/settings` gives them with their version, `/set?name=&value=` changes one and gives the
version, `/enqueue?job=&arguments=[…]` gives the run's id,
`/lock?name=&path=` has a lock until the file is there and gives its number and whether it was lost. EVERY makes `tick` due so often.
"""
from __future__ import annotations

import json
import os
from typing import Any

import lanner
from exchange import answer, await_file, note, query, who


@lanner.job(overlap="allow")
def once(name: str) -> str:
    note("ran", name)
    return name


@lanner.job(overlap="allow", retries=1, retry_pause="100ms")
def held(path: str, name: str) -> str:
    """Done when the file is there."""
    note("begun", name)
    await_file(path)
    note("done", name)
    return name


if "EVERY" in os.environ:

    @lanner.job(every=os.environ["EVERY"], overlap="allow")
    def tick() -> None:
        note("ran", "tick")


def application(environ: Any, start_response: Any) -> Any:
    path, asked = environ["PATH_INFO"], query(environ)
    if path == "/set":
        version = lanner.settings.update({asked["name"]: json.loads(asked["value"])}).version
        return answer(start_response, str(version).encode(), headers=who())
    if path == "/enqueue":
        run = {"once": once, "held": held}[asked["job"]].enqueue(*json.loads(asked.get("arguments", "[]")))
        return answer(start_response, run.encode(), headers=who())
    if path == "/lock":
        with lanner.lock("x") as hold:
            note("locked", asked["name"])
            await_file(asked["path"])
            return answer(start_response, f"{hold.number} {hold.lost}".encode(), headers=who())
    seen = {"version": lanner.settings.version, "values": dict(lanner.settings)}
    return answer(start_response, json.dumps(seen).encode(), content_type="application/json", headers=who())
