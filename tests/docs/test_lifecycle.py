"""What docs/lifecycle.md shows."""
from __future__ import annotations

import json
import os
import pwd
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from .blocks import ROOT, commands, runs

COUNTED = '''
import json, os, threading, time
made = {"catalog": [], "stock": [], "rates": []}
local = threading.local()

def note(what):
    made[what].append(os.getpid())
    return what

def read_catalog():
    return note("catalog")

def open_stock():
    return note("stock")

def load_rates():
    time.sleep(0.1)      # long enough for other threads to come meanwhile
    return note("rates")

@BLOCK@

def application(environ, start_response):
    told = {"made": made, "pid": os.getpid(), "rates": rates(), "stock": stock, "buffer": len(local.buffer)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
'''


@runs("docs/lifecycle.md", "Set up once", "python")
def test_set_up_once(blocks, place):
    place.go("/srv/shop").write("shop.py", COUNTED.replace("@BLOCK@", blocks[0].text))
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 3 --threads 8")
    with ThreadPoolExecutor(24) as clients:
        answers = [json.loads(body) for body in clients.map(lambda _: running.get(), range(120))]
    by_worker = {told["pid"]: told for told in answers}
    assert len(by_worker) > 1
    for pid, told in by_worker.items():
        assert told["made"]["stock"] == told["made"]["rates"] == [pid]
        assert told["made"]["catalog"] == answers[0]["made"]["catalog"] and pid not in told["made"]["catalog"]
    assert all((told["stock"], told["rates"], told["buffer"]) == ("stock", "rates", 65536) for told in answers)

    # Elsewhere the same module does the plain thing.
    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert place.run("python3 -c 'import shop; shop.rates(); shop.rates(); print({name: len(made) for name, made in shop.made.items()})'") \
        == "{'catalog': 1, 'stock': 1, 'rates': 1}\n"


@runs("docs/lifecycle.md", "Contexts in threads", "python")
def test_twenty_calls_of_a_view(blocks, place):
    place.go("/srv/shop").write("shop.py", blocks[0].text)
    running = place.start("lanner serve shop:app -b 127.0.0.1:8000 --workers 2 --threads 8")
    with ThreadPoolExecutor(8) as clients:
        told = list(clients.map(lambda number: running.get(f"/offers?item=tea{number}"), range(40)))
    for number, body in enumerate(told):
        assert body == "\n".join(f"tea{number} from {supplier}" for supplier in range(20))

    # Flask's own test client, without a server.
    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert place.run("python3 -c 'import shop; print(shop.app.test_client().get(\"/offers?item=tea\").text)'").count("tea from") == 20


@runs("docs/lifecycle.md", "What a fork must not share", "text")
def test_a_shared_connection_is_named(blocks, place):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        shown = place.local(" ".join(blocks[0].text.split())).replace("10.0.0.5:5432", address)
        place.go("/srv").write("shop/stock.py", "import socket\n" + "\n" * 10 + "link = socket.create_connection(%r)\n" % (listener.getsockname(),))
        place.write("shop/__init__.py", "")
        place.write("shop/wsgi.py", "import shop.stock\n\ndef application(environ, start_response):\n    start_response('200 OK', [])\n    return []\n")
        running = place.start("lanner serve shop.wsgi -b 127.0.0.1:8000")
        told = " ".join(running.wait_for(lambda line: "fork: " in line).split())
    number = r"\(descriptor \d+,"
    assert re.sub(number, "(descriptor 9,", told).endswith(shown.strip()), f"{told}\n{shown}"


BROKERS = '''
import json, os, time
@BLOCK@

class Broker:
    destroyed = []
    def __init__(self):
        self.pid = os.getpid()
    def __del__(self):
        Broker.destroyed.append(self.pid)

template, broker = os.getpid(), Broker()

def application(environ, start_response):
    time.sleep(0.02)     # so that the other worker takes requests too
    told = {"pid": os.getpid(), "broker": broker.pid, "destroyed": Broker.destroyed, "dice": dice.random(), "cards": cards.random(), "template": template}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
'''


@runs("docs/lifecycle.md", "What a fork must not share", "python")
def test_a_repair_of_ones_own(blocks, place):
    place.go("/srv/shop").write("shop.py", BROKERS.replace("@BLOCK@", blocks[0].text))
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 2 --threads 1")
    with ThreadPoolExecutor(8) as clients:
        answers = [json.loads(body) for body in clients.map(lambda _: running.get(), range(64))]
    for told in answers:
        assert told["broker"] == told["pid"] != told["template"] and told["destroyed"] == []
    # Each worker's answers may come in any order: the one with fewer has thrown what the other threw first.
    few, many = sorted(([told for told in answers if told["pid"] == pid] for pid in {told["pid"] for told in answers}), key=len)
    assert {told["dice"] for told in few} <= {told["dice"] for told in many}
    assert not {told["cards"] for told in few} & {told["cards"] for told in many}

    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert place.run("python3 -c 'import shop; print(shop.broker.pid == shop.template)'") == "True\n"


FIRST = 'def app(environ, start_response):\n    start_response("200 OK", [("Content-Length", str(len("first")))])\n    return [b"first"]\n'


@runs("docs/lifecycle.md", "Reload", "sh")
def test_a_reload_loses_nothing(blocks, place):
    serve, change, reload, spoil, again = commands(blocks[0], 5)
    place.go("/srv/shop").write("shop.py", FIRST)
    running = place.start(serve.replace(" &", " -b 127.0.0.1:8000"))
    seen, failed, enough = [], [], threading.Event()

    def ask():
        while not enough.is_set():
            try:
                answer = running.ask()
                seen.append((answer.status, answer.body))
            except OSError as error:
                failed.append(error)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    [client.start() for client in clients]
    try:
        assert running.get() == "first"
        place.run(change)
        place.run(reload)
        assert [running.get() for _ in range(20)] == ["second"] * 20
        place.run(spoil)
        assert "No module named 'nothing_there'" in place.run(again, code=1)
        assert [running.get() for _ in range(20)] == ["second"] * 20
    finally:
        enough.set()
        [client.join() for client in clients]
    assert failed == [] and set(seen) == {(200, "first"), (200, "second")}


@runs("docs/lifecycle.md", "How many", "sh")
def test_scale(blocks, place):
    scale, workers = commands(blocks[0], 2)
    place.go("/srv/shop").write("shop.py", FIRST)
    place.start("lanner serve shop:app -b 127.0.0.1:8000 --workers 2 --threads 8")
    place.run(scale)
    assert [(row["state"], row["threads"]) for row in json.loads(place.run(f"{workers} --json"))["workers"]] == [("ready", 4)] * 3
    assert place.run(workers).count("ready") == 3


@runs("docs/lifecycle.md", "Stop", "sh")
def test_what_runs_is_finished_by_a_stop(blocks, place):
    [stop] = commands(blocks[0], 1)
    place.go("/srv/shop").write("shop.py", "import time\n\ndef app(environ, start_response):\n    print('begun')\n    time.sleep(1)\n"
        "    start_response('200 OK', [])\n    return [b'finished']\n")
    running = place.start("lanner serve shop:app -b 127.0.0.1:8000")
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(running.get)
        running.wait_for(lambda line: "begun" in line)
        place.run(stop)
        assert answer.result() == "finished"
    assert running.wait_for_end() == 0


SLOW = '''
import time

def application(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"]))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
'''


@runs("docs/lifecycle.md", "Deadlines", "toml")
def test_deadlines_by_path(blocks, place):
    settings = blocks[0].text
    assert '"30s"' in settings
    app = '[app.shop]\napp = "shop"\nworkers = 1\nthreads = 4\n'
    place.go("/srv/shop").write("shop.py", SLOW)
    place.write("lanner.toml", app + settings)
    place.run("lanner check")
    place.write("lanner.toml", app + settings.replace('"30s"', '"300ms"'))
    running = place.start("lanner serve -b 127.0.0.1:8000")
    assert running.get("/reports/a?0.8") == running.get("/events/b?0.8") == "done"
    late = running.ask("/other?20")
    assert (late.status, late.headers["Lanner-Error"]) == (504, "request-timeout")
    assert "time.sleep" not in late.body
    assert running.wait_for(lambda line: "shop.py" in line and "line 5" in line)


TOLD = '''
import json, os, pwd, resource, sys

def app(environ, start_response):
    told = {"user": pwd.getpwuid(os.getuid()).pw_name, "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0], "space": resource.getrlimit(resource.RLIMIT_AS)[0],
            "nice": os.nice(0), "prefix": sys.prefix, "mount": environ["SCRIPT_NAME"]}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
application = app
'''


@runs("docs/lifecycle.md", "Apps", "toml")
def test_apps_of_one_server(blocks, place):
    # There is no user shop here; and only root can start processes of another.
    user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    settings, changed = re.subn('(?m)^user = "shop".*\n', 'user = "nobody"\n' if os.getuid() == 0 else "", blocks[0].text)
    assert changed == 1
    place.go("/srv/shop").write("lanner.toml", settings)
    place.write("shop/wsgi.py", TOLD)
    place.write("archive.py", TOLD)
    place.run("python3 -m venv --without-pip venv")
    place.run("lanner check")
    nice = os.nice(0)
    running = place.start("lanner serve -b 127.0.0.1:8000")

    def state():
        return {app["name"]: app["state"] for app in json.loads(place.run("lanner status --json"))["apps"]}

    assert state() == {"shop": "ready", "archive": "stopped"}
    told = json.loads(running.get())
    assert told == {"user": user, "files": 4096, "space": 2 << 30, "nice": nice + 5, "prefix": f"{place.here}/venv", "mount": ""}
    assert json.loads(running.ask("/", Host="shop.example.com").body) == told
    assert json.loads(running.get("/archive"))["mount"] == "/archive"
    assert state() == {"shop": "ready", "archive": "ready"}
