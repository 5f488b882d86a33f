"""``lanner.job`` without a server, and what the front end is told of the jobs of an app."""
from __future__ import annotations

import datetime
import inspect
import json
import pathlib
import re
import threading

import lanner
import pytest
from lanner import hooks, job_worker, jobs, moments, running
from lanner.frozen import freeze
from lanner.loading import LoadError

UTC = datetime.timezone.utc


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(running, "jobs", {})


def named(name):
    [found] = [each for piece in jobs.definitions(1 << 20) for each in piece if each["name"] == name]
    return found


def test_a_job_is_still_its_function():
    @lanner.job(cron="0 3 * * *")
    def nightly(a, b=2):
        """What it does."""
        return a + b

    assert nightly(1) == 3 and nightly(1, b=5) == 6
    assert (nightly.__name__, nightly.__doc__, nightly.name) == ("nightly", "What it does.", "nightly")
    assert repr(nightly) == "<lanner.job nightly>"


def test_the_bare_decorator_is_a_job_that_is_only_asked_for():
    @lanner.job
    def asked():
        pass

    told = named("asked")
    assert (told["cron"], told["every"], told["at"], told["overlap"], told["timezone"]) == ("", "", "", "", "")
    assert told["call"] == f"{__name__}:test_the_bare_decorator_is_a_job_that_is_only_asked_for.asked"
    assert told["place"] == f"{__file__}:{asked.function.__code__.co_firstlineno}"


def test_all_options_are_told_as_text():
    @lanner.job(name="shop.close", every=datetime.timedelta(minutes=5), overlap="queue", missed="run_all", retries=3, timeout="1h", priority=-2, context_url="/admin/")
    def close():
        pass

    told = named("shop.close")
    assert all(isinstance(value, str) for value in told.values())
    assert (told["every"], told["timeout"], told["retries"], told["priority"]) == ("300000ms", "3600000ms", "3", "-2")
    assert (told["overlap"], told["missed"], told["context_url"]) == ("queue", "run_all", "/admin/")


def test_every_key_of_a_job_in_the_settings_is_an_option_and_the_other_way_round():
    """docs/settings.md is written from the declarations of the settings, and a test keeps it so."""
    page = pathlib.Path(__file__, "../../../docs/settings.md").resolve().read_text(encoding="utf-8")
    keys = re.findall(r"^\| `(\w+)` \|", page.partition("## `[job.NAME]`")[2].partition("\n## ")[0], re.MULTILINE)
    assert {"app", "call", "cron", "retry_pause", "keep_runs"} <= set(keys)
    options = set(inspect.signature(lanner.job).parameters) - {"function"}

    # The decorated function says itself which it is and of which app; the table has the name.
    assert options - {"name"} == set(keys) - {"app", "call"}

    @lanner.job
    def asked():
        pass

    assert set(named("asked")) - {"name", "place"} == set(keys) - {"app"}


@pytest.mark.parametrize("options", [
    {"missed_limit": 5}, {"retries": 2}, {"retry_pause": "20ms"}, {"timeout": "1h"}, {"priority": 3}, {"context_url": "/x/"}, {"arguments": [1]},
    {"keep": "1d"}, {"keep_runs": 9}, {"overlap": "queue"}, {"missed": "skip"}, {"cron": "@daily"}, {"every": 5}, {"at": "2030-01-01T00:00:00Z"}, {"timezone": "Europe/Berlin"},
])
def test_each_option_is_told_with_and_without_a_call_of_the_decorator(options):
    [key] = options
    lanner.job(name="called", **options)(_nothing)
    lanner.job(_nothing, name="given", **options)
    lanner.job(_nothing, name="plain")
    assert named("called")[key] == named("given")[key] != named("plain")[key]


def _nothing():
    pass


@pytest.mark.parametrize("options, match", [
    ({"retries": "2"}, "retries of the job nothing is a whole number, not '2'"),
    ({"priority": 1.5}, "priority of the job nothing"),
    ({"keep_runs": True}, "keep_runs of the job nothing"),
    ({"arguments": "text"}, "arguments of the job nothing are a list .* not str"),
    ({"arguments": [object()]}, "arguments of the job nothing are not what JSON can hold"),
])
def test_options_of_another_type_are_refused_where_they_stand(options, match):
    with pytest.raises(TypeError, match=match):
        lanner.job(_nothing, name="nothing", **options)


def test_enqueue_elsewhere_without_arguments_takes_those_of_the_job():
    done = threading.Event()
    given = []

    @lanner.job(arguments={"days": 7})
    def sweep(days):
        given.append(days)
        done.set()

    sweep.enqueue()
    assert done.wait(10)
    assert given == [7]


@pytest.mark.parametrize("schedule, key, text", [
    ({"cron": "30 23 * * *", "timezone": "Europe/Berlin"}, "timezone", "Europe/Berlin"),
    ({"at": datetime.datetime(2026, 12, 31, 23, 30, tzinfo=UTC)}, "at", "2026-12-31T23:30:00+00:00"),
    ({"at": "2026-12-31T23:30:00Z"}, "at", "2026-12-31T23:30:00Z"),
    ({"every": 0.5}, "every", "500ms"),
    ({"every": "250ms"}, "every", "250ms"),
    ({"every": "1.5h"}, "every", "5400000ms"),
    ({"every": "1h", "timezone": "Europe/Berlin"}, "timezone", "Europe/Berlin"),
])
def test_schedules_are_told_as_written(schedule, key, text):
    lanner.job(lambda: None, name="one", **schedule)
    assert named("one")[key] == text


def test_two_schedules_are_refused():
    with pytest.raises(ValueError, match="nightly has more than one of cron, every and at"):
        lanner.job(lambda: None, name="nightly", cron="0 3 * * *", every="1h")


def test_two_jobs_with_one_name_are_refused_and_the_same_one_again_is_not():
    def make():
        @lanner.job(every="1h")
        def nightly():
            pass

        return nightly

    first, second = make(), make()
    assert running.jobs["nightly"] is second is not first
    with pytest.raises(ValueError, match="two jobs named nightly: .*make.* and .*other.*say lanner.job"):

        @lanner.job(name="nightly")
        def other():
            pass


def test_what_has_no_name_needs_one():
    with pytest.raises(TypeError, match=r"has no name: say lanner.job\(name="):
        lanner.job(type("Callable", (), {"__call__": lambda self: None})())


@pytest.mark.parametrize("duration", ["soon", "m", "5x", "1h30x", "5mm", "1 h -30 m", "..s", "-1s", "", -1, "nans", "infs", float("nan"), float("inf")])
def test_what_is_no_duration_is_refused(duration):
    with pytest.raises(ValueError, match="is no duration"):
        lanner.job(lambda: None, name="one", every=duration)


@pytest.mark.parametrize("duration, seconds", [("5", 5), ("1h30m", 5400), ("5 m", 300), (" 1h 30m ", 5400), ("250ms", 0.25), ("1.5h", 5400), ("0.5d", 43200), (2.5, 2.5)])
def test_durations_are_those_of_the_settings(duration, seconds):
    assert moments.seconds(duration) == seconds


def test_enqueue_elsewhere_runs_in_the_background():
    ran = threading.Event()
    seen = []

    @lanner.job
    def work(*args, **named):
        seen.append((threading.current_thread() is threading.main_thread(), args, named))
        ran.set()

    assert work.enqueue(1, "two") == "local"
    assert ran.wait(30)
    assert seen == [(False, (1, "two"), {})]


def test_enqueue_elsewhere_for_later_runs_then():
    ran = threading.Event()
    work = lanner.job(lambda: ran.set(), name="work")
    work.enqueue(delay="20ms")
    assert ran.wait(30)
    ran.clear()
    work.enqueue(at=datetime.datetime.now(UTC) + datetime.timedelta(milliseconds=20))
    assert ran.wait(30)
    ran.clear()
    work.enqueue(at="2001-01-01T00:00:00Z")
    assert ran.wait(30)


def test_arguments_are_copied_when_they_are_given():
    ran, seen = threading.Event(), []

    @lanner.job
    def work(things):
        seen.append(things)
        ran.set()

    things = ["a"]
    work.enqueue(things, delay="20ms")
    things.append("b")
    assert ran.wait(30) and seen == [["a"]]


@pytest.mark.parametrize("wrong, error, match", [
    (dict(at="2026-01-01T00:00:00"), ValueError, "has no time zone"),
    (dict(at=datetime.datetime(2026, 1, 1)), ValueError, "has no time zone"),
    (dict(at="tomorrow"), ValueError, ""),
    (dict(delay="soon"), ValueError, "is no duration"),
    (dict(at="2026-01-01T00:00:00Z", delay=1), ValueError, "at or delay, not both"),
])
def test_enqueue_refuses_what_is_no_time(wrong, error, match):
    work = lanner.job(lambda: None, name="work")
    with pytest.raises(error, match=match):
        work.enqueue(**wrong)


@pytest.mark.parametrize("argument, error", [(object(), TypeError), (float("nan"), ValueError), ({1, 2}, TypeError), (b"bytes", TypeError)])
def test_arguments_that_json_cannot_hold_are_refused_with_the_jobs_name(argument, error):
    work = lanner.job(lambda thing: None, name="work")
    with pytest.raises(error, match="arguments of the job work are not what JSON can hold"):
        work.enqueue(argument)


def test_arguments_of_live_settings_are_plain():
    ran, seen = threading.Event(), []
    work = lanner.job(lambda thing: (seen.append(thing), ran.set()), name="work")
    work.enqueue(freeze({"prices": [1, {"low": 2}]}))
    assert ran.wait(30) and seen == [{"prices": [1, {"low": 2}]}]


@pytest.mark.parametrize("args, named, told", [
    ((1,), {"b": 2}, (1, 2, {})),
    ((), {"a": 1}, (1, None, {})),
    ((1,), {"c": 3}, (1, None, {"c": 3})),
])
def test_positional_and_named_arguments_arrive_as_they_were_given(args, named, told):
    ran, seen = threading.Event(), []

    @lanner.job
    def work(a, b=None, **rest):
        seen.append((a, b, rest))
        ran.set()

    work.enqueue(*args, **named)
    assert ran.wait(30)
    assert seen == [told]


def test_what_goes_by_position_only_is_refused_beside_named_arguments():
    @lanner.job
    def work(*things, also=None):
        pass

    with pytest.raises(TypeError, match="the job work cannot be given things, which goes by position only, beside named arguments"):
        work.enqueue(1, also=2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'unknown'"):
        work.enqueue(unknown=2)


def test_while_the_app_is_loaded_nothing_can_be_put_in_line(monkeypatch):
    monkeypatch.setattr(hooks, "_managed", True)
    with pytest.raises(jobs.JobError, match="while the app is loaded"):
        lanner.job(lambda: None, name="work").enqueue()


@pytest.mark.parametrize("call, match", [
    ("no_such_module_anywhere:f", "which is not there"),
    ("json:no_such", "which is not there"),
    ("json:__name__", "which is no function but str"),
])
def test_a_call_that_is_not_there_is_named(call, match):
    with pytest.raises(LoadError, match=match):
        job_worker.resolve(call)


def test_a_call_may_name_a_method_or_a_job():
    assert job_worker.resolve("json:JSONEncoder.encode") is json.JSONEncoder.encode
    assert job_worker.resolve("json:loads") is json.loads


def test_enqueue_refuses_a_key_that_is_no_text():
    @lanner.job
    def work():
        ...

    with pytest.raises(TypeError, match="the key of a run is a str, not int"):
        work.enqueue(key=17)



class TestRunner:
    """What a job worker does with a run."""

    @staticmethod
    def run(name="", call="", arguments="[]"):
        told = []
        body = job_worker.Runner(None)(
            {"lanner.job": name, "lanner.call": call, "lanner.arguments": arguments, "lanner.context_url": "", "lanner.max_result": "20000"},
            lambda status, headers: told.append(status))
        assert told == ["200 OK"]
        return json.loads(b"".join(body))

    def test_its_result_is_json_or_what_it_looks_like(self):
        lanner.job(lambda: {"n": 1}, name="plain")
        lanner.job(lambda: {1, 2}, name="odd")
        assert self.run("plain") == {"n": 1}
        assert self.run("odd") == {"repr": "{1, 2}"}

    def test_a_result_that_is_no_number_is_still_json(self):
        lanner.job(lambda: [float("nan")], name="nan")
        assert self.run("nan") == {"repr": "[nan]"}

    def test_one_that_cannot_be_shown_is_no_failure(self):
        class Silent:
            def __repr__(self):
                raise ValueError("no words")

        lanner.job(Silent, name="silent")
        lanner.job(lambda: 10**5000, name="huge")
        deep = []
        for _ in range(100_000):
            deep = [deep]
        lanner.job(lambda: deep, name="deep")
        assert "Silent object at" in self.run("silent")["repr"]
        assert set(self.run("deep")) == {"repr"}
        huge = self.run("huge")
        assert huge == 10**5000 if isinstance(huge, int) else "repr" in huge

    def test_of_one_that_is_too_long_its_beginning_is_kept(self):
        lanner.job(lambda: "x" * 19_998, name="fits")
        lanner.job(lambda: "x" * 19_999, name="long")
        lanner.job(lambda: {1: "x" * 5000, "set": {1}}, name="odd")
        assert self.run("fits") == "x" * 19_998
        assert self.run("long") == {"repr": "'" + "x" * 999}
        assert len(self.run("odd")["repr"]) == 1000

    def test_arguments_are_a_list_or_names(self):
        lanner.job(lambda a, b=0: [a, b], name="work")
        assert self.run("work", arguments="[1, 2]") == [1, 2]
        assert self.run("work", arguments='{"b": 2, "a": 1}') == [1, 2]

    def test_one_that_the_version_does_not_have_says_so(self):
        with pytest.raises(LookupError, match="no job gone in this version"):
            self.run("gone")

    def test_a_call_needs_no_declaration(self):
        assert self.run("any", call="json:loads", arguments='["[1]"]') == [1]
