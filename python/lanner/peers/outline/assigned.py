"""The names that statements may set, and those whose lists and dicts they may change."""
from __future__ import annotations

import ast
from typing import Callable, Sequence

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def assigned(nodes: Sequence[ast.AST]) -> set[str]:
    """Names that are given another value; of functions, only what they declare global."""
    return _gathered(nodes, _set_by)


def changed(nodes: Sequence[ast.AST]) -> set[str]:
    """Names behind whose dots and brackets something is set or called."""
    return _gathered(nodes, _changed_by)


def declared_global(function: ast.AST) -> set[str]:
    """What a function may set outside of itself."""
    return _gathered([function], lambda node: [])


def _gathered(nodes: Sequence[ast.AST], names: Callable[[ast.AST], list[str]]) -> set[str]:
    found: set[str] = set()
    waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in nodes]
    while waiting:
        node, is_within = waiting.pop()
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif not is_within:
            found.update(names(node))
        if isinstance(node, _FUNCTIONS):
            is_within = True
        waiting.extend((inner, is_within) for inner in ast.iter_child_nodes(node))
    return found


def _set_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.alias):
        return [node.asname or node.name.split(".")[0]]
    # The names of functions, classes, except and patterns are plain texts.
    return [text for text in (getattr(node, "name", None), getattr(node, "rest", None)) if isinstance(text, str)]


def _changed_by(node: ast.AST) -> list[str]:
    base: ast.AST = node.func if isinstance(node, ast.Call) else node
    if base is node and isinstance(getattr(node, "ctx", None), ast.Load):
        return []
    if not isinstance(base, (ast.Attribute, ast.Subscript)):
        return []
    while isinstance(base, (ast.Attribute, ast.Subscript)):
        base = base.value
    return [base.id] if isinstance(base, ast.Name) else []
