"""uWSGI's signals: numbers with a handler, raised by the app, by timers, by cron lines and by files that change.

Handlers run in a background thread of a worker, one thread for each number, so that a long one delays no other; a timer
whose handler still runs when it is due again waits for its next time. Timers tick in one worker: the one that holds the
lock of their target, which the next worker has as soon as that one has ended. Timers for all workers tick in each."""
from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
from typing import Any, Callable, Optional, Union

from ... import hooks
from . import locks as app_locks
from .schedule import Cron, FileMonitor, Schedule, Timer

COUNT = 256
_EVERYWHERE = ("workers", "active-workers")
_ELSEWHERE = ("mule", "spooler", "farm", "subscribed")  # what uWSGI runs apart from the workers
_LEADER = 1000  # the lock of the one worker in which timers tick; those of worker N: this + N

Entry = Union[Timer, Cron, FileMonitor]
Handler = Callable[[int], Any]


class Clockwork:
    """The thread that waits for what is due; with a lock, only once it holds that."""

    def __init__(self, signals: Signals, schedule: Schedule, locks: app_locks.Locks, lock: Optional[int]) -> None:
        self._signals = signals
        self._schedule = schedule
        self._locks = locks
        self._lock = lock
        self._entries: list[Entry] = []
        self._changed = threading.Condition()
        self._leads = lock is None
        self._stopped = False
        name = "uwsgi-timers" if lock is None else f"uwsgi-timers-{lock - _LEADER}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def add(self, entry: Entry) -> None:
        with self._changed:
            if self._leads:
                self._schedule.add(entry)
            else:
                self._entries.append(entry)
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        if self._lock is not None:
            self._locks.acquire(self._lock)
        with self._changed:
            self._leads = True
            for entry in self._entries:  # their time begins where they tick
                self._schedule.add(entry)
            while not self._stopped:
                for number in self._schedule.take():
                    self._signals.deliver(number, unless_busy=True)
                self._changed.wait(self._schedule.wait())


class _Runner:
    """The thread that runs one number's handler."""

    def __init__(self, signals: Signals, number: int) -> None:
        self._signals = signals
        self._number = number
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self.busy = 0
        threading.Thread(target=self._run, name=f"uwsgi-signal-{number}", daemon=True).start()

    def call(self, unless_busy: bool) -> None:
        with self._gate:
            if self.busy and unless_busy:
                return
            self.busy += 1
        self._calls.put(None)

    def _run(self) -> None:
        while True:
            self._calls.get()
            try:
                hooks.thread.ensure()
                self._signals.handler(self._number)(self._number)
            except BaseException:  # an exit() ends one run, not the thread
                traceback.print_exc()
            with self._gate:
                self.busy -= 1


class Signals:
    """Those of one process. What is registered before the fork begins in each worker after it."""

    def __init__(self, schedule: Callable[[], Schedule] = Schedule) -> None:
        self._make_schedule = schedule
        self._targets: dict[int, str] = {}
        self._handlers: dict[int, Handler] = {}
        self._entries: list[Entry] = []
        self._runners: dict[int, _Runner] = {}
        self._clockworks: dict[Optional[int], Clockwork] = {}
        self._arrived = threading.Condition()
        self._last: dict[int, tuple[int, int]] = {}  # number → how often, and as the how-manieth of all
        self._count = 0
        self._received = threading.local()
        self._locks: Optional[app_locks.Locks] = None
        self._worker = 0
        self._pid = 0

    def start(self, worker: int, locks: app_locks.Locks) -> None:
        """In a worker, after the fork; ``worker`` counts from 1, and is 0 in a job worker."""
        self._arrived = threading.Condition()
        self._worker, self._locks, self._pid = worker, locks, os.getpid()
        for entry in self._entries:
            self._place(entry)

    def stop(self, patience: float = 5.0) -> None:
        """No timer starts any more; what runs has this long."""
        for clockwork in list(self._clockworks.values()):
            clockwork.stop()
        end = time.monotonic() + patience
        while any(runner.busy for runner in list(self._runners.values())) and time.monotonic() < end:
            time.sleep(0.02)

    def register(self, number: int, target: str, handler: Handler) -> None:
        _check(number)
        if not callable(handler):
            raise ValueError(f"the handler of signal {number} is not callable, but {type(handler).__name__}")
        if not isinstance(target, str):
            raise ValueError(f"the target of signal {number} must be a str, not {type(target).__name__}")
        if target.startswith(_ELSEWHERE):
            print(f"uwsgi: signal {number} is for {target!r}, which Lanner does not have: one worker handles it", file=sys.stderr)
        self._targets[number] = target
        self._handlers[number] = handler

    def registered(self, number: int) -> bool:
        return number in self._handlers

    def handler(self, number: int) -> Handler:
        return self._handlers[number]

    def add(self, entry: Entry) -> None:
        _check(entry.signal)
        self._entries.append(entry)
        if self._pid == os.getpid():
            self._place(entry)

    def raise_(self, number: int) -> None:
        """By the app: handled in this process, or refused when its target is another one."""
        _check(number)
        if self._pid != os.getpid():
            raise RuntimeError("signals can be raised in a worker only, not while the app is imported (use uwsgidecorators.postfork) nor in its children")
        target = self._targets.get(number, "")
        if target in _EVERYWHERE or _worker_of(target) not in (0, self._worker):
            raise RuntimeError(
                f"signal {number} is for {target!r}: under Lanner a signal that the app raises stays in its process"
            )
        self.deliver(number)

    def deliver(self, number: int, unless_busy: bool = False) -> None:
        with self._arrived:
            self._count += 1
            self._last[number] = (self._last.get(number, (0, 0))[0] + 1, self._count)
            if number in self._handlers:
                runner = self._runners.get(number)
                if runner is None:
                    runner = self._runners[number] = _Runner(self, number)
                runner.call(unless_busy)
            self._arrived.notify_all()

    def wait(self, number: Optional[int] = None) -> int:
        """Until the signal, or any, comes to this process. Returns which."""
        with self._arrived:
            before = self._count
            while True:
                came = [n for n, (_, when) in self._last.items() if when > before and number in (None, n)]
                if came:
                    self._received.number = came[0]
                    return came[0]
                self._arrived.wait()

    def received(self) -> int:
        """The one that this thread waited for last."""
        return getattr(self._received, "number", 0)

    def _place(self, entry: Entry) -> None:
        assert self._locks is not None
        if self._worker == 0:  # a job worker: as in uWSGI's spoolers nothing ticks there
            return
        target = self._targets.get(entry.signal, "")
        lock: Optional[int] = None
        if target not in _EVERYWHERE:
            only = _worker_of(target)
            if only not in (0, self._worker):
                return
            lock = _LEADER + only
        clockwork = self._clockworks.get(lock)
        if clockwork is None:
            clockwork = self._clockworks[lock] = Clockwork(self, self._make_schedule(), self._locks, lock)
        clockwork.add(entry)


def _worker_of(target: str) -> int:
    """The N of ``workerN``; 0 for any one worker."""
    number = target[6:] if target.startswith("worker") else ""
    return int(number) if number.isdigit() else 0


def _check(number: int) -> None:
    if not 0 <= number < COUNT:
        raise ValueError(f"a signal's number is from 0 to {COUNT - 1}, not {number}")
