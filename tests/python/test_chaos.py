"""The chaos runner can fail: its reader finds what is truncated or malformed, its clients and its join what is lost or done twice."""
import asyncio
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from chaos.answers import AnswerReader, BadAnswer, NoAnswer, Truncated  # noqa: E402
from chaos import due  # noqa: E402
from chaos.clients import Connection, Crowd  # noqa: E402
from chaos.ledgers import TOLD_CUTS, UNTOLD_CUTS, AppLedger, ClientLedger, Outcome, join  # noqa: E402
from chaos.visits import Mix, Upload, Visit  # noqa: E402

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Id: a\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: t\r\n\r\n"


def read(data, piece=None, end=False):
    reader = AnswerReader()
    for at in range(0, len(data), piece or len(data)):
        reader.feed(data[at : at + (piece or len(data))])
    if end:
        reader.end()
    return reader.answer


@pytest.mark.parametrize("piece", [None, 1, 7])
@pytest.mark.parametrize("data", [LENGTH, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH])
def test_reader_takes_an_answer_in_any_pieces(data, piece):
    answer = read(data, piece)
    assert (answer.status, answer.body, answer.keeps_alive) == (200, b"hello", True)


@pytest.mark.parametrize("data", [LENGTH, CHUNKED])
def test_reader_finds_every_truncation(data):
    with pytest.raises(NoAnswer):
        AnswerReader().end()
    for cut in range(1, len(data)):
        with pytest.raises(Truncated):
            read(data[:cut], end=True)


def test_reader_takes_an_answer_that_ends_with_the_connection():
    answer = read(b"HTTP/1.1 200 OK\r\n\r\nhello", end=True)
    assert (answer.body, answer.keeps_alive) == (b"hello", False)


@pytest.mark.parametrize("data", [
    b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    LENGTH + b"!",
    CHUNKED + b"!",
])
def test_reader_refuses_what_is_not_http(data):
    with pytest.raises(BadAnswer):
        read(data)


def test_reader_knows_when_the_connection_is_to_be_closed():
    assert not read(b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n").keeps_alive
    assert not read(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps_alive


def app_ledger(tmp_path, *lines):
    path = tmp_path / "app.ledger"
    path.write_text("".join(f"{line}\n" for line in lines))
    ledger = AppLedger(path)
    ledger.read()
    return ledger


def outcome(subject, result="ok"):
    return Outcome(subject, "quick", result, 0, 0.1)


def test_join_finds_lost_doubled_and_not_executed(tmp_path):
    app = app_ledger(tmp_path, "importing 1 9", "imported 1 9", "begun a 10", "ended a 10", "begun b 10", "begun b 11", "begun c 10")
    verdict = join([outcome("a"), outcome("b"), outcome("c", "truncated"), outcome("d", "reset"), outcome("e")], app)
    assert verdict.requests == 5
    assert [each.subject for each in verdict.lost] == ["c", "d"]
    assert verdict.reasons == {"truncated": 1, "reset": 1}
    assert verdict.twice == ["b"]
    assert verdict.not_executed == ["e"]
    assert not verdict.is_clean


def test_join_is_clean_when_all_is_well(tmp_path):
    assert join([outcome("a")], app_ledger(tmp_path, "begun a 10", "ended a 10")).is_clean


def test_join_tells_what_a_kill_has_cut_from_what_is_lost(tmp_path):
    app = app_ledger(tmp_path, "begun a 10", "begun b 11", "begun d 10")
    died = "502 worker-died"
    outcomes = [outcome("a", died), outcome("b", died), outcome("c", "502 bad-response"), outcome("d", "reset")]
    verdict = join(outcomes, app, killed={10: 0.05}, cuts=TOLD_CUTS)
    assert [each.subject for each in verdict.cut] == ["a"]
    assert [each.subject for each in verdict.lost] == ["b", "c", "d"]  # in a living worker, never begun, and not told
    assert [each.subject for each in join(outcomes, app, killed={10: 0.05}, cuts=UNTOLD_CUTS).cut] == ["a", "d"]


def test_join_allows_only_a_few_on_the_threshold_of_the_app(tmp_path):
    app = app_ledger(tmp_path)
    kill = {10: 5.0}
    near, far = (Outcome("a", "quick", "502 worker-died", started, 0.1) for started in (5.0, 7.0))
    assert join([near], app, kill).may_be_on_threshold(1)
    assert not join([near, near], app, kill).may_be_on_threshold(1)
    assert [each.started for each in join([near, far], app, kill).lost] == [7.0]


def test_join_finds_the_one_that_a_kill_has_doubled(tmp_path):
    assert join([outcome("a")], app_ledger(tmp_path, "begun a 10", "begun a 11"), killed={10: 0.05}).twice == ["a"]


def test_app_ledger_waits_for_the_end_of_a_line(tmp_path):
    ledger = app_ledger(tmp_path, "begun a 10")
    with open(tmp_path / "app.ledger", "a") as file:
        file.write("begun b 1")
        file.flush()
        ledger.read()
        assert list(ledger.begun) == ["a"]
        file.write("1\n")
    ledger.read()
    assert ledger.begun == {"a": [10], "b": [11]}


class Script:
    """A server that answers each connection as told: a list of answers for each; None closes without one."""

    def __init__(self, *connections):
        self.connections = list(connections)

    async def serve(self, reader, writer):
        for answer in self.connections.pop(0):
            head = await reader.readuntil(b"\r\n\r\n")
            subject = head.split(b"id=")[1].split(b" ")[0].split(b"&")[0]
            if answer is None:
                break
            writer.write(answer.replace(b"ID", subject))
        writer.close()


def right(extra=b""):
    return b"HTTP/1.1 200 OK\r\nX-Id: ID\r\n" + extra + b"Transfer-Encoding: chunked\r\n\r\n3\r\nt-1\r\n1\r\n\n\r\n0\r\n\r\n"


def visits(tmp_path, script, steps):
    """Runs ``steps`` with a crowd on a server that follows the script."""
    async def run():
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        crowd = Crowd(server.sockets[0].getsockname()[1], Mix("t"), ClientLedger(tmp_path / "clients.ledger"), 1)
        await steps(crowd)
        server.close()
        return [each.result for each in crowd.ledger.outcomes]

    return asyncio.run(run())


@pytest.mark.parametrize("answer, result", [
    (right(), "ok"),
    (None, "reset"),
    (right()[:-1], "truncated"),
    (right()[:20], "truncated"),
    (right().replace(b"t-1", b"t-2"), "wrong body"),
    (right().replace(b"ID", b"other"), "wrong id"),
    (b"HTTP/1.1 502 Bad Gateway\r\nLanner-Error: worker-died\r\nContent-Length: 0\r\n\r\n", "502 worker-died"),
    (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "503"),
    (b"nonsense\r\n\r\n", "not HTTP: status line b'nonsense'"),
])
def test_client_tells_every_loss(tmp_path, answer, result):
    async def once(crowd):
        await crowd.visit(Visit("t-1"))

    assert visits(tmp_path, Script([answer]), once) == [result]


def test_client_that_is_refused_or_not_answered(tmp_path):
    async def never(reader, writer):
        await reader.read()
        writer.close()

    script = Script()
    script.serve = never

    async def steps(crowd):
        crowd.timeout = 0.05
        await crowd.visit(Visit("t-1"))
        crowd.port = 1
        await crowd.visit(Visit("t-1"))

    assert visits(tmp_path, script, steps) == ["timed out", "refused"]


def test_client_tells_a_close_between_requests_from_one_after_a_request(tmp_path):
    async def between(crowd):
        _, connection = await crowd.visit(Visit("t-1"))
        while not connection.has_ended():
            await asyncio.sleep(0)

    async def after(crowd):
        _, connection = await crowd.visit(Visit("t-1"))
        assert not connection.has_ended()
        await crowd.visit(Visit("t-1"), connection)

    assert visits(tmp_path, Script([right()]), between) == ["ok"]
    assert visits(tmp_path, Script([right(), None]), after) == ["ok", "reset on keep-alive"]


def test_client_does_not_keep_a_connection_that_is_to_be_closed(tmp_path):
    async def once(crowd):
        assert (await crowd.visit(Visit("t-1")))[1] is None

    assert visits(tmp_path, Script([right(b"Connection: close\r\n")]), once) == ["ok"]


@pytest.mark.parametrize("chunked", [False, True])
def test_upload_is_written_whole(chunked):
    upload = Upload("a", b"0123456789", 3, 0, chunked)
    body = b"".join(part for _, part in upload.parts)
    assert body == (b"4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n" if chunked else b"0123456789")
    assert read(b"HTTP/1.1 200 OK\r\n" + upload.headers[0].encode() + b"\r\n\r\n" + body).body == b"0123456789"


def jobs_book(tmp_path, *lines):
    path = tmp_path / "jobs"
    path.write_text("".join(f"{line}\n" for line in lines))
    return due.Book.read(path)


def due_run(number, state="succeeded", instant=10.0, attempt=1):
    return due.Run(number, "j0", instant, attempt, state)


def test_join_of_runs_is_clean_when_all_is_well(tmp_path):
    book = jobs_book(tmp_path, "begun 1 10 5", "ended 1 10 6", "begun 2 11 5", "begun 5 10 7", "ended 5 10 8", "begun 6 11 9", "ended 6 11 9")
    runs = [due_run(1), due_run(2, "interrupted", 20), due_run(3, "skipped", 30), due_run(4, "waiting", 40), due_run(5, "succeeded", 20, attempt=2),
            due_run(6, "interrupted", 50), due_run(7, "interrupted", 60)]
    assert due.join(runs, book, killed=[11]) == []
    assert book.begun[1] == [(10, 5e-9)]


@pytest.mark.parametrize("runs, lines, killed, fault", [
    ([due_run(1), due_run(2)], ["begun 1 10 5", "ended 1 10 5", "begun 2 10 5", "ended 2 10 5"], [], "an instant is in the ledger twice"),
    ([due_run(1)], ["begun 1 10 5", "begun 1 11 5", "ended 1 11 6"], [10], "a run was begun twice"),
    ([], ["begun 1 10 5"], [], "a run is not in the ledger"),
    ([due_run(1, "skipped")], ["begun 1 10 5"], [], "a run has begun that should not have"),
    ([due_run(1, "waiting")], ["begun 1 10 5", "ended 1 10 6"], [], "a run has begun that should not have"),
    ([due_run(1, "running")], ["begun 1 10 5"], [10], "a run that a kill has cut is not told as interrupted"),
    ([due_run(1, "interrupted")], ["begun 1 10 5"], [], "a run was cut in a process that nobody has killed"),
    ([due_run(1, "claimed")], [], [], "a run has neither ended nor was it interrupted"),
    ([due_run(1)], [], [], "a run is told as succeeded that has not come to its end"),
    ([due_run(1, "failed")], [], [], "a run has failed"),
])
def test_join_of_runs_finds_every_fault(tmp_path, runs, lines, killed, fault):
    faults = due.join(runs, jobs_book(tmp_path, *lines), killed)
    assert any(each.startswith(fault) for each in faults), faults


def test_due_instants_that_are_missing_are_found():
    there = [due.Run(number, f"j{number}", at, 1, "skipped") for number in range(due.JOBS) for at in (10.0, 20.0, 30.0)]
    assert due.missing(there, 10, since=5, until=39.9) == []
    assert due.missing([run for run in there if (run.job, run.due) != ("j7", 20.0)], 10, since=5, until=39.9) == ["j7 at 20"]
    assert len(due.missing(there, 10, since=5, until=40)) == due.JOBS
