"""Defines every hook of Gunicorn; each notes in $LEDGER that it was called, in which process, and what it saw."""
import os

workers = 1
threads = 2
worker_class = "gthread"
graceful_timeout = 5
timeout = int(os.environ.get("TIMEOUT", "30"))
proc_name = "hooks"
preload_app = os.environ.get("PRELOAD") == "1"


def note(name, *facts):
    with open(os.environ["LEDGER"], "a") as ledger:
        ledger.write(" ".join([name, *map(str, facts), f"pid={os.getpid()}"]) + "\n")


def fail(name):
    if os.environ.get("FAIL") == name:
        raise RuntimeError(f"{name} was told to fail")


def nworkers_changed(server, new_value, old_value):
    note("nworkers_changed", new_value, old_value)


def on_starting(server):
    note("on_starting", server.cfg.workers, server.num_workers, server.cfg.proc_name)
    fail("on_starting")
    server.log.info("said by %s", "on_starting")


def when_ready(server):
    note("when_ready", type(server.address).__name__)


def on_reload(server):
    note("on_reload", server.cfg.threads)


def pre_fork(server, worker):
    note("pre_fork", worker.age, worker.pid)
    fail("pre_fork")


def post_fork(server, worker):
    note("post_fork", worker.age, worker.pid == os.getpid())
    fail("post_fork")


def post_worker_init(worker):
    note("post_worker_init", worker.age, callable(worker.wsgi))


def pre_request(worker, req):
    note("pre_request", req.method, req.path, req.query, dict(req.headers).get("X-MARK"), worker.pid == os.getpid())


def post_request(worker, req, environ, resp):
    note("post_request", req.path, environ["REQUEST_METHOD"], resp.status, resp.sent)


def worker_int(worker):
    note("worker_int", worker.age)


def worker_abort(worker):
    note("worker_abort", worker.age)


def worker_exit(server, worker):
    note("worker_exit", worker.age, worker.pid == os.getpid())


def child_exit(server, worker):
    note("child_exit", worker.age, worker.pid != os.getpid())


def on_exit(server):
    note("on_exit")


def pre_exec(server):
    note("pre_exec")
