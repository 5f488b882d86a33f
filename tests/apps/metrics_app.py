"""Counts what it is asked to: with lanner.metrics, and with prometheus_client."""
import os
import time

import lanner
import prometheus_client

orders = lanner.metrics.counter("shop_orders_total", "Orders taken.", labels=("kind",))
visits = lanner.metrics.counter("shop_visits_total", "Visits.")
baskets = lanner.metrics.gauge("shop_baskets", "Open baskets.")
largest = lanner.metrics.gauge("shop_largest", "The largest order.", mode="max")
smallest = lanner.metrics.gauge("shop_smallest", "The smallest order.", mode="min")
version = lanner.metrics.gauge("shop_catalogue", "The catalogue's version.", mode="last")
took = lanner.metrics.histogram("shop_order_seconds", "How long an order took.", buckets=(0.1, 1))
loaded = lanner.metrics.counter("shop_loaded_total", "How often the module was loaded.")
loaded.inc()

client_requests = prometheus_client.Counter("client_requests", "Requests.", ["path"])
client_size = prometheus_client.Histogram("client_size", "Sizes.", buckets=(1, 2))
client_time = prometheus_client.Summary("client_time_seconds", "Times.")
client_open = prometheus_client.Gauge("client_open", "Open things.", multiprocess_mode="livesum")
client_each = prometheus_client.Gauge("client_each", "One a process.")
client_info = prometheus_client.Info("client_build", "The build.")
client_info.info({"version": "1.2"})
client_state = prometheus_client.Enum("client_state", "The state.", states=["on", "off"])


def application(environ, start_response):
    path = environ["PATH_INFO"]
    body = b"ok"
    if path == "/gauges-together":
        path = "/gauges"
        with open(os.environ["LEDGER"], "a") as ledger:
            ledger.write(f"{lanner.worker.slot}\n")
        while len(open(os.environ["LEDGER"]).readlines()) < lanner.worker.workers:
            time.sleep(0.01)
    if path == "/slow":
        path = "/count"
        time.sleep(0.005)
    if path == "/count":
        orders.inc(kind="book")
        visits.inc()
        took.observe(0.5)
        client_requests.labels("/count").inc()
        client_size.observe(1.5)
        client_time.observe(0.25)
    elif path == "/gauges":
        number = lanner.worker.slot + 1
        baskets.set(number)
        largest.set(number)
        smallest.set(number)
        version.set(number)
        client_open.set(number)
        client_each.set(number)
        client_state.state("off")
        body = str(lanner.worker.slot).encode()
    elif path == "/many":
        for number in range(1500):
            orders.inc(kind=str(number))
    elif path == "/own":
        body = prometheus_client.generate_latest()
    elif path == "/pid":
        body = str(os.getpid()).encode()
    elif path == "/child":
        pid = os.fork()
        if pid == 0:
            visits.inc()
            os._exit(0)
        os.waitpid(pid, 0)
    elif path == "/trace":
        body = (environ.get("HTTP_TRACEPARENT", "") + " " + environ.get("HTTP_TRACESTATE", "")).encode()
    elif path == "/hostile":
        from lanner import metrics

        metrics.store.open()
        for key in (b"\xff" * 50, b"", metrics.marshal.dumps(("bad name\n", "counter", "sum", "", (), (), ""), 2)):
            metrics.store._append("x", key)
        metrics.store.memory[metrics.store.used : metrics.store.used + 4] = b"\xff\xff\xff\xff"
        metrics.store.doubles[0] = float(metrics.store.used + 4096)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
