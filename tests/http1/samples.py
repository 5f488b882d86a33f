"""Raw HTTP/1 requests against a server: what a valid one brings to the app, and that an invalid one never comes to it."""
from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("LANNER_PROGRAM", str(ROOT / "artifacts/lanner/lanner"))
REFUSED = {400, 413, 414, 417, 431, 501, 505}
PATIENCE = 2.0  # seconds: a server that waits for the rest of a request has not refused it

APP = """
import json, os
CALLS = os.open(os.environ["CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    call = {name: value for name, value in environ.items() if isinstance(value, str)}
    os.write(CALLS, (json.dumps([call, body.decode("latin-1")]) + "\\n").encode())
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


def decoded(sample: bytes) -> bytes:
    """What the file stands for."""
    escapes = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0"}

    def one(match: "re.Match[bytes]") -> bytes:
        code = match[1]
        return bytes([int(code[1:], 16)]) if code.startswith(b"x") else escapes[code]

    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|[rnt0])", one, sample.replace(b"\n", b""))


def with_host(request: bytes) -> bytes:
    """A Host for those of HTTP/1.1 that lack one: else they are refused for that alone."""
    line, end, rest = request.partition(b"\r\n")
    head = rest.partition(b"\r\n\r\n")[0]
    if not end or not line.endswith(b"HTTP/1.1") or re.search(rb"(?im)^host:", head):
        return request
    return line + b"\r\nHost: localhost\r\n" + rest


def answers(port: int, request: bytes) -> tuple[list[int], bool]:
    """The statuses of the answers, and whether the server closed the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        received = b""
        closed = False
        try:
            connection.sendall(request)
            while True:
                data = connection.recv(65536)
                if not data:
                    closed = True
                    break
                received += data
        except TimeoutError:
            pass
        except OSError:
            closed = True
        return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)], closed


class Server:
    def __init__(self, folder: Path) -> None:
        self.calls_file = folder / "calls"
        (folder / "raw_app.py").write_text(APP)
        self._process = subprocess.Popen(
            [PROGRAM, "serve", "raw_app", "--directory", str(folder), "-b", "127.0.0.1:0", "--workers", "1", "--threads", "1", "--python", "/usr/bin/python3"],
            env={**os.environ, "CALLS": str(self.calls_file), "LANNER_CONTROL": f"unix:{folder}/control", "LANNER_STATE": str(folder / "state")},
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                return
        raise RuntimeError("the server did not start")

    def calls(self) -> list[tuple[dict[str, str], str]]:
        return [tuple(json.loads(line)) for line in self.calls_file.read_text().splitlines()] if self.calls_file.exists() else []

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate()


def outcomes(server: Server, folder: Path) -> Iterator[tuple[str, str, bool, str]]:
    """(kind, name, whether it is as it should be, what happened)."""
    for kind in ("valid", "invalid"):
        for file in sorted((folder / kind).glob("*.http")):
            request = with_host(decoded(file.read_bytes()))
            before = len(server.calls())
            statuses, closed = answers(server.port, request)
            calls = server.calls()[before:]
            if kind == "valid":
                method = request.lstrip(b"\r\n").split(b" ", 1)[0].decode("latin-1")
                good = bool(calls) and calls[0][0]["REQUEST_METHOD"] == method and all(status == 200 for status in statuses)
            else:
                # A valid request in front of it may have been answered.
                good = (bool(REFUSED & set(statuses)) or closed) and len(calls) <= max(0, len(statuses) - 1)
            told = "; ".join(f"{call['REQUEST_METHOD']} {call['PATH_INFO']} {len(body)} bytes" for call, body in calls)
            yield kind, file.stem, good, f"{statuses}{' closed' if closed else ''} {told}"


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    if len(arguments) != 1 or not Path(arguments[0], "valid").is_dir():
        print("usage: tests/http1/run DIRECTORY [-v], with valid/*.http and invalid/*.http in it", file=sys.stderr)
        return 2
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="http1-") as folder:
        server = Server(Path(folder))
        try:
            for kind, name, good, happened in outcomes(server, Path(arguments[0])):
                passed, failed = passed + good, failed + (not good)
                if not good or "-v" in sys.argv:
                    print(f"{'ok  ' if good else 'LOOK'} {kind} {name}: {happened}")
        finally:
            server.stop()
    print(f"{passed} as they should be, {failed} to be looked at")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
