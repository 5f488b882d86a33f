"""APP in all its forms, and which interface the object has."""
from __future__ import annotations

import functools
import importlib
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from typing import Any, Callable

# Imported where they are needed: ast, inspect and importlib.util cost a small app a tenth of its start.
_COROUTINE = 0x80  # inspect.CO_COROUTINE


paste_globals: dict[str, str] = {}  # seen by every section of an ini file, as of its [DEFAULT]


class LoadError(Exception):
    """The app could not be loaded for a reason that needs no traceback of ours; the text says what to do, ``trace`` is the user's."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


def load(app: str, directory: str) -> Any:
    """The app's callable. ``app`` is ``module[:name]``, ``module:factory(...)``, ``file.py[:name]``, ``file.wsgi[:name]`` or ``paste:file.ini[#section]``."""
    if app.startswith("paste:"):
        return _paste(app[len("paste:") :], directory)
    place, colon, expression = _split(app)
    if place.endswith(".py") or "/" in place or _is_script(place, directory):
        module = _file(place, directory)
    else:
        module = _module(place)
    return _take(module, place, expression if colon else None)


def _split(app: str) -> tuple[str, str, str]:
    """At the first colon that is not inside a factory's arguments."""
    head, paren, tail = app.partition("(")
    place, colon, name = head.partition(":")
    return place, colon, name + paren + tail


def _is_script(place: str, directory: str) -> bool:
    """``site.wsgi`` is a file of mod_wsgi where there is one; ``shop.wsgi`` is most often a module."""
    if not place.endswith(".wsgi") or os.path.isfile(os.path.join(directory, place.replace(".", os.sep) + ".py")):
        return False
    return os.path.isfile(os.path.join(directory, place))


def _module(name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(missing + "."):
            raise LoadError(
                f"no module named {missing!r}; it is looked for in {os.getcwd()} and on sys.path: is --directory right?"
            ) from None
        raise


def _file(path: str, directory: str) -> types.ModuleType:
    full = os.path.join(directory, path)
    if not os.path.isfile(full):
        raise LoadError(f"no file {full}")
    folder, stem = os.path.dirname(full), os.path.splitext(os.path.basename(full))[0]
    if folder not in sys.path:
        sys.path.insert(0, folder)
    if not full.endswith(".py"):
        return _script(full, stem)
    import importlib.util

    name = stem if stem.isidentifier() and stem not in sys.modules else _private_name(stem)
    spec = importlib.util.spec_from_file_location(name, full)
    if spec is None or spec.loader is None:
        raise LoadError(f"{full} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _private_name(stem: str) -> str:
    return "lanner_app_" + "".join(c if c.isalnum() else "_" for c in stem)


def _script(path: str, stem: str) -> types.ModuleType:
    """A script of mod_wsgi. It is often called after the package that it imports, so it must take neither that name nor
    that one's compiled file."""
    module = types.ModuleType(_private_name(stem))
    module.__file__ = path
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    sys.modules[module.__name__] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        sys.modules.pop(module.__name__, None)
        raise
    return module


def _take(module: types.ModuleType, place: str, expression: str | None) -> Any:
    if not expression:
        for name in ("application",) if place.endswith(".wsgi") else ("application", "app"):
            if hasattr(module, name):
                return _callable(getattr(module, name), f"{place}:{name}")
        wanted = "no 'application'" if place.endswith(".wsgi") else "neither 'application' nor 'app'"
        raise LoadError(f"{place} has {wanted}; name the object: {place}:NAME")
    import ast

    try:
        node: ast.expr = ast.parse(expression, mode="eval").body
    except SyntaxError:
        raise LoadError(f"{expression!r} is neither a name nor a call") from None
    arguments: tuple[Any, ...] | None = None
    keywords: dict[str, Any] = {}
    if isinstance(node, ast.Call):
        try:
            arguments = tuple(ast.literal_eval(argument) for argument in node.args)
            keywords = {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg}
        except ValueError:
            raise LoadError(f"the arguments of {expression!r} must be literals") from None
        node = node.func
    found: Any = module
    for name in _dotted(node, expression):
        if not hasattr(found, name):
            raise LoadError(f"{place} has no {name!r} ({place}:{expression})")
        found = getattr(found, name)
    if arguments is None:
        return _callable(found, f"{place}:{expression}")
    made = found(*arguments, **keywords)
    return _callable(made, f"what {place}:{expression} returned")


def _dotted(node: ast.expr, expression: str) -> list[str]:
    import ast

    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_dotted(node.value, expression), node.attr]
    raise LoadError(f"{expression!r} is neither a name nor a call")


def _callable(found: Any, where: str) -> Any:
    if not callable(found):
        raise LoadError(f"{where} is not callable, but {type(found).__name__}")
    return found


def _paste(place: str, directory: str) -> Any:
    path, _, section = place.partition("#")
    full = os.path.abspath(os.path.join(directory, path))
    if not os.path.isfile(full):
        raise LoadError(f"no file {full}")
    try:
        from paste.deploy import loadapp
    except ImportError:
        raise LoadError(
            f"{full} needs the package PasteDeploy, which {sys.executable} does not have (Debian: python3-pastedeploy)"
        ) from None
    if os.path.dirname(full) not in sys.path:
        sys.path.insert(0, os.path.dirname(full))  # what stands beside the ini file can be named in it
    _paste_logging(full)
    try:
        return loadapp(f"config:{full}", name=section or None, relative_to=directory, global_conf=paste_globals or None)
    except LookupError as error:
        raise LoadError(f"{full}: {error}") from error


def _paste_logging(path: str) -> None:
    """An ini file with ``[loggers]`` configures logging, as it does under Paste and Gunicorn."""
    import configparser
    import logging.config

    parser = configparser.RawConfigParser()
    parser.read(path)
    if parser.has_section("loggers"):
        defaults = {"__file__": path, "here": os.path.dirname(path)}
        logging.config.fileConfig(path, defaults, disable_existing_loggers=False)


def interface(app: Callable[..., Any]) -> str:
    """``"wsgi"`` or ``"asgi"``: ASGI 3 is a coroutine function of three parameters, however it is wrapped."""
    found: Any = app
    while isinstance(found, functools.partial):
        found = found.func
    if type(found) is types.FunctionType and not found.__code__.co_flags & _COROUTINE and not found.__dict__:
        return "wsgi"
    import inspect

    if inspect.iscoroutinefunction(found):
        return "asgi"
    call = getattr(found, "__call__", None)
    if inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(getattr(call, "__func__", None)):
        return "asgi"
    return "wsgi"
