"""Says more than a frame holds: each path somewhere else, `?of=` characters. `/` names the worker.

JOBS declares so many jobs; `raises` and `sets_up` are apps that say it while they are loaded, `setting_up` in a process's set-up.
"""
from __future__ import annotations

import os
from typing import Any, Iterable

import lanner
from exchange import answer, number, query, segments, who


@lanner.job
def length(text: str) -> int:
    return len(text)


@lanner.job
def echo(size: int) -> str:
    return "y" * size


def _tick() -> None:
    """What the declared jobs call."""


for index in range(int(os.environ.get("JOBS", "0"))):
    lanner.job(name=f"tick{index}", cron="0 3 1 1 *")(_tick)


def _told(function: Any, *arguments: Any) -> bytes:
    try:
        return str(function(*arguments)).encode()
    except (lanner.JobError, lanner.SettingsError) as error:
        return f"{type(error).__name__}: {error}".encode()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    name = "/".join(segments(environ))
    text = "y" * number(environ, "of", 6_000_000)
    if name == "raise":
        raise ValueError(f"begin {text} end")
    if name == "header":
        return answer(start_response, b"never", headers=[("X-Long", text)])
    if name == "reason":
        return answer(start_response, b"never", status=f"200 {text}")
    if name == "streamed":
        start_response("200 OK", [("X-Long", text)])
        return iter([b"ne", b"ver"])
    if name == "file":
        start_response("200 OK", [("X-Long", text)])
        return environ["wsgi.file_wrapper"](open(__file__, "rb"))
    if name == "enqueue":
        return answer(start_response, _told(length.enqueue, text))
    if name == "settings":
        return answer(start_response, _told(lanner.settings.update, {"text": text}))
    return answer(start_response, b"fine", headers=who())


def raises() -> Any:
    raise ValueError("begin " + "y" * 6_000_000 + " end")


def setting_up() -> Any:
    lanner.process.setup(raises)
    return application
