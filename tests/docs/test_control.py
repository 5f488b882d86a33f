"""What docs/control.md shows: each command against a running server; the names of fields that are shown are in its answers."""
from __future__ import annotations

import json
import re
import threading

from .apps import SHOP
from .blocks import answers, commands, runs
from .place import PATIENCE


def names_in(answer):
    """All names of fields of an answer, at any depth."""
    if isinstance(answer, dict):
        return set(answer).union(*map(names_in, answer.values()))
    return set().union(*map(names_in, answer)) if isinstance(answer, list) else set()


def ask(place, command, shown):
    """Runs a curl command and gives its answer, which has the status and the names of fields that are shown."""
    pid = json.loads(place.run("lanner workers --json"))["workers"][0]["pid"]
    told, _, code = place.run(command.replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1).replace("4711", str(pid)), errors=False).rpartition("\n")
    status = re.search(r'"status":(\d{3})', shown)
    assert code == status[1] if status else code.startswith("2"), f"{command}: {code} {told}"
    expected = set(re.findall(r'"(\w+)":', shown))
    answer = json.loads(told) if expected else told
    assert not expected or expected <= names_in(answer), f"{command}: the answer has no {expected - names_in(answer)}\n{told}"
    return answer


@runs("docs/control.md", "API", "console")
def test_each_request(blocks, place):
    app = place.go("/srv/shop").write("shop/wsgi.py", SHOP)
    place.write("lanner.toml", '[app.shop]\napp = "shop.wsgi:application"\nworkers = 2\nthreads = 8\n')
    place.start("lanner serve -b 127.0.0.1:8000")
    # What stops the server comes last.
    shown = sorted(answers(blocks[0]), key=lambda pair: pair[0].endswith("/stop"))
    assert len(shown) > 10
    for command, answer in shown:
        if "not-loaded" in answer:
            app.write_text("import nothing_of_this_name\n")
        ask(place, command, answer)
        app.write_text(SHOP)


BUSY = '''
import threading
free = threading.Event()

def application(environ, start_response):
    if environ["PATH_INFO"] == "/report":
        print("begun")
        free.wait(60)
    elif environ["PATH_INFO"] == "/free":
        free.set()
    elif environ["PATH_INFO"] == "/pay":
        raise ValueError("order 17: the bank said no")
    start_response("200 OK", [])
    return []
'''


@runs("docs/control.md", "What an app does", "console")
def test_what_an_app_does(blocks, place):
    place.go("/srv/shop").write("shop.py", BUSY)
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 1 --threads 8")
    assert running.ask("/pay").status == 500
    reports = [threading.Thread(target=running.ask, args=("/report",)) for _ in range(2)]
    [report.start() for report in reports]
    try:
        running.wait_for(lambda line: "begun" in line)
        pause = threading.Event()
        for _ in range(PATIENCE * 5):  # the history has its first sample within some seconds
            if json.loads(place.run("curl -sS --unix-socket .lanner/control.sock http://lanner/v1/apps/shop/history"))["samples"]:
                break
            pause.wait(0.2)
        told = {command.rpartition("/")[2]: ask(place, command, shown) for command, shown in answers(blocks[0])}
    finally:
        running.ask("/free")
        [report.join() for report in reports]
    assert [request["path"] for request in told["requests"]["requests"]] == ["/report"] * 2
    assert told["errors"]["errors"][0]["code"] == "app-error" and "bank" in told["errors"]["errors"][0]["message"]


@runs("docs/control.md", "The settings file", "sh")
def test_the_settings_file(blocks, place):
    read, trial, replace = commands(blocks[0], 3)
    place.go("/srv/shop").write("shop.py", SHOP)
    place.write("lanner.toml", '[app.shop]\napp = "shop"\nworkers = 2\n')
    place.start("lanner serve -b 127.0.0.1:8000")
    place.run(read)
    etag = re.search(r'(?im)^etag: "(.*)"', (place.here / "head").read_text())[1]
    new = place.here / "new.toml"
    new.write_text(new.read_text().replace("workers = 2", "workers = 1"))
    assert json.loads(place.run(trial, errors=False))["dry_run"] is True
    assert "workers = 2" in (place.here / "lanner.toml").read_text()
    assert "8a…" in replace
    assert json.loads(place.run(replace.replace("8a…", etag), errors=False))["apps"]["reloaded"] == ["shop"]
    assert "workers = 1" in (place.here / "lanner.toml").read_text()
    assert '"version-differs"' in place.run(replace.replace("8a…", etag))


@runs("docs/control.md", "Audit log", "json")
def test_the_audit_log(blocks, place):
    shown = json.loads(blocks[0].text)
    place.go("/srv/shop").write("shop.py", SHOP)
    place.start("lanner serve shop -b 127.0.0.1:8000")
    place.run("curl -sS -X PATCH -d '{\"workers\":4}' --unix-socket .lanner/control.sock http://lanner/v1/apps/shop/scale")
    told = json.loads((place.here / ".lanner/audit.log").read_text().splitlines()[-1])
    assert names_in(told) == names_in(shown)
    for name in ("action", "target", "note", "status", "done", "path"):
        assert told[name] == shown[name]


@runs("docs/control.md", "Who may use it", "sh")
def test_control_by_tcp(blocks, place):
    place.go("/srv/shop").write("shop.py", SHOP)
    place.variables["LANNER_CONTROL_TOKEN"] = "a secret of this test"
    place.start("lanner serve shop:app -b 127.0.0.1:8000 --control 127.0.0.1:8001")
    with_curl, with_lanner = commands(blocks[0], 2)
    assert '"name":"shop"' in place.run(with_curl)
    assert "shop" in place.run(with_lanner)
    del place.variables["LANNER_CONTROL_TOKEN"]
    assert '"status":401' in place.run(with_curl)
    assert "wants its token" in place.run(with_lanner, code=1)
