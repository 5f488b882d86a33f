"""Goes through the statements of a file in their order, and notes what each gives to names."""
from __future__ import annotations

import ast
from dataclasses import replace
from typing import Iterable, Sequence

from .assigned import assigned, changed, declared_global
from .folding import Folder, mistakes, said
from .known import ENVIRON, MUTATORS
from .notes import Notes
from .scope import Binding, Scope
from .source import Source, is_compound
from .work import Unknown

ANYTHING = "*"
"""Stands for every name that a statement may set."""

_SETS_ANYTHING = ("exec", "eval", "globals", "locals", "vars", "setattr")


class Statements:
    """One pass over the module. Calls that are asked for are also looked for where nobody knows whether they are reached."""

    def __init__(self, source: Source, folder: Folder, calls: Iterable[str]) -> None:
        self.notes = Notes(source)
        self._source = source
        self._folder = folder
        self._calls = frozenset(calls)
        self._assumed: frozenset[str] = frozenset()  # what the conditions around depend on
        self._functions: list[tuple[list[ast.stmt], Scope]] = []
        self._is_aside = False  # in a function or a branch that may not be reached: only calls are noted

    def read(self) -> None:
        self._block(self._source.tree.body)
        self._is_aside = True
        while self._functions:
            body, self._folder.scope = self._functions.pop(0)
            self._block(body)

    def _block(self, body: list[ast.stmt]) -> None:
        for node in body:
            try:
                self._statement(node)
            except RecursionError:
                self._forget(node, "it is nested too deeply", self._touched([node]))

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return self._definition(node)
        if isinstance(node, ast.If):
            return self._if(node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return self._import(node)
        if is_compound(node):
            return self._undecided(node, "it is only known when the file runs")
        self._note_calls(node)
        if isinstance(node, ast.Assign):
            self._assign(node, node.targets, node.value)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._assign(node, [node.target], node.value)
        elif isinstance(node, ast.AugAssign):
            self._augment(node)
        elif isinstance(node, ast.Expr):
            self._expression(node, node.value)
        elif isinstance(node, ast.Delete):
            self._forget(node, "it is deleted", self._touched([node]))

    def _assign(self, node: ast.stmt, targets: Sequence[ast.expr], value: ast.expr) -> None:
        binding = self._folder.binding(value)
        for target in targets:
            if isinstance(target, ast.Name):
                self._bind(node, target.id, replace(binding), self._folder.reference(value))
            elif isinstance(target, (ast.Tuple, ast.List)):
                self._unpack(node, target.elts, value, binding)
            elif isinstance(target, ast.Subscript):
                self._store(node, target, binding)
            else:
                self._forget(node, "it changes an object", self._touched([target]))

    def _augment(self, node: ast.AugAssign) -> None:
        """``a += b`` is ``a = a + b``, but a list stays the same list."""
        if isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name) and self._is_changeable(node.target):
            self._change(node, node.target.id, "extend", [self._folder.binding(node.value)])
        else:
            self._assign(node, [node.target], ast.copy_location(ast.BinOp(node.target, node.op, node.value), node))

    def _unpack(self, node: ast.stmt, targets: list[ast.expr], value: ast.expr, whole: Binding) -> None:
        parts = whole.value if isinstance(whole.value, (list, tuple)) else []
        if isinstance(value, (ast.Tuple, ast.List)) and not any(isinstance(part, ast.Starred) for part in value.elts):
            # One part may be known where another is not. All of the right side is worked out before any name changes.
            found = [self._folder.binding(part) for part in value.elts]
        else:
            found = [Binding(part, marks=whole.marks) for part in parts]
        if len(found) != len(targets) or any(isinstance(target, ast.Starred) for target in targets):
            found = [Binding(unknown=whole.unknown or "it is only known when the file runs")] * len(targets)
        for target, binding in zip(targets, found):
            if isinstance(target, ast.Name):
                self._bind(node, target.id, replace(binding))
            else:
                self._forget(node, "it is only known when the file runs", self._touched([target]))

    def _bind(self, node: ast.stmt, name: str, binding: Binding, reference: str = "") -> None:
        scope = self._folder.scope
        binding.marks |= self._assumed
        binding.reference = f":{name}" if scope.parent is None else reference
        scope.names[name] = binding
        if not self._is_aside:
            self.notes.value(node, name, binding, self._folder.work)

    def _store(self, node: ast.stmt, target: ast.Subscript, item: Binding) -> None:
        """``NAME[KEY] = VALUE``, and of these above all os.environ."""
        key = self._folder.binding(target.slice)
        if self._folder.origin(target.value) == ENVIRON:
            self._set_variable(node, key, item)
        elif _opens_anything(target.value):
            self._forget(node, "it may set anything", {ANYTHING})
        elif self._is_changeable(target.value):
            self._change(node, getattr(target.value, "id"), "__setitem__", [key, item])
        else:
            self._forget(node, "it changes an object", self._touched([target]))

    def _set_variable(self, node: ast.stmt, key: Binding, item: Binding, is_default: bool = False) -> None:
        item = replace(item, marks=item.marks | self._assumed)
        if not isinstance(key.value, str):
            return self._forget(node, "the variable's name is only known when the file runs", set())
        if self._is_aside or (is_default and key.value in self._folder.environ):
            return
        if not item.unknown:
            self._folder.environ[key.value] = item.value
        self.notes.variable(node, key.value, item, self._folder.work, is_default)

    def _change(self, node: ast.stmt, name: str, method: str, given: list[Binding]) -> None:
        """A list, dict or set is changed in place: all its names have what comes of it."""
        scope = self._folder.scope
        found = scope.find(name)
        assert found is not None
        function = MUTATORS.get((type(found.value), method))
        marks = found.marks.union(self._assumed, *(binding.marks for binding in given))
        unknown = next((binding.unknown for binding in given if binding.unknown), "")
        if function is None or name not in scope.names:
            unknown = unknown or "it is only known when the file runs"
        elif not unknown:
            try:
                with mistakes(f".{method}()"):
                    function(self._folder, found.value, *(binding.value for binding in given))
                self._folder.work.bounded(found.value)
            except Unknown as why:
                unknown = str(why)
        for other in scope.names_of(found.value) or [name]:
            self._bind(node, other, Binding(None if unknown else found.value, unknown, marks))

    def _expression(self, node: ast.stmt, value: ast.expr) -> None:
        if not isinstance(value, ast.Call):
            return
        called = self._folder.origin(value.func)
        if called in self._calls or called == "print":
            return
        if called in _SETS_ANYTHING or _opens_anything(value.func):
            self._forget(node, "it may set anything", {ANYTHING})
        elif called == f"{ENVIRON}.setdefault" and len(value.args) == 2:
            key, item = (self._folder.binding(argument) for argument in value.args)
            self._set_variable(node, key, item, is_default=True)
        elif isinstance(value.func, ast.Attribute) and self._is_changeable(value.func.value):
            given = [self._folder.binding(argument) for argument in value.args]
            given += [Binding(unknown=f"{keyword.arg}= is not worked out") for keyword in value.keywords]
            self._change(node, getattr(value.func.value, "id"), value.func.attr, given)
        else:
            given_to = [*value.args, *(keyword.value for keyword in value.keywords)]
            names = {name for argument in given_to if self._is_changeable(argument) for name in self._aliases(getattr(argument, "id"))}
            self._forget(node, f"what {said(value.func)}() does is only known when the file runs", names | self._touched([value]))

    def _is_changeable(self, node: ast.expr) -> bool:
        """Whether it is the name of a known list, dict or set."""
        return isinstance(node, ast.Name) and bool(self._aliases(node.id))

    def _aliases(self, name: str) -> set[str]:
        """The names of the same list, dict or set; none of anything else."""
        found = self._folder.scope.find(name)
        return {name, *self._folder.scope.names_of(found.value)} if found is not None and isinstance(found.value, (list, dict, set)) else set()

    def _touched(self, nodes: Sequence[ast.AST]) -> set[str]:
        """The names that these statements may set, or whose values they may change."""
        return assigned(nodes).union(*map(self._aliases, changed(nodes)))

    def _if(self, node: ast.If) -> None:
        test = self._folder.binding(node.test)
        if test.unknown:
            return self._undecided(node, test.unknown)
        taken, left = (node.body, node.orelse) if test.value else (node.orelse, node.body)
        outer, self._assumed = self._assumed, self._assumed | test.marks
        try:
            self._block(taken)
        finally:
            self._assumed = outer
        if not test.marks:
            return
        names = self._touched(left)
        for name in names:
            if name in self._folder.scope.names:
                self._folder.scope.names[name].marks |= test.marks
        if names and not self._is_aside:
            self.notes.condition(node, names, test.marks)
        self._aside(left)

    def _undecided(self, node: ast.stmt, why: str) -> None:
        """Whether what stands in the statement is reached cannot be known."""
        self._aside(ast.iter_child_nodes(node))
        self._forget(node, why, self._touched([node]))

    def _forget(self, node: ast.stmt, why: str, names: set[str]) -> None:
        """The statement may set these names, and nobody knows to what."""
        if not self._is_aside:
            self.notes.block(node, names, why)
        line, _ = self._source.place(node)
        scope = self._folder.scope
        for name in names:
            scope.names[name] = Binding(unknown=f"line {line} may set it: {why}", reference=f":{name}" if scope.parent is None else "")

    def _aside(self, nodes: Iterable[ast.AST]) -> None:
        """Looks for calls where nothing else may be taken for true."""
        if not self._calls:
            return
        scope, is_aside = self._folder.scope, self._is_aside
        self._folder.scope, self._is_aside = Scope(scope), True
        try:
            for node in nodes:
                if isinstance(node, ast.stmt):
                    self._block([node])
                elif is_compound(node):
                    self._aside(ast.iter_child_nodes(node))
                else:
                    self._note_calls(node)
        finally:
            self._folder.scope, self._is_aside = scope, is_aside

    def _definition(self, node: ast.stmt) -> None:
        name = str(getattr(node, "name"))
        scope = self._folder.scope
        scope.names[name] = Binding(unknown=f"{name} is defined in the file", reference=f":{name}" if scope.parent is None else "")
        if isinstance(node, ast.ClassDef):
            self._aside(node.body)
            return
        if not self._is_aside:
            self.notes.function(node, name, declared_global(node))
        if self._calls and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = Scope(scope)
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            for argument in filter(None, arguments):
                inner.names[argument.arg] = Binding(unknown=f"{argument.arg} is an argument of {name}()")
            self._functions.append((node.body, inner))

    def _import(self, node: ast.stmt) -> None:
        names: set[str] = set()
        module = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
        for alias in getattr(node, "names"):
            origin = f"{module}.{alias.name}" if module else alias.name if alias.asname else alias.name.split(".")[0]
            name = alias.asname or origin.rpartition(".")[2]
            names.add(ANYTHING if alias.name == ANYTHING else name)
            known = "" if module.startswith(".") else origin
            reference = ":".join(known.rsplit(".", 1)) if module and known else ""
            self._folder.scope.names[name] = Binding(unknown=f"{name} is imported from {module or alias.name}", origin=known, reference=reference)
        if not self._is_aside and module != "__future__":
            self.notes.imported(node, names)

    def _note_calls(self, node: ast.AST) -> None:
        if not self._calls:
            return
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and (name := self._folder.origin(inner.func)) in self._calls:
                self.notes.call(inner, name, self._folder, self._assumed, not self._is_aside)


def _opens_anything(node: ast.expr) -> bool:
    """``globals()`` and the like, also with something behind."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SETS_ANYTHING:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False
