"""What docs/python-api.md shows, under Lanner and without a server."""
from __future__ import annotations

import json
import shutil
import textwrap

from .blocks import ROOT, answers, runs

BEFORE = textwrap.dedent('''
    import os, threading, time
    from types import SimpleNamespace

    events = []
    local = threading.local()
    make_pool = lambda: events.append("pool made") or SimpleNamespace(close=lambda: None)
    make_parser = lambda: events.append("parser made") or object()

    def load_model():
        time.sleep(0.05)    # long enough for the others to come meanwhile
        events.append("model loaded")
        return "the model"

    def send_mail(address):
        events.append(f"mail to {address}")
    ''')

AFTER = textwrap.dedent('''
    def tell_all():
        several = [threading.Thread(target=model) for _ in range(10)]
        [thread.start() for thread in several]
        [thread.join() for thread in several]
        waited = lanner.spawn
        lanner.spawn = lambda *args: waited(*args).result()
        try:
            view(SimpleNamespace(user=SimpleNamespace(email="ann@example.com")))
        finally:
            lanner.spawn = waited
        return {"events": sorted(set(events)), "models": events.count("model loaded"), "pools": events.count("pool made"), "pid": os.getpid(),
                "parser": hasattr(local, "parser"), "pool": "pool" in globals(), "kind": lanner.worker.kind}

    def application(environ, start_response):
        import json
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(tell_all()).encode()]
    ''')


@runs("docs/python-api.md", "Python API", "python")
def test_under_lanner_and_without(blocks, place):
    place.go("/srv/shop").write("shop.py", BEFORE + blocks[0].text + AFTER)
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 2 --threads 4")
    for told in [json.loads(running.get()) for _ in range(8)]:
        assert (told["models"], told["pools"], told["parser"], told["kind"]) == (1, 1, True, "web")
        assert told["events"] == ["mail to ann@example.com", "model loaded", "parser made", "pool made"]

    place.variables["PYTHONPATH"] = str(ROOT / "python")
    told = json.loads(place.run("python3 -c 'import json, shop; print(json.dumps(shop.tell_all()))'"))
    assert (told["models"], told["pools"], told["parser"], told["pool"]) == (1, 1, True, True)


@runs("docs/python-api.md", "Types and editors", "python", "console")
def test_types(blocks, place):
    place.go("/srv/shop").write("shop.py", blocks[0].text)
    shutil.copytree(ROOT / "python", place.here / "python", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    # The app's environment, with the type checker and what builds the package: nothing is fetched.
    place.run("python3 -m venv --without-pip --system-site-packages venv")
    place.variables.update(PATH=f"{place.here}/venv/bin:{place.variables['PATH']}", PIP_NO_INDEX="1", PIP_NO_BUILD_ISOLATION="0")
    (install, _), (check, shown) = answers(blocks[1])
    place.run(install)
    assert place.run(check, code=1).strip() == shown
    # Without the mistake, it is what the comments say.
    place.write("shop.py", blocks[0].text.replace('    send_receipt("17")', "    reveal_type(sent)"))
    assert 'Revealed type is "concurrent.futures._base.Future[builtins.str]"' in place.run(check)
    place.write("shop.py", blocks[0].text.replace('    send_receipt("17")', '    send_receipt.enqueue(order, copy="ann")'))
    assert 'No overload variant of "enqueue"' in place.run(check, code=1)


JOBS = textwrap.dedent("""
    def application(environ, start_response):
        start_response("200 OK", [])
        return [str(checkout(17)).encode()]
    """)


@runs("docs/python-api.md", "Jobs", "python")
def test_jobs(blocks, place):
    shown = blocks[0].text
    assert 'send_receipt.enqueue(order, delay="5m"' in shown
    # Nobody waits five minutes for the result; a call says whether it is stored.
    place.go("/srv/shop").write("shop.py", shown.replace("    send_receipt.enqueue", "    return send_receipt.enqueue") + JOBS)
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 1 --threads 2")
    run = running.get()
    assert running.get() == run, "with a key, one waits"
    [waiting] = json.loads(place.run("lanner jobs runs send_receipt --json"))["runs"]
    assert (str(waiting["id"]), waiting["state"], waiting["key"]) == (run.strip(), "waiting", "receipt-17")
    close_day, send_receipt = json.loads(place.run("lanner jobs list --json"))["jobs"]
    assert close_day["schedule"] and close_day["next"] and send_receipt["schedule"] is None
    place.run("lanner jobs run close_day --wait")
    assert json.loads(place.run("lanner jobs runs close_day --json"))["runs"][0]["state"] == "succeeded"
