"""Where the snippets of the docs are run: a directory that stands for /srv and the current one, with Lanner and its peers as programs."""
from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Callable

from ports import free_port

from .blocks import ROOT

PATIENCE = 30  # seconds; nothing waits for it when all is well
PROGRAM = Path(os.environ.get("LANNER_PROGRAM") or next(ROOT.glob("artifacts/bin/Lanner.Server/release_linux-*/lanner"), ROOT / "artifacts/lanner/lanner"))


class Place:
    """The directory, which goes with the test, and the processes that were started there, which end with it.

    In all that is written and run here ``/srv`` becomes the directory ``srv``, and each address of the docs (``127.0.0.1:8000``) one
    with a port that is free.
    """

    def __init__(self) -> None:
        # Not pytest's directory: the paths of Unix sockets are short.
        self.path = Path(tempfile.mkdtemp(prefix="docs-"))
        self.path.chmod(0o755)
        self.here = self.path
        (self.path / "srv").mkdir()
        self._programs = self.path / "bin"
        self._programs.mkdir()
        self._ports: dict[str, int] = {}
        self._running: list[Running] = []
        self.variables = {"HOME": str(self.path), "PATH": f"{self._programs}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TMPDIR": tempfile.gettempdir()}
        for name in ("DOTNET_ROOT", "DOTNET_NOLOGO"):
            if name in os.environ:
                self.variables[name] = os.environ[name]
        self._install(self._programs / "lanner")

    def close(self) -> None:
        for running in reversed(self._running):
            running.stop()
        shutil.rmtree(self.path)

    def go(self, directory: str) -> Place:
        """Changes the current directory; ``./lanner`` and ``samples`` are there as in the checkout."""
        self.here = Path(self.local(directory))
        self.here.mkdir(parents=True, exist_ok=True)
        if not (self.here / "samples").exists():
            self._install(self.here / "lanner")
            (self.here / "samples").symlink_to(ROOT / "samples")
        return self

    def port(self, number: int | str) -> int:
        """The free port that stands for one of the docs."""
        if str(number) not in self._ports:
            self._ports[str(number)] = free_port()
        return self._ports[str(number)]

    def local(self, text: str) -> str:
        """The text with the directory and the ports of this test."""
        text = re.sub(r"(?<![\w./])/srv\b", f"{self.path}/srv", text)
        text = re.sub(r"\b(127\.0\.0\.1|localhost):(\d{4})\b", lambda found: f"{found[1]}:{self.port(found[2])}", text)
        text = re.sub(r"0\.0\.0\.0:(\d{4})\b", lambda found: f"127.0.0.1:{self.port(found[1])}", text)
        text = re.sub(r"(?<= -p )\d{4}\b", lambda found: str(self.port(found[0])), text)
        return re.sub(r"(?m)^(Listen |port = )(\d{4})$", lambda found: f"{found[1]}{self.port(found[2])}", text)

    def write(self, name: str, text: str) -> Path:
        """Writes a file, in the current directory unless the name is absolute."""
        path = self.here / self.local(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.local(text))
        return path

    def run(self, command: str, code: int = 0, errors: bool = True) -> str:
        """Runs a command to its end, which must have this exit code, and gives its output, without ``errors`` only standard output."""
        done = subprocess.run(
            ["sh", "-c", self.local(command)], cwd=self.here, env=self.variables, stdin=subprocess.DEVNULL, text=True, timeout=5 * PATIENCE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT if errors else subprocess.PIPE)
        assert done.returncode == code, f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr or ''}"
        return done.stdout

    def start(self, command: str, ready: str = "lanner: ready on ") -> Running:
        """Starts a command that serves, and waits for a line with ``ready``."""
        running = Running(self, self.local(command.rstrip("& ")))
        self._running.append(running)
        running.address = running.wait_for(lambda line: ready in line)
        return running

    def start_peer(self, command: str, port: int | str) -> Running:
        """Starts another server and waits until it accepts connections."""
        running = Running(self, self.local(command.rstrip("& ")))
        self._running.append(running)
        running.address = f"http://127.0.0.1:{self.port(port)}"
        running.wait_for_port(self.port(port))
        return running

    def _install(self, path: Path) -> None:
        path.write_text(f'#!/bin/sh\nexec {PROGRAM} "$@"\n')
        path.chmod(0o755)


class Running:
    """A server of another program or Lanner, with what it wrote."""

    def __init__(self, place: Place, command: str) -> None:
        self.command, self.address = command, ""
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            ["sh", "-c", command], cwd=place.here, env=place.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[str], bool]) -> str:
        """The first line of the output for which the condition holds, also one that was written before."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or any(map(condition, self.lines)), PATIENCE)
            found = next(filter(condition, self.lines), None)
        assert found is not None, f"{self.command}: the awaited line did not come\n" + "\n".join(self.lines)
        return found

    def wait_for_port(self, port: int) -> None:
        """Waits until the port accepts connections: other servers do not say so in a line of a fixed form."""
        pause = threading.Event()
        for _ in range(PATIENCE * 20):
            assert not self._ended, f"{self.command}: ended\n" + "\n".join(self.lines)
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                pause.wait(0.05)
        raise AssertionError(f"{self.command}: does not accept connections\n" + "\n".join(self.lines))

    @property
    def url(self) -> str:
        found = re.search(r"http://[^\s,]+", self.address)
        assert found is not None, self.address
        return found[0]

    def ask(self, path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        host, port = self.url.removeprefix("http://").rstrip("/").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read().decode())
        finally:
            connection.close()

    def get(self, path: str = "/") -> str:
        """The body of a good answer."""
        answer = self.ask(path)
        assert answer.status == 200, f"{path}: {answer.status} {answer.body}\n" + "\n".join(self.lines)
        return answer.body

    def wait_for_end(self) -> int:
        """The exit code, when the command ends by itself."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def stop(self) -> None:
        """Ends the command and all that it started: the shell may end before the server, whose end closes the output. A worker of
        Gunicorn that is told to stop while it begins does not hear it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            self._reader.join(PATIENCE / 3)
            if not self._reader.is_alive():
                break
        self._reader.join(PATIENCE)
        self._process.wait(PATIENCE)


class Answer:
    """Status, headers and text of an answer."""

    def __init__(self, status: int, headers: dict[str, str], body: str) -> None:
        self.status, self.headers, self.body = status, headers, body

    def json(self) -> Any:
        return json.loads(self.body)
