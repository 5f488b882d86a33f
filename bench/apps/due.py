"""A hundred jobs, due together every five seconds; each notes how late its body began. ``DUE_LEDGER``: one line a run, seconds."""
import os
import time

from flask import Flask, current_app

LEDGER = os.open(os.environ.get("DUE_LEDGER", os.devnull), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
COUNT = int(os.environ.get("DUE_COUNT", "100"))
EVERY = 5

app = application = Flask(__name__)


def note() -> None:
    now = time.time()
    current_app.name  # in the app's context, or it fails
    os.write(LEDGER, f"{now % EVERY:.6f} {now // EVERY:.0f} {os.getpid()}\n".encode())


def _define() -> None:
    import lanner

    for number in range(COUNT):
        lanner.job(name=f"due-{number}", cron=f"*/{EVERY} * * * * *")(type(note)(note.__code__, globals(), f"due_{number}"))


if os.environ.get("DUE_LEDGER") and "DUE_PLAIN" not in os.environ:
    _define()


def main() -> None:
    """One job in a process of its own, as cron starts it."""
    with app.app_context():
        note()


if __name__ == "__main__":
    main()
