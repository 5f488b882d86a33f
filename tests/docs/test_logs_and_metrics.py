"""What docs/operations.md and docs/python-api.md show of logs, metrics and traces."""
from __future__ import annotations

import http.server
import json
import re
import threading

from .apps import SHOP
from .blocks import ROOT, commands, runs
from .test_control import names_in

ORDERS = '''"""Takes orders."""
import logging

log = logging.getLogger("shop.orders")





def place(order):
    try:
        return order["sku"]
    except KeyError:
        log.exception("order %d failed", order["id"], extra={"order": order["id"]})

def application(environ, start_response):
    place({"id": 7})
    start_response("200 OK", [])
    return []
'''


@runs("docs/operations.md", "Python's logging", "text", "json")
def test_records(blocks, place):
    text, entry = blocks
    place.go("/srv/shop").write("orders.py", ORDERS)
    place.write("lanner.toml", '[app.shop]\napp = "orders"\nworkers = 3\n')

    def plain(line):
        line = re.sub(r"^[-\d]+ [:.\d]+", "TIME", line)
        return re.sub(r"shop\.\d+ \(pid \d+\) lanner-\d+ request [0-9a-f]{16}", "THREAD", line)

    with place.start("lanner serve -b 127.0.0.1:8000") as running:
        running.ask()
        running.wait_for(lambda line: "KeyError: 'sku'" in line)
        told = iter([plain(line) for line in running.lines])
        # The source line that a traceback has is not shown.
        for line in place.local(text.text).splitlines():
            assert plain(line) in told, f"{text}: {line}\n" + "\n".join(running.lines)

    shown = json.loads(place.local(entry.text))
    with place.start("lanner serve -b 127.0.0.1:8000 --log-format json") as running:
        running.ask()
        told = json.loads(running.wait_for(lambda line: '"order 7 failed"' in line))
    assert names_in(told) == names_in(shown)
    for name in ("level", "logger", "event", "message", "extra"):
        assert told[name] == shown[name]
    assert told["fields"]["Source"] == shown["fields"]["Source"] and told["exception"].startswith("Traceback ")


LOGGED = '''
import logging, logging.config
@BLOCK@
log = logging.getLogger("shop.db")

def application(environ, start_response):
    log.debug("quiet %s", environ["PATH_INFO"])
    log.warning("loud %s", environ["PATH_INFO"])
    start_response("200 OK", [])
    return []
'''


@runs("docs/operations.md", "Python's logging", "python")
def test_a_handler_of_ones_own(blocks, place):
    configured = blocks[0].text + "logging.config.dictConfig(LOGGING)\nlogging.getLogger('shop').info('configured')\n"
    place.go("/srv/shop").write("shop.py", LOGGED.replace("@BLOCK@", configured))
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 1")
    running.ask("/a")
    assert re.search(r" INFO +shop: ", running.wait_for(lambda line: line.endswith("configured")))
    assert re.search(r" WARN\w* +shop\.db: shop\.0 ", running.wait_for(lambda line: line.endswith("loud /a")))

    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert "configured" in place.run("python3 -c 'import shop'")


@runs("docs/operations.md", "Python's logging", "sh")
def test_log_level(blocks, place):
    show, debug, one, back = commands(blocks[0], 4)
    place.go("/srv/shop").write("shop.py", LOGGED.replace("@BLOCK@", ""))
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 1 --threads 1")

    def is_told(path):
        running.ask(path)
        running.wait_for(lambda line: line.endswith(f"loud {path}"))
        return any(line.endswith(f"quiet {path}") for line in running.lines)

    place.run(show)
    assert not is_told("/1")
    place.run(debug)
    assert is_told("/2")
    place.run(back)
    assert not is_told("/3")
    place.run(one)
    assert is_told("/4") and "shop.db" in place.run(show)


@runs("docs/operations.md", "Rotation", "toml")
def test_rotation(blocks, place):
    place.go("/srv/shop").write("shop.py", SHOP)
    (place.here / "log").mkdir()
    settings = blocks[0].text.replace("/var/log/shop", str(place.here / "log"))
    place.write("lanner.toml", settings + '[app.shop]\napp = "shop"\n')
    place.run("lanner check")
    running = place.start("lanner serve -b 127.0.0.1:8000")
    running.get("/told")
    running.stop()
    assert "GET /told" in (place.here / "log/access.log").read_text()
    assert (place.here / "log/lanner.log").exists()


@runs("docs/operations.md", "Metrics and traces", "toml", "yaml")
def test_prometheus(blocks, place):
    settings, scraping = blocks
    place.go("/srv/shop").write("shop.py", SHOP)
    place.write("lanner.toml", settings.text + '[app.shop]\napp = "shop"\n')
    token = place.write("token", "a secret of this test")
    place.variables["LANNER_CONTROL_TOKEN"] = token.read_text()
    place.start("lanner serve -b 127.0.0.1:8000")
    place.write("prometheus.yml", scraping.text.replace("/etc/prometheus/lanner-token", str(token)))
    assert "SUCCESS" in place.run("promtool check config prometheus.yml")
    assert "lanner_ready 1" in place.run('curl -sS -H "Authorization: Bearer $(cat token)" http://127.0.0.1:8001/metrics')


@runs("docs/operations.md", "Metrics and traces", "toml", "toml")
def test_opentelemetry(blocks, place):
    pushed, changed = set(), threading.Condition()

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            with changed:
                pushed.add((self.path, self.headers["api-key"]))
                changed.notify_all()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    settings = blocks[1].text.replace('"…"', '"a secret"').replace('"15s"', '"1s"')
    assert blocks[0].text and '"a secret"' in settings and '"1s"' in settings
    place.go("/srv/shop").write("shop.py", SHOP)
    place.write("lanner.toml", settings + '[app.shop]\napp = "shop"\n')
    place.run("lanner check")
    place.variables["OTEL_BSP_SCHEDULE_DELAY"] = "100"
    with http.server.ThreadingHTTPServer(("127.0.0.1", place.port(4318)), Collector) as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        try:
            running = place.start("lanner serve -b 127.0.0.1:8000")
            for _ in range(200):  # one in ten is sampled
                running.get()
            with changed:
                assert changed.wait_for(lambda: pushed == {("/v1/metrics", "a secret"), ("/v1/traces", "a secret")}, 30), pushed
            running.stop()
        finally:
            collector.shutdown()
            thread.join()


@runs("docs/python-api.md", "Metrics", "python")
def test_metrics_of_an_app(blocks, place):
    app = "import lanner\n" + blocks[0].text + SHOP.replace("    start_response(", "    order(environ)\n    baskets.set(3)\n    start_response(", 1)
    place.go("/srv/shop").write("shop.py", app)
    running = place.start("lanner serve shop -b 127.0.0.1:8000 --workers 2")
    for _ in range(5):
        running.get()
    told = place.run("curl -sS --unix-socket .lanner/control.sock http://lanner/metrics")
    assert re.search(r'(?m)^shop_orders_total\{.*kind="book".*\} 5$', told), told
    assert re.search(r"(?m)^shop_order_seconds_count\{.*\} 5$", told) and re.search(r"(?m)^shop_baskets\{", told)

    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert place.run("python3 -c 'import shop; shop.order(None); print(shop.orders.labels(\"book\").value)'").startswith("1")
