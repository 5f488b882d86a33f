"""What clients ask for: each visit knows its request and what the right answer to it is."""
from __future__ import annotations

import hashlib
import random
from typing import Sequence

from .answers import Answer

CONTENT = random.Random(4).randbytes(300_000)  # of the file that the app serves


class Visit:
    """One request. ``parts`` of its body are written one after the other, each after a pause."""

    kind = "quick"
    method = "GET"

    def __init__(self, subject: str) -> None:
        self.subject = subject

    @property
    def query(self) -> str:
        return ""

    @property
    def target(self) -> str:
        return f"/{self.kind}?id={self.subject}{self.query}"

    @property
    def headers(self) -> Sequence[str]:
        return ()

    @property
    def parts(self) -> Sequence[tuple[float, bytes]]:
        return ()

    @property
    def own_seconds(self) -> float:
        """How long it takes by itself, on any server."""
        return sum(pause for pause, _ in self.parts)

    def head(self, close: bool) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: 127.0.0.1", *self.headers]
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def body(self) -> bytes:
        """That of the right answer."""
        return f"{self.subject}\n".encode()

    def fault(self, answer: Answer) -> str | None:
        """Why the answer is not the right one."""
        if answer.status != 200:
            return f"{answer.status} {answer.headers.get('lanner-error', '')}".strip()
        if answer.headers.get("x-id") != self.subject:
            return "wrong id"
        return None if answer.body == self.body() else "wrong body"


class Wait(Visit):
    kind = "wait"

    def __init__(self, subject: str, milliseconds: int) -> None:
        super().__init__(subject)
        self.milliseconds = milliseconds

    @property
    def query(self) -> str:
        return f"&ms={self.milliseconds}"

    @property
    def own_seconds(self) -> float:
        return self.milliseconds / 1000


class Stuck(Wait):
    """Takes longer than the server allows: 504 is the right answer."""

    kind = "stuck"

    def __init__(self, subject: str, deadline: float) -> None:
        super().__init__(subject, round(20 * deadline * 1000))
        self.deadline = deadline

    @property
    def own_seconds(self) -> float:
        return self.deadline

    def fault(self, answer: Answer) -> str | None:
        got = f"{answer.status} {answer.headers.get('lanner-error', '')}".strip()
        return None if got == "504 request-timeout" else got


class Upload(Visit):
    kind = "upload"
    method = "POST"

    def __init__(self, subject: str, content: bytes, pieces: int, pause: float, chunked: bool) -> None:
        super().__init__(subject)
        self.content, self.pieces, self.pause, self.chunked = content, pieces, pause, chunked

    @property
    def headers(self) -> Sequence[str]:
        return ("Transfer-Encoding: chunked",) if self.chunked else (f"Content-Length: {len(self.content)}",)

    @property
    def parts(self) -> Sequence[tuple[float, bytes]]:
        size = max(1, -(-len(self.content) // self.pieces))
        pieces = [self.content[at : at + size] for at in range(0, len(self.content), size)]
        if self.chunked:
            pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
        return [(self.pause if at else 0, piece) for at, piece in enumerate(pieces)]

    def body(self) -> bytes:
        return f"{self.subject} {len(self.content)} {hashlib.sha256(self.content).hexdigest()}\n".encode()


class Download(Visit):
    kind = "download"

    def __init__(self, subject: str, pieces: int, milliseconds: int, known: bool) -> None:
        super().__init__(subject)
        self.pieces, self.milliseconds, self.known = pieces, milliseconds, known

    @property
    def query(self) -> str:
        return f"&pieces={self.pieces}&ms={self.milliseconds}&length={'known' if self.known else 'unknown'}"

    @property
    def own_seconds(self) -> float:
        return self.pieces * self.milliseconds / 1000

    def body(self) -> bytes:
        return b"".join(f"{self.subject} {at} ".encode().ljust(1023, b".") + b"\n" for at in range(self.pieces))


class File(Visit):
    kind = "file"

    def body(self) -> bytes:
        return CONTENT


class Probe(Visit):
    """Asks the server itself, not the app: it is in no ledger."""

    def __init__(self, path: str) -> None:
        super().__init__("")
        self.path = path

    @property
    def target(self) -> str:
        return self.path


class Mix:
    """Draws visits, each with an id that no other has."""

    def __init__(self, name: str, longest_ms: int = 2000) -> None:
        self._name = name
        self._longest_ms = longest_ms
        self._random = random.Random(1)
        self._count = 0

    def next_id(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}"

    def draw(self) -> Visit:
        """Mostly quick ones; some that take long enough for a reload or a kill to come in their midst."""
        luck, subject = self._random, self.next_id()
        number = luck.random()
        if number < 0.62:
            return Visit(subject)
        if number < 0.80:
            return Wait(subject, luck.randint(5, 40))
        if number < 0.90:
            slow = luck.random() < 0.2
            return Upload(subject, luck.randbytes(luck.choice((0, 100, 20_000, 200_000))), 10 if slow else 1, 0.05, luck.random() < 0.3)
        if number < 0.94:
            return File(subject)
        if number < 0.995:
            return Download(subject, luck.randint(3, 20), 5, luck.random() < 0.5)
        return Download(subject, 40, self._longest_ms // 40, luck.random() < 0.5)
