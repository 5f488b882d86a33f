"""Python's ``logging`` in Lanner's processes: where its records go when the app does not say, and the levels of its loggers.

Importing ``logging`` costs a small app a tenth of its start, so it is left to the app: what is to be done is done when
it comes."""
from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

_wanted: dict[str, str] = {}  # logger → level; the root logger's name is empty
_before: dict[str, int] = {}  # logger → level, as it was before it was changed here
_handler: Any = None
_serving = False
_configured = False  # the app has called basicConfig without saying where to


def watch(levels: Sequence[str]) -> None:
    """In the template and in spawned workers, before the app is imported. ``levels``: name, level, name, level …"""
    _wanted.update(zip(levels[::2], levels[1::2]))
    logging = sys.modules.get("logging")
    if logging is not None:
        _begin(logging)
    else:
        sys.meta_path.insert(0, _Finder())


def load() -> None:
    """The app is loaded, and has configured what it configures."""
    _apply()


def serve() -> None:
    """The worker is set up. Its root logger is given the server's log, unless the app has given it something else."""
    global _serving
    _serving = True
    if _handler is not None:
        _install(sys.modules["logging"])
    _apply()


def set_levels(levels: Sequence[str]) -> None:
    """From now on these loggers have these levels, and all others those that the app gave them."""
    wanted = dict(zip(levels[::2], levels[1::2]))
    logging = sys.modules.get("logging")
    if logging is not None:
        for name in _wanted.keys() - wanted.keys():
            if name in _before:
                logging.getLogger(name or None).setLevel(_before.pop(name))
    _wanted.clear()
    _wanted.update(wanted)
    _apply()


def _apply() -> None:
    logging = sys.modules.get("logging")
    if logging is None or not hasattr(logging, "root"):  # or it is just being imported
        return
    for name, level in _wanted.items():
        logger = logging.getLogger(name or None)
        _before.setdefault(name, logger.level)
        logger.setLevel(level.upper())


def _begin(logging: Any) -> None:
    """``logging`` is there. Records that no handler takes are the server's from the first on."""
    global _handler
    from .log_handler import LogHandler

    _handler = LogHandler()
    logging.lastResort = _handler
    configure = logging.basicConfig

    def basicConfig(**kwargs: Any) -> None:
        global _configured
        root = logging.root
        if kwargs.keys() - {"level", "force"}:
            # It says where to, or in which form. The handler that stands in until then must not make it a no-op.
            if not _configured and root.handlers == [_handler]:
                root.removeHandler(_handler)
            configure(**kwargs)
            return
        if root.handlers and not kwargs.get("force") and (_configured or root.handlers != [_handler]):
            return
        _configured = True
        for handler in root.handlers[:]:
            root.removeHandler(handler)
            if handler is not _handler:
                handler.close()
        root.addHandler(_handler)
        if kwargs.get("level") is not None:
            root.setLevel(kwargs["level"])

    basicConfig.__doc__ = configure.__doc__
    logging.basicConfig = basicConfig
    if _serving:
        _install(logging)
    _apply()


def _install(logging: Any) -> None:
    if not logging.root.handlers:
        logging.root.addHandler(_handler)


class _Finder:
    """Waits for ``logging`` in ``sys.meta_path``."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _begin(module)
