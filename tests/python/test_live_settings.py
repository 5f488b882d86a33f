"""lanner.settings without a server, and the control link of a worker with one."""
from __future__ import annotations

import copy
import json
import os
import pickle
import socket
import threading
from typing import Any, Iterator

import pytest

from lanner import frames
from lanner.control import Control, Gone
from lanner.dynamic import DynamicApp
from lanner.frozen import freeze, thaw
from lanner.live_settings import Settings, SettingsConflict, SettingsError, Snapshot
from lanner import dynamic


def test_without_a_server_updates_change_the_process() -> None:
    settings = Settings()
    told: list[int] = []
    settings.on_change(lambda snapshot: told.append(snapshot.version))
    assert (dict(settings), settings.version) == ({}, 0)
    assert settings.update({"a": {"b": 1, "c": 2}}).version == 1
    assert dict(settings.update({"a": {"b": None}, "list": [1, {"x": None}]})) == {"a": {"c": 2}, "list": [1, {"x": None}]}
    assert settings.update({"a": {"c": 2}}).version == 2  # nothing has changed
    assert dict(settings.replace({"z": None}, if_version=2)) == {"z": None}
    with pytest.raises(SettingsConflict) as conflict:
        settings.update({"z": 1}, if_version=2)
    assert (conflict.value.version, settings.version, told) == (3, 3, [1, 2, 3])


@pytest.mark.parametrize("wrong", ["1", 1.0, True, b"1"])
def test_a_version_that_is_no_number_guards_nothing_and_is_refused(wrong: Any) -> None:
    settings = Settings()
    settings.update({"a": 1})
    with pytest.raises(TypeError, match="if_version is the number of a version"):
        settings.update({"a": 2}, if_version=wrong)
    for never in -1, 2**64:
        with pytest.raises(SettingsConflict):
            settings.update({"a": 2}, if_version=never)
    assert settings["a"] == 1


@pytest.mark.parametrize("bad, error, place", [
    ({1: 2}, TypeError, "key 1"),
    ({"a": {"b": {3}}}, TypeError, "settings['a']['b'] is of type set"),
    ({"a": [0, float("nan")]}, ValueError, "settings['a'][1] is nan"),
    ({"a": float("-inf")}, ValueError, "is -inf"),
    ([("a", 1)], TypeError, "not list"),
    ({"a": b"x"}, TypeError, "bytes"),
])
def test_what_JSON_cannot_hold_is_named(bad: Any, error: type[Exception], place: str) -> None:
    settings = Settings()
    with pytest.raises(error, match=None) as refusal:
        settings.update(bad)
    assert place in str(refusal.value)
    assert settings.version == 0


def test_a_snapshot_is_read_only_all_the_way_down() -> None:
    values = Snapshot(1, b'{"a":{"b":[1,[2]]},"c":"x"}')
    for change in (lambda: values["a"].update(b=1), lambda: values["a"]["b"].append(1), lambda: values["a"]["b"][1].sort(),
                   lambda: values["a"].__setitem__("x", 1), lambda: values["a"]["b"].__iadd__([1]), lambda: values["a"].pop("b")):
        with pytest.raises(TypeError, match="read-only"):
            change()
    assert values["a"] == {"b": [1, [2]]} and json.dumps(values["a"]) == '{"b": [1, [2]]}'
    for copied in (copy.deepcopy(values["a"]), pickle.loads(pickle.dumps(values["a"])), thaw(values["a"])):
        copied["b"].append(3)
        assert copied == {"b": [1, [2], 3]}
    assert freeze({"a": (1, 2)}) == {"a": [1, 2]}


class FrontEnd:
    """The other end of a control link."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.link = frames.ControlLink(ours)
        self.control = Control(frames.ControlLink(theirs))
        self.sockets = (ours, theirs)
        self.settings = Settings()
        self.settings.attach(self.control)

    def deliver(self, version: int, values: Any) -> None:
        file = os.memfd_create("settings")
        os.write(file, json.dumps(values).encode())
        payload = __import__("marshal").dumps({"version": str(version)}, 2)
        header = frames.HEADER.pack(len(payload), 0, 0, frames.SETTINGS, 0, 0)
        socket.send_fds(self.link.socket, [header + payload], [file])
        os.close(file)


@pytest.fixture
def front_end() -> Iterator[FrontEnd]:
    end = FrontEnd()
    yield end
    for each in end.sockets:
        each.close()


def test_a_version_is_taken_then_confirmed(front_end: FrontEnd) -> None:
    front_end.deliver(7, {"a": 1})
    front_end.control.receive_one()
    assert front_end.link.receive() == (frames.SETTINGS_TAKEN, {"version": "7"})
    assert (front_end.settings.version, front_end.settings["a"]) == (7, 1)
    front_end.deliver(6, {"a": 0})  # came late
    front_end.control.receive_one()
    assert front_end.link.receive() == (frames.SETTINGS_TAKEN, {"version": "6"})
    assert front_end.settings.version == 7


def test_an_update_returns_the_acknowledged_version_though_a_newer_one_is_here(front_end: FrontEnd) -> None:
    def answer() -> None:
        asked = front_end.link.receive()
        assert asked is not None and asked[0] == frames.SETTINGS_CHANGE and json.loads(asked[1]["patch"]) == {"a": 2}
        front_end.deliver(2, {"a": 2})
        front_end.deliver(3, {"a": 3})
        front_end.link.send(frames.ANSWER, {"number": asked[1]["number"], "version": "2", "code": "", "message": "", "problems": []})

    thread = threading.Thread(target=answer)
    thread.start()
    made = front_end.settings.update({"a": 2})
    thread.join()
    assert (made.version, made["a"], front_end.settings.latest.version) == (2, 2, 3)


def test_threads_may_ask_before_and_while_the_main_thread_reads(front_end: FrontEnd) -> None:
    def answer() -> None:
        for _ in range(200):
            asked = front_end.link.receive()
            assert asked is not None
            front_end.link.send(frames.ANSWER, {"number": asked[1]["number"], "for": asked[1]["question"]})
        front_end.link.send(frames.STOP, {})

    answers: dict[int, int] = {}
    threads = [threading.Thread(target=answer)]
    for first in range(20):
        def ask(first: int = first) -> None:
            for number in range(first * 10, first * 10 + 10):
                answers[number] = front_end.control.ask(frames.SETTINGS_CHANGE, {"question": number})["for"]
        threads.append(threading.Thread(target=ask))
    for thread in threads:
        thread.start()
    assert front_end.control.run()
    for thread in threads:
        thread.join()
    assert answers == {number: number for number in range(200)}


def test_who_asks_is_told_when_the_front_end_has_gone(front_end: FrontEnd) -> None:
    def leave() -> None:
        front_end.link.receive()
        front_end.link.socket.close()

    thread = threading.Thread(target=leave)
    thread.start()
    with pytest.raises(SettingsError, match="the server has ended"):
        front_end.settings.update({"a": 1})
    thread.join()


def test_a_child_of_the_app_cannot_ask(front_end: FrontEnd) -> None:
    front_end.control._pid = -1
    with pytest.raises(Gone, match="forked by the app"):
        front_end.control.ask(frames.SETTINGS_CHANGE, {})


def test_one_app_is_built_for_many_threads_and_configurations_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    monkeypatch.setattr(dynamic, "settings", settings)
    settings.update({"n": 0})
    built: list[int] = []
    gate = threading.Event()

    def make(values: dict[str, Any]) -> Any:
        built.append(values["n"])
        values["n"] = -1  # its own
        if values.get("wait"):
            gate.wait(10)
        number = built[-1]
        return lambda environ, start_response: number

    app = DynamicApp(make, lambda message, trace: None)
    app.start()
    second = Snapshot(9, b'{"n": 1, "wait": true}')
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(app.app_for(second)({}, None))) for _ in range(12)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert (results, built) == ([1] * 12, [0, 1])
    assert app({}, None) == 0 and built == [0, 1]
    for version in range(2, 2 + dynamic.KEPT):
        app.app_for(Snapshot(10 + version, b'{"n": %d}' % version))
    assert app({}, None) == 0 and built == [0, 1, *range(2, 2 + dynamic.KEPT), 0]  # the oldest was let go


def test_what_cannot_be_built_leaves_the_last_good_one_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    monkeypatch.setattr(dynamic, "settings", settings)
    clock = [100.0]
    monkeypatch.setattr(dynamic.time, "monotonic", lambda: clock[0])
    told: list[str] = []
    broken = True

    def make(values: dict[str, Any]) -> Any:
        if values and broken:
            raise RuntimeError("no database")
        return lambda environ, start_response: dict(values)

    app = DynamicApp(make, lambda message, trace: told.append(message))
    app.start()
    bad = Snapshot(1, b'{"a": 1}')
    assert app.app_for(bad)({}, None) == {} and app.app_for(bad)({}, None) == {}
    assert len(told) == 1 and "RuntimeError: no database" in told[0]
    broken = False
    assert app.app_for(bad)({}, None) == {}
    clock[0] += dynamic.RETRY_SECONDS
    assert app.app_for(bad)({}, None) == {"a": 1}
