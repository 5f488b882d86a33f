"""An app that uses all of ``import lanner``, for ``mypy --strict``: each ``assert_type`` says what a name or a call must be.

It is run as well (tests/python/test_types.py), so that what it shows is right.
"""
from __future__ import annotations

import datetime
import logging
import random
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

import lanner
from lanner.jobs import Job
from lanner.live_settings import Snapshot
from lanner.locks import Held, Lock
from lanner.metrics import Counter, CounterSeries, Gauge, GaugeSeries, Histogram, HistogramSeries

if TYPE_CHECKING:
    from typing_extensions import assert_type
else:

    def assert_type(value: object, kind: object) -> None:
        """For the type checker alone."""


begun: List[str] = []


# Decorators give back what they were given.


@lanner.process.setup
def connect() -> str:
    begun.append("connect")
    return "connected"


@lanner.process.teardown
def close() -> int:
    begun.append("close")
    return 1


@lanner.thread.setup
def warm() -> None:
    begun.append("warm")


@lanner.before_fork
def pause() -> None: ...


@lanner.after_fork
def resume() -> None: ...


@lanner.once
def model(path: str, *, quick: bool = False) -> Dict[str, bytes]:
    return {path: b"quick" if quick else b""}


@lanner.fork.register
def new_broker() -> None:
    lanner.fork.keep(begun, object())


@lanner.fork.register
class Broker:
    name = "broker"

    def applies(self) -> bool:
        return False

    def repair(self) -> None: ...


dice = lanner.fork.leave(random.Random(42))


@lanner.settings.on_change
def changed(settings: Snapshot) -> str:
    return str(settings["currency"])


def decorators() -> None:
    set_up: Callable[[], str] = connect
    assert_type(set_up(), str)
    assert_type(close(), int)
    assert_type(lanner.process.ensure(), None)
    assert_type(lanner.thread.ensure(), None)
    assert_type(model("m", quick=True), Dict[str, bytes])
    assert_type(Broker().name, str)
    assert_type(dice, random.Random)
    assert_type(changed(lanner.settings.snapshot), str)


# Who this process is.


def facts() -> None:
    assert_type(lanner.worker.pid, int)
    assert_type(lanner.worker.slot, int)
    assert_type(lanner.worker.generation, int)
    assert_type(lanner.worker.app, str)
    assert_type(lanner.worker.workers + lanner.worker.threads, int)
    assert lanner.worker.kind == "web"
    assert_type(lanner.__version__, str)


# Background work.


def send(address: str, copies: int = 1) -> bytes:
    return address.encode() * copies


def spawned() -> None:
    future = lanner.spawn(send, "ann@example.com", copies=2)
    assert_type(future, "Future[bytes]")
    assert future.result() == b"ann@example.comann@example.com"


# Jobs.


@lanner.job
def send_receipt(order: int, copy_to: Optional[str] = None) -> str:
    return f"{order} {copy_to}"


@lanner.job(cron="30 23 * * *", timezone="Europe/Berlin", overlap="queue", missed="run_all", missed_limit=3, retries=2, retry_pause="10s",
            timeout=datetime.timedelta(hours=1), priority=5, context_url="/", arguments=[7], keep="7d", keep_runs=10)
def close_day(limit: int) -> List[int]:
    return [limit]


@lanner.job(name="tick", every=1.5)
def tick() -> None: ...


@lanner.job(at=datetime.datetime(2026, 12, 31, tzinfo=datetime.timezone.utc), arguments={"year": 2026})
def end_year(year: int) -> None: ...


AnyJob = Job[..., str]


def jobs() -> None:
    any_job: AnyJob = send_receipt
    assert_type(any_job.enqueue(17), str)
    assert_type(send_receipt(17), str)
    assert_type(send_receipt(17, copy_to="bob"), str)
    assert_type(close_day(3), List[int])
    assert_type(send_receipt.name, str)
    assert_type(send_receipt.function(17), str)
    assert_type(lanner.job(send, name="send_mail")("ann", 1), bytes)
    runs = [
        send_receipt.enqueue(17),
        send_receipt.enqueue(order=17, copy_to="bob"),
        send_receipt.enqueue(17, delay="1s"),
        send_receipt.enqueue(17, delay=datetime.timedelta(seconds=1), key="receipt-17"),
        send_receipt.enqueue(17, key=None),
        send_receipt.enqueue(17, at="2030-01-01T00:00:00Z"),
        close_day.enqueue(),  # the job's own arguments
    ]
    assert_type(runs, List[str])


# Locks.


invoices = lanner.lock("invoices")


def locks() -> Tuple[int, bool]:
    assert_type(invoices, Lock)
    with lanner.lock("prices", timeout=5) as held:
        assert_type(held, Held)
        assert_type(held.number, int)
        assert_type(held.lost, bool)
        assert_type(held.name, str)
    if invoices.acquire(timeout=0.5):
        try:
            return invoices.number, invoices.locked()
        finally:
            invoices.release()
    return 0, False


# Live settings.


def settings() -> None:
    made = lanner.settings.update({"currency": "EUR", "features": {"search": None}})
    assert_type(made, Snapshot)
    assert_type(lanner.settings["currency"], Any)
    assert_type(lanner.settings.version, int)
    assert_type(lanner.settings.latest, Snapshot)
    assert_type(lanner.settings.refresh(), Snapshot)
    assert_type(lanner.settings.replace({"currency": "USD"}, if_version=made.version), Snapshot)
    assert_type(list(lanner.settings), List[str])
    assert_type(lanner.settings.get("no such"), Optional[Any])


# Metrics.


orders = lanner.metrics.counter("shop_orders_total", "Orders taken.", labels=("kind",))
baskets = lanner.metrics.gauge("shop_baskets", "Open baskets.", mode="max")
took = lanner.metrics.histogram("shop_order_seconds", "How long an order took.", buckets=(0.1, 0.5, 1, 5))


def metrics() -> None:
    assert_type(orders, Counter)
    assert_type(baskets, Gauge)
    assert_type(took, Histogram)
    orders.inc(kind="book")
    orders.inc(2, kind="book")
    books = orders.labels("book")
    assert_type(books, CounterSeries)
    books.inc()
    assert_type(books.value, float)
    baskets.set(3)
    baskets.inc()
    baskets.dec(2)
    assert_type(baskets.labels(), GaugeSeries)
    took.observe(0.3)
    assert_type(took.labels(), HistogramSeries)
    with took.time():
        pass
    with took.labels().time():
        pass


# Errors.


def errors() -> List[str]:
    names: List[str] = []
    try:
        settings()
        lanner.settings.update({}, if_version=0)
    except lanner.SettingsConflict as conflict:
        assert_type(conflict.version, int)
        names.append(type(conflict).__name__)
    except lanner.SettingsInvalid as invalid:
        assert_type(invalid.problems, List[Tuple[str, str]])
    except lanner.SettingsError:
        raise
    try:
        with lanner.lock("errors", timeout=0):
            lanner.spawn(take_in_vain).result()
    except lanner.LockTimeout as late:
        timeout: TimeoutError = late
        names.append(type(timeout).__name__)
    except lanner.LockError:
        raise
    try:
        tick.enqueue()
    except lanner.JobError:
        raise
    return names


def take_in_vain() -> None:
    with lanner.lock("errors", timeout=0.01):
        pass


# Logging.


def logs() -> None:
    handler: logging.Handler = lanner.LogHandler()
    handler.setLevel(logging.INFO)


def use_all() -> List[str]:
    """What the test calls."""
    lanner.settings.update({"currency": "CHF"})
    decorators()
    facts()
    spawned()
    jobs()
    locks()
    settings()
    metrics()
    logs()
    return errors()
