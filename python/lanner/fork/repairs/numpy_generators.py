"""numpy: the global RandomState and every generator would draw the same numbers in all workers."""
from __future__ import annotations

import sys

from .repair import Repair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class NumpyGenerators(Repair):
    name = "numpy random generators"

    def kinds(self) -> tuple[type, ...]:
        numpy = sys.modules["numpy.random"]
        return (numpy.RandomState, numpy.Generator, numpy.BitGenerator)

    def repair(self) -> None:
        numpy: Any = sys.modules["numpy.random"]
        numpy.seed()
        seeded: set[int] = set()
        for thing in self.found:
            if isinstance(thing, numpy.RandomState):
                _seed(thing._bit_generator, seeded)
                try:
                    thing.seed()  # also forgets the second number of a pair of normal ones
                except TypeError:  # another generator than the Mersenne twister
                    pass
            else:
                _seed(thing if isinstance(thing, numpy.BitGenerator) else thing.bit_generator, seeded)

    def count(self) -> int:
        """Generators that the app has made; numpy's own one is always there."""
        numpy: Any = sys.modules["numpy.random"]
        own = {id(getattr(numpy.mtrand, "_rand", None)), id(getattr(getattr(numpy.mtrand, "_rand", None), "_bit_generator", None))}
        return sum(1 for thing in self.found if id(thing) not in own and not isinstance(thing, numpy.BitGenerator))


def _seed(bits: Any, seeded: set[int]) -> None:
    if id(bits) not in seeded:
        seeded.add(id(bits))
        bits.state = type(bits)().state  # a new one takes its seed from the system
