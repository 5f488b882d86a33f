"""Bounds on what is worked out, so that no file can make it endless."""
from __future__ import annotations

import pathlib
from typing import Any

LONGEST = 65_536
"""The size of one value: a unit for each character, number and item in it."""

MOST_WORK = 3_000_000
"""For a whole file: a unit for each expression, and for each unit of a value that is made."""

DEEPEST = 50
LARGEST_BITS = 256


class Unknown(Exception):
    """A value that cannot be known without running the file. The text is a clause that says why."""


class Work:
    """What may still be done for this file."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self._left = most

    def spend(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise Unknown("the file is too much to work out")

    def bounded(self, value: Any) -> Any:
        """The value, if it is of a plain type and not too large. Whatever is worked out passes here, so no operand is ever large."""
        if isinstance(value, (type({}.keys()), type({}.values()), type({}.items()))):
            value = list(value)
        self.spend(_size(value, 0))
        return value

    def repeated(self, value: Any, times: int) -> None:
        """Asked before something is made ``times`` as large."""
        if _size(value, 0) * max(times, 0) > LONGEST:
            raise Unknown("it is too long")


def _size(value: Any, depth: int) -> int:
    if depth > DEEPEST:
        raise Unknown("it is nested too deeply")
    if value is None or isinstance(value, (bool, float)):
        size = 1
    elif isinstance(value, int):
        if value.bit_length() > LARGEST_BITS:
            raise Unknown("the number is too large")
        size = 1
    elif isinstance(value, str):
        size = len(value) + 1
    elif isinstance(value, pathlib.PurePath):
        size = len(str(value)) + 1
    elif isinstance(value, (list, tuple, set, dict)):
        size = 1
        for item in value:
            size += _size(item, depth + 1)
            if isinstance(value, dict):
                size += _size(value[item], depth + 1)
            if size > LONGEST:
                break
    else:
        raise Unknown(f"a {type(value).__name__} is no plain value")
    if size > LONGEST:
        raise Unknown("it is too long")
    return size
