"""Lanner's public Python API. Importing it does nothing: it also works under any other server and in plain tests."""
from . import fork
from .identity import worker

__all__ = ["fork", "worker", "__version__"]
__version__ = "0.1.0"
