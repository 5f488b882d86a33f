"""Threads that run in the template: a worker has none of them."""
from __future__ import annotations

import functools
import os
import sys
import threading

from . import origins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator

    from .notice import Notice


def running(made_anew: Iterable[Any]) -> Iterator[Notice]:
    """For each thread besides this one and those of repaired objects."""
    spared = {id(thread) for thread in (threading.current_thread(), *made_anew)}
    alive = threading.enumerate()
    for thread in alive:
        if id(thread) in spared or isinstance(thread, threading._DummyThread):
            continue
        yield f"thread {thread.ident}", functools.partial(_text, thread)
    native = _native(len(alive))
    if native:
        yield (
            f"native {native}",
            lambda: f"{native} thread(s) of C code run in the template; no worker has them, and their library may hang there. "
            "Begin to use that library in each worker: in a function marked @lanner.process.setup",
        )


def _text(thread: Any) -> str:
    begins = _line(thread)
    started = origins.of_thread(thread)
    place = f", started at {started}," if started else ""
    where = f" (its function: {begins})" if begins else ""
    return (
        f"the thread {thread.name!r}{place} runs in the template{where}; no worker has it, and what waits for it there waits for "
        "ever. Start it in each worker: in a function marked @lanner.process.setup"
    )


def _line(thread: Any) -> str:
    target = getattr(thread, "_target", None) or type(thread).run
    target = getattr(target, "func", target)  # functools.partial
    code = getattr(target, "__code__", None)
    if code is None or (code.co_filename == threading.__file__ and not isinstance(thread, threading.Timer)):
        return ""
    if isinstance(thread, threading.Timer):
        code = getattr(thread.function, "__code__", code)
    return f"{code.co_filename}:{code.co_firstlineno}"


def _native(known: int) -> int:
    """Threads that Python does not know. Those of OpenBLAS, which comes with numpy, are made anew by it and not counted."""
    if "numpy" in sys.modules and "grpc" not in sys.modules:
        return 0
    try:
        return max(0, len(os.listdir("/proc/self/task")) - known)
    except OSError:
        return 0
