"""What is known to break in a fork, and how it is mended: one file for each package.

A repair is looked at only where the package has been imported; nothing is imported for it."""
from __future__ import annotations

import importlib
import sys

from .repair import Repair

# module that has to be imported → file in this folder: its class
_TABLE = (
    ("sqlalchemy.engine.base", "sqlalchemy_engines", "Engines"),
    ("django.db", "django_connections", "Databases"),
    ("django.core.cache", "django_caches", "Caches"),
    ("random", "random_generators", "Generators"),
    ("numpy.random", "numpy_generators", "NumpyGenerators"),
    ("Crypto.Random", "pycrypto_random", "PyCrypto"),
    ("Cryptodome.Random", "pycrypto_random", "PyCryptodome"),
    ("ssl", "openssl_random", "OpenSsl"),
    ("psycopg2.pool", "psycopg2_pools", "Pools"),
    ("psycopg_pool.pool", "psycopg_pools", "Pools"),
    ("urllib3.connectionpool", "urllib3_pools", "Pools"),
    ("httpcore", "httpcore_pools", "Pools"),
    ("redis.connection", "redis_pools", "Pools"),
    ("pymemcache.client.base", "pymemcache_clients", "Clients"),
    ("kombu.connection", "kombu_connections", "Connections"),
    ("multiprocessing.process", "multiprocessing_hooks", "Multiprocessing"),
    ("concurrent.futures.thread", "executors", "ThreadPools"),
    ("concurrent.futures.process", "executors", "ProcessPools"),
    ("logging.handlers", "logging_handlers", "Handlers"),
    ("asyncio.selector_events", "asyncio_loops", "Loops"),
)

_made: dict[tuple[str, str], Repair] = {}


def chosen() -> list[Repair]:
    """The repairs for what is imported by now, in the order of the table."""
    repairs = []
    for module, file, name in _TABLE:
        if module not in sys.modules:
            continue
        key = (file, name)
        if key not in _made:
            _made[key] = getattr(importlib.import_module(f"{__name__}.{file}"), name)()
        repairs.append(_made[key])
    return repairs
