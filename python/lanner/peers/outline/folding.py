"""Works out expressions of a file's syntax tree: literals, operators, known names and known functions. Nothing of the file is run."""
from __future__ import annotations

import ast
import builtins
import contextlib
import operator
from typing import Any, Callable, Iterator

from .known import ATTRIBUTES, CONSTANTS, ENVIRON, FUNCTIONS, METHODS, check_spec, percent, variable
from .scope import Binding, Scope
from .work import LARGEST_BITS, Unknown, Work

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_, ast.BitXor: operator.xor, ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not, ast.In: lambda item, among: item in among,
    ast.NotIn: lambda item, among: item not in among, ast.Not: lambda value, _: not value, ast.USub: lambda value, _: -value,
    ast.UAdd: lambda value, _: +value, ast.Invert: lambda value, _: ~value,
}

_SHOWN: dict[int, Callable[[Any], Any]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}

_MISTAKES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError)


class Folder:
    """Works out the expressions of one file. ``marks`` gathers what they depend on, until somebody takes them."""

    def __init__(self, path: str, work: Work) -> None:
        self.work = work
        self.directory = path.rpartition("/")[0] or "/"
        self.marks: set[str] = set()
        self.environ: dict[str, Any] = {}
        """Variables that the file itself has set."""
        self.scope = Scope()

    def binding(self, node: ast.expr) -> Binding:
        """What a name is that is given this expression."""
        taken, self.marks = self.marks, set()
        try:
            origin = self.origin(node)
            if origin and origin not in CONSTANTS:
                return Binding(unknown=f"{origin} is only known when the file runs", origin=origin, reference=self.reference(node))
            return Binding(self.fold(node), marks=frozenset(self.marks))
        except Unknown as why:
            return Binding(unknown=str(why), marks=frozenset(self.marks), reference=self.reference(node))
        except RecursionError:
            return Binding(unknown="it is nested too deeply", marks=frozenset(self.marks))
        finally:
            self.marks = taken

    def fold(self, node: ast.expr) -> Any:
        """The value of an expression; raises Unknown."""
        self.work.spend(1)
        form = _FORMS.get(type(node))
        if form is None:
            raise Unknown(f"{said(node)} is only known when the file runs")
        return self.work.bounded(form(self, node))

    def origin(self, node: ast.expr) -> str:
        """The dotted name of what was imported or is built in, or nothing."""
        if isinstance(node, ast.Name):
            found = self.scope.find(node.id)
            if found is None:
                return node.id if hasattr(builtins, node.id) else ""
            return found.origin
        if isinstance(node, ast.Attribute):
            return f"{outer}.{node.attr}" if (outer := self.origin(node.value)) else ""
        return ""

    def reference(self, node: ast.expr) -> str:
        """An imported or own object as APP names it, or nothing."""
        if isinstance(node, ast.Name):
            found = self.scope.find(node.id)
            return found.reference if found is not None else ""
        if isinstance(node, ast.Attribute) and "." in (origin := self.origin(node)):
            return ":".join(origin.rsplit(".", 1))
        if isinstance(node, ast.Call) and (called := self.reference(node.func)):
            try:
                arguments = [repr(ast.literal_eval(argument)) for argument in node.args]
                arguments += [f"{keyword.arg or '**'}={ast.literal_eval(keyword.value)!r}" for keyword in node.keywords]
            except ValueError:
                return ""
            return "" if called.endswith(")") else f"{called}({', '.join(arguments)})"
        return ""

    def arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        """What a call is given, with ``*`` and ``**`` written out."""
        named: dict[str, Any] = {}
        with mistakes("the call"):
            for keyword in node.keywords:
                named.update({keyword.arg: self.fold(keyword.value)} if keyword.arg else self.fold(keyword.value))
        return self._items(node.args), named

    def operate(self, kind: type[ast.AST], left: Any, right: Any) -> Any:
        """One operator, with a look at what it would cost first."""
        if kind is ast.Mult:
            for value, times in ((left, right), (right, left)):
                if isinstance(value, (str, list, tuple)) and isinstance(times, int):
                    self.work.repeated(value, times)
        elif kind is ast.Pow and isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > LARGEST_BITS:
            raise Unknown("the number is too large")
        elif kind is ast.LShift and isinstance(right, int) and right > LARGEST_BITS:
            raise Unknown("the number is too large")
        if kind not in _OPERATORS:
            raise Unknown(f"{kind.__name__} is not worked out")
        with mistakes("it"):
            return percent(self, left, right) if kind is ast.Mod and isinstance(left, str) else _OPERATORS[kind](left, right)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        found = self.scope.find(node.id)
        if found is None:
            raise Unknown(f"{node.id} is not assigned before")
        self.marks |= found.marks
        if found.origin in CONSTANTS:
            return CONSTANTS[found.origin]
        if found.unknown:
            raise Unknown(found.unknown)
        return found.value

    def _items(self, nodes: list[ast.expr]) -> list[Any]:
        items: list[Any] = []
        with mistakes("*"):
            for node in nodes:
                items.extend(self.fold(node.value) if isinstance(node, ast.Starred) else [self.fold(node)])
        return items

    def _list(self, node: ast.List) -> Any:
        return self._items(node.elts)

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._items(node.elts))

    def _set(self, node: ast.Set) -> Any:
        with mistakes("the set"):
            return set(self._items(node.elts))

    def _dict(self, node: ast.Dict) -> Any:
        made: dict[Any, Any] = {}
        with mistakes("the dict"):
            for key, value in zip(node.keys, node.values):
                made.update({self.fold(key): self.fold(value)} if key is not None else self.fold(value))
        return made

    def _unary(self, node: ast.UnaryOp) -> Any:
        return self.operate(type(node.op), self.fold(node.operand), None)

    def _binary(self, node: ast.BinOp) -> Any:
        return self.operate(type(node.op), self.fold(node.left), self.fold(node.right))

    def _boolean(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for operand in node.values:
            value = self.fold(operand)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def _compare(self, node: ast.Compare) -> Any:
        left = node.left
        for kind, right in zip(node.ops, node.comparators):
            if isinstance(kind, (ast.In, ast.NotIn)) and self.origin(right) == ENVIRON:
                result = (variable(self, self.fold(left), None) is not None) is isinstance(kind, ast.In)
            else:
                result = self.operate(type(kind), self.fold(left), self.fold(right))
            if not result:
                return False
            left = right
        return True

    def _choice(self, node: ast.IfExp) -> Any:
        return self.fold(node.body if self.fold(node.test) else node.orelse)

    def _attribute(self, node: ast.Attribute) -> Any:
        if origin := self.origin(node):
            if origin in CONSTANTS:
                return CONSTANTS[origin]
            raise Unknown(f"{origin} is only known when the file runs")
        value = self.fold(node.value)
        if (type(value), node.attr) not in ATTRIBUTES:
            raise Unknown(f".{node.attr} is only known when the file runs")
        return getattr(value, node.attr)

    def _subscript(self, node: ast.Subscript) -> Any:
        if self.origin(node.value) == ENVIRON:
            return variable(self, self.fold(node.slice))
        with mistakes("it"):
            return self.fold(node.value)[self._slice(node.slice)]

    def _slice(self, node: ast.expr) -> Any:
        if not isinstance(node, ast.Slice):
            return self.fold(node)
        return slice(*(None if part is None else self.fold(part) for part in (node.lower, node.upper, node.step)))

    def _text(self, node: ast.JoinedStr) -> Any:
        return "".join(str(self.fold(part)) for part in node.values)

    def _field(self, node: ast.FormattedValue) -> Any:
        value = self.fold(node.value)
        spec = self.fold(node.format_spec) if node.format_spec is not None else ""
        check_spec(spec)
        with mistakes("it"):
            return format(_SHOWN.get(node.conversion, lambda same: same)(value), spec)

    def _call(self, node: ast.Call) -> Any:
        origin = self.origin(node.func)
        if origin in FUNCTIONS:
            arguments, named = self.arguments(node)
            with mistakes(f"{origin}()"):
                return FUNCTIONS[origin](self, *arguments, **named)
        if isinstance(node.func, ast.Attribute) and not origin:
            value = self.fold(node.func.value)
            method = METHODS.get((type(value), node.func.attr))
            if method is not None:
                arguments, named = self.arguments(node)
                with mistakes(f".{node.func.attr}()"):
                    return method(self, value, *arguments, **named)
        raise Unknown(f"what {said(node.func)}() returns is only known when the file runs")


_FORMS: dict[type[ast.AST], Callable[[Folder, Any], Any]] = {
    ast.Constant: Folder._constant, ast.Name: Folder._name, ast.List: Folder._list, ast.Tuple: Folder._tuple, ast.Set: Folder._set, ast.Dict: Folder._dict,
    ast.UnaryOp: Folder._unary, ast.BinOp: Folder._binary, ast.BoolOp: Folder._boolean, ast.Compare: Folder._compare, ast.IfExp: Folder._choice,
    ast.Attribute: Folder._attribute, ast.Subscript: Folder._subscript, ast.JoinedStr: Folder._text, ast.FormattedValue: Folder._field,
    ast.Call: Folder._call,
}

_WORDS: dict[type[ast.AST], str] = {
    ast.Lambda: "a function", ast.ListComp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.Await: "what is awaited", ast.NamedExpr: ":=",
}


def said(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{said(node.value)}.{node.attr}" if isinstance(node.value, (ast.Name, ast.Attribute)) else f"….{node.attr}"
    return _WORDS.get(type(node), "the expression")


@contextlib.contextmanager
def mistakes(what: str) -> Iterator[None]:
    """Around what plain values may make fail: what Python would raise is the reason why the value is unknown."""
    try:
        yield
    except _MISTAKES as error:
        raise Unknown(f"{what} raises {type(error).__name__}: {error}") from None
