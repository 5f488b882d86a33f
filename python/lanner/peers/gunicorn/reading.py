"""What the command line, $GUNICORN_CMD_ARGS, the configuration file and the environment say together.

Later beats earlier: environment, configuration file, $GUNICORN_CMD_ARGS, command line.
"""
from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import shlex
import sys
import traceback
from typing import Any, Mapping, NoReturn, Optional

from ...version import __version__
from . import option, options
from .configuration import Configuration

CONFIGURATION_FILE = "configuration file"
VARIABLE = "$GUNICORN_CMD_ARGS"
COMMAND_LINE = "command line"
FROM_ENVIRONMENT = {"WEB_CONCURRENCY": "workers", "PORT": "bind", "FORWARDED_ALLOW_IPS": "forwarded_allow_ips"}


class Refused(Exception):
    """The text says what is wrong and what would be right; ``trace`` is what the user's own code raised."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class Help(Exception):
    """Not a configuration, but a text that was asked for."""


def main(arguments: list[str]) -> None:
    """For the command ``lanner gunicorn``: prints one JSON object. Whatever the configuration file prints goes to standard error."""
    answer_to = os.dup(1)
    os.dup2(2, 1)
    sys.argv[:] = ["gunicorn", *arguments]
    try:
        answer = read(arguments, os.environ, os.getcwd()).told()
    except Help as asked:
        answer = {"help": str(asked)}
    except Refused as refusal:
        answer = {"problem": str(refusal), "traceback": refusal.trace}
    sys.stdout.flush()
    with open(answer_to, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


def read(arguments: list[str], environ: Mapping[str, str], directory: str) -> Configuration:
    """``directory`` is where the command was given: the configuration file is looked for there, before ``chdir``."""
    try:
        known = options.all_options(environ, directory)
    except ValueError as error:
        raise Refused(f"$WEB_CONCURRENCY {error}") from None
    configuration = Configuration(known)
    for variable, name in FROM_ENVIRONMENT.items():
        if environ.get(variable):
            configuration.given[name] = f"${variable}"
    try:
        words = shlex.split(environ.get("GUNICORN_CMD_ARGS", ""))
    except ValueError as error:
        raise Refused(f"{VARIABLE} cannot be read: {error}") from None
    typed = _parsed(known, arguments, COMMAND_LINE)
    from_variable = _parsed(known, words, VARIABLE)

    # The file may import what stands beside it.
    for path in (directory, *_paths(typed.get("pythonpath") or from_variable.get("pythonpath"), directory)):
        if path not in sys.path:
            sys.path.insert(0, path)
    place = typed.get("config") or from_variable.get("config")
    values = _file(place or known["config"].default, place is not None, directory)
    for name, value in values.items():
        _take(configuration, name, value, CONFIGURATION_FILE)
    for found, origin in ((from_variable, VARIABLE), (typed, COMMAND_LINE)):
        for name, value in found.items():
            if name != "APP":
                _take(configuration, name, value, origin)
    configuration.app = typed.get("APP") or from_variable.get("APP") or configuration.values["wsgi_app"]
    if configuration.values["paste"]:
        configuration.values["paste"] = os.path.join(directory, configuration.values["paste"])
    configuration.paths = _paths(configuration.values["pythonpath"], directory)
    return configuration


def explain(error: BaseException) -> str:
    """The traceback of the user's code alone."""
    trace = error.__traceback__
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).startswith(("lanner.", "importlib.", "_frozen")):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace)).rstrip()


def _paths(text: Optional[str], directory: str) -> list[str]:
    return [os.path.abspath(os.path.join(directory, path.strip())) for path in (text or "").split(",") if path.strip()]


def _take(configuration: Configuration, name: str, value: Any, origin: str) -> None:
    try:
        configuration.values[name] = configuration.known[name].read(value)
    except ValueError as error:
        raise Refused(f"{origin}: {name} {error}") from None
    configuration.given[name] = origin


def _parsed(known: dict[str, option.Option], arguments: list[str], origin: str) -> dict[str, Any]:
    parser = _Parser(origin)
    parser.add_argument("APP", nargs="?", help="module:name, module:factory() or module.")
    parser.add_argument("-h", "--help", action="store_true", help="Say this and exit.")
    parser.add_argument("-v", "--version", action="store_true", help="Say the version and exit.")
    for entry in known.values():
        if entry.flags:
            more: dict[str, Any] = {} if entry.action.startswith("store_") else {"metavar": entry.name.upper()}
            parser.add_argument(*entry.flags, dest=entry.name, action=entry.action, default=None, help=entry.meaning or None, **more)
    found = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    if found.pop("help") and origin == COMMAND_LINE:
        raise Help(parser.format_help())
    if found.pop("version") and origin == COMMAND_LINE:
        raise Help(f"lanner {__version__} (in place of gunicorn)\n")
    return found


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as every other command does, and leaves the end to its caller."""

    def __init__(self, origin: str) -> None:
        super().__init__(prog="lanner gunicorn", usage="lanner gunicorn [OPTIONS] [APP]", add_help=False)
        self._origin = origin

    def error(self, message: str) -> NoReturn:
        raise Refused(f"{'' if self._origin == COMMAND_LINE else self._origin + ': '}{message} (see lanner gunicorn --help)")


def _file(place: str, is_named: bool, directory: str) -> dict[str, Any]:
    """What the configuration file says: the names in it that are settings."""
    if place.startswith("python:"):
        return _settings(_import(place[len("python:") :]))
    path = os.path.join(directory, place[len("file:") :] if place.startswith("file:") else place)
    if not os.path.isfile(path):
        if not is_named:
            return {}
        raise Refused(f"there is no configuration file {path}")
    from importlib.machinery import SourceFileLoader

    loader = SourceFileLoader("__config__", path)  # whatever the file's name ends with
    spec = importlib.util.spec_from_file_location("__config__", path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["__config__"] = module
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    except BaseException as error:  # SystemExit too
        raise Refused(_summary(f"the configuration file {path}", error), explain(error)) from None
    finally:
        sys.dont_write_bytecode = written
    return _settings(module)


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except BaseException as error:
        raise Refused(_summary(f"the configuration module {name}", error), explain(error)) from None


def _summary(what: str, error: BaseException) -> str:
    return f"{what} cannot be evaluated: {traceback.format_exception_only(type(error), error)[-1].strip()}"


def _settings(module: Any) -> dict[str, Any]:
    known = options.all_options({}, os.getcwd())
    return {name: value for name, value in vars(module).items() if name in known and name != "config"}
