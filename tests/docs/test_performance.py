"""What docs/performance.md shows: the commands that need no perf."""
from __future__ import annotations

from .blocks import commands, runs


@runs("docs/performance.md", "Profiles", "sh")
def test_profiles(blocks, place):
    [profiled] = commands(blocks[0], 1)
    place.go("/srv")
    with place.start(profiled.rstrip("& ") + " -b 127.0.0.1:8000") as running:
        assert running.get() == "Hello, world!\n"
