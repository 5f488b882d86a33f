"""What every repair is: the objects it wants found, what of them needs no warning, and how they are mended."""
from __future__ import annotations

from ..inventory import Finds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable


class Repair:
    """Mends the objects of one package. Lives in the template, and by the fork in each worker."""

    name = ""
    """As the log calls what is repaired."""

    def __init__(self) -> None:
        self.found = Finds()

    def kinds(self) -> tuple[type, ...]:
        """The classes whose objects it wants found."""
        return ()

    def sockets(self) -> Iterable[int]:
        """Descriptors that nobody uses after ``repair``: they need no warning, and are cut off whatever ``on_shared`` says."""
        return ()

    def polls(self) -> Iterable[int]:
        """Descriptors of epoll that nobody uses after ``repair``."""
        return ()

    def databases(self) -> Iterable[Any]:
        """sqlite3 connections that nobody uses after ``repair``."""
        return ()

    def locks(self) -> Iterable[Any]:
        """Locks that ``repair`` makes anew: held or not, they need no warning."""
        return ()

    def threads(self) -> Iterable[Any]:
        """Threads of the template that ``repair`` has others started for: they need no warning."""
        return ()

    def before(self) -> None:
        """In the template, before a fork."""

    def repair(self) -> None:
        """In the child, when shared sockets have been cut off: what is said on them now, nobody hears."""

    def count(self) -> int:
        """Of how many objects the log may speak; 0: it says nothing."""
        return len(self.found)
