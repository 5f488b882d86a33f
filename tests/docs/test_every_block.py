"""Every block of the README and the docs is run by a test, and the check for that finds one that is not."""
from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

import pytest

from .blocks import ALL, NOT_RUN, claims, read_blocks

for _path in Path(__file__).parent.glob("test_*.py"):
    importlib.import_module(f"{__package__}.{_path.stem}")


@pytest.mark.parametrize("key", ALL, ids=lambda key: str(ALL[key]))
def test_a_block_is_run(key):
    assert key in claims, f"{ALL[key]}: no test runs this {key[2]} block (heading {key[1]!r}): name it with @runs in tests/docs"


def test_every_claim_has_its_block():
    assert {key: test for key, test in claims.items() if key not in ALL} == {}


def test_what_is_not_run_is_in_the_docs():
    lines = [line for key, block in ALL.items() if key[2] == "sh" for line in block.text.splitlines()]
    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []


@pytest.mark.parametrize("key", [key for key in ALL if key[2] == "sh"], ids=lambda key: str(ALL[key]))
def test_a_shell_reads_the_block(key):
    subprocess.run(["sh", "-n"], input=ALL[key].text, text=True, check=True)


def test_a_new_block_is_found_with_its_line():
    page = "# One\n```toml\na = 1\n```\n```toml\nb = 2\n```\n## Two\n\n   ```sh\n   # no heading\n   ```\n~~~\n```\n~~~\n"
    found = read_blocks("new.md", page)
    assert [(key[1:], str(block), block.text) for key, block in found.items()] == [
        (("One", "toml", 1), "new.md:2", "a = 1\n"), (("One", "toml", 2), "new.md:5", "b = 2\n"),
        (("Two", "sh", 1), "new.md:10", "   # no heading\n"), (("Two", "text", 1), "new.md:13", "```\n")]
    assert not found.keys() & claims.keys()


def test_a_block_without_an_end_is_found():
    with pytest.raises(ValueError, match="new.md:3: the block does not end"):
        read_blocks("new.md", "\n\n```sh\nls\n")
