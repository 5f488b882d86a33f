"""What JSON can hold, read-only: a dict and a list that are equal to plain ones and refuse to be changed."""
from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def freeze(value: Any) -> Any:
    """The same value, and all within it, read-only."""
    if isinstance(value, dict):
        return FrozenDict((key, freeze(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return FrozenList(map(freeze, value))
    return value


def thaw(value: Any) -> Any:
    """A plain copy that may be changed."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [thaw(item) for item in value]
    return value


def _refuse(self: Any, *arguments: Any, **named: Any) -> NoReturn:
    raise TypeError("settings are read-only: every process and thread shares this version of them. lanner.settings.update({...}) makes the next one")


class FrozenDict(dict[str, "Any"]):
    __slots__ = ()

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return thaw(self)

    def __reduce__(self) -> Any:
        return thaw, (dict(self),)


class FrozenList(list["Any"]):
    __slots__ = ()

    __setitem__ = __delitem__ = append = extend = insert = pop = remove = clear = sort = reverse = _refuse
    __iadd__ = __imul__ = _refuse

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return thaw(self)

    def __reduce__(self) -> Any:
        return thaw, (list(self),)
