"""``lanner.lock``: at most one thread of an app at a time, whichever process it is in."""
from __future__ import annotations

import collections
import itertools
import math
import os
import threading
from types import TracebackType

from . import frames, running
from .control import Control, Gone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Deque, Dict, Optional, Type, Union

LONGEST_NAME = 200  # characters


class LockError(Exception):
    """The lock cannot be had; who asked does not have it."""


class LockTimeout(LockError, TimeoutError):
    """``with`` waited for the lock as long as its ``timeout`` allows; another thread still holds it."""


class Held:
    """One hold of a lock, from its grant until its release."""

    __slots__ = ("name", "number", "_pid", "_turn")

    def __init__(self, name: str, number: int, turn: Union["_Turn", "_TurnHere"]) -> None:
        self.name = name
        self.number = number
        self._pid = os.getpid()
        self._turn = turn

    @property
    def lost(self) -> bool:
        """Whether another may have it by now: in a cluster, this node was taken for gone in the meantime. It does not come back."""
        return self._turn.lost

    def __repr__(self) -> str:
        return f"<lanner.lock {self.name!r} {'lost' if self.lost else 'held'}, number {self.number}>"


class Lock:
    """A lock of the app by its name. Objects with the same name are the same lock; one object may be used by many threads."""

    def __init__(self, name: str, timeout: Optional[float] = None) -> None:
        self.name = name
        self.timeout = timeout
        self._held: Optional[Held] = None

    def acquire(self, timeout: Optional[float] = None) -> bool:
        """Waits until this thread has the lock, in the order of asking. Returns True if the lock was acquired.

        ``timeout``: seconds to wait at most; 0 does not wait; None takes the lock's own. Raises RuntimeError if this thread holds it already."""
        return self._take(self.timeout if timeout is None else timeout) is not None

    def release(self) -> None:
        """Gives it back; any thread may. RuntimeError when it is not held by this object."""
        with _gate:
            held = self._present()
            self._held = None
            _threads.pop(self.name, None)
        held._turn.give_back()

    def locked(self) -> bool:
        """Whether this object holds it, in this process, and has not lost it."""
        held = self._held
        return held is not None and held._pid == os.getpid() and not held.lost

    @property
    def number(self) -> int:
        """The fencing number of this object's hold: greater than that of every earlier hold of this name."""
        return self._present().number

    def __enter__(self) -> Held:
        held = self._take(self.timeout)
        if held is None:
            raise LockTimeout(f"the lock {self.name} is still held by another thread after {self.timeout:g} s")
        return held

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<lanner.lock {self.name!r}{' held' if self.locked() else ''}>"

    def _present(self) -> Held:
        held = self._held
        if held is None or held._pid != os.getpid():
            raise RuntimeError(f"the lock {self.name} is not held by this object")
        return held

    def _take(self, timeout: Optional[float]) -> Optional[Held]:
        patience = None if timeout is None else _milliseconds(timeout)
        if _threads.get(self.name) == threading.get_ident():
            raise RuntimeError(f"this thread holds the lock {self.name} already and would wait for itself for ever")
        try:
            control = running.link("a lock cannot be taken")
        except Gone as error:
            raise LockError(str(error)) from None
        if control is not None:
            control.on(frames.LOCK_LOST, _lose)
        turn: Union[_Turn, _TurnHere] = _TurnHere(self.name) if control is None else _Turn(self.name, control)
        try:
            number = turn.take(patience)
            if number is None:
                return None
            held = Held(self.name, number, turn)
            with _gate:
                _threads[self.name] = threading.get_ident()
                self._held = held
            return held
        except BaseException:
            # Whatever has come of it by now: nobody knows that this thread has it.
            if _threads.get(self.name) == threading.get_ident():
                del _threads[self.name]
                self._held = None
            turn.give_back()
            raise


def lock(name: str, timeout: Optional[float] = None) -> Lock:
    """The lock of this name: at most one thread of the app holds it, whichever of its processes the thread is in: web workers, job workers,
    those of the generation before.

    ``with lanner.lock("invoices") as held:`` waits for it; ``held.number`` is its fencing number. What a process holds is released when it
    ends, however it ends; a child that it forks holds nothing. It is not reentrant. Other apps have locks of their own. ``timeout``: the
    seconds after which ``with`` stops waiting and raises ``LockTimeout``.

    Under another server, and in plain tests, it holds between the threads of this process alone, and numbers begin at 1.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a lock is a str, not {type(name).__name__}")
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"the name of a lock has 1 to {LONGEST_NAME} characters, not {len(name)}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the name of a lock is text that UTF-8 can hold, not {name!r}") from None
    if timeout is not None:
        _milliseconds(timeout)
    return Lock(name, timeout)


# Under Lanner.


def _lose(entries: Dict[str, Any]) -> None:
    turn = _turns.pop(entries["number"], None)
    if turn is not None:
        turn.lost = True


class _Turn:
    """One question for a lock, put to the server."""

    def __init__(self, name: str, control: Control) -> None:
        self._name = name
        self._control = control
        self._question = control.number()
        self.lost = False

    def take(self, patience: Optional[int]) -> Optional[int]:
        """Waits; returns the number of the grant, or None if the lock was not acquired in time."""
        _turns[self._question] = self
        try:
            answer = self._control.ask(
                frames.LOCK_ACQUIRE, {"name": self._name, "patience": "" if patience is None else str(patience)}, self._question
            )
        except Gone as error:
            raise LockError(str(error)) from None
        if answer["code"]:
            _turns.pop(self._question, None)
        if answer["code"] == "not-in-time":
            return None
        if answer["code"]:
            raise LockError(answer["message"])
        return int(answer["fence"])

    def give_back(self) -> None:
        """Releases it, or stops waiting for it; a second time it does nothing."""
        _turns.pop(self._question, None)
        try:
            self._control.send(frames.LOCK_RELEASE, {"number": self._question})
        except OSError:
            pass  # the server has ended, and this process ends with it


_turns: Dict[int, _Turn]  # by the numbers of their questions, until they are over

# Without a server: between the threads of this process.

_gate: threading.Lock
_threads: Dict[str, int]  # the thread that holds each name, of those that this process holds
_lines: Dict[str, Deque["_TurnHere"]]  # of each name: who has it, then who waits
_numbers: "itertools.count[int]"


def _fresh() -> None:
    """Nothing is held: at the start, and in a forked child, whose copies of all this may be of any moment."""
    global _turns, _gate, _threads, _lines, _numbers
    _turns = {}
    _gate = threading.Lock()
    _threads = {}
    _lines = {}
    _numbers = itertools.count(1)


class _TurnHere:
    """One thread's turn in the line of a name."""

    lost = False

    def __init__(self, name: str) -> None:
        self._name = name
        self._come = threading.Event()

    def take(self, patience: Optional[int]) -> Optional[int]:
        with _gate:
            line = _lines.setdefault(self._name, collections.deque())
            if line and patience == 0:
                return None
            line.append(self)
            if line[0] is self:
                self._come.set()
        self._come.wait(None if patience is None else patience / 1000)
        with _gate:
            if line[0] is self:
                return next(_numbers)
            line.remove(self)
            return None

    def give_back(self) -> None:
        with _gate:
            line = _lines.get(self._name, collections.deque())
            if self not in line:
                return
            had_it = line[0] is self
            line.remove(self)
            if not line:
                del _lines[self._name]
            elif had_it:
                line[0]._come.set()


_fresh()
os.register_at_fork(after_in_child=_fresh)


def _milliseconds(timeout: float) -> int:
    """Rounded up: only 0 means not to wait."""
    if not 0 <= timeout < math.inf:
        raise ValueError(f"the timeout of a lock is a number of seconds from 0, or None to wait for ever, not {timeout!r}")
    return math.ceil(timeout * 1000)
