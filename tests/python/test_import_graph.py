"""Which module of the package imports which, read from the sources: imports in functions and those for type checkers count too."""
from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

PACKAGE = Path(__file__).resolve().parents[2] / "python" / "lanner"


def name_of(path: Path) -> str:
    if path.parent.name == "modules":
        return path.stem  # its folder is on sys.path: uwsgi, uwsgidecorators
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def tree_of(name: str) -> ast.Module:
    return ast.parse(PATHS[name].read_text(encoding="utf-8"))


def imported(name: str) -> Iterator[str]:
    """The modules of the package that this one names in its imports."""
    package = name if PATHS[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in PATHS)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            for alias in node.names:
                found = f"{base}.{alias.name}" if f"{base}.{alias.name}" in PATHS else base
                if found in PATHS:
                    yield found
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module" and ast.unparse(node.args[0]).startswith("f'{__name__}."):
            # A module of this package, by a name from a table: each of them counts.
            yield from (other for other in PATHS if other.rpartition(".")[0] == name)


GRAPH = {name: sorted(set(imported(name)) - {name}) for name in PATHS}


def circle(graph: dict[str, list[str]]) -> list[str]:
    """A way from a module back to itself, or nothing."""
    done: set[str] = set()
    way: list[str] = []

    def visit(name: str) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        way.append(name)
        for other in graph[name]:
            found = visit(other)
            if found:
                return found
        way.pop()
        done.add(name)
        return []

    return next(filter(None, map(visit, graph)), [])


def test_the_reader_sees_every_kind_of_import() -> None:
    assert "lanner.frames" in GRAPH["lanner.control"]  # at the top
    assert "lanner.fork.survey" in GRAPH["lanner.template"]  # from a package within
    assert "lanner.background" in GRAPH["lanner.jobs"]  # in a method
    assert "lanner.control" in GRAPH["lanner.running"]  # for type checkers
    assert "lanner.fork.repairs.redis_pools" in GRAPH["lanner.fork.repairs"]  # by a name from a table
    assert {"uwsgi", "lanner.peers.uwsgi_api.spooling"} <= set(GRAPH["uwsgidecorators"])
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]


def test_no_module_imports_itself_through_others() -> None:
    assert not circle(GRAPH), " → ".join(circle(GRAPH))


def test_nothing_in_the_package_imports_its_top() -> None:
    """The top has what apps use and imports it late; a module takes what it needs from where that is. Only the script loads the package as such."""
    assert [name for name in GRAPH if "lanner" in GRAPH[name]] == ["lanner.boot"]


def test_no_module_looks_for_another_in_the_table_of_modules() -> None:
    """``sys.modules`` tells which packages the app uses. What one of our modules has to tell another stands below both."""
    found = []
    for name in PATHS:
        for node in ast.walk(tree_of(name)):
            key = None
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("sys.modules.get"):
                key = node.args[0]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("sys.modules") and isinstance(node.ctx, ast.Load):
                key = node.slice
            if key is not None and any(word in ast.unparse(key) for word in ("lanner", "__package__", "__name__")):
                found.append(f"{name}: {ast.unparse(node)}")
    assert found == []
