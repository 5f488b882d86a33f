"""What docs/migration-gunicorn.md and docs/migration-uwsgi-api.md show."""
from __future__ import annotations

from .apps import SHOP
from .blocks import ROOT, commands, runs


@runs("docs/migration-gunicorn.md", "From Gunicorn", "sh")
def test_the_same_command_line(blocks, place):
    place.go("/srv/shop").write("shop/wsgi.py", SHOP)
    theirs, ours = commands(blocks[0], 2)
    assert theirs.split()[1:] == ours.split()[2:]
    told = []
    for command in (theirs, ours):
        with place.start_peer(command, 8000) as running:
            told.append([running.get("/a%20b?c"), running.ask("/", "POST", b"d").status])
    assert told[0] == told[1]
    assert "4 workers × 8 threads" in running.wait_for(lambda line: "ready on" in line)


@runs("docs/migration-gunicorn.md", "Hooks", "python")
def test_the_same_file_with_a_hook(blocks, place):
    place.go("/srv/shop").write("shop/wsgi.py", SHOP)
    place.write("gunicorn.conf.py", blocks[0].text)
    for command in ("gunicorn shop.wsgi", "lanner gunicorn shop.wsgi"):
        with place.start_peer(command, 8000) as running:
            assert running.get() == f"|/|{place.here}|"
            for number in (1, 2):
                running.wait_for(lambda line, number=number: f"worker {number} is there" in line)


UWSGI_APP = '''
import os, threading

class Database:
    def __init__(self, number):
        self.number, self.pid, self.swept, self.last = number, os.getpid(), threading.Event(), 0

    def sweep(self):
        self.swept.set()

open_database = Database
@BLOCK@

def application(environ, start_response):
    if environ["PATH_INFO"] == "/swept":
        told = str(database.swept.wait(30))
    elif environ["PATH_INFO"] == "/invoice":
        number_of_next_invoice()
        told = str(uwsgi.is_locked(0))
    else:
        told = f"{database.number} {database.pid == os.getpid()}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [told.encode()]
'''


@runs("docs/migration-uwsgi-api.md", "From uWSGI: the modules `uwsgi` and `uwsgidecorators`", "python")
def test_hooks_timers_and_locks(blocks, place):
    text = blocks[0].text
    assert "@timer(60)" in text
    place.go("/srv/shop").write("shop.py", UWSGI_APP.replace("@BLOCK@", text.replace("@timer(60)", "@timer(1)")))
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 1 --threads 2")
    assert running.get() == "1 True"
    assert running.get("/invoice") == "False"
    assert running.get("/swept") == "True"

    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert "No module named 'uwsgi'" in place.run("python3 shop.py", code=1)
