"""A worker's side of its control link: what the front end says is dispatched, what it is asked is answered."""
from __future__ import annotations

import itertools
import os
import threading

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    Handler = Callable[[dict[str, Any]], None]


class Gone(Exception):
    """The front end has closed the link, or this is not the process that holds it."""


class Control:
    """One thread at a time reads: the main one as soon as the worker is ready, before that whoever waits for an answer."""

    def __init__(self, link: frames.ControlLink) -> None:
        self._link = link
        self._pid = os.getpid()
        self._handlers: dict[int, Handler] = {}
        self._sending = threading.Lock()
        self._turn = threading.Condition()
        self._early_readers = 0
        self._runs = False
        self._reading = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Answer] = {}
        self._over = False  # told to stop
        self._gone = False

    @property
    def descriptors(self) -> Any:
        """Descriptors that came beside the frames, in order."""
        return self._link.descriptors

    def on(self, kind: int, handler: Handler) -> None:
        """``handler`` takes the frames of this kind; it must not wait."""
        self._handlers[kind] = handler

    def send(self, kind: int, entries: dict[str, Any]) -> None:
        with self._sending:
            self._link.send(kind, entries)

    def require(self) -> None:
        """Raises ``Gone`` in a child of the worker: it cannot ask."""
        if os.getpid() != self._pid:
            raise Gone("this process was forked by the app: only the worker itself can ask the server")

    def number(self) -> int:
        """For a question that may be given up by its number before its answer is here."""
        return next(self._numbers)

    def ask(self, kind: int, entries: dict[str, Any], number: int = 0) -> dict[str, Any]:
        """Sends a question and waits for its answer, a frame of kind ANSWER with the same number. Any thread may ask.
        Raises ``Gone`` when none will come, ``frames.TooLong`` when it is too long to be asked."""
        self.require()
        answer = _Answer()
        number = number or self.number()
        self._waiting[number] = answer
        try:
            self.send(kind, {**entries, "number": number})
            self._await(answer)
        except OSError:
            self._gone = True
        finally:
            self._waiting.pop(number, None)
        if answer.entries is None:
            raise Gone("the server has ended")
        return answer.entries

    def receive_one(self) -> bool:
        """Waits for a frame and handles it; false when the worker is to end."""
        came = self._link.receive()
        if came is None:
            self._gone = self._over = True
            for waiting in list(self._waiting.values()):
                waiting.come.set()
            return False
        kind, entries = came
        if kind == frames.STOP:
            self._over = True
        elif kind == frames.ANSWER:
            answer = self._waiting.get(entries["number"])
            if answer is not None:
                answer.entries = entries
                answer.come.set()
        else:
            handler = self._handlers.get(kind)
            if handler is not None:
                handler(entries)
        return not self._over

    def run(self) -> bool:
        """Handles frames until the worker is told to stop; false when the front end is gone instead."""
        with self._turn:
            self._runs = True
            while self._early_readers:
                self._turn.wait()
        while not self._over:
            self.receive_one()
        return not self._gone

    def run_on(self) -> None:
        """Goes on handling frames after the stop, in a thread: what still runs may ask."""

        def handle() -> None:
            while not self._gone:
                try:
                    self.receive_one()
                except OSError:
                    return

        threading.Thread(target=handle, name="lanner-control", daemon=True).start()

    def _await(self, answer: "_Answer") -> None:
        with self._turn:
            reads = not self._runs
            self._early_readers += reads
        if not reads:
            answer.come.wait()
            return
        try:
            with self._reading:
                while not answer.come.is_set() and not self._gone:
                    self.receive_one()
        finally:
            with self._turn:
                self._early_readers -= 1
                self._turn.notify_all()


class _Answer:
    def __init__(self) -> None:
        self.come = threading.Event()
        self.entries: dict[str, Any] | None = None
