"""``random``: CPython seeds the module's own generator anew in a child, but not an app's; all workers would draw the same."""
from __future__ import annotations

import random

from .repair import Repair


class Generators(Repair):
    name = "random.Random objects"

    def kinds(self) -> tuple[type, ...]:
        return (random.Random,)

    def repair(self) -> None:
        random.seed()
        for generator in self.found:
            if not isinstance(generator, random.SystemRandom):
                try:
                    generator.seed()
                except TypeError:  # a subclass that wants more
                    random.Random.seed(generator)

    def count(self) -> int:
        library = {id(getattr(random, "_inst", None))}
        return sum(1 for one in self.found if id(one) not in library and not isinstance(one, random.SystemRandom))
