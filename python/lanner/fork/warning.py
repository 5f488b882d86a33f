"""A warning: what tells it apart from others, and how to come by its text, which is looked for only once."""
from __future__ import annotations

from typing import Callable, Tuple

Warning = Tuple[str, Callable[[], str]]
