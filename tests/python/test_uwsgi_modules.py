"""The modules ``uwsgi`` and ``uwsgidecorators`` outside of a server: what can be imported, what refuses and how."""
import datetime
import importlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading

import pytest
from lanner import hooks, jobs, running
from lanner.identity import worker
from lanner.peers import seam
from lanner.peers.uwsgi_api import locks, names

PACKAGE = os.path.join(os.path.dirname(__file__), "..", "..", "python")


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Both modules, as in a template of two workers with three threads; the process is its own again afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(worker, "kind", "template")
    monkeypatch.setattr(worker, "workers", 2)
    monkeypatch.setattr(worker, "threads", 3)
    monkeypatch.setattr(hooks, "_managed", True)
    monkeypatch.setattr(hooks, "process", hooks.Process())
    monkeypatch.setattr(locks, "_locks", None)
    seam.prepare({"app": "shop.wsgi:application", "directory": str(tmp_path), "preload": True, "user": "", "group": "", "locks": os.memfd_create("test")})
    try:
        yield importlib.import_module("uwsgi"), importlib.import_module("uwsgidecorators")
    finally:
        os.close(seam.settings["locks"])
        seam.settings.clear()  # the hook for forks does nothing from here on
        sys.modules.pop("uwsgi", None)
        sys.modules.pop("uwsgidecorators", None)


def begin(slot=0):
    """What a worker does after the fork."""
    worker.kind, worker.slot = "web", slot
    hooks.process._set_up()


def test_elsewhere_there_is_no_such_module():
    for name in ("uwsgi", "uwsgidecorators"):
        code = f"import lanner.peers.seam\ntry:\n    import {name}\nexcept ImportError as error:\n    print(error.name)"
        told = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": PACKAGE}, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == name


def import_uwsgi(pipe):
    try:
        import uwsgi
        pipe.send(uwsgi.__name__)
    except ImportError as error:
        pipe.send(str(error))


def test_processes_that_multiprocessing_spawns_have_none_either(modules):
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=import_uwsgi, args=(theirs,))
    process.start()
    assert "not one of Lanner's processes" in ours.recv()
    process.join()


def test_an_installed_module_wins(tmp_path):
    (tmp_path / "uwsgidecorators.py").write_text("installed = True")
    code = "import sys; from lanner.peers import seam; seam.prepare({'locks': 0}); import uwsgidecorators; print(uwsgidecorators.installed)"
    environment = {**os.environ, "PYTHONPATH": f"{PACKAGE}:{tmp_path}"}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "True"


def test_what_it_knows_of_the_app(modules):
    uwsgi, _ = modules
    assert (uwsgi.numproc, uwsgi.threads, uwsgi.cores) == (2, 3, 3)
    assert uwsgi.opt["processes"] == b"2" and uwsgi.opt["enable-threads"] is True
    assert "lazy-apps" not in uwsgi.opt
    assert uwsgi.worker_id() == 0 and uwsgi.masterpid() == os.getppid() and uwsgi.mypid() == os.getpid()
    assert isinstance(uwsgi.version, bytes) and uwsgi.version_info[:2] == (2, 0)
    assert uwsgi.mem()[0] > 1 << 20
    begin(slot=1)
    assert uwsgi.worker_id() == 2
    assert [(w["id"], w["pid"]) for w in uwsgi.workers()] == [(1, 0), (2, os.getpid())]


def test_unknown_names_are_no_attributes(modules):
    for module in modules:
        assert not hasattr(module, "no_such_thing")
    with pytest.raises(ImportError):
        from uwsgi import no_such_thing


@pytest.mark.parametrize("name", sorted(names.UNSUPPORTED))
def test_what_is_missing_refuses_when_it_is_called(modules, name):
    function = getattr(modules[0], name)
    with pytest.raises(NotImplementedError, match=f"uwsgi.{name} does not exist under Lanner: .*"):
        function(1, "two", key=3)


@pytest.mark.parametrize("name", ["spoolforever", "mulefunc"])
def test_decorators_without_counterpart_refuse_when_the_function_is_called(modules, name):
    decorator = getattr(modules[1], name)

    @decorator
    def bare():
        """Its words."""

    @decorator("of", some="kind")
    def configured():
        pass

    assert bare.__doc__ == "Its words."
    for call in (bare, bare.spool, configured):
        with pytest.raises(NotImplementedError, match="does not exist under Lanner"):
            call(order=1)


def test_a_job_worker_is_the_spooler_and_no_worker_of_a_number(modules, monkeypatch):
    uwsgi = modules[0]
    monkeypatch.setattr(worker, "slot", 0)
    monkeypatch.setattr(worker, "kind", "web")
    assert (uwsgi.worker_id(), uwsgi.i_am_the_spooler()) == (1, False)
    monkeypatch.setattr(worker, "kind", "job")
    assert (uwsgi.worker_id(), uwsgi.i_am_the_spooler()) == (0, True)


def spooled(monkeypatch, decorated):
    """What a call of the function puts in line: arguments as JSON and the moment."""
    asked = []
    monkeypatch.setattr(jobs.Job, "enqueue", lambda job, *args, at=None: asked.append((job, json.dumps(args), at)) or "42")
    return asked


def carried_out(asked):
    """Runs the last one as a job worker does."""
    job, arguments, _ = asked[-1]
    return jobs.called(job.function, json.loads(arguments))


@pytest.mark.parametrize("name", ["spool", "spoolraw"])
def test_spooled_functions_are_jobs_that_are_repeated_until_they_succeed(modules, monkeypatch, name):
    monkeypatch.setattr(running, "jobs", {})
    given = []

    @getattr(modules[1], name)
    def mail(arguments):
        """Its words."""
        given.append(arguments)
        return modules[0].SPOOL_OK

    asked = spooled(monkeypatch, mail)
    [[told]] = jobs.definitions(1 << 20)
    assert (told["name"], told["retries"], told["retry_pause"]) == (f"{__name__}.{test_spooled_functions_are_jobs_that_are_repeated_until_they_succeed.__name__}.mail", "1000", "30000ms")
    assert mail.__doc__ == "Its words."
    for call in (mail, mail.spool):
        assert call({"to": "a"}, order=b"7", at="1700000000", priority="3", spooler="/spool", body="text") == b"42"
        assert asked[-1][2] == datetime.datetime.fromtimestamp(1700000000, datetime.timezone.utc)
        carried_out(asked)
    assert given == 2 * [{"to": "a", "order": "7", "body": "text", "ud_spool_func": "mail"}]
    with pytest.raises(TypeError, match="'order' is int"):
        mail(order=7)


def test_spool_passes_arguments_of_any_type(modules, monkeypatch):
    monkeypatch.setattr(running, "jobs", {})
    given = []

    @modules[1].spool(pass_arguments=True)
    def mail(*args, **named):
        given.append((args, named))

    asked = spooled(monkeypatch, mail)
    mail(1, {2, 3}, at=1700000000, when=datetime.date(2026, 1, 2))
    assert asked[-1][2].year == 2023
    carried_out(asked)
    assert given == [((1, {2, 3}), {"when": datetime.date(2026, 1, 2)})]


@pytest.mark.parametrize("result", [-1, 0, None])
def test_spoolraw_fails_and_so_comes_again_unless_it_says_ok(modules, monkeypatch, result):
    monkeypatch.setattr(running, "jobs", {})
    raw = modules[1].spoolraw(lambda arguments: result)
    asked = spooled(monkeypatch, raw)
    raw({"a": "b"})
    with pytest.raises(Exception, match=f"returned {result} instead of uwsgi.SPOOL_OK"):
        carried_out(asked)


def test_harakiri_refuses_when_the_function_is_called(modules):
    limited = modules[1].harakiri(30)(lambda: 1)
    with pytest.raises(NotImplementedError, match="request_timeout"):
        limited()


@pytest.mark.parametrize("name", ["mule", "muleloop", "mulemsg", "farm", "erlang"])
def test_what_would_have_been_called_by_uwsgi_is_told_at_once(modules, capsys, name):
    def loop():
        pass

    refused = getattr(modules[1], name)(1)(loop)
    assert f"uwsgidecorators.{name}: loop will not run" in capsys.readouterr().err
    with pytest.raises(NotImplementedError):
        refused()


def test_rpc_leaves_the_function_alone(modules):
    assert modules[1].rpc("add")(lambda a, b: a + b)(1, 2) == 3


def test_postfork_hooks_run_in_order_when_the_worker_begins(modules):
    ran = []
    modules[1].postfork(lambda: ran.append("first"))
    modules[1].postfork(lambda: ran.append("second"))
    assert ran == []
    assert not modules[0].ready()
    begin()
    assert modules[0].ready() and ran == ["first", "second"]


def test_a_hook_set_by_name_runs_too(modules):
    ran = []
    modules[0].post_fork_hook = lambda: ran.append(modules[0].worker_id())
    begin(slot=4)
    assert ran == [5]


def test_a_postfork_hook_that_raises_keeps_the_worker_out(modules):
    def connect():
        raise RuntimeError("no database")

    modules[1].postfork(connect)
    with pytest.raises(RuntimeError, match="no database"):
        begin()
    assert not modules[0].ready()


def test_atexit_is_the_last_of_the_teardowns(modules):
    ran = []
    hooks.process.teardown(lambda: ran.append("teardown"))
    modules[0].atexit = lambda: ran.append("atexit")
    begin()
    hooks.process._tear_down()
    assert ran == ["teardown", "atexit"]


def test_a_child_of_the_app_that_wants_its_set_up_has_the_hooks_and_no_timers(modules):
    begin()
    ran = []
    modules[1].postfork(lambda: ran.append(os.getpid()))
    pid = os.fork()
    if pid == 0:
        hooks.process.ensure()
        threads = {thread.name for thread in threading.enumerate()}
        os._exit(0 if ran == [os.getpid()] and "uwsgi-timers-0" not in threads else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_threads_are_started_by_the_call(modules):
    came = []
    thread = modules[1].thread(lambda *a, **k: came.append((a, k, threading.current_thread())))(1, two=2)
    thread.join()
    assert came == [((1,), {"two": 2}, thread)]


def test_lock_surrounds_the_call_also_when_it_raises(modules):
    uwsgi, decorators = modules

    @decorators.lock
    def work():
        assert uwsgi.is_locked()
        raise KeyError

    with pytest.raises(KeyError):
        work()
    assert not uwsgi.is_locked()
    for call in (uwsgi.lock, uwsgi.unlock, uwsgi.is_locked):
        with pytest.raises(ValueError, match="Invalid lock number"):
            call(256)


def test_children_of_the_app_have_no_locks(modules):
    shared = seam.settings["locks"]
    pid = os.fork()
    if pid == 0:
        try:
            modules[0].lock()
        except RuntimeError as error:
            os._exit(0 if "not in processes that the app forks" in str(error) and seam.settings["locks"] == -1 else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.fstat(shared)


def test_every_name_of_the_real_module_is_here(modules, tmp_path):
    if shutil.which("uwsgi") is None:
        pytest.skip("uwsgi is not installed")
    script = tmp_path / "names.py"
    script.write_text("import uwsgi\nprint('NAMES', *dir(uwsgi), flush=True)")
    command = ["uwsgi", "--plugin", "python3", "--socket", str(tmp_path / "socket"), "--need-app", "--pyrun", str(script)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=30)
    (line,) = [line for line in (told.stdout + told.stderr).splitlines() if line.startswith("NAMES")]
    assert [name for name in line.split()[1:] if not hasattr(modules[0], name)] == []


def test_variables_of_the_log_last_for_a_request(modules, monkeypatch, capsys):
    uwsgi, _ = modules
    noted = [{"PATH_INFO": "/a", "CONTENT_LENGTH": "12"}, None]
    monkeypatch.setattr(running, "threads", {threading.get_ident(): noted})
    assert uwsgi.env is noted[0] and uwsgi.cl() == 12
    uwsgi.set_logvar("user", "ann")
    uwsgi.set_logvar("role", b"editor")
    assert (uwsgi.get_logvar("user"), uwsgi.get_logvar("role")) == (b"ann", b"editor")
    assert capsys.readouterr().err.count("set_logvar") == 1
    noted[0] = {"PATH_INFO": "/b"}
    assert uwsgi.get_logvar("user") is None and uwsgi.cl() == 0


def test_log_is_a_line_of_the_app(modules, capsys):
    assert modules[0].log("bytes too") and modules[0].log(b"caf\xc3\xa9")
    assert capsys.readouterr().err == "bytes too\ncafé\n"


def test_reload_signals_no_process_that_is_not_the_server(modules):
    with pytest.raises(RuntimeError, match="reload it from there"):
        modules[0].reload()


def test_free_signals_are_those_without_a_handler(modules):
    uwsgi, decorators = modules
    assert uwsgi.get_free_signal() == 0
    decorators.signal(0)(print)
    decorators.timer(60)(print)
    assert uwsgi.signal_registered(1) and uwsgi.get_free_signal() == decorators.get_free_signal() == 2
