"""The functions and methods whose results are known without running the file."""
from __future__ import annotations

import math
import os
import pathlib
import re
import string
from typing import Any, Callable, Protocol

from .scope import PROCESSORS
from .work import LONGEST, Unknown, Work

ENVIRON = "os.environ"


class Surroundings(Protocol):
    """What the functions below may ask of the one who calls them."""

    work: Work
    directory: str
    marks: set[str]
    environ: dict[str, Any]


CONSTANTS: dict[str, Any] = {
    "os.sep": "/", "os.curdir": ".", "os.pardir": "..", "os.linesep": "\n", "os.pathsep": ":", "os.name": "posix",
    "sys.platform": "linux", "typing.TYPE_CHECKING": False,
}


def variable(place: Surroundings, name: str, *otherwise: Any) -> Any:
    """An environment variable: what the file has set, else the default. What the variable holds where this runs says nothing of where the app will run."""
    if not isinstance(name, str):
        raise Unknown("the variable's name is no text")
    if name in place.environ:
        return place.environ[name]
    place.marks.add(f"${name}")
    if not otherwise:
        raise Unknown(f"${name} has no default here")
    return otherwise[0]


def _getenv(place: Surroundings, key: str, default: Any = None) -> Any:
    return variable(place, key, default)


def _processors(place: Surroundings) -> Any:
    place.marks.add(PROCESSORS)
    return os.cpu_count() or 1


def _affinity(place: Surroundings, pid: int) -> Any:
    place.marks.add(PROCESSORS)
    return set(os.sched_getaffinity(0))


def _absolute(place: Surroundings, path: Any) -> str:
    return os.path.normpath(os.path.join(place.directory, path))


def _real(place: Surroundings, path: Any) -> str:
    return os.path.realpath(os.path.join(place.directory, path))


def _path(place: Surroundings, *parts: Any) -> pathlib.PurePosixPath:
    return pathlib.PurePosixPath(*parts)


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda place, *arguments, **named: function(*arguments, **named)


def _text(place: Surroundings, value: Any = "") -> str:
    return str(value)


def _rounded(place: Surroundings, number: Any) -> Any:
    return round(number)


_BUILTINS: list[Any] = [int, float, bool, list, tuple, dict, set, len, max, min, sum, abs, sorted]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "os.cpu_count": _processors,
    "os.process_cpu_count": _processors,
    "multiprocessing.cpu_count": _processors,
    "os.sched_getaffinity": _affinity,
    "os.getcwd": lambda place: place.directory,
    "os.path.abspath": _absolute,
    "os.path.realpath": _real,
    "os.path.join": _plain(os.path.join),
    "os.path.dirname": _plain(os.path.dirname),
    "os.path.basename": _plain(os.path.basename),
    "os.path.normpath": _plain(os.path.normpath),
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "pathlib.PosixPath": _path,
    "pathlib.Path.cwd": lambda place: pathlib.PurePosixPath(place.directory),
    "math.ceil": _plain(math.ceil),
    "math.floor": _plain(math.floor),
    "str": _text,
    "round": _rounded,
    **{function.__name__: _plain(function) for function in _BUILTINS},
}


def _joined(place: Surroundings, text: str, items: Any) -> str:
    parts = list(items)
    if sum(len(part) + len(text) for part in parts) > LONGEST:
        raise Unknown("it is too long")
    return text.join(parts)


def _replaced(place: Surroundings, text: str, old: str, new: str, count: int = -1) -> str:
    place.work.repeated(new, text.count(old) + 1)
    return text.replace(old, new, count)


def _formatted(place: Surroundings, text: str, *arguments: Any, **named: Any) -> str:
    fields = 0
    for _, name, spec, _ in string.Formatter().parse(text):
        if name is None:
            continue
        # Dots and brackets in a field reach into objects.
        if not re.fullmatch(r"\w*", name):
            raise Unknown("only plain fields of a format are worked out")
        fields += 1
        check_spec(spec or "")
    place.work.repeated([*arguments, *named.values()], fields)
    return text.format(*arguments, **named)


def check_spec(spec: str) -> None:
    """A width of many digits would make a very long text."""
    if "{" in spec or re.search(r"\d{4}", spec):
        raise Unknown("only plain fields of a format are worked out")


def percent(place: Surroundings, text: str, values: Any) -> Any:
    """``text % values``."""
    if re.search(r"%(\(.*?\))?[^a-zA-Z%]*(\d{4}|\*)", text):
        raise Unknown("only plain fields of a format are worked out")
    place.work.repeated(values, text.count("%"))
    return text % values


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda place, value, *arguments, **named: function(value, *arguments, **named)


def _methods(kind: type, *names: str) -> dict[tuple[type, str], Callable[..., Any]]:
    return {(kind, name): _method(getattr(kind, name)) for name in names}


METHODS: dict[tuple[type, str], Callable[..., Any]] = {
    (pathlib.PurePosixPath, "resolve"): lambda place, path: pathlib.PurePosixPath(_real(place, path)),
    (pathlib.PurePosixPath, "absolute"): lambda place, path: pathlib.PurePosixPath(place.directory, path),
    (str, "join"): _joined,
    (str, "replace"): _replaced,
    (str, "format"): _formatted,
    **_methods(
        str, "split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "startswith", "endswith",
        "removeprefix", "removesuffix", "partition", "rpartition", "isdigit", "isnumeric", "count", "find", "index",
    ),
    **_methods(list, "copy", "index", "count"),
    **_methods(tuple, "index", "count"),
    **_methods(dict, "get", "keys", "values", "items", "copy"),
    **_methods(set, "union", "intersection", "difference", "copy"),
    **_methods(pathlib.PurePosixPath, "joinpath", "as_posix", "with_name", "with_suffix", "is_absolute"),
}

ATTRIBUTES = {(pathlib.PurePosixPath, name) for name in ("parent", "name", "stem", "suffix")}

MUTATORS: dict[tuple[type, str], Callable[..., Any]] = {
    **_methods(list, "append", "extend", "insert", "remove", "clear", "pop", "sort", "reverse", "__setitem__"),
    **_methods(dict, "update", "setdefault", "clear", "pop", "__setitem__"),
    **_methods(set, "add", "update", "discard", "remove", "clear"),
}
