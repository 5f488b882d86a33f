"""What the jobs of the scenario ``jobs`` do: one line in a book when a run begins, one when it ends.

The book is the ledger's file with ``.jobs`` behind it: ``begun RUN pid time`` and ``ended RUN pid time``, times in ns since 1970. RUN is the run's number.
"""
import os
import time

from lanner import running

BOOK = os.open(os.environ["CHAOS_LEDGER"] + ".jobs", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def note(event):
    run = running.request_id().rpartition("-")[2]
    os.write(BOOK, f"{event} {run} {os.getpid()} {time.time_ns()}\n".encode())


def run(milliseconds=0):
    note("begun")
    time.sleep(milliseconds / 1000)
    note("ended")
