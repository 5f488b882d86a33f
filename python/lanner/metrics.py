"""``lanner.metrics``: an app's own numbers, summed by the front end over all its processes and shown at ``/metrics``.

Each process writes into memory that the front end made and reads; so a process that is killed takes nothing with it,
and to count sends no message. Under other servers, and in children that the app forks itself, the same calls count in
the process.

What lies in the memory (``src/Lanner.Wire/MetricMemory.cs`` reads it)::

    0   f64  bytes in use; written last, so that the reader meets whole records only
    8   f64  series that found no room
    16  f64  how often label values have become "other"
    64       records, each a multiple of 8 bytes:
             u32 bytes of the record, u32 bytes of its key, f64 value, f64 time it was set at (seconds), key

A key is marshalled: (metric, type, mode, suffix, label names, label values, help).
"""
from __future__ import annotations

import marshal
import os
import re
import sys
import time
from _thread import allocate_lock
from bisect import bisect_left

from . import descriptors
from .generic import Generic, T

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import RLock
    from typing import Any, Callable, Dict, List, Literal, Optional, Sequence, Tuple, TypeVar

    Place = Tuple[Any, int]
    Mode = Literal["sum", "max", "min", "last"]
    Made = TypeVar("Made", bound="Metric[Any]")
else:
    from _thread import RLock  # threading takes a while to load

__all__ = ["counter", "gauge", "histogram"]

SIZE = 4 * 1024 * 1024  # of the memory; MetricMemory.Size
MOST_SERIES = 1000  # of one metric in one process; what is beyond is counted under the label value "other"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MODES = ("sum", "max", "min", "last")

_FIRST = 64
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")

_lock = RLock()  # of the whole process: a signal handler or destructor that counts meanwhile must not wait for itself
_fence = allocate_lock()
_metrics: Dict[str, Metric[Any]] = {}


class _Store:
    """Where this process counts. Another process has another."""

    def __init__(self) -> None:
        self.memory: Any = None
        self.doubles: Any = None
        self.used = _FIRST
        self.places: Dict[bytes, Place] = {}
        self.series: Dict[str, set[Tuple[str, ...]]] = {}
        self.told: set[str] = set()

    def open(self) -> None:
        """Maps the memory at the first use: a process that counts nothing touches no page of it."""
        if self.memory is not None or descriptors.metrics < 0:
            return
        import mmap

        self.memory = mmap.mmap(descriptors.metrics, SIZE)
        self.doubles = memoryview(self.memory).cast("d")
        descriptors.own_mapping(self.doubles, self.memory)

    def labels(self, name: str, values: Tuple[str, ...]) -> Tuple[str, ...]:
        """The values as they are, or "other" for one series too many."""
        if not values:
            return values
        known = self.series.setdefault(name, set())
        if values in known or len(known) < MOST_SERIES:
            known.add(values)
            return values
        others = ("other",) * len(values)
        if values == others:
            return others
        self.open()
        if self.doubles is not None:
            self.doubles[2] += 1
        self.tell(name, f"{name} has more than {MOST_SERIES} combinations of label values; what is beyond is counted as \"other\": "
                        "a label is for few values, not for ids or paths")
        return others

    def place(self, key: Tuple[Any, ...]) -> Place:
        """The cell of a series: made at its first use."""
        written = marshal.dumps(key, 2)
        place = self.places.get(written)
        if place is None:
            self.open()
            place = self.places[written] = self._append(key[0], written) if self.memory is not None else ([0.0, 0.0], 0)
        return place

    def _append(self, name: str, key: bytes) -> Place:
        at, length = self.used, 24 + (len(key) + 7 & ~7)
        if at + length > SIZE:
            self.doubles[1] += 1
            self.tell("", f"the metrics of this process fill their {SIZE >> 20} MiB: {name} and further series are not shown")
            return [0.0, 0.0], 0
        self.memory[at : at + 8] = length.to_bytes(4, "little") + len(key).to_bytes(4, "little")
        self.memory[at + 24 : at + 24 + len(key)] = key
        self.used = at + length
        with _fence:  # a lock is taken and given back: the record is there before its length
            pass
        self.doubles[0] = self.used
        return self.doubles, (at + 8) // 8

    def tell(self, about: str, text: str) -> None:
        if about not in self.told:
            self.told.add(about)
            print(f"lanner.metrics: {text}", file=sys.stderr)


store = _Store()


def _forked() -> None:
    """In a child: its numbers are its own, and those before the fork stay the parent's."""
    global store, _lock
    _lock = RLock()
    descriptors.metrics = -1
    store = _Store()


os.register_at_fork(after_in_child=_forked)


class Series:
    """One series of a metric: what ``labels`` gives."""

    def __init__(self, metric: Metric[Any], values: Tuple[str, ...]) -> None:
        self._metric = metric
        self._values = values
        self._store: Optional[_Store] = None
        self._places: List[Place] = []

    def _bound(self) -> List[Place]:
        """Its cells in this process."""
        if self._store is not store:
            metric = self._metric
            values = store.labels(metric.name, self._values)
            self._places = [
                store.place((metric.name, metric.type, metric.mode, suffix, metric.labels_names + names, values + more, metric.help))
                for suffix, names, more in metric.parts
            ]
            self._store = store
        return self._places

    @property
    def value(self) -> float:
        """What this process has counted; of a histogram, the sum of what it observed."""
        with _lock:
            cells, at = self._bound()[-1]
            return float(cells[at])


class CounterSeries(Series):
    def inc(self, amount: float = 1) -> None:
        """Counts up."""
        if amount < 0:
            raise ValueError(f"{self._metric.name} is a counter and cannot go down by {-amount}: use a gauge")
        with _lock:
            cells, at = (self._places if self._store is store else self._bound())[0]
            cells[at] += amount


class GaugeSeries(Series):
    def set(self, value: float) -> None:
        with _lock:
            cells, at = self._bound()[0]
            cells[at] = value
            cells[at + 1] = time.time()

    def inc(self, amount: float = 1) -> None:
        with _lock:
            cells, at = self._bound()[0]
            cells[at] += amount
            cells[at + 1] = time.time()

    def dec(self, amount: float = 1) -> None:
        self.inc(-amount)


class HistogramSeries(Series):
    def observe(self, value: float) -> None:
        """Counts a value: in its bucket, and in the sum."""
        with _lock:
            places = self._places if self._store is store else self._bound()
            cells, at = places[bisect_left(self._metric.bounds, value)]
            cells[at] += 1
            cells, at = places[-1]
            cells[at] += value

    def time(self) -> _Timer:
        """A context manager that observes how long its block took, in seconds."""
        return _Timer(self)


class _Timer:
    def __init__(self, series: HistogramSeries) -> None:
        self._series = series

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *error: Any) -> None:
        self._series.observe(time.perf_counter() - self._started)


class Metric(Generic[T]):
    """A metric with its series, one for each combination of label values."""

    series_type: Callable[..., Any] = Series
    type = ""

    def __init__(self, name: str, help: str, labels: Sequence[str], mode: str = "sum", bounds: Tuple[float, ...] = ()) -> None:
        self.name = name
        self.help = help
        self.labels_names = tuple(labels)
        self.mode = mode
        self.bounds = bounds
        self.parts: List[Tuple[str, Tuple[str, ...], Tuple[str, ...]]] = [("", (), ())]
        if self.type == "histogram":
            self.parts = [*(("_bucket", ("le",), (_text(bound),)) for bound in (*bounds, float("inf"))), ("_sum", (), ())]
        self._series: Dict[Tuple[str, ...], T] = {}

    def labels(self, *values: object, **named: object) -> T:
        """The series of these label values, by place or by name. Kept in a variable, it counts fastest."""
        if named:
            if values or set(named) != set(self.labels_names):
                raise ValueError(f"{self.name} has the labels {_list(self.labels_names)}, not {_list(named)}")
            values = tuple(named[name] for name in self.labels_names)
        elif len(values) != len(self.labels_names):
            raise ValueError(f"{self.name} has {len(self.labels_names)} labels ({_list(self.labels_names)}), and was given {len(values)} values")
        texts = tuple([str(value) for value in values])
        series = self._series.get(texts)
        if series is None:
            with _lock:
                # What is beyond the limit shares one series: the values come from outside and must not fill the memory.
                if texts and len(self._series) >= MOST_SERIES:
                    texts = store.labels(self.name, texts)
                series = self._series.setdefault(texts, self.series_type(self, texts))
        return series


class Counter(Metric[CounterSeries]):
    series_type = CounterSeries
    type = "counter"

    def inc(self, amount: float = 1, **labels: object) -> None:
        self.labels(**labels).inc(amount)


class Gauge(Metric[GaugeSeries]):
    series_type = GaugeSeries
    type = "gauge"

    def set(self, value: float, **labels: object) -> None:
        self.labels(**labels).set(value)

    def inc(self, amount: float = 1, **labels: object) -> None:
        self.labels(**labels).inc(amount)

    def dec(self, amount: float = 1, **labels: object) -> None:
        self.labels(**labels).inc(-amount)


class Histogram(Metric[HistogramSeries]):
    series_type = HistogramSeries
    type = "histogram"

    def observe(self, value: float, **labels: object) -> None:
        self.labels(**labels).observe(value)

    def time(self, **labels: object) -> _Timer:
        return _Timer(self.labels(**labels))


def counter(name: str, help: str, labels: Sequence[str] = ()) -> Counter:
    """A number that only goes up, ``shop_orders_total``: the sum over all processes, dead ones too."""
    return _made(Counter(name, help, _checked(name, labels)))


def gauge(name: str, help: str, labels: Sequence[str] = (), mode: Mode = "sum") -> Gauge:
    """A number that goes up and down. Over the living processes it is their ``"sum"``, ``"max"``, ``"min"``, or what was
    set ``"last"``."""
    if mode not in MODES:
        raise ValueError(f"the gauge {name} has the mode {mode!r}, which is none of {_list(MODES)}")
    return _made(Gauge(name, help, _checked(name, labels), mode))


def histogram(name: str, help: str, labels: Sequence[str] = (), buckets: Sequence[float] = BUCKETS) -> Histogram:
    """How often values fell below which bound, and their sum: over all processes, dead ones too."""
    bounds = tuple(float(bound) for bound in buckets)
    if bounds[-1:] == (float("inf"),):
        bounds = bounds[:-1]
    if not bounds or any(not low < high for low, high in zip(bounds, bounds[1:])):
        raise ValueError(f"the buckets of the histogram {name} must be bounds that grow, not {buckets!r}")
    if "le" in labels:
        raise ValueError(f"the histogram {name} cannot have a label \"le\": that is the bound of its buckets")
    return _made(Histogram(name, help, _checked(name, labels), "sum", bounds))


def _checked(name: str, labels: Sequence[str]) -> Sequence[str]:
    if not isinstance(name, str) or not _METRIC_NAME.match(name):
        raise ValueError(f"{name!r} is no name of a metric: letters, digits, _ and :, and no digit first")
    if name.startswith("lanner_"):
        raise ValueError(f"{name!r} begins with lanner_, as the server's own metrics do: choose another name")
    if isinstance(labels, str):
        raise ValueError(f"the labels of {name} are a tuple of names: ({labels!r},)")
    for label in labels:
        if not isinstance(label, str) or not _LABEL_NAME.match(label) or label.startswith("__"):
            raise ValueError(f"{label!r} of {name} is no name of a label: letters, digits and _, no digit first and not __")
    if len(set(labels)) < len(labels):
        raise ValueError(f"{name} has the same label twice: {_list(labels)}")
    return labels


def _made(metric: Made) -> Made:
    """The one metric of this name: modules may be loaded again, and two may ask for the same."""
    with _lock:
        known: Any = _metrics.setdefault(metric.name, metric)
        if known is metric:
            if not metric.labels_names and metric.type != "gauge":  # it is 0; a gauge that was not set is nothing
                metric.labels()._bound()
            return metric
    for what in ("type", "labels_names", "mode", "bounds"):
        if getattr(known, what) != getattr(metric, what):
            raise ValueError(f"{metric.name} is there already with another {what.split('_')[0]}: {getattr(known, what)!r}, not {getattr(metric, what)!r}")
    same: Made = known
    return same


def _text(bound: float) -> str:
    return "+Inf" if bound == float("inf") else repr(bound)


def _list(names: Any) -> str:
    return ", ".join(names) or "none"
