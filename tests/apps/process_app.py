"""Changes what a process has only once, as CHANGE says, while it is imported: the default timeout of sockets, the standard
streams. `/wait?seconds=` takes a while, `/print?text=` prints, `/fork?how=` forks in the request, `/later` has work done after it.
"""
from __future__ import annotations

import concurrent.futures
import io
import logging
import logging.config
import os
import socket
import sys
import threading
import time
from typing import Any, Iterable

from exchange import answer, query, segments, who

CHANGE = os.environ.get("CHANGE", "")
FOLDER = os.environ.get("FOLDER", ".")

print("printed while it is imported")
print("without an end", end="")

executor = concurrent.futures.ThreadPoolExecutor(1)


class Tee:
    """Writes to what was there, and to a file."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def write(self, text: str) -> int:
        with open(os.path.join(FOLDER, "tee"), "a") as file:
            file.write(text)
        return int(self._before.write(text))

    def flush(self) -> None:
        self._before.flush()


if CHANGE == "timeout":
    socket.setdefaulttimeout(0.05)
elif CHANGE == "tee":
    sys.stdout = Tee(sys.stdout)  # type: ignore[assignment]
elif CHANGE == "wrapped":
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
elif CHANGE == "stderr":
    sys.stdout = sys.stderr
elif CHANGE == "configured twice":
    for name in ("first", "second"):
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {"console": {"class": "logging.StreamHandler"}},
                "loggers": {name: {"handlers": ["console"], "propagate": False}},
            }
        )


def _later(name: str) -> None:
    time.sleep(0.5)
    open(os.path.join(FOLDER, name), "x").close()


def _fork(how: str) -> bytes:
    pid = os.fork()
    if pid == 0:
        if how == "exit":
            sys.exit(7)
        raise KeyError("in the child")
    return b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    name = "/".join(segments(environ))
    body = b"fine"
    if name == "wait":
        time.sleep(float(query(environ)["seconds"]))
    elif name == "print":
        print(query(environ)["text"])
    elif name == "log":
        logging.getLogger("first").error(query(environ)["text"])
    elif name == "fork":
        body = _fork(query(environ)["how"])
    elif name == "later":
        executor.submit(_later, "by the executor")
        threading.Thread(target=_later, args=("by a thread",)).start()
    return answer(start_response, body, headers=who())
