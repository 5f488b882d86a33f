"""What docs/locks.md shows, under Lanner and without a server."""
from __future__ import annotations

import json
import sqlite3

from .blocks import ROOT, runs

STORE = '''
import os, sqlite3

class Store:
    """A table whose rows refuse those who have lost the lock."""

    def connect(self):
        return sqlite3.connect("invoices.db", timeout=30)

    def last_invoice(self):
        with self.connect() as db:
            return db.execute("SELECT last FROM invoice_counter").fetchone()[0]

    def write(self, number, fence):
        with self.connect() as db:
            assert db.execute(open("update.sql").read(), {"number": number, "fence": fence}).rowcount == 1

    def refresh(self):
        return "refreshed"

store = Store()
'''

APP = '''
import json
from block import next_number, refresh_prices

def application(environ, start_response):
    told = [next_number() for _ in range(5)] if environ["PATH_INFO"] == "/numbers" else refresh_prices()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
'''

PLAIN = '''
import threading
from block import invoices, next_number, refresh_prices
told = []
threads = [threading.Thread(target=lambda: told.append(next_number())) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sorted(told), refresh_prices(), invoices.locked())
'''


def _prepare(place, code, update):
    place.go("/srv/shop").write("block.py", STORE + code)
    place.write("update.sql", update)
    database = sqlite3.connect(place.here / "invoices.db")
    database.execute("CREATE TABLE invoice_counter (last INTEGER, fence INTEGER)")
    database.execute("INSERT INTO invoice_counter VALUES (0, 0)")
    database.commit()
    return database


@runs("docs/locks.md", "Locks", "python")
def test_python_under_lanner_and_without(blocks, place):
    update = "UPDATE invoice_counter SET last = :number, fence = :fence"
    _prepare(place, blocks[0].text, update).close()
    place.write("shop.py", APP)
    place.write("plain.py", PLAIN)
    running = place.start("lanner serve shop:application --workers 3 --threads 4 -b 127.0.0.1:8000")
    told = [json.loads(running.get("/numbers")) for _ in range(6)]
    assert sum(told, []) == list(range(1, 31))
    assert json.loads(running.get("/refresh")) == "refreshed"

    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert place.run("python3 plain.py").strip() == "[31, 32, 33, 34, 35, 36, 37, 38] refreshed False"


@runs("docs/locks.md", "The fencing number", "sql")
def test_the_store_refuses_who_has_lost_the_lock(blocks, place):
    database = _prepare(place, "", blocks[0].text)

    def write(number, fence):
        return database.execute(blocks[0].text, {"number": number, "fence": fence}).rowcount

    assert (write(1, 7), write(2, 9), write(3, 7)) == (1, 1, 0)
    assert database.execute("SELECT * FROM invoice_counter").fetchall() == [(2, 9)]
