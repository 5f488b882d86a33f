"""Which variable of which module holds an object, so that a warning can say where to look."""
from __future__ import annotations

import gc
import sys
import time
import types

from . import origins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional

_DEPTH = 7
_MOST = 2000  # objects on one step: beyond, the thing hangs on something general


class Holder:
    """A variable at module level from which the object can be reached."""

    def __init__(self, module: types.ModuleType, variable: str) -> None:
        self.module = module
        self.variable = variable

    def __str__(self) -> str:
        return f"{self.module.__name__}.{self.variable}"

    @property
    def line(self) -> Optional[str]:
        """Where the variable is first set."""
        import ast

        path = getattr(self.module, "__file__", None)
        try:
            with open(str(path), "rb") as source:
                tree = ast.parse(source.read())
        except (OSError, SyntaxError, ValueError):
            return None
        for node in ast.walk(tree):
            names = (target for target in ast.walk(node) if isinstance(target, ast.Name)) if isinstance(node, (ast.Assign, ast.AnnAssign, ast.With)) else ()
            for name in names:
                if name.id == self.variable and isinstance(name.ctx, ast.Store):
                    return f"{path}:{name.lineno}"
        return None


def find(thing: Any, seconds: float = 0.3) -> Optional[Holder]:
    """The nearest variable, one of the app's before one of a package's; None where there is none or the time is over."""
    until = time.monotonic() + seconds
    namespaces = {
        id(vars(module)): module
        for name, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType) and name.partition(".")[0] != "lanner"
    }
    seen = {id(thing), id(namespaces)}
    level = [thing]
    for _ in range(_DEPTH):
        if time.monotonic() > until or len(level) > _MOST:
            return None
        above: list[Any] = []
        found: list[Holder] = []
        wanted = {id(one) for one in level}
        for referrer in gc.get_referrers(*level):
            module = namespaces.get(id(referrer))
            if module is not None:
                found += (Holder(module, name) for name, value in list(vars(module).items()) if id(value) in wanted)
            elif id(referrer) not in seen and referrer is not level and not isinstance(referrer, (types.FrameType, types.ModuleType)):
                seen.add(id(referrer))
                above.append(referrer)
        if found:
            return min(found, key=lambda holder: origins.is_library(getattr(holder.module, "__file__", None) or "<frozen >"))
        level = above
        if not level:
            break
    return None if gc.is_tracked(thing) else _in_plain_sight(thing, namespaces.values())


def _in_plain_sight(thing: Any, modules: Iterable[types.ModuleType]) -> Optional[Holder]:
    """A lock up to Python 3.9 hides from the collector, and so does a dict of locks: objects of modules are looked into."""
    for module in modules:
        for name, value in list(vars(module).items()):
            try:
                inner = object.__getattribute__(value, "__dict__")
            except (AttributeError, TypeError):
                continue
            if type(inner) is dict and any(one is thing for one in list(inner.values())):
                return Holder(module, name)
    return None
