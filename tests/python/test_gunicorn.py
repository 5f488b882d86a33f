"""Gunicorn's options, configuration file and environment as they are read, and the objects that hooks are given."""
import io
import json
import logging
import os
import socket
import subprocess
import sys

import pytest

from lanner import frames, loading
from lanner.peers import of
from lanner.peers.gunicorn import hooks, option, options, reading
from lanner.peers.gunicorn.request import Request, Response
from lanner.file_wrapper import FileWrapper

BOOT = os.path.join(os.path.dirname(__file__), "..", "..", "python", "lanner", "boot.py")


@pytest.fixture(autouse=True)
def same_path(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setenv("SERVER_SOFTWARE", "the tests'")


def read(tmp_path, *arguments, text=None, **environ):
    if text is not None:
        (tmp_path / "gunicorn.conf.py").write_text(text)
    return reading.read(list(arguments), environ, str(tmp_path))


def test_later_sources_beat_earlier_ones(tmp_path):
    found = read(
        tmp_path, "-w", "4", "shop:app",
        text="workers = 2\nthreads = 2\ntimeout = 2\nbind = ':1'",
        WEB_CONCURRENCY="1", PORT="5000", GUNICORN_CMD_ARGS="--threads 3 -w 3 --name 'the shop'",
    )
    assert {name: found.values[name] for name in ("workers", "threads", "timeout", "bind", "proc_name")} == {
        "workers": 4, "threads": 3, "timeout": 2, "bind": [":1"], "proc_name": "the shop",
    }
    assert found.given == {
        "workers": "command line", "threads": "$GUNICORN_CMD_ARGS", "timeout": "configuration file",
        "bind": "configuration file", "proc_name": "$GUNICORN_CMD_ARGS",
    }
    assert found.app == "shop:app"


def test_environment_changes_defaults(tmp_path):
    found = read(tmp_path, WEB_CONCURRENCY="3", PORT="5000", FORWARDED_ALLOW_IPS="10.0.0.1, 10.0.0.2")
    assert found.values["workers"] == 3
    assert found.values["forwarded_allow_ips"] == ["10.0.0.1", "10.0.0.2"]
    assert found.told()["addresses"] == ["0.0.0.0:5000"]
    assert found.given["bind"] == "$PORT"


@pytest.mark.parametrize("form", ["settings.py", "file:settings.py", "python:settings_module", "no_suffix"])
def test_configuration_file_in_all_its_forms(tmp_path, form):
    name = {"python:settings_module": "settings_module.py", "no_suffix": "no_suffix"}.get(form, "settings.py")
    (tmp_path / name).write_text("wsgi_app = 'shop'\nnot_a_setting = 1\ndef on_exit(server): pass\n")
    try:
        told = read(tmp_path, "-c", form).told()
    finally:
        sys.modules.pop("settings_module", None)
    assert (told["app"], told["hooks"]) == ("shop", ["on_exit"])


@pytest.mark.parametrize(
    "arguments, text, problem",
    [
        (["-c", "missing.py"], None, "there is no configuration file"),
        ([], "import nothing_of_this_name", "cannot be evaluated: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ([], "raise SystemExit(4)", "cannot be evaluated: SystemExit: 4"),
        ([], "workers = 'many'", "configuration file: workers must be a whole number, not 'many'"),
        ([], "preload_app = 'yes'", "configuration file: preload_app must be True or False"),
        ([], "def pre_fork(server): pass", "configuration file: pre_fork must be a function of 2 arguments"),
        (["-w"], None, "argument -w/--workers: expected one argument"),
        (["-w", "-1"], None, "command line: workers must not be below 0"),
        (["--frobnicate"], None, "unrecognized arguments: --frobnicate (see lanner gunicorn --help)"),
        (["-b", "host:http"], None, "command line: bind has no port in 'host:http'"),
        (["--chdir", "nowhere"], None, "which is no directory"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, monkeypatch, arguments, text, problem):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(reading.Refused) as refused:
        read(tmp_path, *arguments, text=text)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_traceback_is_the_users_alone(tmp_path):
    with pytest.raises(reading.Refused) as refused:
        read(tmp_path, text="def size():\n    return 1 / 0\nworkers = size()\n")
    assert "line 2, in size" in refused.value.trace
    assert "reading.py" not in refused.value.trace and "importlib" not in refused.value.trace


@pytest.mark.parametrize(
    "bind, address",
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)), (":80", ("0.0.0.0", 80)), ("host", ("host", 8000)), ("[::1]:80", ("::1", 80)),
        ("[::1]", ("::1", 8000)), ("tcp://host:80", ("host", 80)), ("unix:/run/x", "/run/x"), ("unix:///run/x", "/run/x"), ("fd://3", 3),
    ],
)
def test_addresses(bind, address):
    assert option.address(bind) == address


def test_numbers_as_people_write_them():
    assert [option.number(text) for text in ("18", "022", "0o22", "0x12")] == [18, 18, 18, 18]
    assert option.decimal("010") == 10


def test_every_documented_option_is_known(tmp_path):
    gunicorn = subprocess.run(
        ["/usr/bin/python3", "-c", "from gunicorn.config import KNOWN_SETTINGS as k; import json; print(json.dumps({s.name: s.cli or [] for s in k}))"],
        capture_output=True, text=True,
    )
    if gunicorn.returncode:
        pytest.skip("the package gunicorn is missing")
    known = options.all_options({}, str(tmp_path))
    for name, flags in json.loads(gunicorn.stdout).items():
        assert set(flags) <= set(known[name].flags), name


def test_script_prints_json_alone(tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("print('a word')\nworker_class = type('Own', (), {})\nworkers = True + 1\n")
    ended = subprocess.run([sys.executable, BOOT, "gunicorn", "shop"], cwd=tmp_path, capture_output=True, text=True, check=True)
    told = json.loads(ended.stdout)
    assert told["settings"]["worker_class"] == "__config__.Own"
    assert "a word" in ended.stderr


def test_paste_is_found_from_where_the_command_was_given(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    found = read(tmp_path, "--paster", "production.ini#wiki", "--chdir", str(tmp_path / "elsewhere"), "--paste-global", "a=b")
    assert found.values["paste"] == f"{tmp_path}/production.ini#wiki"


def test_help_is_a_text(tmp_path):
    with pytest.raises(reading.Help) as asked:
        read(tmp_path, "--help")
    assert "--limit-request-field_size" in str(asked.value)


# The objects.


def task(tmp_path, text, generation=1, workers=2):
    (tmp_path / "gunicorn.conf.py").write_text(text)
    settings = {"generation": generation, "workers": workers, "peer": json.dumps({"directory": str(tmp_path), "arguments": ["shop"]})}
    return of(settings)


ENVIRON = {
    "REQUEST_METHOD": "POST", "RAW_URI": "/a%20b?c=d", "QUERY_STRING": "c=d", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "https",
    "HTTP_X_MARK": "m", "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "", "REMOTE_ADDR": "10.0.0.1", "REMOTE_PORT": "99", "wsgi.input": io.BytesIO(b"x"),
}


def test_request_has_what_hooks_read():
    request = Request(ENVIRON)
    assert (request.method, request.uri, request.path, request.query) == ("POST", "/a%20b?c=d", "/a%20b", "c=d")
    assert request.headers == [("X-MARK", "m"), ("CONTENT-TYPE", "text/plain")]
    assert (request.version, request.scheme, request.remote_addr) == ((1, 1), "https", ("10.0.0.1", 99))
    assert request.body.read() == b"x"


def test_response_counts_what_was_sent(tmp_path):
    response = Response(Request(ENVIRON), lambda *_: (lambda data: None))
    write = response.start_response("404 Not Found", [("Content-Length", "9")])
    write(b"abc")
    answer = [b"de"]
    assert response.counting(answer) is answer
    closed = []

    class Pieces:
        def __iter__(self):
            return iter([b"fg", b"hi"])

        def close(self):
            closed.append(True)

    pieces = response.counting(Pieces())
    assert b"".join(pieces) == b"fghi"
    pieces.close()
    assert (response.status_code, response.status, response.sent, response.response_length, closed) == (404, "404 Not Found", 9, 9, [True])
    (tmp_path / "file").write_bytes(b"12345")
    with open(tmp_path / "file", "rb") as stream:
        wrapper = FileWrapper(stream)
        assert response.counting(wrapper) is wrapper
    assert response.sent == 14


def test_no_hook_no_wrapper(tmp_path):
    peer = task(tmp_path, "def pre_fork(server, worker): pass")
    app, ended = object(), object()
    assert peer.thread(app, ended) == (app, ended)


@pytest.mark.parametrize("parameters", ["worker, req", "worker, req, environ", "worker, req, environ, resp"])
def test_post_request_takes_two_to_four(tmp_path, parameters):
    peer = task(tmp_path, f"seen = []\ndef post_request({parameters}): seen.append(({parameters}))")
    peer.before_fork(1)
    called, told = peer.thread(lambda environ, start: [b"x"], lambda: None)
    called(ENVIRON, lambda *_: None)
    told()
    (seen,) = peer._cfg.post_request.__globals__["seen"]
    assert len(seen) == parameters.count(",") + 1
    assert seen[1].method == "POST"


def test_a_hook_that_raises_after_the_answer_harms_nothing(tmp_path, capsys):
    peer = task(tmp_path, "def post_request(worker, req): 1 / 0")
    peer.before_fork(1)
    ended = []
    called, told = peer.thread(lambda environ, start: [b"x"], lambda: ended.append(True))
    called(ENVIRON, lambda *_: None)
    told()
    assert ended and "ZeroDivisionError" in capsys.readouterr().err


def test_hooks_see_the_server_and_its_settings(tmp_path):
    peer = task(
        tmp_path,
        "raw_env = ['A=b=c']\nbind = ['127.0.0.1:1', 'unix:/run/x']\nloglevel = 'debug'\nseen = []\n"
        "def nworkers_changed(server, new, old): seen.append(('nworkers_changed', new, old))\n"
        "def on_starting(server): seen.append((server.cfg.threads, server.address, server.cfg.env, server.num_workers, server.cfg.settings['workers'].get()))\n"
        "def when_ready(server): server.log.debug('ready %d', 1)\n"
        "def child_exit(server, worker): seen.append(('child_exit', worker.pid, worker.alive))\n",
    )
    peer.starting()
    peer.started(None)
    peer.before_fork(7)
    peer.forked(4711)
    peer.scaled(3)
    peer.scaled(3)
    peer.reaped(4711, 0)
    assert peer._cfg.on_starting.__globals__["seen"] == [
        ("nworkers_changed", 2, None), (1, [("127.0.0.1", 1), "/run/x"], {"A": "b=c"}, 2, 1), ("nworkers_changed", 3, 2), ("child_exit", 4711, False),
    ]
    assert logging.getLogger("gunicorn.error").level == logging.DEBUG
    with pytest.raises(AttributeError, match="Gunicorn has no setting 'wokers'"):
        peer._cfg.wokers


def test_a_reload_calls_on_reload_in_place_of_on_starting(tmp_path):
    peer = task(tmp_path, "seen = []\ndef on_starting(server): seen.append(1)\ndef on_reload(server): seen.append(2)", generation=2)
    peer.started(None)
    assert peer._cfg.on_reload.__globals__["seen"] == [2]


def test_pre_fork_that_raises_keeps_the_worker_out_and_not_the_template(tmp_path):
    peer = task(tmp_path, "def pre_fork(server, worker): raise ValueError('no')")
    peer.before_fork(1)
    with pytest.raises(ValueError, match="no"):
        peer.after_fork()


def test_a_file_that_broke_since_is_told_with_its_traceback(tmp_path):
    with pytest.raises(loading.LoadError, match="cannot be evaluated: ZeroDivisionError") as failed:
        task(tmp_path, "1 / 0")
    assert "line 1" in failed.value.trace


def test_without_a_peer_nothing_is_imported():
    assert type(of({"peer": ""})) is not hooks.Hooks


def test_commands_that_come_together_are_all_taken():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, taker = frames.ControlLink(ours), frames.ControlLink(theirs)
        sender.send(frames.SCALED, {"workers": 2})
        sender.send(frames.STOP, {})
        assert not taker.holds_more()
        assert taker.receive() == (frames.SCALED, {"workers": 2})
        assert taker.holds_more()
        assert taker.receive() == (frames.STOP, {})
        assert not taker.holds_more()
