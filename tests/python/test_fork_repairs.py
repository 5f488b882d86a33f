"""What each package needs after a fork. Servers are stand-ins of some lines; real ones are in tests/Functional.Tests/Forks."""
import getpass
import os
import re
import shutil
import subprocess
import time

import pytest

from forking import fork_app
from test_fork_sockets import echo  # noqa: F401 (a fixture)


def differ(answers):
    """No value is the same in any two answers."""
    return all(len({repr(value) for value in column}) == len(column) for column in zip(*answers))


def test_random_numbers_of_every_kind_differ(tmp_path):
    done = fork_app(tmp_path, """
        import random, secrets, uuid, tempfile
        random.seed(1)
        own, system = random.Random(2), random.SystemRandom()
        class Dice(random.Random):
            def __init__(self): random.Random.seed(self)
            def seed(self, sides): pass
        dice = Dice()
        held = {"a": [random.Random(3)]}
        def check():
            return [random.random(), own.random(), system.random(), dice.random(), held["a"][0].random(), str(uuid.uuid4()), secrets.token_hex()]
    """, workers=6)
    assert differ(done.answers)
    assert "3 random.Random objects" in done.log
    assert done.warnings == []


def test_what_is_left_alone_gives_the_same_numbers(tmp_path):
    done = fork_app(tmp_path, """
        import random, lanner
        same = lanner.fork.leave(random.Random(2))
        def check():
            return same.random()
    """, workers=3)
    assert len(set(done.answers)) == 1


def test_thread_pools_work_and_lost_work_is_told(tmp_path):
    done = fork_app(tmp_path, """
        import concurrent.futures, threading
        gate = threading.Event()
        pool = concurrent.futures.ThreadPoolExecutor(2)
        pool.submit(int).result()
        waiting = [pool.submit(gate.wait) for _ in range(4)]
        def check():
            try:
                waiting[3].result(5)
            except concurrent.futures.BrokenExecutor as error:
                return [pool.submit(lambda: 7).result(5), str(error)]
        def parent():
            gate.set()
            return waiting[3].result(5)
    """)
    assert done.warnings == []
    assert [answer[0] for answer in done.answers] == [7, 7]
    assert "runs in the template" in done.answers[0][1]
    assert done.parent is True


def test_process_pools_begin_anew(tmp_path):
    done = fork_app(tmp_path, """
        import concurrent.futures, multiprocessing
        pool = concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
        pool.submit(int).result()
        def check():
            answer = pool.submit(abs, -5).result(20)
            pool.shutdown()
            return answer
        def parent():
            answer = pool.submit(abs, -6).result(20)
            pool.shutdown()
            return answer
    """)
    assert done.warnings == []
    assert (done.answers, done.parent) == ([5, 5], 6)


def test_multiprocessing_runs_its_hooks_and_leaves_the_templates_children_alone(tmp_path):
    done = fork_app(tmp_path, """
        import multiprocessing, multiprocessing.util, os, time
        class Thing: pass
        thing, told = Thing(), []
        multiprocessing.util.register_after_fork(thing, lambda it: told.append(os.getpid()))
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,), daemon=True)
        child.start()
        def check():
            multiprocessing.util._exit_function()
            return told == [os.getpid()]
        def parent():
            alive = child.is_alive()
            child.kill()
            return alive
    """)
    assert (done.answers, done.parent) == ([True, True], True)


def test_a_queue_listener_writes_on_and_a_socket_handler_connects_anew(tmp_path):
    done = fork_app(tmp_path, """
        import logging, logging.handlers, queue, socket, threading
        server = socket.create_server(("127.0.0.1", 0))
        heard = []
        class Heard(logging.Handler):
            def emit(self, record): heard.append(record.getMessage())
        records = queue.Queue()
        listener = logging.handlers.QueueListener(records, Heard())
        listener.start()
        far = logging.handlers.SocketHandler(*server.getsockname())
        log = logging.getLogger("shop")
        log.addHandler(logging.handlers.QueueHandler(records))
        log.addHandler(far)
        log.error("before")
        first = far.sock.getsockname()
        def check():
            log.error("after")
            listener.stop()
            return [heard[-1], far.sock.getsockname() != first]
    """)
    assert done.answers == [["after", True]] * 2


def test_an_event_loop_of_the_template_works_in_each_worker(tmp_path):
    done = fork_app(tmp_path, """
        import asyncio
        loop = asyncio.new_event_loop()
        loop.run_until_complete(asyncio.sleep(0))
        async def answer():
            future = loop.run_in_executor(None, lambda: 4)
            await asyncio.sleep(0.01)
            return await future
        def check():
            return loop.run_until_complete(answer())
        def parent():
            return loop.run_until_complete(answer())
    """)
    assert (done.answers, done.parent) == ([4, 4], 4)
    assert done.warnings == []


def test_sqlalchemy_engines_have_new_pools_and_memory_databases_stay(tmp_path):
    pytest.importorskip("sqlalchemy")
    done = fork_app(tmp_path, """
        import os, sqlalchemy
        from sqlalchemy.pool import QueuePool, StaticPool
        made = []
        file = sqlalchemy.create_engine("sqlite:///%s/shop.db", poolclass=QueuePool)
        memory = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        sqlalchemy.event.listen(file, "connect", lambda *_: made.append(os.getpid()))
        def count(engine):
            with engine.begin() as link:
                link.execute(sqlalchemy.text("insert into t values (1)"))
                return link.execute(sqlalchemy.text("select count(*) from t")).scalar()
        for engine in (file, memory):
            with engine.begin() as link:
                link.execute(sqlalchemy.text("create table t (n integer)"))
        def check():
            return [count(file), count(memory), made[-1] == os.getpid()]
        def parent():
            return [count(file), count(memory), set(made) == {os.getpid()}]
    """ % tmp_path)
    assert done.answers == [[1, 1, True], [2, 1, True]]
    assert done.parent == [3, 1, True]
    assert "1 SQLAlchemy engines" in done.log and done.warnings == []


def test_django_connects_anew_and_its_cache_too(tmp_path):
    pytest.importorskip("django")
    done = fork_app(tmp_path, """
        import os, django
        from django.conf import settings
        settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "%s/shop.db"}},
            CACHES={"default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": "127.0.0.1:1"},
                    "near": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}})
        django.setup()
        from django.core.cache import cache, caches
        from django.db import connection, transaction
        with connection.cursor() as cursor:
            cursor.execute("create table t (n integer)")
        caches["near"].set("a", 1)
        before, client = connection.connection, cache._cache
        def check():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("insert into t values (1)")
            return [connection.connection is not before, caches["near"].get("a"), cache._cache is not client]
        def parent():
            with connection.cursor() as cursor:
                return cursor.execute("select count(*) from t").fetchone()[0]
    """ % tmp_path)
    assert done.answers == [[True, 1, True]] * 2
    assert done.parent == 2
    assert done.warnings == []


@pytest.fixture
def memcached(tmp_path):
    if shutil.which("memcached") is None:
        pytest.skip("no memcached")
    path = str(tmp_path / "memcached.sock")
    server = subprocess.Popen(["memcached", "-s", path, "-u", "root" if os.geteuid() == 0 else getpass.getuser()])
    until = time.monotonic() + 20
    while not os.path.exists(path) and time.monotonic() < until:
        time.sleep(0.01)
    yield path
    server.terminate()
    server.wait()


def test_django_with_a_real_memcached_gets_its_own_answers(tmp_path, memcached):
    pytest.importorskip("django")
    pytest.importorskip("pymemcache")
    done = fork_app(tmp_path, """
        import os, django
        from django.conf import settings
        settings.configure(CACHES={"default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": "unix:%s"}})
        from django.core.cache import cache
        cache.set("template", 1)
        template = os.getpid()
        def check():
            mine = [f"{os.getpid()}-{n}" for n in range(200)]
            for key in mine:
                cache.set(key, key)
            return [sum(cache.get(key) == key for key in mine), cache.get("template")]
        def parent():
            return cache.get("template")
    """ % memcached, workers=4)
    assert (done.answers, done.parent) == ([[200, 1]] * 4, 1)
    assert done.warnings == []


def test_numpy_generators_differ(tmp_path):
    pytest.importorskip("numpy")
    done = fork_app(tmp_path, """
        import numpy
        numpy.random.seed(1)
        numpy.random.standard_normal()
        old, new, bits = numpy.random.RandomState(2), numpy.random.default_rng(3), numpy.random.Philox(4)
        other = numpy.random.RandomState(numpy.random.PCG64(5))
        def check():
            return [float(v) for v in (numpy.random.standard_normal(), old.random(), new.random(), numpy.random.Generator(bits).random(), other.random())]
    """, workers=4)
    assert differ(done.answers)


def test_pycryptodome(tmp_path):
    pytest.importorskip("Cryptodome")
    done = fork_app(tmp_path, "from Cryptodome import Random\nr = Random.new()\ndef check(): return [r.read(8).hex()]\n", workers=3)
    assert differ(done.answers)


def test_pycrypto_is_told_on_both_sides(tmp_path):
    (tmp_path / "Crypto").mkdir()
    (tmp_path / "Crypto" / "__init__.py").write_text("")
    (tmp_path / "Crypto" / "Random.py").write_text("told = 0\ndef atfork():\n    global told; told += 1\n")
    done = fork_app(tmp_path, "import Crypto.Random\ndef check(): return Crypto.Random.told\ndef parent(): return Crypto.Random.told\n", workers=1)
    assert (done.answers, done.parent) == ([2], 1)


@pytest.fixture
def site():
    import http.server
    import threading

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = str(self.client_address[1]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.parametrize("package, make, get", [
    ("urllib3", "urllib3.PoolManager()", "client.request('GET', URL).data.decode()"),
    ("urllib3", "urllib3.connection_from_url(URL)", "client.request('GET', '/').data.decode()"),
    ("requests", "requests.Session()", "client.get(URL).text"),
    ("httpx", "httpx.Client()", "client.get(URL).text"),
])
def test_http_clients_connect_anew(tmp_path, site, package, make, get):
    pytest.importorskip(package)
    done = fork_app(tmp_path, f"""
        import os, {package}
        URL = os.environ["SITE"]
        client = {make}
        first = {get}
        assert {get} == first
        def check():
            return [{get}, {get}]
        def parent():
            return {get} == first
    """, environment={"SITE": site})
    assert done.parent is True
    assert all(one == two for one, two in done.answers) and len({one for one, _ in done.answers}) == 2
    assert done.warnings == []
    assert "connection pools" in done.log


def test_pymemcache_connects_anew(tmp_path, echo):  # noqa: F811
    pytest.importorskip("pymemcache")
    done = fork_app(tmp_path, """
        import os
        from pymemcache.client.base import Client, PooledClient
        address = ("127.0.0.1", int(os.environ["PORT"]))
        client, pooled = Client(address), PooledClient(address)
        client._connect()
        with pooled.client_pool.get_and_release() as inner:
            inner._connect()
        def check():
            client._connect()
            client.sock.sendall(b"who\\n")
            with pooled.client_pool.get_and_release() as inner:
                inner.sock is None and inner._connect()
                inner.sock.sendall(b"who\\n")
                return [client.sock.recv(99).decode(), inner.sock.recv(99).decode()]
        def parent():
            client.sock.sendall(b"who\\n")
            return client.sock.recv(99).decode()
    """, environment={"PORT": str(echo.port)})
    assert differ(done.answers)
    assert done.parent == "1 who\n"
    assert done.warnings == []


def test_kombu_forgets_its_connections(tmp_path):
    pytest.importorskip("kombu")
    done = fork_app(tmp_path, """
        import kombu, kombu.pools
        link = kombu.Connection("memory://")
        link.connect()
        with kombu.pools.producers[link].acquire(block=True) as producer:
            producer.publish({}, routing_key="q")
        before = link._connection
        def check():
            fresh = link._connection is None
            with kombu.pools.producers[link].acquire(block=True) as producer:
                producer.publish({}, routing_key="q")
            return [fresh, link.connection is not before]
        def parent():
            return link._connection is before
    """)
    assert done.answers == [[True, True]] * 2
    assert done.parent is True


def test_the_repairs_log_does_not_count_what_is_not_there(tmp_path):
    done = fork_app(tmp_path, "import random, ssl, asyncio, logging.handlers, concurrent.futures.thread, multiprocessing.util\ndef check(): return 1\n")
    assert not re.search(r"\b0 ", done.log)
    assert done.warnings == []
