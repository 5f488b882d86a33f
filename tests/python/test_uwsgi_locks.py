"""Locks of an app that exclude across its processes, whatever becomes of their holder."""
import os
import signal
import threading
import time

import pytest
from lanner.peers.uwsgi_api.locks import Locks


@pytest.fixture
def locks():
    descriptor = os.memfd_create("test")
    yield Locks(descriptor)
    os.close(descriptor)


class Child:
    """A forked process that runs ``work`` with a function that tells us something, and then waits to be killed."""

    def __init__(self, work):
        self._read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                work(lambda text: os.write(write, text))
                while True:
                    signal.pause()
            finally:
                os._exit(1)
        os.close(write)

    def told(self):
        return os.read(self._read, 100)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._read)


def test_another_process_waits_until_it_is_free(locks):
    locks.acquire(3)
    child = Child(lambda tell: (locks.acquire(4), tell(b"other"), locks.acquire(3), tell(b"taken")))
    assert child.told() == b"other"
    freed = time.monotonic()
    time.sleep(0.1)
    locks.release(3)
    assert child.told() == b"taken" and time.monotonic() - freed >= 0.1
    assert locks.locked(3) and locks.locked(4)
    child.kill()


def test_it_is_free_when_its_holder_is_killed(locks):
    child = Child(lambda tell: (locks.acquire(0), tell(b"taken")))
    child.told()
    assert locks.locked(0)
    child.kill()
    assert not locks.locked(0)
    locks.acquire(0)


def test_a_forked_child_does_not_hold_what_its_parent_holds(locks):
    locks.acquire(0)
    child = Child(lambda tell: (locks.release(0), tell(b"%d" % locks.locked(0))))
    assert child.told() == b"1"
    child.kill()
    assert locks.locked(0)


def test_threads_of_one_process_exclude_each_other(locks):
    order = []
    locks.acquire(0)
    thread = threading.Thread(target=lambda: (locks.acquire(0), order.append("second"), locks.release(0)))
    thread.start()
    time.sleep(0.05)
    order.append("first")
    locks.release(0)
    thread.join()
    assert order == ["first", "second"] and not locks.locked(0)


def test_the_same_thread_is_told_instead_of_waiting_for_itself(locks):
    locks.acquire(0)
    with pytest.raises(RuntimeError, match="already"):
        locks.acquire(0)
    locks.release(0)
    locks.release(0)
    assert not locks.locked(0)


def test_what_only_looks_like_a_deadlock_to_the_kernel_is_waited_for(locks):
    # The child holds 1 and waits for 0; a thread of ours waits for 1; our main thread holds 0 and will free it.
    locks.acquire(0)
    child = Child(lambda tell: (locks.acquire(1), tell(b"holds"), locks.acquire(0), locks.release(1), tell(b"both")))
    assert child.told() == b"holds"
    time.sleep(0.1)
    thread = threading.Thread(target=locks.acquire, args=(1,))
    thread.start()
    time.sleep(0.1)
    assert thread.is_alive()
    locks.release(0)
    assert child.told() == b"both"
    thread.join(5)
    assert not thread.is_alive()
    child.kill()
