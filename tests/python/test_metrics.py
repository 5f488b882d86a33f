"""lanner.metrics under no server, in threads, in children, and in memory of its own."""
from __future__ import annotations

import marshal
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest

import lanner
from lanner import descriptors, metrics

PYTHON = str(Path(__file__).parents[2] / "python")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No metric of another test, no memory."""
    metrics._metrics.clear()
    metrics.store = metrics._Store()
    yield
    metrics._metrics.clear()
    metrics.store = metrics._Store()
    descriptors.metrics = -1


@pytest.fixture
def memory() -> Iterator[int]:
    """What the front end would have handed over."""
    number = os.memfd_create("test-metrics")
    os.ftruncate(number, metrics.SIZE)
    descriptors.metrics = number
    yield number
    for view, mapping in descriptors._mappings:
        view.release()
        mapping.close()
    descriptors._mappings.clear()
    os.close(number)


def records(number: int) -> Dict[Tuple[Any, ...], float]:
    """Reads the memory as the front end does."""
    import struct

    content = os.pread(number, metrics.SIZE, 0)
    end = int(struct.unpack_from("d", content)[0])
    found, at = {}, 64
    while at < end:
        length, key_length, value = struct.unpack_from("IId", content, at)
        assert length % 8 == 0
        found[marshal.loads(content[at + 24 : at + 24 + key_length])] = value
        at += length
    return found


def test_importing_lanner_does_not_load_metrics() -> None:
    code = "import sys, lanner; print('lanner.metrics' in sys.modules); lanner.metrics; print('lanner.metrics' in sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", code], env={"PYTHONPATH": PYTHON}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_without_a_server_it_counts_in_the_process() -> None:
    orders = lanner.metrics.counter("orders_total", "Orders.", ("kind",))
    orders.inc(kind="a")
    orders.labels("a").inc(2)
    assert orders.labels(kind="a").value == 3
    baskets = metrics.gauge("baskets", "Baskets.")
    baskets.set(5)
    baskets.inc()
    baskets.dec(3)
    assert baskets.labels().value == 3


def test_what_is_counted_stands_in_the_memory(memory: int) -> None:
    metrics.counter("orders_total", "Orders.", ("kind",)).inc(2, kind="ä\n")
    metrics.gauge("baskets", "Baskets.", mode="max").set(-1.5)
    took = metrics.histogram("took_seconds", "Took.", buckets=(0.1, 1))
    took.observe(0.1)
    took.observe(7)
    assert records(memory) == {
        ("orders_total", "counter", "sum", "", ("kind",), ("ä\n",), "Orders."): 2,
        ("baskets", "gauge", "max", "", (), (), "Baskets."): -1.5,
        ("took_seconds", "histogram", "sum", "_bucket", ("le",), ("0.1",), "Took."): 1,
        ("took_seconds", "histogram", "sum", "_bucket", ("le",), ("1.0",), "Took."): 0,
        ("took_seconds", "histogram", "sum", "_bucket", ("le",), ("+Inf",), "Took."): 1,
        ("took_seconds", "histogram", "sum", "_sum", (), (), "Took."): 7.1,
    }


def test_a_counter_without_labels_is_there_at_once_and_a_gauge_is_not(memory: int) -> None:
    metrics.counter("visits_total", "Visits.")
    metrics.gauge("baskets", "Baskets.")
    assert [key[0] for key in records(memory)] == ["visits_total"]


def test_threads_lose_nothing(memory: int) -> None:
    visits = metrics.counter("visits_total", "Visits.")
    took = metrics.histogram("took", "Took.", buckets=(1,))

    def count() -> None:
        for _ in range(5000):
            visits.inc()
            took.observe(0.5)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records(memory)[("visits_total", "counter", "sum", "", (), (), "Visits.")] == 40000
    assert records(memory)[("took", "histogram", "sum", "_sum", (), (), "Took.")] == 20000


def test_a_child_counts_for_itself(memory: int) -> None:
    visits = metrics.counter("visits_total", "Visits.")
    visits.inc()
    pid = os.fork()
    if pid == 0:
        visits.inc()
        os._exit(int(visits.labels().value))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert records(memory)[("visits_total", "counter", "sum", "", (), (), "Visits.")] == 1


def test_full_memory_is_told_once_and_counts_on(memory: int, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(40):
        full = metrics.gauge(f"full_{number}", "x" * 1000, ("a",))
        for value in range(100):
            full.set(1, a="v" * 1000 + str(value))
    told = capsys.readouterr().err
    assert told.count("fill their 4 MiB") == 1
    import struct

    assert 0 < struct.unpack_from("d", os.pread(memory, 16, 0), 8)[0] == 4000 - len(records(memory))
    assert full.labels("v" * 1000 + "99").value == 1


def test_too_many_label_values_become_other_and_are_told_once(memory: int, capsys: pytest.CaptureFixture[str]) -> None:
    orders = metrics.counter("orders_total", "Orders.", ("kind", "size"))
    for number in range(1100):
        orders.inc(kind=number, size="s")
    assert len(records(memory)) == 1001
    assert records(memory)[("orders_total", "counter", "sum", "", ("kind", "size"), ("other", "other"), "Orders.")] == 100
    assert capsys.readouterr().err.count("orders_total has more than 1000 combinations of label values") == 1


def test_the_same_metric_twice_is_one() -> None:
    assert metrics.counter("a_total", "A.", ("x",)) is metrics.counter("a_total", "A again.", ("x",))


@pytest.mark.parametrize(
    "wrong, told",
    [
        (lambda: metrics.counter("1x", ""), "'1x' is no name of a metric: letters, digits, _ and :, and no digit first"),
        (lambda: metrics.counter("x\n", ""), "'x\\n' is no name of a metric"),
        (lambda: metrics.counter("lanner_x", ""), "'lanner_x' begins with lanner_, as the server's own metrics do: choose another name"),
        (lambda: metrics.counter("x", "", "kind"), "the labels of x are a tuple of names: ('kind',)"),
        (lambda: metrics.counter("x", "", ("a-b",)), "'a-b' of x is no name of a label"),
        (lambda: metrics.counter("x", "", ("a", "a")), "x has the same label twice: a, a"),
        (lambda: metrics.counter("x", "", ("a",)).inc(), "x has 1 labels (a), and was given 0 values"),
        (lambda: metrics.counter("x", "", ("a",)).inc(b=1), "x has the labels a, not b"),
        (lambda: metrics.counter("x", "").inc(-1), "x is a counter and cannot go down by 1: use a gauge"),
        (lambda: metrics.gauge("x", "", mode="mean"), "the gauge x has the mode 'mean', which is none of sum, max, min, last"),
        (lambda: metrics.histogram("x", "", buckets=(1, 1)), "the buckets of the histogram x must be bounds that grow, not (1, 1)"),
        (lambda: metrics.histogram("x", "", ("le",)), "the histogram x cannot have a label \"le\""),
        (lambda: (metrics.counter("x", ""), metrics.gauge("x", "")), "x is there already with another type: 'counter', not 'gauge'"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(wrong: Any, told: str) -> None:
    with pytest.raises(ValueError) as error:
        wrong()
    assert told in str(error.value)


def test_prometheus_client_keeps_its_files_when_they_are_asked_for(tmp_path: Path) -> None:
    code = "from lanner import imports; imports.watch(); import prometheus_client.values as v; print(v.ValueClass.__module__)"
    for variables, module in (({}, "lanner.prometheus"), ({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}, "prometheus_client.values")):
        done = subprocess.run(["/usr/bin/python3", "-c", code], env={"PYTHONPATH": PYTHON, **variables}, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == module
