"""``Generic`` and two type variables, for classes that keep the type of what they are given. When the program runs they do
nothing: importing ``typing`` takes a while, and Python 3.9 has no ParamSpec."""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic, TypeVar

    from typing_extensions import ParamSpec

    P = ParamSpec("P")
    T = TypeVar("T")
else:
    P = T = None

    class Generic:
        def __class_getitem__(cls, parameters: object) -> type:
            return cls


__all__ = ["Generic", "P", "T"]
