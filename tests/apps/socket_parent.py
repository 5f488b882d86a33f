"""The parent that tests give the server in place of a service manager: it holds listening sockets and starts the server on them.

    socket_parent.py tcp|unix COUNT FOLDER given|passed COMMAND...

Binds COUNT sockets (Unix ones in FOLDER) as descriptors 3 and on, and writes `address ADDRESS` for each. For each line
`start` on standard input it runs COMMAND with them and writes `started PID`, then, when that has ended, `ended PID CODE`.
`passed` says so to the command in LISTEN_FDS and LISTEN_PID, as systemd does. The end of the input ends the command too.
"""
from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

FIRST = 3
# Only the process that becomes the server knows its pid.
AS_SYSTEMD = 'export LISTEN_FDS="$1" LISTEN_PID=$$ LISTEN_FDNAMES=web; shift; exec "$@"'


def _bind(kind: str, path: str) -> socket.socket:
    if kind == "tcp":
        listener = socket.socket(socket.AF_INET)
        listener.bind(("127.0.0.1", 0))
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
    listener.listen(512)
    return listener


def _tell(line: str) -> None:
    # In one write: the server writes to the same pipe.
    os.write(1, (line + "\n").encode())


def _wait(process: subprocess.Popen[bytes]) -> None:
    _tell(f"ended {process.pid} {process.wait()}")


def main(kind: str, count: int, folder: str, how: str, command: list[str]) -> None:
    descriptors = range(FIRST, FIRST + count)
    for number in descriptors:
        listener = _bind(kind, os.path.join(folder, f"{number}.sock"))
        address = listener.getsockname()
        if listener.fileno() != number:
            os.dup2(listener.fileno(), number)
        _tell("address " + (f"{address[0]}:{address[1]}" if kind == "tcp" else address))
        listener.detach()
    if how == "passed":
        command = ["/bin/sh", "-c", AS_SYSTEMD, "sh", str(count), *command]
    process = None
    for line in sys.stdin:
        assert line == "start\n", line
        process = subprocess.Popen(command, pass_fds=descriptors, stdin=subprocess.DEVNULL)
        _tell(f"started {process.pid}")
        threading.Thread(target=_wait, args=(process,), daemon=True).start()
    if process is not None:
        process.kill()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
