"""What ``mypy --strict`` must find in an app: a mistake that it does not find leaves its ``type: ignore`` unused, which is an error too."""
from __future__ import annotations

import lanner
from lanner.live_settings import Snapshot

# Names.
lanner.spwan  # type: ignore[attr-defined]


# Decorators.
@lanner.process.setup  # type: ignore[type-var]
def needs_an_argument(pool: object) -> None: ...


@lanner.process.teardown  # type: ignore[type-var]
def needs_one_too(pool: object) -> None: ...


@lanner.thread.setup  # type: ignore[type-var]
def and_this(pool: object) -> None: ...


@lanner.before_fork  # type: ignore[type-var]
def before(pool: object) -> None: ...


@lanner.after_fork  # type: ignore[type-var]
def after(pool: object) -> None: ...


@lanner.once
def model(path: str) -> int:
    return len(path)


model(3)  # type: ignore[arg-type]
model("m").upper()  # type: ignore[attr-defined]
lanner.fork.register(17)  # type: ignore[type-var]
lanner.process.ensure(1)  # type: ignore[call-arg]


@lanner.settings.on_change  # type: ignore[type-var]
def changed() -> None: ...


# Facts.
lanner.worker.kind == "webb"  # type: ignore[comparison-overlap]
lanner.worker.name  # type: ignore[attr-defined]


# Background work.
def send(address: str) -> bytes:
    return address.encode()


lanner.spawn(send)  # type: ignore[call-arg]
lanner.spawn(send, 17)  # type: ignore[arg-type]
lanner.spawn(send, "ann", subject="hello")  # type: ignore[call-arg]
lanner.spawn(send, "ann").result().upper().encode()  # type: ignore[attr-defined]


# Jobs.
@lanner.job
def receipt(order: int) -> str:
    return str(order)


@lanner.job(every="5m")
def tick(number: int = 0) -> int:
    return number


receipt("17")  # type: ignore[arg-type]
receipt(17).bit_length()  # type: ignore[attr-defined]
tick("1")  # type: ignore[arg-type]
receipt.enqueue("17")  # type: ignore[call-overload]
receipt.enqueue(17, copy=True)  # type: ignore[call-overload]
receipt.enqueue(17, delay=[5])  # type: ignore[call-overload]
receipt.enqueue(17, key=17)  # type: ignore[call-overload]
receipt.enqueue(17, at="2030-01-01T00:00:00Z", delay=5)  # type: ignore[call-overload]
receipt.enqueue(17).close()  # type: ignore[attr-defined]
lanner.job(cron=5)  # type: ignore[call-overload]
lanner.job(overlap="never")  # type: ignore[call-overload]
lanner.job(missed="all")  # type: ignore[call-overload]
lanner.job(evry="5m")  # type: ignore[call-overload]
lanner.job(arguments="17")  # type: ignore[call-overload]
lanner.job(17)  # type: ignore[call-overload]

# Locks.
lanner.lock(17)  # type: ignore[arg-type]
lanner.lock("x", timeout="5s")  # type: ignore[arg-type]
lanner.lock("x").acquire("5s")  # type: ignore[arg-type]
with lanner.lock("x") as held:
    held.number = "1"  # type: ignore[assignment]
    held.release()  # type: ignore[attr-defined]

# Live settings.
lanner.settings["currency"] = "EUR"  # type: ignore[index]
lanner.settings.update([("currency", "EUR")])  # type: ignore[arg-type]
lanner.settings.update({"currency": "EUR"}, if_version="17")  # type: ignore[arg-type]
lanner.settings[17]  # type: ignore[index]


def both(snapshot: Snapshot) -> None:
    snapshot["currency"] = "EUR"  # type: ignore[index]


# Metrics.
lanner.metrics.counter("orders_total")  # type: ignore[call-arg]
lanner.metrics.counter("orders_total", "Orders.").set(3)  # type: ignore[attr-defined]
lanner.metrics.counter("orders_total", "Orders.").inc("1")  # type: ignore[arg-type]
lanner.metrics.counter("orders_total", "Orders.").labels("book").observe(1)  # type: ignore[attr-defined]
lanner.metrics.gauge("baskets", "Baskets.", mode="average")  # type: ignore[arg-type]
lanner.metrics.histogram("took", "Time.", buckets=["1"])  # type: ignore[list-item]
lanner.metrics.summary("took", "Time.")  # type: ignore[attr-defined]

# Errors.
try:
    pass
except lanner.SettingsError as error:
    error.version  # type: ignore[attr-defined]
