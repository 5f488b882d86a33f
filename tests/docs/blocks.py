"""The fenced code blocks of the README and the docs, and the tests that run them.

A test says which blocks it runs by page, heading and language; it is given them in that order::

    @runs("docs/lifecycle.md", "Deadlines", "toml")
    def test_a_stuck_request(blocks, place):
        [settings] = blocks

The second ``toml`` under a heading is meant by naming the language twice. ``test_every_block.py`` fails for each block that no test names;
a test that does not read a block which it names fails too.
"""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator, Tuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^ *(`{3,}|~{3,}) *([\w+-]*)")

Key = Tuple[str, str, str, int]  # page, heading, language, which of these under the heading
claims: dict[Key, str] = {}  # the test of each

# Commands that are not run, with the reason; their syntax is checked. All others of a block are.
NOT_RUN = {
    "./test": "it runs this",
    "perf record": "perf belongs to the machine's kernel",
    "perf stat": "perf belongs to the machine's kernel",
}


class Block:
    """One block: where it stands, and its text."""

    def __init__(self, page: str, line: int, heading: str, language: str, text: str) -> None:
        self.page, self.line, self.heading, self.language = page, line, heading, language
        self.was_read = False
        self._text = text

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def text(self) -> str:
        self.was_read = True
        return self._text


def read_blocks(page: str, text: str) -> dict[Key, Block]:
    """All blocks of a page, by page, heading, language and number."""
    found: dict[Key, Block] = {}
    heading, opened, lines = "", None, []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened, lines = (fence[1], number, fence[2] or "text"), []
        elif opened is None:
            heading = line.lstrip("# ") if line.startswith("#") else heading
        elif fence and fence[1].startswith(opened[0]) and not fence[2]:
            _, start, language = opened
            which = 1 + sum(1 for key in found if key[:3] == (page, heading, language))
            found[page, heading, language, which] = Block(page, start, heading, language, "\n".join(lines) + "\n")
            opened = None
        else:
            lines.append(line)
    if opened is not None:
        raise ValueError(f"{page}:{opened[1]}: the block does not end")
    return found


ALL: dict[Key, Block] = {}
for _page in PAGES:
    ALL.update(read_blocks(str(_page.relative_to(ROOT)), _page.read_text()))


def runs(page: str, heading: str, *languages: str) -> Any:
    """Marks a test as the one that runs these blocks, which it is given as ``blocks``."""
    keys = [(page, heading, language, 1 + languages[:at].count(language)) for at, language in enumerate(languages)]

    def mark(test: Any) -> Any:
        for key in keys:
            claims.setdefault(key, f"{test.__module__.split('.')[-1]}.py: {test.__name__}")
        return pytest.mark.parametrize("blocks", [pytest.param(keys, id=heading)], indirect=True)(test)

    return mark


def commands(block: Block, known: int) -> list[str]:
    """The commands of an ``sh`` block without comments, as many as the test knows; lines that end with ``\\`` are one. Those of ``NOT_RUN`` are left out."""
    lines = [re.sub(r"(^|\s{2,})# .*$", "", line).strip() for line in block.text.replace("\\\n", " ").splitlines()]
    found = [line for line in lines if line and not line.startswith(tuple(NOT_RUN))]
    assert len(found) == known, f"{block}: {len(found)} commands, of which the test knows {known}:\n" + "\n".join(found)
    return found


def answers(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a ``console`` block with what is shown below it, or as a comment behind it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        command, _, comment = line.partition("  # ")
        yield command.strip(), shown.strip() or comment.strip()
