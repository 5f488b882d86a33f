"""The whole document about a file."""
from __future__ import annotations

import json
import resource
import sys
from typing import Any, Iterable

from .folding import Folder
from .scope import Binding
from .source import Source, Unreadable
from .statements import Statements
from .work import Work

MOST_MEMORY = 1 << 30


def main(arguments: list[str]) -> None:
    """``FILE MODULE CALLS``: the path and the module's name that the file would see, and the functions whose calls are wanted, with commas."""
    path, module, calls = arguments
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > MOST_MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, hard))
    try:
        document = outline(sys.stdin.buffer.read(), path, module, [call for call in calls.split(",") if call])
        text = json.dumps(_clean(document))
    except MemoryError:
        text = json.dumps({"problem": {"what": "it takes too much memory to read"}, "statements": []})
    sys.stdout.write(text)


def outline(data: bytes, path: str, module: str, calls: Iterable[str] = ()) -> dict[str, Any]:
    """What the file says. ``path`` is absolute."""
    try:
        source = Source(data)
        folder = Folder(path, Work())
        folder.scope.names["__file__"] = Binding(path)
        folder.scope.names["__name__"] = Binding(module)
        statements = Statements(source, folder, calls)
        statements.read()
    except Unreadable as problem:
        place = {name: number for name, number in (("line", problem.line), ("column", problem.column)) if number}
        return {"problem": {"what": str(problem), **place}, "statements": []}
    except RecursionError:
        return {"problem": {"what": "it is nested too deeply"}, "statements": []}
    return {"statements": statements.notes.all}


def _clean(value: Any) -> Any:
    """Half characters, which JSON could write but nobody read, are left out. Values have none."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return value
