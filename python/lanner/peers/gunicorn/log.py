"""``server.log`` and ``worker.log``: Gunicorn's two loggers, which apps also take by their names."""
from __future__ import annotations

import logging
import logging.config
import os
import sys
from typing import Any

LEVELS = {
    "critical": logging.CRITICAL,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}


class Log:
    """Writes to standard error, which is the server's log. The access log is the front end's: ``access_log`` has no handler of its own."""

    loglevel = logging.INFO

    def __init__(self, cfg: Any) -> None:
        self.cfg = cfg
        self.error_log = logging.getLogger("gunicorn.error")
        self.access_log = logging.getLogger("gunicorn.access")
        self.setup(cfg)

    def setup(self, cfg: Any) -> None:
        self.loglevel = LEVELS.get((cfg.loglevel or "info").lower(), logging.INFO)
        for logger in (self.error_log, self.access_log):
            logger.propagate = False
            logger.setLevel(logging.INFO)
        self.error_log.setLevel(self.loglevel)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
        self.error_log.handlers[:] = [handler]
        if not self.access_log.handlers:
            self.access_log.addHandler(logging.NullHandler())
        self._configure(cfg)

    def _configure(self, cfg: Any) -> None:
        """The user's own configuration of ``logging``, on top of that of Gunicorn's loggers."""
        told: dict[str, Any] = {"version": 1, "disable_existing_loggers": False}
        if cfg.logconfig_dict:
            told.update(cfg.logconfig_dict)
            logging.config.dictConfig(told)
        elif cfg.logconfig_json:
            import json

            with open(cfg.logconfig_json, encoding="utf-8") as stream:
                told.update(json.load(stream))
            logging.config.dictConfig(told)
        elif cfg.logconfig:
            path = os.path.abspath(cfg.logconfig)
            if not os.path.isfile(path):
                raise FileNotFoundError(2, "there is no log configuration", path)
            defaults = {"__file__": path, "here": os.path.dirname(path)}
            logging.config.fileConfig(path, defaults=defaults, disable_existing_loggers=False)

    def critical(self, message: Any, *args: Any, **keywords: Any) -> None:
        self.error_log.critical(message, *args, **keywords)

    def error(self, message: Any, *args: Any, **keywords: Any) -> None:
        self.error_log.error(message, *args, **keywords)

    def warning(self, message: Any, *args: Any, **keywords: Any) -> None:
        self.error_log.warning(message, *args, **keywords)

    def info(self, message: Any, *args: Any, **keywords: Any) -> None:
        self.error_log.info(message, *args, **keywords)

    def debug(self, message: Any, *args: Any, **keywords: Any) -> None:
        self.error_log.debug(message, *args, **keywords)

    def exception(self, message: Any, *args: Any, **keywords: Any) -> None:
        self.error_log.exception(message, *args, **keywords)

    def log(self, level: Any, message: Any, *args: Any, **keywords: Any) -> None:
        if isinstance(level, str):
            level = LEVELS.get(level.lower(), logging.INFO)
        self.error_log.log(level, message, *args, **keywords)

    def reopen_files(self) -> None:
        """The front end's: USR1."""

    def close_on_exec(self) -> None:
        """Descriptors of the server are closed on exec always."""
