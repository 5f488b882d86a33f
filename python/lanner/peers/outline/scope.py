"""What names stand for at one place of the file."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

PROCESSORS = "cpu_count()"
"""The mark of a value that is counted from the processors of this machine; the others are environment variables, ``$NAME``."""


@dataclass
class Binding:
    """One name: a value, or why it is unknown. ``marks`` are what the value depends on."""

    value: Any = None
    unknown: str = ""
    marks: frozenset[str] = frozenset()
    origin: str = ""  # the dotted name of what was imported
    reference: str = ""  # the object as APP names it: module:name


@dataclass
class Scope:
    """The names of the module, or of a function within it."""

    parent: Optional["Scope"] = None
    names: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Optional[Binding]:
        found = self.names.get(name)
        if found is None and self.parent is not None:
            return self.parent.find(name)
        return found

    def names_of(self, value: Any) -> list[str]:
        """All names of one and the same list, dict or set."""
        return [name for name, binding in self.names.items() if binding.value is value]
