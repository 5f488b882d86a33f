"""``prometheus_client`` over many processes without its files: the values of its metrics lie in the memory of
``lanner.metrics``, and the front end sums them. ``Counter``, ``Gauge`` with its ``multiprocess_mode``, ``Histogram`` and
``Summary`` count there; ``Info`` and ``Enum``, which do not work with its files, are told there too.
"""
from __future__ import annotations

import os
import sys
import time

from . import metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple

_MODES = {"all": "each", "sum": "sum", "max": "max", "min": "min", "mostrecent": "last"}


class Value:
    """What ``prometheus_client.values.ValueClass`` makes: one number of one process."""

    _multiprocess = True

    def __init__(
        self, typ: str, metric_name: str, name: str, labelnames: Any, labelvalues: Any, help_text: str, multiprocess_mode: str = "", **_: Any
    ) -> None:
        mode = "sum"
        if typ == "gauge":
            mode = _MODES.get(multiprocess_mode[4:] if multiprocess_mode.startswith("live") else multiprocess_mode, "each")
        suffix = name[len(metric_name) :]
        if typ == "counter":
            metric_name, suffix = name, ""
        self._parts = metric_name, typ, mode, suffix, tuple(labelnames), tuple(labelvalues), help_text
        self._store: Any = None
        self._place: Any = None
        if typ != "gauge":  # one that was not set is not 0
            with metrics._lock:
                self._bound()

    def _bound(self) -> Any:
        if self._store is not metrics.store:
            name, typ, mode, suffix, names, values, text = self._parts
            own = 1 if suffix == "_bucket" else 0  # the bound of a bucket makes no series of its own
            values = metrics.store.labels(name, values[: len(values) - own]) + values[len(values) - own :]
            self._place = metrics.store.place((name, typ, mode, suffix, names, values, text))
            self._store = metrics.store
        return self._place

    def inc(self, amount: float) -> None:
        with metrics._lock:
            cells, at = self._place if self._store is metrics.store else self._bound()
            cells[at] += amount
            if self._parts[1] == "gauge":
                cells[at + 1] = time.time()

    def set(self, value: float, timestamp: Optional[float] = None) -> None:
        with metrics._lock:
            cells, at = self._bound()
            cells[at] = value
            cells[at + 1] = timestamp or time.time()

    def get(self) -> float:
        with metrics._lock:
            if self._parts[1] == "gauge" and self._store is not metrics.store:
                return 0.0
            cells, at = self._bound()
            return float(cells[at])

    def set_exemplar(self, exemplar: Any) -> None:
        """Exemplars are of one process and are not kept, as with the package's own files."""

    def get_exemplar(self) -> None:
        return None


def take(values: Any) -> None:
    """The module ``prometheus_client.values`` was loaded, and no metric is made yet."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ or "prometheus_multiproc_dir" in os.environ:
        return  # files are what is wanted
    values.ValueClass = Value
    values.get_value_class = lambda: Value


def take_metrics(module: Any) -> None:
    """The module ``prometheus_client.metrics`` was loaded: its kinds without values."""
    if getattr(sys.modules.get("prometheus_client.values"), "ValueClass", None) is not Value:
        return
    _follow(module.Info, "info", lambda one: [("_info", one._value, 1.0)])
    _follow(module.Enum, "state", lambda one: [("", {one._name: state}, float(at == one._value)) for at, state in enumerate(one._states)])


def _follow(kind: Any, method: str, samples: Callable[[Any], Any]) -> None:
    plain = getattr(kind, method)

    def told(self: Any, value: Any) -> None:
        plain(self, value)
        _tell(self, samples(self))

    told.__doc__ = plain.__doc__
    setattr(kind, method, told)


def _tell(one: Any, samples: Any) -> None:
    """What was told before and is told no more is NaN: the front end leaves that out."""
    with metrics._lock:
        if getattr(one, "_lanner_store", None) is not metrics.store:
            one._lanner_store, one._lanner_places = metrics.store, {}
        places: Dict[Tuple[str, ...], Any] = one._lanner_places
        for cells, at in places.values():
            cells[at] = float("nan")
        for suffix, labels, value in samples:
            names = (*one._labelnames, *labels)
            values = metrics.store.labels(one._name, (*one._labelvalues, *(str(label) for label in labels.values())))
            place = places.get((suffix, *values))
            if place is None:
                place = places[(suffix, *values)] = metrics.store.place((one._name + suffix, "gauge", "max", "", names, values, one._documentation))
            cells, at = place
            cells[at] = value
