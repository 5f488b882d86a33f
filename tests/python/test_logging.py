"""Records of logging on the pipe, the handler that stands in, and the levels of loggers; each in an interpreter of its own."""
import os
import subprocess
import sys
import textwrap

import pytest

PACKAGE = os.path.join(os.path.dirname(__file__), "..", "..", "python")


def run(code, under_lanner=True):
    """The lines that a process with this code has written to standard error, as bytes. SERVE stands for: the worker is set up."""
    begin = """
        import sys
        from lanner import logs, output, running
    """
    if under_lanner:
        begin += """
        output.begin_log()
        running.request_id = lambda: "r7"
        logs.watch([])
        """
    script = textwrap.dedent(begin) + textwrap.dedent(code.replace("SERVE", "logs.serve()"))
    done = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": PACKAGE}, stderr=subprocess.PIPE, timeout=60, check=True)
    return done.stderr.split(b"\n")[:-1]


def records(lines):
    """(level, logger, message, trace) of each line that is a record, and the others as they are."""
    found = []
    for line in lines:
        if not line.startswith(b"\x02"):
            found.append(line.decode())
            continue
        fields = line[1:].decode().split("\x1f")
        assert len(fields) == 10 and fields[3] == "MainThread" and fields[4] == "r7"
        found.append((int(fields[0]), fields[5], fields[7], fields[8]))
    return found


def test_importing_lanner_does_not_import_logging():
    assert run("assert 'logging' not in sys.modules\nlogs.serve()\nassert 'logging' not in sys.modules") == []


def test_unconfigured_records_go_to_the_log():
    lines = run(
        """
        import logging
        logging.getLogger("early").warning("before %d", 1)
        SERVE
        logging.warning("at the root")
        logging.getLogger("late").info("not shown: the root is at WARNING")
        try:
            raise KeyError("k")
        except KeyError:
            logging.getLogger("late").exception("two\\nlines \\\\ \\x1f")
        """
    )
    early, root, late = records(lines)
    assert early == (30, "early", "before 1", "")
    assert root == (30, "root", "at the root", "")
    assert late[:3] == (40, "late", "two\\nlines \\\\ \\u")
    assert late[3].startswith("Traceback (most recent call last):\\n") and late[3].endswith("\\nKeyError: 'k'")


def test_extra_values_are_json_whatever_they_are():
    lines = run(
        """
        import logging
        class Broken:
            def __str__(self):
                raise ValueError
        circle = []
        circle.append(circle)
        logging.warning("a", extra={"order": 5, "kind": Broken})
        logging.warning("b", extra={"broken": Broken(), "circle": circle, "nan": float("nan")})
        """
    )
    import json

    first, second = (json.loads(line.decode().split("\x1f")[9]) for line in lines)
    assert first["order"] == 5 and "Broken" in first["kind"]
    assert second == {"broken": "<Broken>", "circle": "[[...]]", "nan": "nan"}


def test_records_longer_than_a_write_go_in_pieces():
    lines = run("import logging\nlogging.warning('é' * 10_000)\nlogging.warning('x' * 2_000_000)")
    assert all(len(line) < 4096 for line in lines)
    wholes = {}
    for line in lines:
        key, piece = line[1:].split(b"\x1f", 1)
        wholes.setdefault(key, []).append((line[:1], piece))
    messages = []
    for pieces in wholes.values():
        assert [mark for mark, _ in pieces] == [b"\x1c"] * (len(pieces) - 1) + [b"\x1d"]
        messages.append(b"".join(piece for _, piece in pieces).decode().split("\x1f")[7])
    assert messages[0] == "é" * 10_000
    assert messages[1] == "x" * (512 * 1024) + f"… ({2_000_000 - 512 * 1024} more characters)"


@pytest.mark.parametrize("before", ["", "SERVE"])
def test_basic_config_with_a_form_is_the_apps_own(before):
    lines = run(
        f"""
        import logging
        {before}
        logging.basicConfig(format="mine %(message)s", level=logging.INFO)
        SERVE
        logging.info("x")
        """
    )
    assert records(lines) == ["mine x"]


@pytest.mark.parametrize("before", ["", "SERVE"])
def test_basic_config_of_a_level_alone_keeps_records(before):
    lines = run(
        f"""
        import logging
        {before}
        logging.basicConfig(level=logging.DEBUG)
        logging.basicConfig(level=logging.ERROR)  # as always, only the first counts
        SERVE
        logging.debug("x")
        logging.basicConfig(level=logging.ERROR, force=True)
        logging.warning("y")
        """
    )
    assert records(lines) == [(10, "root", "x", "")]


def test_dict_config_names_the_handler():
    lines = run(
        """
        import logging.config
        SERVE
        logging.config.dictConfig({
            "version": 1,
            "formatters": {"short": {"format": "<%(message)s>"}},
            "handlers": {
                "server": {"class": "lanner.LogHandler", "formatter": "short"},
                "lines": {"class": "logging.StreamHandler"},
            },
            "root": {"handlers": ["server"], "level": "INFO"},
            "loggers": {"lines": {"handlers": ["lines"], "propagate": False}},
        })
        logging.info("x")
        logging.getLogger("lines").info("y")
        """
    )
    assert records(lines) == [(20, "root", "<x>", ""), "y"]


def test_elsewhere_the_handler_writes_lines():
    lines = run(
        """
        import lanner, logging
        logging.getLogger().addHandler(lanner.LogHandler())
        logging.warning("x")
        """,
        under_lanner=False,
    )
    assert len(lines) == 1 and lines[0].endswith(b" WARNING root: x")


def test_a_file_in_the_place_of_standard_error_gets_lines(tmp_path):
    assert run(
        f"""
        import logging, os
        os.dup2(os.open({str(tmp_path / "own")!r}, os.O_WRONLY | os.O_CREAT), 2)
        SERVE
        logging.warning("x")
        """
    ) == []
    assert (tmp_path / "own").read_text().endswith(" WARNING root: x\n")


def test_levels_are_set_and_given_back():
    lines = run(
        """
        logs.set_levels(["shop", "debug", "", "error"])
        import logging
        logging.getLogger("shop").debug("1")
        logging.getLogger("other").warning("not shown")
        logging.getLogger("other").setLevel("WARNING")
        logs.set_levels(["other", "critical"])
        logging.getLogger("shop").debug("not shown")
        logging.getLogger("shop").warning("2")
        logging.getLogger("other").error("not shown")
        logs.set_levels([])
        logging.getLogger("other").warning("3")
        """
    )
    assert [record[2] for record in records(lines)] == ["1", "2", "3"]


def test_threads_and_forks_tear_no_line():
    lines = run(
        """
        import logging, os, threading
        SERVE
        def write(name):
            for number in range(50):
                logging.warning("%s %d %s", name, number, "x" * (number * 200))
                print(name, number, "y" * (number * 200), file=stream)
        stream = output.TaggedStream(2, running.request_id, "<stderr>")
        pids = []
        for place in range(3):
            pid = os.fork()
            if pid == 0:
                threads = [threading.Thread(target=write, args=(f"{place}-{n}",), name="MainThread") for n in range(3)]
                [thread.start() for thread in threads]
                [thread.join() for thread in threads]
                os._exit(0)
            pids.append(pid)
        for pid in pids:
            os.waitpid(pid, 0)
        """
    )
    whole, begun = [], {}
    for line in lines:
        assert len(line) < 4096
        if line[:1] in (b"\x1c", b"\x1d"):
            key, piece = line[1:].split(b"\x1f", 1)
            begun[key] = begun.get(key, b"") + piece
            if line[:1] == b"\x1c":
                continue
            line = begun.pop(key)
        whole.append(line)
    assert not begun
    names = [f"{place}-{n}" for place in range(3) for n in range(3)]
    logged = [message.split(" ") for _, _, message, _ in (r for r in records(whole) if isinstance(r, tuple))]
    printed = [line.split("\x1f")[1].split(" ") for line in records(whole) if isinstance(line, str)]
    for found, letter in ((logged, "x"), (printed, "y")):
        for name in names:
            assert [rest for who, *rest in found if who == name] == [[str(number), letter * (number * 200)] for number in range(50)]
