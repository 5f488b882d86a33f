"""The names that statements may set, or whose lists and dicts they may change."""
from __future__ import annotations

import ast
from typing import Sequence

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def assigned(nodes: Sequence[ast.AST], into_functions: bool = False) -> list[str]:
    """In alphabetical order. Of functions, ``into_functions``, only what they declare global."""
    found: set[str] = set()
    waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in nodes]
    while waiting:
        node, is_within = waiting.pop()
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif not is_within and not (into_functions and node in nodes):
            found.update(_set_by(node))
        if isinstance(node, _FUNCTIONS):
            is_within = True
        waiting.extend((inner, is_within) for inner in ast.iter_child_nodes(node))
    return sorted(found)


def _set_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.alias):
        return [node.asname or node.name.split(".")[0]]
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        return _base(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _base(node.func)
    # The names of functions, classes, except and patterns are plain texts.
    return [text for text in (getattr(node, "name", None), getattr(node, "rest", None)) if isinstance(text, str)]


def _base(node: ast.expr) -> list[str]:
    """The name before the dots and brackets."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return [node.id] if isinstance(node, ast.Name) else []
