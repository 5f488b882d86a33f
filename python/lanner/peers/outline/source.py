"""The text of the file: how it is decoded, and where its statements stand in it."""
from __future__ import annotations

import ast
import io
import tokenize

_LONGEST_SHOWN = 300
_MOST_LINES_SHOWN = 30


class Unreadable(Exception):
    """The file is not valid Python. The text says what is wrong; line and column count from 1, and are 0 if unknown."""

    def __init__(self, what: str, line: int = 0, column: int = 0) -> None:
        super().__init__(what)
        self.line, self.column = line, column


def is_compound(node: ast.AST) -> bool:
    """Whether other statements stand within it."""
    return isinstance(getattr(node, "body", None), list) or hasattr(node, "cases")


class Source:
    """The decoded text and its tree."""

    def __init__(self, data: bytes) -> None:
        text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
        try:
            self.tree = ast.parse(text)
        except SyntaxError as error:
            raise Unreadable(error.msg, error.lineno or 0, max(error.offset or 0, 0)) from None
        except (RecursionError, MemoryError):
            # The parser says MemoryError when its stack is full.
            raise Unreadable("it is nested too deeply or too large") from None
        except ValueError as error:
            raise Unreadable(str(error)) from None
        # The parser counts bytes of UTF-8.
        self._lines = text.encode("utf-8", "replace").split(b"\n")

    def place(self, node: ast.AST) -> tuple[int, int]:
        """Line and column, from 1."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        return line, len(self._lines[line - 1][:offset].decode("utf-8", "replace")) + 1

    def text(self, node: ast.AST) -> str:
        """What stands in the file, on one line."""
        first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", 0)
        if first == last:
            text = self._lines[first - 1][start:end].decode("utf-8", "replace")
        elif last - first < _MOST_LINES_SHOWN:
            # Without the comments between the lines.
            text = _unparsed(node) or self._first(first, start)
        else:
            text = self._first(first, start)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …"

    def header(self, node: ast.stmt) -> str:
        """The beginning of a compound statement."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return f"{'async ' if isinstance(node, ast.AsyncFunctionDef) else ''}def {node.name}({_unparsed(node.args)})"
        if isinstance(node, (ast.If, ast.While)):
            return f"{type(node).__name__.lower()} {self.text(node.test)}"
        if isinstance(node, (ast.For, ast.AsyncFor)):
            return f"for {self.text(node.target)} in {self.text(node.iter)}"
        line, _ = self.place(node)
        return self._lines[line - 1][getattr(node, "col_offset", 0) :].decode("utf-8", "replace").rstrip(" \t:")[:_LONGEST_SHOWN]

    def _first(self, line: int, start: int) -> str:
        return self._lines[line - 1][start:].decode("utf-8", "replace") + " …"


def _unparsed(node: ast.AST) -> str:
    try:
        return " ".join(ast.unparse(node).split("\n"))
    except RecursionError:
        return ""


def _decoded(data: bytes) -> str:
    try:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError:
            data.decode("utf-8")
            raise
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"it holds bytes that are not {error.encoding}, and declares no other encoding that fits", line) from None
    except (SyntaxError, LookupError) as error:
        raise Unreadable(str(error)) from None
