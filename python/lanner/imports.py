"""What is done at the moment the app imports a package, because later is too late."""
from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

_PROMETHEUS = {"prometheus_client.values": "take", "prometheus_client.metrics": "take_metrics"}


class _Finder:
    """Finds such a module as the others find it, and has this package see it when its code has run."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[Any]:
        if name not in _PROMETHEUS:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None and getattr(spec.loader, "exec_module", None):
                spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader:
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        from . import prometheus

        getattr(prometheus, _PROMETHEUS[module.__name__])(module)


def watch() -> None:
    """Called before the app is imported. Costs an import one comparison of texts."""
    sys.meta_path.insert(0, _Finder())
