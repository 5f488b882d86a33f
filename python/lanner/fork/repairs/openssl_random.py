"""OpenSSL before 1.1.1: a child's generator goes on from the parent's state; a draw in the parent makes each fork differ.

Contexts are copied memory and need no repair; a connection that was made with one is a socket, and is cut off as such."""
from __future__ import annotations

import os
import sys

from .repair import Repair


class OpenSsl(Repair):
    name = "OpenSSL's generator"

    def before(self) -> None:
        sys.modules["ssl"].RAND_bytes(16)

    def repair(self) -> None:
        sys.modules["ssl"].RAND_add(os.urandom(32), 0.0)
