"""The servers that are disturbed, each with 2 workers × 4 threads, and the copy of the app that they serve."""
from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

from ports import free_port

from . import processes
from .ledgers import TOLD_CUTS, UNTOLD_CUTS
from .visits import CONTENT

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
WORKERS, THREADS = 2, 4
_MARK = "CHAOS_MARK"


class Deployment:
    """The app's directory. A release is one file, put in place at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken: set[str] = set()
        self._count = 0
        shutil.copytree(Path(__file__).with_name("app"), folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "content.bin").write_bytes(CONTENT)
        self.release()

    def release(self, import_seconds: float = 0, failure: str | None = None) -> str:
        """Puts a new version in place and returns its name. ``failure``: None, ``raises`` or ``syntax``."""
        self._count += 1
        version = str(self._count)
        if failure is not None:
            self.broken.add(version)
        new = self.folder / "release.json.new"
        new.write_text(json.dumps({"version": version, "import_seconds": import_seconds, "failure": failure}))
        os.replace(new, self.folder / "release.json")
        return version


class Server:
    """A server from ``start`` until ``stop``; ``settings`` are those of Lanner's tables that a scenario needs: ``server``, ``app``, the live
    ``settings``, and others by their whole names. After a kill it can be started again."""

    name = ""
    cuts: tuple[str, ...] = TOLD_CUTS
    templates_wanted = 0

    def __init__(self, work: Path, deployment: Deployment) -> None:
        self.work, self.deployment = work, deployment
        self.max_requests = 0
        self.settings: dict[str, dict[str, object]] = {}
        self.port = free_port()
        self.workers_wanted = WORKERS
        self.ledger = work / "app.ledger"
        self.log = work / "server.log"
        self.exit_code: int | None = None
        self._mark = uuid.uuid4().hex
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def build(cls) -> None:
        """Makes the program, where it has to be made."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def templates(self) -> set[int]:
        return set()

    def workers(self) -> set[int]:
        raise NotImplementedError

    async def start(self) -> None:
        environment = {**os.environ, "CHAOS_LEDGER": str(self.ledger), _MARK: self._mark, "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.work, env=environment)
        deadline = time.monotonic() + 60
        while not self._accepts():
            if self.has_ended() or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start: {self.log.read_text(errors='replace')[-2000:].strip()}")
            await asyncio.sleep(0.02)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def has_ended(self) -> bool:
        assert self._process is not None
        self.exit_code = self._process.poll()
        return self.exit_code is not None

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def reload(self) -> None:
        self.signal(signal.SIGHUP)

    def processes(self) -> set[int]:
        """All that belong to it: its descendants, and those whose parent is gone."""
        return processes.descendants(self.pid) | (processes.marked(_MARK, self._mark) - {self.pid})

    async def wait_ended(self, bound: float) -> bool:
        """Whether it ended in time."""
        deadline = time.monotonic() + bound
        while not self.has_ended():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    async def stop(self) -> list[str]:
        """Ends it, and returns what was wrong with its end."""
        if self._process is None:
            return []
        faults = []
        if not self.has_ended():
            self.signal(signal.SIGTERM)
            if not await self.wait_ended(60):
                faults.append("it did not stop within 60 s of TERM")
                self._process.kill()
                self._process.wait()
            elif self.exit_code != 0:
                faults.append(f"it stopped with exit code {self.exit_code}")
        return faults + await self.left_behind()

    async def left_behind(self) -> list[str]:
        """Ends the processes that the server left, after it has ended, and names them as faults."""
        deadline = time.monotonic() + 10
        while left := processes.marked(_MARK, self._mark):
            if time.monotonic() > deadline:
                for pid in left:
                    _kill(pid)
                return [f"{len(left)} processes were left behind"]
            await asyncio.sleep(0.05)
        return []

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Lanner(Server):
    name = "lanner"
    templates_wanted = 1

    @classmethod
    def build(cls) -> None:
        if "LANNER_PROGRAM" not in os.environ:
            subprocess.run([ROOT / "lanner", "version"], check=True, stdout=subprocess.DEVNULL)

    def command(self) -> list[str]:
        server: dict[str, object] = {"bind": [f"127.0.0.1:{self.port}"], "control": f"unix:{self.work}/control.sock", **self.settings.get("server", {})}
        app: dict[str, object] = {"app": "chaos_app:application", "directory": str(self.deployment.folder), "python": PYTHON,
               "workers": WORKERS, "threads": THREADS, **self.settings.get("app", {})}
        if self.max_requests:
            app["max_requests"] = self.max_requests
        file = self.work / "lanner.toml"
        live = self.settings.get("settings", {})
        others = [(table, keys) for table, keys in self.settings.items() if table not in ("server", "app", "settings")]
        file.write_text("".join(
            f"[{table}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
            for table, keys in (("server", server), ("app.chaos", app), ("app.chaos.settings", live), *others) if keys))
        program = os.environ.get("LANNER_PROGRAM", str(ROOT / "artifacts/lanner/lanner"))
        return [program, "serve", "--config", str(file)]

    def templates(self) -> set[int]:
        return set(processes.children(alive=True).get(self.pid, []))

    def workers(self) -> set[int]:
        by_parent = processes.children(alive=True)
        return {worker for template in by_parent.get(self.pid, []) for worker in by_parent.get(template, [])}


class Gunicorn(Server):
    name = "gunicorn"
    cuts = UNTOLD_CUTS

    def command(self) -> list[str]:
        words = ["/usr/bin/gunicorn", "-k", "gthread", "--workers", WORKERS, "--threads", THREADS, "--keep-alive", 75, "--backlog", 2048,
                 "--worker-connections", 4000, "--worker-tmp-dir", "/dev/shm", "--chdir", self.deployment.folder, "--bind", f"127.0.0.1:{self.port}"]
        if self.max_requests:
            words += ["--max-requests", self.max_requests, "--max-requests-jitter", self.max_requests // 10]
        return [str(word) for word in (*words, "chaos_app:application")]

    def workers(self) -> set[int]:
        return set(processes.children(alive=True).get(self.pid, []))


SERVERS: dict[str, type[Server]] = {server.name: server for server in (Lanner, Gunicorn)}


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
