"""The report on a file, as plain values for JSON."""
from __future__ import annotations

import ast
import math
import pathlib
from typing import Any, Iterable

from .folding import Folder
from .scope import Binding
from .source import Source, Unreadable, is_compound
from .work import Unknown, Work

MOST_NOTES = 20_000


class Notes:
    """One note for each statement that matters, in the order of the file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.all: list[dict[str, Any]] = []

    def value(self, node: ast.stmt, name: str, binding: Binding, work: Work) -> None:
        """A name is given a value."""
        self._add("value", node, self._source.text(node), name=name, **told(binding, work))

    def variable(self, node: ast.stmt, name: str, binding: Binding, work: Work, is_default: bool) -> None:
        """An environment variable is set."""
        self._add("defaultVariable" if is_default else "variable", node, self._source.text(node), name=name, **told(binding, work))

    def function(self, node: ast.stmt, name: str, names: set[str]) -> None:
        """A function is defined, which may set ``names``."""
        self._add("function", node, self._source.header(node), name=name, names=sorted(names))

    def condition(self, node: ast.If, names: set[str], marks: Iterable[str]) -> None:
        """The branch not taken would set ``names``."""
        self._add("condition", node, self._source.header(node), names=sorted(names), depends=sorted(marks))

    def block(self, node: ast.stmt, names: set[str], why: str) -> None:
        """A statement may set ``names``, and nobody knows to what."""
        if is_compound(node):
            self._add("block", node, self._source.header(node), names=sorted(names), reason=why)
        else:
            self._add("statement", node, self._source.text(node), names=sorted(names), reason=why)

    def imported(self, node: ast.stmt, names: set[str]) -> None:
        """Names come from other modules, which are not read."""
        self._add("import", node, self._source.text(node), names=sorted(names), reason="it is imported, and nothing is executed")

    def call(self, node: ast.Call, name: str, folder: Folder, assumed: frozenset[str], is_reached: bool) -> None:
        """A function that was asked for is called."""
        arguments = []
        for place, argument in enumerate(node.args):
            arguments.append(self._argument("", argument, folder) if not isinstance(argument, ast.Starred) else self._unpacked(place, argument))
        for keyword in node.keywords:
            if keyword.arg is not None:
                arguments.append(self._argument(keyword.arg, keyword.value, folder))
            else:
                arguments.extend(self._mapping(keyword.value, folder))
        self._add("call", node, self._source.text(node), name=name, arguments=arguments, depends=sorted(assumed), isReached=is_reached)

    def _argument(self, name: str, node: ast.expr, folder: Folder) -> dict[str, Any]:
        binding = folder.binding(node)
        line, _ = self._source.place(node)
        return {"name": name, "line": line, "text": self._source.text(node), "reference": binding.reference or folder.reference(node), **told(binding, folder.work)}

    def _unpacked(self, place: int, node: ast.Starred) -> dict[str, Any]:
        return {"name": "", "line": self._source.place(node)[0], "text": self._source.text(node), "reason": "arguments in a list are not worked out"}

    def _mapping(self, node: ast.expr, folder: Folder) -> list[dict[str, Any]]:
        """``**options``."""
        binding = folder.binding(node)
        line, text = self._source.place(node)[0], f"**{self._source.text(node)}"
        if not isinstance(binding.value, dict):
            return [{"name": "**", "line": line, "text": text, "reason": binding.unknown or "it is no dict"}]
        return [{"name": str(name), "line": line, "text": text, **told(Binding(value, marks=binding.marks), folder.work)} for name, value in binding.value.items()]

    def _add(self, kind: str, node: ast.AST, text: str, **more: Any) -> None:
        if len(self.all) >= MOST_NOTES:
            raise Unreadable(f"it has more than {MOST_NOTES} statements, which no configuration has", *self._source.place(node))
        line, column = self._source.place(node)
        self.all.append({"kind": kind, "line": line, "column": column, "text": text, **more})


def told(binding: Binding, work: Work) -> dict[str, Any]:
    """A value, or the reason why it is unknown."""
    depends = {"depends": sorted(binding.marks)} if binding.marks else {}
    if binding.unknown:
        return {"reason": binding.unknown, **depends}
    try:
        return {"value": plain(work.bounded(binding.value)), **depends}
    except Unknown as why:
        return {"reason": str(why), **depends}


def plain(value: Any) -> Any:
    """The value in JSON's own types."""
    if isinstance(value, dict):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, set):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, pathlib.PurePath):
        return plain(str(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise Unknown("it is no finite number")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Unknown("the number is too large")
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Unknown("it is no text that UTF-8 can hold")
    return value
