"""One app under many names and made by factories; each answers with its own word."""
from __future__ import annotations

from typing import Any, Callable

from exchange import Environ, answer


def _saying(word: str) -> Callable[[Environ, Any], list[bytes]]:
    def app(environ: Environ, start_response: Any) -> list[bytes]:
        return answer(start_response, word.encode() + b"\n")

    return app


application = _saying("application")
app = _saying("app")
other = _saying("other")


class Site:
    """An app that is an object, reached as `factory_app:site.inner` too."""

    def __init__(self, word: str) -> None:
        self._word = word
        self.inner = _saying("inner")

    def __call__(self, environ: Environ, start_response: Any) -> list[bytes]:
        return answer(start_response, self._word.encode() + b"\n")


site = Site("site")


class Classic:
    """An app that is a class: called with environ and start_response it gives the iterable."""

    def __init__(self, environ: Environ, start_response: Any) -> None:
        self._chunks = answer(start_response, b"classic\n")

    def __iter__(self) -> Any:
        return iter(self._chunks)


def create() -> Callable[[Environ, Any], list[bytes]]:
    """`factory_app:create()`."""
    return _saying("created")


def create_greeting(greeting: str = "hello") -> Callable[[Environ, Any], list[bytes]]:
    """`factory_app:create_greeting()`, `…('good day')`, `…(greeting='good day')`."""
    return _saying(greeting)


def create_failing() -> Any:
    """A factory that raises."""
    raise RuntimeError("the factory failed on purpose")


def create_nothing() -> Any:
    """A factory that forgets to return."""


def create_needing(greeting: str) -> Any:
    """A factory that cannot be called without an argument."""
    return _saying(greeting)


number = 42
