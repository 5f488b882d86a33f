"""Executors: their threads are the template's. In a worker ``submit`` would put work into a queue that nobody reads."""
from __future__ import annotations

import queue
import sys
import threading

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class ThreadPools(Repair):
    name = "ThreadPoolExecutors"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["concurrent.futures.thread"].ThreadPoolExecutor, sys.modules["concurrent.futures._base"].Future)

    def locks(self) -> Iterable[Any]:
        for thing in self.found:
            if hasattr(thing, "_shutdown_lock"):
                yield thing._shutdown_lock

    def threads(self) -> Iterable[Any]:
        return [thread for thing in self.found for thread in list(getattr(thing, "_threads", ()))]

    def repair(self) -> None:
        module: Any = sys.modules["concurrent.futures.thread"]
        module._threads_queues.clear()
        for thing in self.found:
            if isinstance(thing, module.ThreadPoolExecutor):
                _renew(thing)
            else:
                _end(thing)

    def count(self) -> int:
        return sum(1 for thing in self.found if getattr(thing, "_threads", None))


def _renew(executor: Any) -> None:
    keep(executor._work_queue, executor._threads)
    executor._threads = set()
    executor._work_queue = queue.SimpleQueue()
    executor._shutdown_lock = threading.Lock()
    if hasattr(executor, "_idle_semaphore"):
        executor._idle_semaphore = threading.Semaphore(0)


def _end(future: Any) -> None:
    """Work that was not done at the fork is done in the template: who waits for it here is told so."""
    if future._state not in ("PENDING", "RUNNING"):
        return
    base: Any = sys.modules["concurrent.futures._base"]
    if type(future) is not base.Future:
        return
    future._condition = threading.Condition()
    future._done_callbacks = []
    future._waiters = []
    future.set_exception(base.BrokenExecutor("this call was submitted before the worker was forked, and runs in the template"))


class ProcessPools(Repair):
    name = "ProcessPoolExecutors"

    def kinds(self) -> tuple[type, ...]:
        return (sys.modules["concurrent.futures.process"].ProcessPoolExecutor,)

    def threads(self) -> Iterable[Any]:
        for executor in self.found:
            yield getattr(executor, "_executor_manager_thread", None)
            yield getattr(getattr(executor, "_call_queue", None), "_thread", None)

    def repair(self) -> None:
        for executor in self.found:
            if getattr(executor, "_executor_manager_thread", None) is None:
                continue  # it has not begun
            before = dict(vars(executor))
            keep(before)
            more = {"max_tasks_per_child": before["_max_tasks_per_child"]} if before.get("_max_tasks_per_child") else {}
            sys.modules["concurrent.futures.process"].ProcessPoolExecutor.__init__(
                executor, before["_max_workers"], before["_mp_context"], before["_initializer"], before["_initargs"], **more
            )

    def count(self) -> int:
        return sum(1 for executor in self.found if getattr(executor, "_executor_manager_thread", None) is not None)
