"""The WSGI side of a worker thread: requests from its channel into the app, answers back. PEP 3333."""
from __future__ import annotations

import marshal
import os
import threading
import time
import traceback
from io import BytesIO
from sys import getrefcount

from . import frames
from .channel import Channel, FrontEndGone
from .live_settings import settings as live_settings
from .output import tell
from .response import BadResponse, ClientGone, Exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

SAMPLE_MASK = 15  # the thread's CPU time is read after every 16th request: the call takes 0.3 µs
LONG_MICROS = 1000  # and after each request that took longer

_now = time.monotonic_ns


def serve(
    app: Callable[..., Any],
    channel: Channel,
    cells: Any,
    first: int,
    constants: dict[str, Any],
    running: list[Any],
    ended: Callable[[], None],
) -> None:
    """Runs requests until the front end closes the channel. ``cells[first:first + 8]`` is this thread's line of the scoreboard;
    ``running[0]`` is the environ of the request that runs; ``ended`` is called after each."""
    exchange = Exchange(channel, cells, first)
    begin, respond = exchange.begin, exchange.respond
    held = getrefcount(exchange)
    ahead, receive = channel.ahead, channel.receive
    loads, now, bytes_io = marshal.loads, _now, BytesIO
    fence = threading.Lock()
    sample = _sampler(cells, first)
    began_at, withdrawn_at = first + 1, first + 5
    count = 0
    home = os.getpid()
    while True:
        came = ahead.popleft() if ahead else receive()
        if came is None:
            return
        number, flags, split, payload = came
        # Begun is stored before the withdrawal is read, with a full fence between (the lock's): see Scoreboard.cs.
        cells[first] = number
        with fence:
            withdrawn = cells[withdrawn_at]
        if withdrawn and _covers(withdrawn, number):
            exchange.skip(number)
            continue
        cells[began_at] = started = now()
        environ = loads(payload)
        environ.update(constants)
        body: Any
        if flags & 1:  # BODY_IN_FILE
            body = open(channel.request_body(number), "rb")
        else:
            body = bytes_io(payload[split:])
        environ["wsgi.input"] = body
        result = None
        if getrefcount(exchange) != held:
            # Something has kept start_response or write() of an earlier request: what it calls late must not reach this one.
            exchange = Exchange(channel, cells, first)
            begin, respond = exchange.begin, exchange.respond
        begin(number, environ, started)
        running[1] = live_settings.current
        running[0] = environ
        try:
            result = app(environ, exchange.start_response)
            respond(result)
        except FrontEndGone:
            _close(result)
            return
        except ClientGone:
            exchange.give_up()
        except BadResponse as error:
            exchange.fail("bad-response", str(error))
        except BaseException as error:  # SystemExit too: an app's exit() ends its request, not the server
            if os.getpid() != home:
                raise  # a child that the app has forked: it is no worker
            exchange.fail("app-error", app_traceback(error))
        if type(result) is not list and result is not None:
            _close(result)
        try:
            body.close()
        except Exception:  # the app has closed its descriptor, taken it apart or holds a view of it
            pass
        running[0] = None
        ended()
        count += 1
        if not count & SAMPLE_MASK or exchange.micros > LONG_MICROS:
            sample(number)
        cells[began_at] = 0


def _covers(withdrawn: int, number: int) -> bool:
    first = withdrawn & 0xFFFFFFFF
    return (number - first) & 0xFFFFFFFF <= ((withdrawn >> 32) - first) & 0xFFFFFFFF


def _sampler(cells: Any, first: int) -> Callable[[int], None]:
    """Writes the thread's CPU time, and the time it waited for a core, to the scoreboard."""
    try:
        schedstat = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
    except OSError:
        schedstat = -1

    def sample(number: int) -> None:
        cells[first + 2] = time.thread_time_ns()
        if schedstat >= 0:
            cells[first + 7] = int(os.pread(schedstat, 64, 0).split()[1])
        cells[first + 3] = number

    return sample


def _close(result: Any) -> None:
    try:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    except BaseException as error:
        tell(app_traceback(error))


def app_traceback(error: BaseException) -> str:
    """Without the server's frames above the app's, and shortened."""
    trace = error.__traceback__
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__")).startswith("lanner."):
        trace = trace.tb_next
    try:
        return frames.shortened("".join(traceback.format_exception(type(error), error, trace)).rstrip())
    except BaseException as another:  # what an exception says of itself is the app's code, and memory may be short
        return f"{type(error).__name__}; its traceback could not be written: {type(another).__name__}"
