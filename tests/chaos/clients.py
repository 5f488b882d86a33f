"""Clients: each connection by hand, so that nothing is repeated or smoothed over, and every loss has its reason."""
from __future__ import annotations

import asyncio
import random
import select
import time

from .answers import Answer, AnswerReader, BadAnswer, NoAnswer, Truncated
from .ledgers import ClientLedger, Outcome
from .visits import Mix, Visit


class Lost(Exception):
    """No right answer; the text is the reason."""


class Connection(asyncio.Protocol):
    """One connection to the server, one request at a time."""

    def __init__(self) -> None:
        self.answered = 0
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._over = False
        self._uninvited = False

    @classmethod
    async def open(cls, port: int) -> "Connection":
        try:
            _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        except OSError as error:
            raise Lost("refused" if isinstance(error, ConnectionRefusedError) else "reset") from error
        return connection

    async def exchange(self, visit: Visit, close: bool = False) -> Answer:
        transport = self._transport
        assert transport is not None
        if self._over:
            raise Lost("reset")
        if self._uninvited:
            raise Lost("bytes that nobody asked for")
        self._reader = AnswerReader()
        self._waiting = asyncio.get_running_loop().create_future()
        transport.write(visit.head(close))
        for pause, part in visit.parts:
            if pause:
                await asyncio.wait([self._waiting], timeout=pause)
            if self._waiting.done():
                break  # answered, or lost, before the request was whole
            transport.write(part)
        try:
            answer = await self._waiting
        except NoAnswer:
            raise Lost("reset on keep-alive" if self.answered else "reset") from None
        except Truncated:
            raise Lost("truncated") from None
        except BadAnswer as error:
            raise Lost(f"not HTTP: {error}") from None
        finally:
            self._reader = self._waiting = None
        self.answered += 1
        return answer

    def has_ended(self) -> bool:
        """Whether the server has closed it by now. Asks the kernel: the event loop may not have seen it yet."""
        if self._over or self._transport is None or self._transport.is_closing():
            return True
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        reader, waiting = self._reader, self._waiting
        if reader is None or waiting is None or waiting.done():
            self._uninvited = True
            return
        try:
            reader.feed(data)
        except BadAnswer as error:
            waiting.set_exception(error)
            return
        if reader.answer is not None:
            waiting.set_result(reader.answer)

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._end(truncated=error is not None)

    def _end(self, truncated: bool = False) -> None:
        self._over = True
        reader, waiting = self._reader, self._waiting
        if reader is None or waiting is None or waiting.done():
            return
        try:
            if truncated and reader.begun:
                raise Truncated  # a reset is no end of a body, though it would have ended with the connection
            reader.end()
        except (NoAnswer, Truncated) as error:
            waiting.set_exception(error)
            return
        assert reader.answer is not None
        waiting.set_result(reader.answer)


class Crowd:
    """Clients that come again and again, with pauses, until they are told to stop; every visit is written into the ledger."""

    def __init__(self, port: int, mix: Mix, ledger: ClientLedger, timeout: float) -> None:
        self.port, self.mix, self.ledger, self.timeout = port, mix, ledger, timeout
        self.reopened = 0  # connections that the server closed between two requests, unannounced: no loss
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._random = random.Random(2)

    def start(self, keep_alive: int, new: int, pause: float) -> None:
        """``pause`` is the mean between two visits of a client."""
        self._stop.clear()
        self._tasks += [asyncio.create_task(self._keep_alive_client(pause)) for _ in range(keep_alive)]
        self._tasks += [asyncio.create_task(self._new_client(pause, close=at % 2 == 0)) for at in range(new)]

    async def stop(self) -> None:
        """Lets every client have the answer that it waits for."""
        self._stop.set()
        await asyncio.gather(*self._tasks)
        self._tasks.clear()

    async def visit(self, visit: Visit, connection: Connection | None = None, close: bool = False) -> tuple[Outcome, Connection | None]:
        """One visit, on a new connection unless one is given; returns also the connection if it can be used again."""
        started = time.monotonic()
        answer: Answer | None = None
        reused = connection is not None
        fault: str | None
        try:
            async with asyncio.timeout(self.timeout):
                if connection is None:
                    connection = await Connection.open(self.port)
                answer = await connection.exchange(visit, close)
            fault = visit.fault(answer)
        except Lost as error:
            fault = str(error)
        except TimeoutError:
            fault = "timed out"
        headers = {} if answer is None else answer.headers
        seconds = time.monotonic() - started
        outcome = Outcome(
            visit.subject, visit.kind, fault or "ok", started, seconds, max(0, seconds - visit.own_seconds), reused,
            int(headers.get("x-pid", 0)), headers.get("x-version", ""))
        self.ledger.write(outcome)
        if connection is not None and (fault is not None or answer is None or not answer.keeps_alive or close):
            connection.close()
            connection = None
        return outcome, connection

    async def _keep_alive_client(self, pause: float) -> None:
        connection: Connection | None = None
        while await self._pause(pause):
            if connection is not None and connection.has_ended():
                self.reopened += 1
                connection.close()
                connection = None
            _, connection = await self.visit(self.mix.draw(), connection)
        if connection is not None:
            connection.close()

    async def _new_client(self, pause: float, close: bool) -> None:
        while await self._pause(pause):
            _, connection = await self.visit(self.mix.draw(), close=close)
            if connection is not None:
                connection.close()

    async def _pause(self, mean: float) -> bool:
        """False when it is time to go."""
        try:
            await asyncio.wait_for(self._stop.wait(), self._random.uniform(0, 2 * mean))
        except TimeoutError:
            return True
        return False
