"""Timers, cron lines, watched files and signals: what is due by a clock that the test sets, and who handles it."""
import os
import signal
import threading
import time

import pytest
from lanner.peers.uwsgi_api import schedule
from lanner.peers.uwsgi_api.locks import Locks
from lanner.peers.uwsgi_api.schedule import Cron, FileMonitor, Schedule, Timer
from lanner.peers.uwsgi_api.signals import Signals


class Clock:
    def __init__(self, wall=0.0):
        self.now, self.wall = 1000.0, wall

    def pass_(self, seconds):
        self.now += seconds
        self.wall += seconds

    def schedule(self, *entries):
        made = Schedule(lambda: self.now, lambda: self.wall)
        for entry in entries:
            made.add(entry)
        return made


def wall(text):
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def test_a_timer_is_due_after_each_period():
    clock = Clock()
    entries = clock.schedule(Timer(1, 10), Timer(2, 4))
    assert entries.wait() == 4 and entries.take() == []
    clock.pass_(4)
    assert entries.take() == [2] and entries.take() == [] and entries.wait() == 4
    clock.pass_(6)
    assert entries.take() == [1, 2] and entries.wait() == 2


def test_times_that_were_missed_are_not_made_up_for():
    clock = Clock()
    entries = clock.schedule(Timer(1, 10))
    clock.pass_(1000)
    assert entries.take() == [1] and entries.take() == [] and entries.wait() == 10


def test_a_counted_timer_ends():
    clock = Clock()
    entries = clock.schedule(Timer(1, 1, 2))
    clock.pass_(1)
    assert entries.take() == [1]
    clock.pass_(1)
    assert entries.take() == [1] and entries.wait() is None


def test_a_period_of_nothing_is_refused():
    with pytest.raises(ValueError, match="more than 0"):
        Timer(1, 0)


def test_cron_is_due_once_in_the_minute_and_just_after_it_began():
    clock = Clock(wall("2026-03-05 23:29:58"))
    entries = clock.schedule(Cron(7, 30, 23, -1, -1, -1))
    assert 2 < entries.wait() < 2.1
    clock.pass_(1.5)  # woken early
    assert entries.take() == []
    clock.pass_(0.6)
    assert entries.take() == [7] and 59 < entries.wait() < 60
    clock.pass_(60)
    assert entries.take() == []


@pytest.mark.parametrize("line, when, due", [
    ((-1, -1, -1, -1, -1), "2026-03-05 12:34:00", True),
    ((34, 12, 5, 3, -1), "2026-03-05 12:34:00", True),
    ((34, 12, 5, 4, -1), "2026-03-05 12:34:00", False),
    ((-5, -1, -1, -1, -1), "2026-03-05 12:35:00", True),
    ((-5, -1, -1, -1, -1), "2026-03-05 12:34:00", False),
    ((-1, -1, -1, -1, 4), "2026-03-05 12:34:00", True),  # a Thursday
    ((-1, -1, -1, -1, 5), "2026-03-05 12:34:00", False),
    ((-1, -1, 5, -1, 1), "2026-03-05 12:34:00", True),  # the day of the month will do
    ((-1, -1, 6, -1, 4), "2026-03-05 12:34:00", True),  # so will the day of the week
    ((-1, -1, 6, -1, 1), "2026-03-05 12:34:00", False),
    ((-1, -1, -1, -1, 7), "2026-03-08 12:34:00", True),  # Sunday is 0 or 7
    ((-1, -1, -1, -1, 0), "2026-03-08 12:34:00", True),
])
def test_cron_lines(line, when, due):
    assert Cron(1, *line).fits(time.localtime(wall(when))) is due


def test_a_watched_file_is_due_when_it_comes_changes_and_goes(tmp_path):
    clock, path = Clock(), tmp_path / "file"
    entries = clock.schedule(FileMonitor(3, str(path)))

    def look():
        clock.pass_(schedule.LOOK_EVERY)
        return entries.take()

    assert look() == []
    path.write_text("one")
    assert look() == [3] and look() == []
    path.write_text("three")
    assert look() == [3]
    path.unlink()
    assert look() == [3] and look() == []


@pytest.fixture
def locks():
    descriptor = os.memfd_create("test")
    yield Locks(descriptor)
    os.close(descriptor)


def test_a_signal_is_handled_in_this_process(locks):
    signals, came = Signals(), threading.Semaphore(0)
    signals.register(5, "", lambda number: came.release() if number == 5 else None)
    with pytest.raises(RuntimeError, match="in a worker only"):
        signals.raise_(5)
    signals.start(1, locks)
    signals.raise_(5)
    signals.raise_(5)
    assert came.acquire(timeout=5) and came.acquire(timeout=5)


def test_a_handler_that_raises_does_not_end_the_next_run(locks, capfd):
    signals, came = Signals(), threading.Semaphore(0)

    def handler(number):
        came.release()
        raise SystemExit("enough")

    signals.register(5, "worker", handler)
    signals.start(1, locks)
    for _ in range(2):
        signals.raise_(5)
        assert came.acquire(timeout=5)
    signals.stop()
    assert capfd.readouterr().err.count("SystemExit: enough") == 2


def test_a_signal_for_other_processes_is_refused(locks):
    signals = Signals()
    signals.register(1, "workers", print)
    signals.register(2, "worker2", print)
    signals.start(1, locks)
    for number in (1, 2):
        with pytest.raises(RuntimeError, match="stays in its process"):
            signals.raise_(number)
    for number in (-1, 256):
        with pytest.raises(ValueError):
            signals.raise_(number)


def test_targets_that_do_not_exist_are_told(locks, capsys):
    Signals().register(1, "mule1", print)
    assert "for 'mule1', which Lanner does not have: one worker handles it" in capsys.readouterr().err


def test_waiting_for_a_signal(locks):
    signals, came = Signals(), []
    signals.start(1, locks)
    waiting = threading.Thread(target=lambda: came.extend([signals.wait(4), signals.received()]))
    waiting.start()
    while not came:
        signals.raise_(3)
        signals.raise_(4)
        time.sleep(0.001)
    waiting.join()
    assert came == [4, 4]


def test_a_handler_that_still_runs_is_not_started_again_by_its_timer(locks):
    signals, begun, go_on = Signals(), [], threading.Event()

    def handler(number):
        begun.append(number)
        go_on.wait(10)

    signals.register(1, "workers", handler)
    signals.add(Timer(1, 0.01))
    signals.start(1, locks)
    while not begun:
        time.sleep(0.001)
    time.sleep(0.1)
    assert begun == [1]
    go_on.set()
    while len(begun) < 2:
        time.sleep(0.001)
    signals.stop()


def test_a_timer_ticks_in_one_process_and_in_the_next_when_that_is_dead(locks):
    signals, (read, write) = Signals(), os.pipe()
    signals.register(1, "", lambda number: os.write(write, b"%7d\n" % os.getpid()))
    signals.add(Timer(1, 0.02))
    pids = []
    for worker in (1, 2):
        pid = os.fork()
        if pid == 0:
            signals.start(worker, locks)
            while True:
                signal.pause()
        pids.append(pid)

    def ticks():
        return {int(os.read(read, 8)) for _ in range(10)}

    (first,) = ticks()
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    (second,) = set(pids) - {first}
    while int(os.read(read, 8)) == first:  # what was in the pipe
        pass
    assert ticks() == {second}
    os.kill(second, signal.SIGKILL)
    os.waitpid(second, 0)


def test_timers_for_one_worker_tick_there(locks):
    for worker, expected in ((1, False), (2, True)):
        signals, came = Signals(), threading.Event()
        signals.register(1, "worker2", lambda number: came.set())
        signals.add(Timer(1, 0.01))
        signals.start(worker, locks)
        assert came.wait(5 if expected else 0.1) is expected
        signals.stop()
