"""The parent that tests give the server in place of nohup and other programs that ignore or block signals. Not an app.

    signal_parent.py default|ignored|blocked|both COMMAND...

Becomes COMMAND. `default`: every signal has its default action, and none is blocked. The others ignore or block SIGNALS, or both.
"""
from __future__ import annotations

import os
import signal
import sys

SIGNALS = [signal.Signals[f"SIG{name}"] for name in "HUP INT QUIT TERM USR1 USR2 TTIN TTOU PIPE CHLD".split()]


def main(how: str, command: list[str]) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN if how in ("ignored", "both") else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, SIGNALS if how in ("blocked", "both") else [])
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
