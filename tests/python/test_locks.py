"""lanner.lock without a server, and what it says to one."""
from __future__ import annotations

import os
import socket
import threading
import types
from typing import Any, Callable, Iterator

import pytest

import lanner
from lanner import frames, hooks, locks, running
from lanner.control import Control

PATIENCE = 30


@pytest.fixture(autouse=True)
def nothing_is_held() -> Iterator[None]:
    locks._fresh()
    yield
    assert not locks._lines and not locks._threads


def started(work: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def until_waiting(name: str, count: int) -> None:
    """Until so many wait for the lock, besides the one that has it."""
    while len(locks._lines[name]) <= count:
        pass


def test_threads_of_a_process_exclude_each_other() -> None:
    counted = {"n": 0}
    invoices = lanner.lock("invoices")
    numbers: list[int] = []

    def count() -> None:
        for _ in range(100):
            with invoices as held:
                numbers.append(held.number)
                seen = counted["n"]
                os.sched_yield()
                counted["n"] = seen + 1

    for thread in [started(count) for _ in range(8)]:
        thread.join()
    assert counted["n"] == 800
    assert numbers == sorted(set(numbers))


def test_those_who_wait_have_it_in_the_order_of_asking() -> None:
    order: list[int] = []
    first = lanner.lock("x")
    first.acquire()
    threads = []
    for number in range(10):
        def wait(number: int = number) -> None:
            with lanner.lock("x"):
                order.append(number)
        threads.append(started(wait))
        until_waiting("x", number + 1)
    first.release()
    for thread in threads:
        thread.join()
    assert order == list(range(10))


def test_a_timeout_ends_the_waiting() -> None:
    answers: list[bool] = []
    held = lanner.lock("x")
    assert held.acquire(timeout=0) and held.locked()
    started(lambda: answers.extend([lanner.lock("x").acquire(0), lanner.lock("x").acquire(0.01)])).join()
    assert answers == [False, False]
    held.release()
    assert not held.locked()

    def later() -> None:
        mine = lanner.lock("x")
        answers.append(mine.acquire(PATIENCE))
        mine.release()

    started(later).join()
    assert answers == [False, False, True]


def test_with_waits_as_long_as_the_lock_says() -> None:
    answers: list[Any] = []

    def try_in_vain() -> None:
        hasty = lanner.lock("x", timeout=0)
        answers.extend([hasty.acquire(), hasty.acquire(0.01)])
        try:
            with lanner.lock("x", timeout=0.01):
                answers.append("held")
        except lanner.LockTimeout as error:
            answers.append(error)

    with lanner.lock("x"):
        started(try_in_vain).join()
        assert len(locks._lines["x"]) == 1
    assert answers[:2] == [False, False] and str(answers[2]) == "the lock x is still held by another thread after 0.01 s"
    assert isinstance(answers[2], lanner.LockError) and isinstance(answers[2], TimeoutError)
    with lanner.lock("x", timeout=0) as held:
        assert held.number


def test_the_same_thread_is_told_that_it_has_it() -> None:
    with lanner.lock("x"):
        with pytest.raises(RuntimeError, match="this thread holds the lock x already"):
            lanner.lock("x").acquire(timeout=0)
        with lanner.lock("y"):
            pass
    with lanner.lock("x"):
        pass


def test_another_thread_may_release_and_nobody_twice() -> None:
    handed = lanner.lock("x")
    handed.acquire()
    number = handed.number
    started(handed.release).join()
    for what in (handed.release, lambda: handed.number, lanner.lock("x").release):
        with pytest.raises(RuntimeError, match="not held by this object"):
            what()
    assert handed.acquire() and handed.number > number
    handed.release()


def test_a_forked_child_holds_nothing_and_can_take_it() -> None:
    held = lanner.lock("x")
    held.acquire()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            assert not held.locked()
            with pytest.raises(RuntimeError, match="not held"):
                held.release()
            with held:
                status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    held.release()


@pytest.mark.parametrize("name, error", [("", ValueError), ("x" * 201, ValueError), ("\ud800", ValueError), (b"x", TypeError), (None, TypeError)])
def test_a_bad_name_is_refused(name: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="the name of a lock"):
        lanner.lock(name)


@pytest.mark.parametrize("timeout", [-1, float("inf"), float("nan")])
def test_a_bad_timeout_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match="the timeout of a lock"):
        lanner.lock("x").acquire(timeout)
    with pytest.raises(ValueError, match="the timeout of a lock"):
        lanner.lock("x", timeout=timeout)


def test_an_exception_while_it_waits_leaves_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(threading.Event):
        def wait(self, timeout: Any = None) -> bool:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(locks, "threading", types.SimpleNamespace(**{**vars(threading), "Event": Interrupted}))
        with pytest.raises(KeyboardInterrupt):
            lanner.lock("x").acquire()  # granted, and interrupted all the same
    held = lanner.lock("x")
    assert held.acquire(0)
    with monkeypatch.context() as patched:
        patched.setattr(locks, "threading", types.SimpleNamespace(**{**vars(threading), "Event": Interrupted}))
        errors: list[BaseException] = []

        def wait() -> None:
            try:
                lanner.lock("x").acquire()
            except KeyboardInterrupt as error:
                errors.append(error)

        started(wait).join()
    assert len(errors) == 1 and len(locks._lines["x"]) == 1
    held.release()


@pytest.fixture
def front_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[frames.ControlLink]:
    """This process as a worker, and the other end of its control link."""
    ours, theirs = socket.socketpair()
    control = Control(frames.ControlLink(theirs))
    monkeypatch.setattr(hooks, "_managed", True)
    monkeypatch.setattr(running, "control", control)
    with ours, theirs:
        link = frames.ControlLink(ours)
        link.control = control  # type: ignore[attr-defined]
        yield link


def answer(link: frames.ControlLink, code: str = "", fence: str = "") -> dict[str, Any]:
    """Answers the next question and gives it."""
    asked = link.receive()
    assert asked is not None and asked[0] == frames.LOCK_ACQUIRE, asked
    link.send(frames.ANSWER, {"number": asked[1]["number"], "fence": fence, "code": code, "message": f"because of {code}"})
    return asked[1]


def test_a_question_and_its_release_have_one_number(front_end: frames.ControlLink) -> None:
    asked: list[dict[str, Any]] = []
    thread = started(lambda: asked.append(answer(front_end, fence=str(2**40))))
    with lanner.lock("x") as held:
        assert (held.name, held.number) == ("x", 2**40)
    thread.join()
    assert asked == [{"number": asked[0]["number"], "name": "x", "patience": ""}]
    assert front_end.receive() == (frames.LOCK_RELEASE, {"number": asked[0]["number"]})


def test_a_lock_that_the_node_has_lost_says_so(front_end: frames.ControlLink) -> None:
    control = front_end.control  # type: ignore[attr-defined]
    lock = lanner.lock("x")
    asked: list[dict[str, Any]] = []
    thread = started(lambda: asked.append(answer(front_end, fence="7")))
    with lock as held:
        thread.join()
        assert lock.locked() and not held.lost
        front_end.send(frames.LOCK_LOST, {"number": asked[0]["number"] + 1})  # another's
        front_end.send(frames.LOCK_LOST, {"number": asked[0]["number"]})
        assert control.receive_one() and not held.lost
        assert control.receive_one() and held.lost
        assert not lock.locked() and held.number == 7
        assert repr(held) == "<lanner.lock 'x' lost, number 7>"
    # It can be asked for again.
    thread = started(lambda: (front_end.receive(), asked.append(answer(front_end, fence="9"))))
    with lock as held:
        thread.join()
        assert lock.locked() and not held.lost and held.number == 9
    assert not locks._turns


def test_refusals_are_told_apart(front_end: frames.ControlLink) -> None:
    asked: list[dict[str, Any]] = []
    thread = started(lambda: asked.append(answer(front_end, "not-in-time")))
    assert lanner.lock("x").acquire(timeout=0.0001) is False
    thread.join()
    assert asked[0]["patience"] == "1"  # not 0, which does not wait
    thread = started(lambda: asked.append(answer(front_end, "not-in-time")))
    with pytest.raises(lanner.LockTimeout):
        lanner.lock("x", timeout=2).__enter__()
    thread.join()
    assert asked.pop()["patience"] == "2000"
    thread = started(lambda: asked.append(answer(front_end, "too-many-waiters")))
    with pytest.raises(locks.LockError, match="because of too-many-waiters"):
        lanner.lock("x").acquire()
    thread.join()
    assert front_end.receive() == (frames.LOCK_RELEASE, {"number": asked[1]["number"]})


def test_an_answer_that_nobody_takes_is_released(front_end: frames.ControlLink, monkeypatch: pytest.MonkeyPatch) -> None:
    control = front_end.control  # type: ignore[attr-defined]

    def interrupted(waiting: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(control, "_await", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lanner.lock("x").acquire()
    asked = answer(front_end, fence="7")
    assert front_end.receive() == (frames.LOCK_RELEASE, {"number": asked["number"]})
    assert not control._waiting


def test_the_end_of_the_server_is_an_error(front_end: frames.ControlLink) -> None:
    def leave() -> None:
        front_end.receive()
        front_end.socket.close()

    thread = started(leave)
    with pytest.raises(locks.LockError, match="the server has ended"):
        lanner.lock("x").acquire()
    thread.join()


def test_a_child_of_a_worker_can_neither_take_nor_release(front_end: frames.ControlLink) -> None:
    thread = started(lambda: answer(front_end, fence="7"))
    held = lanner.lock("x")
    held.acquire()
    thread.join()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            assert not held.locked()
            with pytest.raises(locks.LockError, match="was forked by the app"):
                held.acquire()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert held.locked()
    held.release()


def test_the_template_is_no_place_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_managed", True)
    with pytest.raises(RuntimeError, match="this process is not a worker yet"):
        lanner.lock("x").acquire()
