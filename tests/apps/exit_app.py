"""Leaves the process on import: sys.exit(7)."""
import sys

sys.exit(7)
