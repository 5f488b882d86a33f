"""PyCrypto: its generator has to be told of a fork, on both sides. PyCryptodome has none of its own; the call does nothing there."""
from __future__ import annotations

import sys

from .repair import Repair


class PyCrypto(Repair):
    name = "PyCrypto's generator"
    module = "Crypto.Random"

    def before(self) -> None:
        self.repair()

    def repair(self) -> None:
        tell = getattr(sys.modules[self.module], "atfork", None)
        if tell is not None:
            tell()


class PyCryptodome(PyCrypto):
    module = "Cryptodome.Random"
