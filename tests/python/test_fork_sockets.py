"""Connections, databases, threads and locks that a fork would share: cut off, named, or a reason not to start."""
import os
import re
import socket
import threading

import pytest

from forking import fork_app
from lanner import fork


class Echo:
    """A server that answers each line with what connection it came on."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.ends = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        number = 0
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self._answer, args=(sock, number), daemon=True).start()

    def _answer(self, sock, number):
        with sock, sock.makefile("rb") as lines:
            for line in lines:
                sock.sendall(b"%d %s" % (number, line))
        self.ends.append(number)

    def close(self):
        self._listener.close()


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.close()


APP = """
    import os, socket
    def ask(sock):
        try:
            sock.sendall(b"who\\n")
            return sock.recv(100).decode()
        except OSError as error:
            return type(error).__name__
    link = socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))
    def check():
        return ask(link)
    def parent():
        return ask(link)
"""
LINE = 9  # of the connection


def test_a_shared_connection_is_dead_in_the_child_and_lives_on_in_the_parent(tmp_path, echo):
    done = fork_app(tmp_path, APP, environment={"PORT": str(echo.port)})
    assert done.answers == ["BrokenPipeError"] * 2
    assert done.parent == "1 who\n"


def test_a_shared_connection_is_named_once_with_its_line_its_holder_and_the_cure(tmp_path, echo):
    done = fork_app(tmp_path, APP, workers=3, environment={"PORT": str(echo.port)})
    assert len(done.warnings) == 1
    assert f"{done.path}:{LINE} connected to 127.0.0.1:{echo.port}" in done.warnings[0]
    assert "held by shop.link" in done.warnings[0]
    assert "Open it in each worker" in done.warnings[0]


def test_warn_leaves_the_connection_and_says_what_may_happen(tmp_path, echo):
    done = fork_app(tmp_path, APP, on_shared="warn", environment={"PORT": str(echo.port)})
    assert done.answers == ["1 who\n"] * 2
    assert "may cross" in done.warnings[0]


def test_refuse_gives_the_list(tmp_path, echo):
    done = fork_app(tmp_path, APP, on_shared="refuse", environment={"PORT": str(echo.port)})
    assert f"{done.path}:{LINE} connected to 127.0.0.1:{echo.port}" in done.refusal


def test_a_connection_that_is_shared_on_purpose_is_left_alone(tmp_path, echo):
    done = fork_app(tmp_path, APP + "    import lanner; lanner.fork.leave(link)\n", environment={"PORT": str(echo.port)})
    assert done.answers == ["1 who\n"] * 2
    assert done.warnings == []


def test_listening_sockets_and_datagrams_go_on(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statistics:
        statistics.bind(("127.0.0.1", 0))
        statistics.settimeout(5)
        done = fork_app(tmp_path, """
            import os, socket
            listener = socket.create_server(("127.0.0.1", 0))
            statistics = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            statistics.connect(("127.0.0.1", int(os.environ["PORT"])))
            def check():
                statistics.send(b"%d" % os.getpid())
                with socket.create_connection(listener.getsockname()):
                    return [os.getpid(), statistics.getsockname()[1]]
            def parent():
                return statistics.getsockname()[1]
        """, environment={"PORT": str(statistics.getsockname()[1])})
        heard = {int(statistics.recv(100)) for _ in done.answers}
    assert done.warnings == []
    assert heard == {pid for pid, _ in done.answers}
    assert done.parent not in {port for _, port in done.answers}  # an answer comes to who has asked


def test_a_non_blocking_connection_stays_non_blocking_and_a_pair_is_cut_too(tmp_path):
    done = fork_app(tmp_path, """
        import os, socket
        one, other = socket.socketpair()
        one.setblocking(False)
        def check():
            try:
                one.send(b"x")
            except OSError as error:
                return [type(error).__name__, os.get_blocking(one.fileno()), other.recv(1).decode()]
    """)
    assert done.answers == [["BrokenPipeError", False, ""]] * 2
    assert len(done.warnings) == 2


def test_sqlite_every_statement_is_refused_in_the_child_and_the_parent_goes_on(tmp_path):
    done = fork_app(tmp_path, """
        import sqlite3
        file = sqlite3.connect("%s/shop.db", check_same_thread=False)
        file.execute("create table t (n)")
        memory = sqlite3.connect(":memory:")
        memory.execute("create table t (n)")
        def check():
            memory.execute("insert into t values (1)")
            try:
                file.execute("insert into t values (1)")
            except sqlite3.DatabaseError as error:
                fresh = sqlite3.connect("%s/shop.db")
                with fresh:
                    fresh.execute("insert into t values (2)")
                fresh.close()
                return str(error)
        def parent():
            return [sum(1 for _ in file.execute("select * from t")), sum(1 for _ in memory.execute("select * from t"))]
    """ % (tmp_path, tmp_path))
    assert done.answers == ["not authorized"] * 2
    assert done.parent == [2, 0]
    assert len(done.warnings) == 1
    assert f"{done.path}:3 opened the SQLite database {tmp_path}/shop.db (held by shop.file)" in done.warnings[0]


def test_threads_and_held_locks_are_named(tmp_path):
    done = fork_app(tmp_path, """
        import threading
        class Stock:
            def __init__(self):
                self.guard = threading.RLock()
        lock, free, stock, ready = threading.Lock(), threading.Lock(), Stock(), threading.Event()
        def work():
            stock.guard.acquire()
            ready.set()
            threading.Event().wait()
        threading.Thread(target=work, name="stock-keeper", daemon=True).start()
        ready.wait()
        lock.acquire()
        def check():
            return 1
    """, workers=3)
    thread, *locks = done.warnings
    assert "'stock-keeper'" in thread and f"{done.path}:7" in thread and "@lanner.process.setup" in thread
    assert sorted(re.findall(r"the lock (\S+) \((\S+)\)", " ".join(locks))) == [("shop.lock", f"{done.path}:6"), ("shop.stock", f"{done.path}:6")]


def test_an_app_that_shares_nothing_is_told_nothing(tmp_path):
    done = fork_app(tmp_path, "import logging, queue, threading, json\nq = queue.Queue(); e = threading.Event(); c = threading.Condition()\ndef check(): return 1\n")
    assert done.log == ""


def test_a_repair_of_ones_own_and_one_that_fails(tmp_path):
    done = fork_app(tmp_path, """
        import lanner
        done = []
        @lanner.fork.register
        def fails():
            raise ValueError("out of stock")
        @lanner.fork.register
        class Mine:
            def applies(self): return True
            def repair(self): done.append("mine")
        @lanner.fork.register
        class Other:
            def applies(self): return False
            def repair(self): done.append("other")
        lanner.fork.register(lambda: done.append("call"))
        def check():
            return done
    """)
    assert done.answers == [["mine", "call"]] * 2
    assert done.log.count("ValueError: out of stock") == 2
    assert "Traceback" in done.log


def test_what_is_no_repair_is_refused_when_it_is_registered():
    with pytest.raises(TypeError, match="neither"):
        fork.register(3)


def test_the_servers_own_descriptors_are_spared(tmp_path):
    from lanner.fork import sockets

    one, other = socket.socketpair()
    with one, other:
        seen = {connection.number for connection in sockets.connected([one.fileno()])}
        assert other.fileno() in seen and one.fileno() not in seen


def test_thousand_descriptors_are_looked_at_in_no_time(tmp_path):
    done = fork_app(tmp_path, """
        import socket, time
        pairs = [socket.socketpair() for _ in range(400)]
        def check():
            return 1
    """)
    assert done.answers == [1, 1]
