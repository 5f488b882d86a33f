"""The blocks that a test runs, and a place to run them in."""
from __future__ import annotations

from typing import Any, Iterator

import pytest

from .blocks import ALL, Block
from .place import Place


@pytest.fixture
def blocks(request: Any) -> Iterator[list[Block]]:
    missing = [key for key in request.param if key not in ALL]
    assert not missing, f"the docs have no such block: {missing}"
    found = [ALL[key] for key in request.param]
    for block in found:
        block.was_read = False
    yield found
    unread = [str(block) for block in found if not block.was_read]
    assert not unread, f"the test does not run {', '.join(unread)}"


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    try:
        yield made
    finally:
        made.close()
