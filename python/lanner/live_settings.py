"""``lanner.settings``: the app's live configuration, one version a request."""
from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Mapping

from . import frames, hooks, running
from .control import Control, Gone
from .frozen import freeze, thaw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, List, Optional, TypeVar

    Callback = TypeVar("Callback", bound=Callable[["Snapshot"], Any])

_RECENT = 64  # versions kept for the changes under way in this process


class SettingsError(Exception):
    """An update was refused; nothing has changed."""


class SettingsConflict(SettingsError):
    """The settings have another version than ``if_version`` asked for; ``version`` is the present one."""

    def __init__(self, message: str, version: int) -> None:
        super().__init__(message)
        self.version = version


class SettingsInvalid(SettingsError):
    """The settings would not be valid; ``problems`` are pairs of path and reason."""

    def __init__(self, message: str, problems: List[tuple[str, str]]) -> None:
        super().__init__(message)
        self.problems = problems


class Snapshot(Mapping[str, "Any"]):
    """One version of the settings, read-only. Decoded when it is first read."""

    __slots__ = ("version", "text", "_values")

    def __init__(self, version: int, text: bytes) -> None:
        self.version = version
        self.text = text
        self._values: Optional[dict[str, Any]] = None

    def _decoded(self) -> dict[str, Any]:
        values = self._values
        if values is None:
            import json

            # Two threads may both do it: the results are equal.
            values = self._values = freeze(json.loads(self.text))
        return values

    def __getitem__(self, key: str) -> Any:
        return self._decoded()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __len__(self) -> int:
        return len(self._decoded())

    def __contains__(self, key: object) -> bool:
        return key in self._decoded()

    def __repr__(self) -> str:
        return f"<lanner.settings version {self.version}: {dict(self._decoded())!r}>"


class Settings(Mapping[str, "Any"]):
    """Within a request, the version that the request began with; elsewhere the newest."""

    def __init__(self) -> None:
        self.current = Snapshot(0, b"{}")
        self._control: Optional[Control] = None
        self._callbacks: List[Callable[[Snapshot], Any]] = []
        self._told: Optional[Snapshot] = None
        self._wanted = threading.Condition()
        self._teller: Optional[threading.Thread] = None
        self._plain = threading.Lock()
        self._changes = 0  # under way in this process
        self._recent: List[Snapshot] = []  # while there are any

    # What an app reads.

    @property
    def snapshot(self) -> Snapshot:
        """What this thread's request began with, to be handed on; without a request the newest."""
        noted = running.noted()
        if noted is None or noted[0] is None:
            return self.current
        pinned: Snapshot = noted[1]
        return pinned

    @property
    def version(self) -> int:
        """Counts up from 1 with each update; 0 when there have never been settings."""
        return self.snapshot.version

    @property
    def latest(self) -> Snapshot:
        """The newest version in this process, whatever the request began with."""
        return self.current

    def refresh(self) -> Snapshot:
        """Gives this request the newest version for its rest."""
        newest = self.current
        noted = running.noted()
        if noted is not None and noted[0] is not None:
            noted[1] = newest
        return newest

    def __getitem__(self, key: str) -> Any:
        return self.snapshot[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot)

    def __len__(self) -> int:
        return len(self.snapshot)

    def __contains__(self, key: object) -> bool:
        return key in self.snapshot

    def __repr__(self) -> str:
        return repr(self.snapshot)

    # What it changes.

    def update(self, patch: Mapping[str, Any], if_version: Optional[int] = None) -> Snapshot:
        """Merges ``patch`` into the settings as a JSON merge patch does: objects are merged, None removes a key, all else
        replaces. Returns the new version when it is stored and every worker has it. This request goes on with the one it
        began with; ``refresh()`` gives it the new one.

        ``if_version``: only when the settings have that version still, else SettingsConflict. SettingsInvalid when the
        values are not valid, ValueError or TypeError when they are nothing that JSON can hold. Nothing has changed then.
        """
        return self._change({"patch": _encoded(patch)}, if_version)

    def replace(self, settings: Mapping[str, Any], if_version: Optional[int] = None) -> Snapshot:
        """Like ``update``, with all of the settings given anew."""
        return self._change({"whole": _encoded(settings)}, if_version)

    def on_change(self, function: Callback) -> Callback:
        """Decorator: ``function(snapshot)`` is called in each worker process after the settings have changed, in a thread
        of its own; of versions that follow each other fast, with the newest."""
        self._callbacks.append(function)
        return function

    # What the worker calls.

    def attach(self, control: Control) -> None:
        """From now on versions come by the control link, each in a nameless file."""
        self._control = control
        self._told = self.current
        control.on(frames.SETTINGS, self._take)

    def accept(self, version: int, descriptor: int) -> None:
        """Takes the version that the file holds."""
        try:
            text = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        finally:
            os.close(descriptor)
        self.current = Snapshot(version, text)

    def _take(self, entries: dict[str, Any]) -> None:
        control = self._control
        assert control is not None
        version = int(entries["version"])
        descriptor = control.descriptors.popleft()
        is_newer = version > self.current.version
        if is_newer:
            self.accept(version, descriptor)
            if self._changes:
                self._recent.append(self.current)
                del self._recent[:-_RECENT]
        else:
            os.close(descriptor)
        control.send(frames.SETTINGS_TAKEN, {"version": str(version)})
        if is_newer:
            self._tell()

    def _change(self, entries: dict[str, Any], if_version: Optional[int]) -> Snapshot:
        if if_version is not None and (isinstance(if_version, bool) or not isinstance(if_version, int)):
            raise TypeError(f"if_version is the number of a version, a whole one, not {if_version!r}")
        if if_version is not None and not 0 <= if_version < 2**63:
            raise SettingsConflict(f"the settings have version {self.current.version}, not {if_version}", self.current.version)
        if self._control is None:
            if hooks._managed:
                raise running.NotYet("settings cannot be changed")
            return self._change_here(entries, if_version)
        with self._plain:
            if not self._changes:
                self._recent = [self.current]
            self._changes += 1
        try:
            answer = self._control.ask(
                frames.SETTINGS_CHANGE,
                {**entries, "if_version": "" if if_version is None else str(if_version), "request": running.request_id()},
            )
            _raise(answer)
            # A newer one may be here already, but not yet in every other worker.
            version = int(answer["version"])
            return next((known for known in list(self._recent) if known.version >= version), self.current)
        except (Gone, frames.TooLong) as error:
            raise SettingsError(str(error)) from None
        finally:
            with self._plain:
                self._changes -= 1
                if not self._changes:
                    self._recent = []

    def _change_here(self, entries: dict[str, Any], if_version: Optional[int]) -> Snapshot:
        """Under another server, and in plain tests: in this process."""
        import json

        with self._plain:
            old = self.current
            if if_version is not None and if_version != old.version:
                raise SettingsConflict(f"the settings have version {old.version}, not {if_version}", old.version)
            if "whole" in entries:
                values = json.loads(entries["whole"])
            else:
                values = _merged(thaw(old._decoded()), json.loads(entries["patch"]))
            if values == old._decoded():
                return old
            self.current = new = Snapshot(old.version + 1, json.dumps(values).encode())
        self._call(new)
        return new

    def _tell(self) -> None:
        """Has the callbacks called with the newest version, off the thread that takes versions."""
        if not self._callbacks:
            return
        with self._wanted:
            if self._teller is None:
                self._teller = threading.Thread(target=self._tell_on, name="lanner-settings", daemon=True)
                self._teller.start()
            self._wanted.notify()

    def _tell_on(self) -> None:
        while True:
            with self._wanted:
                while self.current is self._told:
                    self._wanted.wait()
                self._told = newest = self.current
            self._call(newest)

    def _call(self, newest: Snapshot) -> None:
        for function in list(self._callbacks):
            try:
                function(newest)
            except BaseException:
                name = getattr(function, "__qualname__", repr(function))
                print(f"lanner.settings.on_change: {name} failed for version {newest.version}:\n{traceback.format_exc().rstrip()}", file=sys.stderr)


settings = Settings()


def _encoded(values: Mapping[str, Any]) -> str:
    import json

    if not isinstance(values, Mapping):
        raise TypeError(f"settings are a mapping of names to values, not {type(values).__name__}")
    _check(values, "settings")
    return json.dumps(thaw(dict(values)), allow_nan=False, ensure_ascii=True)


def _check(value: Any, place: str) -> None:
    """json.dumps would make other keys out of numbers, and its errors do not say where."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{place} has the key {key!r}: settings have names, which are str")
            _check(item, f"{place}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _check(item, f"{place}[{number}]")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{place} is {value}, which JSON cannot hold")
    elif value is not None and not isinstance(value, (str, int, bool)):
        raise TypeError(f"{place} is of type {type(value).__name__}; settings are what JSON can hold: dict, list, str, int, float, bool and None")


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _raise(answer: dict[str, Any]) -> None:
    code, message = answer["code"], answer["message"]
    if code == "version-differs":
        raise SettingsConflict(message, int(answer["version"]))
    if code == "settings-invalid":
        raise SettingsInvalid(message, [(path, reason) for path, reason in answer["problems"]])
    if code:
        raise SettingsError(message)
