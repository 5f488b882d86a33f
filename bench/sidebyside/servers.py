"""Lanner and its peers, each tuned as its own documentation advises: keep-alive, no access log, the same workers × threads."""
from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import processes

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class App:
    """Where a WSGI app is: ``folder/module.py`` has ``application``."""

    folder: Path
    module: str

    @property
    def file(self) -> Path:
        return self.folder / f"{self.module}.py"


class Server:
    """A server that runs an app on a port of 127.0.0.1, from ``start`` to ``stop``."""

    name = ""

    def __init__(self, app: App, work: Path, workers: int = 2, threads: int = 8, port: int = 0) -> None:
        self.app, self.work, self.workers, self.threads = app, work, workers, threads
        self.port = port or _free_port()
        self._roots: list[subprocess.Popen[bytes]] = []
        self._log = open(work / f"{type(self).__name__.lower()}-{self.port}.log", "wb")

    def __enter__(self) -> "Server":
        self.start()
        self.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        raise NotImplementedError

    def wait_ready(self) -> None:
        """Until a request is answered."""
        deadline = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as client:
                    client.sendall(b"GET / HTTP/1.0\r\nHost: bench\r\n\r\n")
                    if client.recv(100):
                        return
            except OSError:
                pass
            if time.monotonic() > deadline or any(root.poll() is not None for root in self._roots):
                raise RuntimeError(f"{self.name} did not start: see {self._log.name}")
            time.sleep(0.002)

    def stop(self) -> None:
        for root in reversed(self._roots):
            if root.poll() is None:
                root.terminate()
        for root in self._roots:
            try:
                root.wait(20)
            except subprocess.TimeoutExpired:
                root.kill()
                root.wait()
        self._roots.clear()
        self._log.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def front(self) -> int:
        """The process that was started first."""
        return self._roots[0].pid

    def pids(self) -> list[int]:
        return [pid for root in self._roots for pid in processes.tree(root.pid)]

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.pids())

    def _run(self, *command: object) -> None:
        self._roots.append(subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            cwd=self.app.folder))


class Lanner(Server):
    name = "Lanner"
    program = ROOT / "artifacts/lanner/lanner"

    def start(self) -> None:
        self._run(self.program, "serve", f"{self.app.module}:application", "--directory", self.app.folder,
                  "--python", PYTHON, "--workers", self.workers, "--threads", self.threads, "--bind", f"127.0.0.1:{self.port}")


class LannerReadyToRun(Lanner):
    """The same commit on the SDK's runtime, as it is built where no native program can be linked."""

    name = "Lanner, ReadyToRun"
    program = ROOT / "artifacts/lanner-readytorun/lanner"


class LannerWithSettings(Lanner):
    """The same with live settings, which the app does not read."""

    name = "Lanner with live settings"

    def start(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="settings-", dir=self.app.folder.parent))
        self.control = folder / "control.sock"
        (folder / "lanner.toml").write_text(
            f'[server]\nbind = ["127.0.0.1:{self.port}"]\ncontrol = "unix:{self.control}"\nstate = "{folder}"\n'
            f'[app.bench]\napp = "{self.app.module}:application"\ndirectory = "{self.app.folder}"\npython = "{PYTHON}"\n'
            f'workers = {self.workers}\nthreads = {self.threads}\n[app.bench.settings]\nnumber = 0\n')
        self._run(ROOT / "artifacts/lanner/lanner", "serve", "--config", folder / "lanner.toml")

    def update(self, client: http.client.HTTPConnection, number: int) -> None:
        client.request("PATCH", "/v1/apps/bench/settings", f'{{"number": {number}}}')
        answer = client.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the settings were not updated: {answer.status}")

    def connect(self) -> http.client.HTTPConnection:
        client = http.client.HTTPConnection("lanner")
        client.sock = socket.socket(socket.AF_UNIX)
        client.sock.connect(str(self.control))
        return client


class BareKestrel(Server):
    """Answers the bytes of samples/hello by itself: the ceiling."""

    name = "bare Kestrel"

    def start(self) -> None:
        self._run(ROOT / "artifacts/bare-kestrel/bare-kestrel", self.port)


class TunedKestrel(Server):
    """The same with its sockets set up as Lanner's are."""

    name = "bare Kestrel, tuned as in Lanner"

    def start(self) -> None:
        self._run(ROOT / "artifacts/bare-kestrel/bare-kestrel", self.port, "tuned")


class Gunicorn(Server):
    name = "Gunicorn gthread"

    def start(self) -> None:
        self._run(PYTHON, "-m", "gunicorn", "-k", "gthread", "--workers", self.workers, "--threads", self.threads,
                  "--keep-alive", 75, "--worker-tmp-dir", "/dev/shm", "--log-level", "error", "--backlog", 2048,
                  "--bind", f"127.0.0.1:{self.port}", f"{self.app.module}:application")


class Waitress(Server):
    """One process: it has no workers. Its threads are those of one worker; more of them made it slower."""

    name = "Waitress"

    def start(self) -> None:
        self._run(PYTHON, "-m", "waitress", "--threads", self.threads, "--channel-timeout", 75, "--connection-limit", 1000,
                  "--listen", f"127.0.0.1:{self.port}", f"{self.app.module}:application")


class NginxUwsgi(Server):
    name = "nginx + uWSGI"

    def start(self) -> None:
        path = self.work / f"uwsgi-{self.port}.sock"
        self._run("/usr/bin/uwsgi", "--plugin", "python3", "--master", "--need-app", "--single-interpreter", "--enable-threads",
                  "--processes", self.workers, "--threads", self.threads, "--thunder-lock", "--listen", 1024, "--disable-logging",
                  "--buffer-size", 8192, "--die-on-term", "--socket", path, "--chdir", self.app.folder, "--wsgi-file", self.app.file)
        self._run(*_nginx(self.work, self.port, f"""
            location / {{
                include /etc/nginx/uwsgi_params;
                uwsgi_pass unix:{path};
                uwsgi_buffers 32 64k;
                uwsgi_buffer_size 64k;
                uwsgi_busy_buffers_size 128k;
            }}"""))



class Nginx(Server):
    """Serves the folder itself."""

    name = "nginx"

    def start(self) -> None:
        self._run(*_nginx(self.work, self.port, f"root {self.app.folder};"))


class ModWsgi(Server):
    name = "mod_wsgi daemon"

    def start(self) -> None:
        modules = "/usr/lib/apache2/modules"
        loads = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in ("mpm_event", "authz_core", "wsgi"))
        text = f"""
            ServerRoot {self.work}
            ServerName bench
            PidFile {self.work}/apache-{self.port}.pid
            Listen 127.0.0.1:{self.port}
            {loads}
            User www-data
            Group www-data
            ErrorLog {self.work}/apache-{self.port}.log
            LogLevel error
            KeepAlive On
            KeepAliveTimeout 75
            MaxKeepAliveRequests 0
            StartServers 2
            ThreadsPerChild 64
            MaxRequestWorkers 128
            WSGISocketPrefix {self.work}/wsgi
            WSGIDaemonProcess bench processes={self.workers} threads={self.threads} python-path={self.app.folder}
            WSGIProcessGroup bench
            WSGIApplicationGroup %{{GLOBAL}}
            WSGIScriptAlias / {self.app.file}
            <Directory {self.app.folder}>
                Require all granted
            </Directory>
        """
        path = self.work / f"apache-{self.port}.conf"
        path.write_text(text)
        self._run("/usr/sbin/apache2", "-DFOREGROUND", "-f", path)


def _nginx(work: Path, port: int, location: str) -> list[object]:
    text = f"""
        daemon off;
        user root;
        worker_processes 2;
        pid {work}/nginx-{port}.pid;
        error_log {work}/nginx-{port}.log error;
        events {{ worker_connections 16384; }}
        http {{
            access_log off;
            sendfile on;
            tcp_nopush on;
            keepalive_timeout 75;
            keepalive_requests 1000000000;
            client_max_body_size 0;
            client_body_temp_path {work}/nginx-body-{port};
            uwsgi_temp_path {work}/nginx-uwsgi-{port};
            server {{
                listen 127.0.0.1:{port} backlog=1024;
                {location}
            }}
        }}
    """
    path = work / f"nginx-{port}.conf"
    path.write_text(text)
    return ["/usr/sbin/nginx", "-e", work / f"nginx-{port}.log", "-c", path]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def versions() -> list[str]:
    """The peers' versions, as Debian names them."""
    packages = ["gunicorn", "uwsgi-core", "nginx-light", "apache2", "libapache2-mod-wsgi-py3", "python3-waitress", "python3-flask", "python3-django", "wrk"]
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages], capture_output=True, text=True).stdout
    return [f"Python {sys.version.split()[0]}", *out.splitlines()]


class LannerWithJobs(Lanner):
    """Job workers, and jobs of the app's code that are due together."""

    name = "Lanner"

    def start(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="jobs-", dir=self.app.folder.parent))
        (folder / "lanner.toml").write_text(
            f'[server]\nbind = ["127.0.0.1:{self.port}"]\ncontrol = "unix:{folder}/control.sock"\nstate = "{folder}"\n'
            f'[app.due]\napp = "{self.app.module}:application"\ndirectory = "{self.app.folder}"\npython = "{PYTHON}"\n'
            f'workers = 1\nthreads = 1\njobs = {{ workers = {self.workers}, threads = {self.threads} }}\n')
        self._run(ROOT / "artifacts/lanner/lanner", "serve", "--config", folder / "lanner.toml")
