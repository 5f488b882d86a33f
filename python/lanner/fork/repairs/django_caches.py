"""Django's caches: a backend keeps its client, and the client its connections."""
from __future__ import annotations

import sys

from .. import keep
from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Where the backends of Django and of its best-known packages keep the client that they make at first use.
_CLIENTS = ("_cache", "_client", "_clients")
_IN_PROCESS = ("django.core.cache.backends.locmem", "django.core.cache.backends.dummy", "django.core.cache.backends.filebased", "django.core.cache.backends.db")


class Caches(Repair):
    name = "Django caches"

    def kinds(self) -> tuple[type, ...]:
        base = sys.modules.get("django.core.cache.backends.base")
        return (base.BaseCache,) if base else ()

    def repair(self) -> None:
        for cache in self._remote():
            for name in _CLIENTS:
                client = vars(cache).get(name)
                if client is None:
                    continue
                keep(client)
                if isinstance(getattr(type(cache), name, None), property):
                    continue
                if name in getattr(type(cache), "__dict__", {}) or _is_cached(type(cache), name):
                    del vars(cache)[name]  # a cached_property is computed anew
                elif isinstance(client, list):
                    vars(cache)[name] = [None] * len(client)
                else:
                    vars(cache)[name] = None

    def count(self) -> int:
        return sum(1 for cache in self._remote() if any(vars(cache).get(name) is not None for name in _CLIENTS))

    def _remote(self) -> list[Any]:
        return [cache for cache in self.found if type(cache).__module__ not in _IN_PROCESS]


def _is_cached(kind: type, name: str) -> bool:
    return any(type(vars(base).get(name)).__name__ == "cached_property" for base in kind.__mro__)
