"""Logs through Python's logging, without configuring it: what the server makes of the records is the test."""
from __future__ import annotations

import logging
import os
import signal
import threading
import time
from logging.config import dictConfig
from typing import Any

import lanner
from exchange import Environ, answer, await_file, note, query, who

LOG = logging.getLogger("shop.views")
THREADS = 8

logging.getLogger("shop.start").warning("imported by %d", os.getpid())


@lanner.process.setup
def wait_for_go() -> None:
    """With LOGGING_GO: eight threads that log numbered records as fast as they can, 250 for each of the files GO.0, GO.250 …"""
    go = os.environ.get("LOGGING_GO")
    if go:
        for place in range(THREADS):
            threading.Thread(target=_burst, args=(go, place), name=f"burst-{place}", daemon=True).start()


def _burst(go: str, place: int) -> None:
    log = logging.getLogger("burst")
    for number in range(int(os.environ["LOGGING_COUNT"])):
        name = f"{os.getpid()}-{place} number {number}"
        if number % 250 == 0:
            note("at", name)
            await_file(f"{go}.{number}")
        if number % 50 == 0:
            try:
                raise ValueError(f"cause of {name}\nin two lines")
            except ValueError:
                log.exception("record %s end", name)
        elif number % 100 == 7:
            # Several times what the kernel keeps whole in one write.
            log.warning("record %s %s end", name, "é\n" * 10_000)
        else:
            log.warning("record %s end", name)
    note("at", "the end")


def application(environ: Environ, start_response: Any) -> list[bytes]:
    path, asked = environ["PATH_INFO"], query(environ)
    text = asked.get("text", "text")
    if path == "/levels":
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(LOG, level)("%s at %s", text, level, extra={"order": 5, "thing": LOG})
    elif path == "/exception":
        try:
            raise KeyError(text)
        except KeyError:
            LOG.exception("failed with\n%s", text)
    elif path == "/kill":
        LOG.warning("last words %s", "x" * 20_000 + text)
        os.kill(os.getpid(), signal.SIGKILL)
    elif path == "/exit":
        LOG.warning("last words %s", text)
        os._exit(1)
    elif path == "/effective":
        time.sleep(float(asked.get("wait", "0")))  # requests that come meanwhile reach other workers
        text = logging.getLevelName(logging.getLogger(asked.get("logger") or None).getEffectiveLevel())
    elif path == "/basic":
        logging.basicConfig(format="basic %(levelname)s %(message)s")
        LOG.error("%s", text)
    elif path == "/configure":
        handler = {"class": "lanner.LogHandler", "level": "INFO"}
        dictConfig({
            "version": 1, "disable_existing_loggers": False,
            "handlers": {"server": handler}, "root": {"handlers": ["server"], "level": "INFO"},
        })
        LOG.info("%s", text)
    return answer(start_response, text.encode(), headers=who())
