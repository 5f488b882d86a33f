"""``cfg``: every setting of Gunicorn as an attribute."""
from __future__ import annotations

import grp
import os
import pwd
from typing import Any, Optional

from . import option, options


class Configuration:
    """The settings, and where each that was given came from."""

    def __init__(self, known: dict[str, option.Option]) -> None:
        self.known = known
        self.values: dict[str, Any] = {name: entry.default for name, entry in known.items()}
        self.given: dict[str, str] = {}
        self.app: Optional[str] = None
        self.paths: list[str] = []

    def told(self) -> dict[str, Any]:
        """For the front end. Hooks are told by their names only: they run in the template and its workers."""
        values = {name: options.plain(value) for name, value in self.values.items() if not options.is_hook(name)}
        values["user"], values["group"] = self._accounts()
        return {
            "app": self.app,
            "settings": values,
            "given": self.given,
            "hooks": [name for name in options.HOOKS if self.values[name] is not None],
            "addresses": [_lanner_address(bind) for bind in self.values["bind"]],
            "printed": str(Cfg(self)) if self.values["print_config"] else None,
        }

    def _accounts(self) -> tuple[Optional[str], Optional[str]]:
        """None where the processes keep what they have."""
        user, group = self.values["user"], self.values["group"]
        same_user = user is None or user == os.geteuid() or user == _name_of_user(os.geteuid())
        same_group = group is None or group == os.getegid() or group == _name_of_group(os.getegid())
        return (None if same_user else str(user)), (None if same_group else str(group))


class Cfg:
    """What hooks are given. Assigning to it, or ``set``, changes what other hooks see and nothing else."""

    def __init__(self, configuration: Configuration) -> None:
        self.__dict__["_configuration"] = configuration

    def __getattr__(self, name: str) -> Any:
        try:
            return self._configuration.values[name]
        except KeyError:
            raise AttributeError(f"Gunicorn has no setting {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self.set(name, value)

    def set(self, name: str, value: Any) -> None:
        if name not in self._configuration.known:
            raise AttributeError(f"Gunicorn has no setting {name!r}")
        self._configuration.values[name] = self._configuration.known[name].read(value)

    def __str__(self) -> str:
        values = self._configuration.values
        width = max(map(len, values))
        return "\n".join(f"{name:<{width}} = {_shown(values[name])}" for name in sorted(values))

    @property
    def settings(self) -> dict[str, "Setting"]:
        return {name: Setting(name, value) for name, value in self._configuration.values.items()}

    @property
    def address(self) -> list[Any]:
        return [option.address(bind) for bind in self.bind]

    @property
    def env(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in self.raw_env if "=" in entry)

    @property
    def is_ssl(self) -> bool:
        return bool(self.certfile or self.keyfile)

    @property
    def proc_name(self) -> str:
        values = self._configuration.values
        return str(values["proc_name"] or self._configuration.app or values["default_proc_name"])

    @property
    def worker_class_str(self) -> str:
        name = str(options.plain(self.worker_class))
        return "gthread" if name == "sync" and self.threads > 1 else name

    @property
    def uid(self) -> int:
        return self.user if isinstance(self.user, int) else pwd.getpwnam(self.user).pw_uid

    @property
    def gid(self) -> int:
        return self.group if isinstance(self.group, int) else grp.getgrnam(self.group).gr_gid

    @property
    def paste_global_conf(self) -> Optional[dict[str, str]]:
        pairs = [entry.split("=", 1) for entry in self.raw_paste_global_conf if "=" in entry]
        return {name: value for name, value in pairs} or None


class Setting:
    """One entry of ``cfg.settings``."""

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def get(self) -> Any:
        return self.value


def _shown(value: Any) -> str:
    return f"<{value.__qualname__}()>" if callable(value) and hasattr(value, "__qualname__") else repr(value) if not isinstance(value, str) else value


def _lanner_address(bind: str) -> str:
    found = option.address(bind)
    if isinstance(found, int):
        return f"fd:{found}"
    if isinstance(found, str):
        return f"unix:{found}"
    host, port = found
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _name_of_user(number: int) -> Optional[str]:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return None


def _name_of_group(number: int) -> Optional[str]:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return None
