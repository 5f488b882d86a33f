"""``req`` and ``resp`` as ``pre_request`` and ``post_request`` see them."""
from __future__ import annotations

from typing import Any, Callable, Iterator, Optional

from lanner.file_wrapper import FileWrapper


class Request:
    """Read from the environ when it is asked for: most hooks want the method and the path."""

    __slots__ = ("environ",)

    trailers: list[Any] = []
    proxy_protocol_info = None
    fragment = ""
    req_number = 1

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def uri(self) -> str:
        return str(self.environ["RAW_URI"])

    @property
    def path(self) -> str:
        """As the client wrote it, without the query."""
        return self.uri.partition("?")[0]

    @property
    def query(self) -> str:
        return str(self.environ.get("QUERY_STRING", ""))

    @property
    def scheme(self) -> str:
        return str(self.environ["wsgi.url_scheme"])

    @property
    def version(self) -> tuple[int, int]:
        major, _, minor = str(self.environ.get("SERVER_PROTOCOL", "HTTP/1.1")).partition("/")[2].partition(".")
        return int(major or 1), int(minor or 0)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Pairs, the names in capitals."""
        found = []
        for name, value in self.environ.items():
            if name.startswith("HTTP_"):
                found.append((name[5:].replace("_", "-"), value))
            elif name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
                found.append((name.replace("_", "-"), value))
        return found

    @property
    def body(self) -> Any:
        return self.environ["wsgi.input"]

    @property
    def remote_addr(self) -> Any:
        return self.environ.get("REMOTE_ADDR", ""), int(self.environ.get("REMOTE_PORT") or 0)

    peer_addr = remote_addr

    def should_close(self) -> bool:
        """The client's connection is the front end's."""
        return False


class Response:
    """What the app has answered, told to ``post_request``; ``sent`` counts the body's bytes."""

    __slots__ = ("req", "status", "status_code", "headers", "headers_sent", "sent", "_start")

    chunked = False
    upgrade = False
    must_close = False
    version = "Lanner"

    def __init__(self, req: Request, start_response: Callable[..., Any]) -> None:
        self.req = req
        self.status: Optional[str] = None
        self.status_code: Optional[int] = None
        self.headers: list[tuple[str, str]] = []
        self.headers_sent = False
        self.sent = 0
        self._start = start_response

    @property
    def response_length(self) -> Optional[int]:
        for name, value in self.headers:
            if name.lower() == "content-length":
                return int(value)
        return None

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        write: Callable[[bytes], None] = self._start(status, headers, exc_info)
        self.status, self.headers = status, headers
        code = str(status).partition(" ")[0]
        self.status_code = int(code) if code.isdigit() else None
        self.headers_sent = True

        def counted(data: bytes) -> None:
            self.sent += len(data)
            write(data)

        return counted

    def counting(self, result: Any) -> Any:
        """The app's return value, such that its bytes are counted. Lists and files keep their quick ways."""
        kind = type(result)
        if kind is list or kind is tuple:
            self.sent += sum(map(len, result))
            return result
        if kind is FileWrapper:
            rest = result.rest()
            if rest is not None:
                self.sent += rest[2]
                return result
        if result is None or isinstance(result, (str, bytes)):
            return result
        return _Counted(self, result)


class _Counted:
    """An iterable whose pieces are counted as they are taken."""

    def __init__(self, response: Response, result: Any) -> None:
        self._response = response
        self._result = result
        if hasattr(result, "close"):
            self.close = result.close

    def __iter__(self) -> Iterator[bytes]:
        response = self._response
        for piece in self._result:
            response.sent += len(piece)
            yield piece
