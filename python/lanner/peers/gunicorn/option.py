"""One setting of Gunicorn: its name, its options, and how its values are read."""
from __future__ import annotations

import importlib
import inspect
import os
from typing import Any, Callable, Optional


class Option:
    """``read`` turns what a person wrote into the value that ``cfg`` shows, or raises ValueError with the reason."""

    __slots__ = ("name", "flags", "default", "read", "action", "meaning")

    def __init__(
        self, name: str, flags: str, default: Any, read: Callable[[Any], Any], meaning: str = "", action: str = "store"
    ) -> None:
        self.name = name
        self.flags = flags.split()
        self.default = default
        self.read = read
        self.action = action
        self.meaning = meaning


def number(value: Any) -> int:
    """0 or above; texts in any of Python's notations, and ``022`` as the shell means it."""
    if isinstance(value, str):
        text = value.strip()
        octal = len(text) > 1 and text[0] == "0" and text[1:].isdigit()
        try:
            value = int(text, 8 if octal else 0)
        except ValueError:
            raise ValueError(f"must be a whole number, not {text!r}") from None
    if not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {value!r}")
    if value < 0:
        raise ValueError(f"must not be below 0, as {value} is")
    return int(value)


def decimal(value: Any) -> int:
    """Options of the command line that are numbers are decimal: ``010`` is ten."""
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return number(value)


def flag(value: Any) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError(f"must be True or False, not {value!r}")


def text(value: Any) -> Optional[str]:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"must be a text, not {value!r}")
    return value.strip()


def texts(value: Any) -> list[str]:
    """A list, or a text with commas between."""
    if not value:
        return []
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"must be a list of texts, not {value!r}")
    return [str(text(entry)) for entry in value]


def addresses(value: Any) -> list[str]:
    """Every entry may hold several, with commas between."""
    found = [part for entry in texts(value) for part in texts(entry)]
    for entry in found:
        address(entry)
    return found


def address(bind: str) -> Any:
    """As ``cfg.address`` shows it: (host, port), the path of a Unix socket, or a descriptor's number."""
    if bind.startswith("fd://"):
        if not bind[5:].isdigit():
            raise ValueError(f"has no descriptor in {bind!r}: write fd://3")
        return int(bind[5:])
    if bind.startswith("unix:"):
        path = bind[5:]
        return path[2:] if path.startswith("//") else path
    place = bind.split("://", 1)[-1]
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port[1:]
    else:
        host, _, port = place.partition(":")
    if port and not port.isdigit():
        raise ValueError(f"has no port in {bind!r}: write HOST:PORT, unix:PATH or fd://N")
    return host or "0.0.0.0", int(port or 8000)


def table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"must be a dict, not {value!r}")
    return value


def directory(value: Any) -> str:
    path = os.path.abspath(os.path.join(os.getcwd(), str(text(value))))
    if not os.path.isdir(path):
        raise ValueError(f"names {path}, which is no directory")
    return path


def account(value: Any) -> Any:
    """A user or group, by name or number."""
    if value is None or isinstance(value, int):
        return value
    name = str(text(value))
    return int(name) if name.isdigit() else name


def dotted(value: Any) -> Any:
    """A class is named, not loaded: Gunicorn's own workers may not be installed any more."""
    if value is None or isinstance(value, type):
        return value
    return text(value)


def anything(value: Any) -> Any:
    return value


def hook(*arities: int) -> Callable[[Any], Any]:
    """A function, or its dotted name, that can be called with so many arguments."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            module, dot, name = value.strip().rpartition(".")
            if not dot:
                raise ValueError(f"must be a function or its dotted name, not {value!r}")
            try:
                value = getattr(importlib.import_module(module), name)
            except (ImportError, AttributeError) as error:
                raise ValueError(f"names {module}.{name}, which cannot be had: {error}") from None
        if not callable(value):
            raise ValueError(f"must be a function, not {value!r}")
        if arity(value, arities) is None:
            wanted = " or ".join(str(count) for count in arities)
            raise ValueError(f"must be a function of {wanted} argument{'' if wanted == '1' else 's'}")
        return value

    return read


def arity(function: Callable[..., Any], arities: tuple[int, ...]) -> Optional[int]:
    """The greatest of these numbers of arguments that the function takes."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C
        return max(arities)
    for count in sorted(arities, reverse=True):
        try:
            signature.bind(*[None] * count)
            return count
        except TypeError:
            continue
    return None
