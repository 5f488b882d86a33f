"""What becomes of an app's answer: its status, headers and body as frames. PEP 3333."""
from __future__ import annotations

import marshal
import struct
import time

from . import frames, output
from .channel import Channel, FrontEndGone
from .file_wrapper import FileWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, Iterable, Optional, Tuple, Type, Union

    ExcInfo = Union[Tuple[Type[BaseException], BaseException, TracebackType], Tuple[None, None, None]]

INLINE = 65536  # a body up to this travels in one frame with its head
PIECE = 1 << 20  # a longer one in frames of this size
LONGEST_HEAD = frames.LONGEST - INLINE - 16  # of a frame with a body, or an offset and a count

_NONE: list[tuple[str, str]] = []
_pack = frames.HEADER.pack
_dumps = marshal.dumps
_now = time.monotonic_ns


class BadResponse(Exception):
    """The app broke PEP 3333; the text says how."""


class ClientGone(ConnectionError):
    """Raised from ``write``: nobody reads any more."""


class Exchange:
    """One request's answer while it is made. A thread has one and uses it again for each request."""

    __slots__ = ("channel", "_send", "number", "environ", "started", "status", "headers", "head_sent", "finished", "micros",
                 "_cells", "_cancel_word")

    def __init__(self, channel: Channel, cells: Any, first: int) -> None:
        self.channel = channel
        self._send = channel.socket.sendall
        self._cells = cells
        self._cancel_word = first + 4
        self.micros = 0
        self.begin(0, {}, 0)

    def begin(self, number: int, environ: dict[str, Any], started: int) -> None:
        self.number = number
        self.environ = environ
        self.started = started
        self.status: str | None = None
        self.headers: list[tuple[str, str]] = _NONE
        self.head_sent = False
        self.finished = False

    # What the app calls.

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Optional[ExcInfo] = None
    ) -> Callable[[bytes], None]:
        if exc_info:
            try:
                if self.head_sent or self.finished:
                    error = exc_info[1]
                    assert error is not None
                    raise error.with_traceback(exc_info[2])
            finally:
                exc_info = None  # no cycle through the frame
        elif self.status is not None:
            raise BadResponse("start_response was called a second time without exc_info")
        self.status = status
        self.headers = headers
        return self.write

    def write(self, data: bytes) -> None:
        if self.status is None:
            raise BadResponse("write was called before start_response")
        if self.finished:
            raise BadResponse("write was called after the end of the answer")
        self._piece(data)
        if self._cells[self._cancel_word] == self.number:
            raise ClientGone("the client is gone")

    # What becomes of the app's return value.

    def respond(self, result: Any) -> None:
        kind = type(result)
        if (kind is list or kind is tuple) and not self.head_sent:
            body = result[0] if len(result) == 1 else self._joined(result)
            if type(body) is not bytes:
                body = _as_bytes(body)
            if self.status is None or len(body) > INLINE:
                self._whole(body)
                return
            # The same as _whole, for the answers that are most: without its calls.
            try:
                payload = _dumps((self.status, self.headers), 2) + body
            except ValueError:
                payload = self._head() + body
            if len(payload) > LONGEST_HEAD:
                payload = self._head() + body
            self.finished = True
            self.micros = micros = (_now() - self.started) // 1000
            try:
                self._send(_pack(len(payload), self.number, micros if micros < 0xFFFFFFFF else 0xFFFFFFFF, 16, 0, 0) + payload)
            except OSError:
                raise FrontEndGone from None
        elif kind is FileWrapper and not self.head_sent and self._file(result):
            pass
        else:
            self._iterate(result)

    def _joined(self, chunks: Iterable[bytes]) -> bytes:
        return b"".join([_as_bytes(chunk) for chunk in chunks])

    def _iterate(self, result: Any) -> None:
        if result is None:
            raise BadResponse("the app returned None, not an iterable of bytes")
        if isinstance(result, (str, bytes)):
            if isinstance(result, str):
                raise BadResponse("the app returned a str, not an iterable of bytes")
            result = [result]  # a bytes object iterates over ints; meant was its content
        try:
            chunks = iter(result)
        except TypeError:
            raise BadResponse(f"the app returned {type(result).__name__}, not an iterable of bytes") from None
        without_body = self.environ.get("REQUEST_METHOD") == "HEAD"
        left: int | None = None
        for chunk in chunks:
            if type(chunk) is not bytes:
                chunk = _as_bytes(chunk)
            if not chunk:
                continue
            if self.finished:
                break  # more than the Content-Length that was promised and sent
            if self.head_sent:
                self._piece(chunk)
            elif without_body:
                self._whole(b"")
                return
            else:
                left = self._declared_length()
                if len(chunk) <= INLINE and left == len(chunk):
                    self._whole(chunk)
                else:
                    self._piece(chunk)
            if left is not None:
                left -= len(chunk)
                if left < 0:
                    break  # the same; the front end cuts it off
            if self._cells[self._cancel_word] == self.number:
                break  # nobody is there any more: the iterable is closed by our caller
        if self.finished:
            return
        if self.head_sent:
            self._finish(frames.END, b"")
        else:
            self._whole(b"")

    def _declared_length(self) -> int | None:
        if self.status is not None:
            try:
                for name, value in self.headers:
                    if len(name) == 14 and name.lower() == "content-length":
                        return int(value) if value.isascii() and value.isdigit() else None
            except (AttributeError, TypeError, ValueError):
                pass  # no pairs of str: the front end says what is wrong
        return None

    def _whole(self, body: bytes) -> None:
        """The head and all of the body."""
        if len(body) > INLINE:
            if self._declared_length() is None:
                self._require_start()
                self.headers = [*self.headers, ("Content-Length", str(len(body)))]
            self._large(body, end=True)
            return
        self._finish(frames.RESPONSE, self._head() + body)

    def _piece(self, data: bytes) -> None:
        """A piece of the body, sent at once; the head before the first."""
        if type(data) is not bytes:
            data = _as_bytes(data)
        if len(data) > INLINE:
            self._large(data, end=False)
            return
        frame = _pack(len(data), self.number, 0, frames.DATA, 0, 0) + data if data else b""
        self._put(frame if self.head_sent else self._head_frame() + frame)

    def _large(self, data: bytes, end: bool) -> None:
        """The head if it is still due, the data, and the end if this is all: in as few calls as the kernel allows."""
        number = self.number
        view = memoryview(data)
        before = b"" if self.head_sent else self._head_frame()
        for at in range(0, len(data), PIECE):
            piece = view[at : at + PIECE]
            parts = [before + _pack(len(piece), number, 0, frames.DATA, 0, 0), piece]
            before = b""
            if end and at + PIECE >= len(data):
                parts.append(self._end_frame(frames.END, b""))
            self._put_parts(parts)
            if self._cells[self._cancel_word] == number:
                break
        if end and not self.finished:
            self._finish(frames.END, b"")

    def _head_frame(self) -> bytes:
        head = self._head()
        self.head_sent = True
        return _pack(len(head), self.number, 0, frames.HEAD, 0, 0) + head

    def _file(self, wrapper: FileWrapper) -> bool:
        rest = wrapper.rest()
        if rest is None or self.environ["REQUEST_METHOD"] == "HEAD":
            return False
        descriptor, offset, count = rest
        payload = struct.pack("<qq", offset, count) + self._head()
        self._finish(frames.FILE, payload)
        try:
            self.channel.send_descriptor(self.number, descriptor)
        except OSError:
            raise FrontEndGone from None
        return True

    def _head(self) -> bytes:
        self._require_start()
        try:
            head = _dumps((self.status, self.headers), 2)
        except ValueError:
            if not isinstance(self.headers, list):
                raise BadResponse(f"the headers are not a list, but {type(self.headers).__name__}") from None
            head = _dumps((_plain(self.status), [tuple(map(_plain, pair)) if isinstance(pair, (tuple, list)) else None for pair in self.headers]), 2)
        if len(head) > LONGEST_HEAD:
            raise BadResponse(f"the status and the headers have {len(head):,} bytes; up to {LONGEST_HEAD:,} can be sent")
        return head

    def _require_start(self) -> None:
        if self.status is None:
            raise BadResponse("the app returned without calling start_response")

    def _finish(self, kind: int, payload: bytes) -> None:
        self._put(self._end_frame(kind, payload))

    def _end_frame(self, kind: int, payload: bytes) -> bytes:
        self.micros = micros = (_now() - self.started) // 1000
        self.finished = True
        return _pack(len(payload), self.number, min(micros, 0xFFFFFFFF), kind, 0, 0) + payload

    def give_up(self) -> None:
        """Nobody waits for the rest of the answer."""
        if not self.finished:
            self._finish(frames.END, b"")

    def fail(self, code: str, text: str) -> None:
        """Tells the front end that no answer, or no rest of one, will come."""
        if self.finished:
            output.tell(text)
        else:
            self._finish(frames.ERROR, _dumps((code, text), 2))

    def skip(self, number: int) -> None:
        self._put(_pack(0, number, 0, frames.SKIPPED, 0, 0))

    def _put(self, data: Any) -> None:
        try:
            self._send(data)
        except OSError:
            raise FrontEndGone from None

    def _put_parts(self, parts: list[Any]) -> None:
        """Like ``_put`` for several pieces in one call; the kernel may take less than all."""
        try:
            sent = self.channel.socket.sendmsg(parts)
            for part in parts:
                if sent < len(part):
                    self._send(memoryview(part)[sent:])
                sent = max(0, sent - len(part))
        except OSError:
            raise FrontEndGone from None


def _as_bytes(chunk: Any) -> bytes:
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise BadResponse(f"the body has a piece of type {type(chunk).__name__}, not bytes")


def _plain(value: Any) -> Any:
    """A str or bytes of exactly that type, which is what marshal takes; anything else by its name, for the error."""
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, (bool, bytes)):
        return value
    return [type(value).__name__]
