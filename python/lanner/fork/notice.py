"""What the log is told of one thing: a key that tells it apart, and how to come by the text, which is asked for only once."""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Tuple

    Notice = Tuple[str, Callable[[], str]]
