"""What is known of a Python file that is only read: the forms that configurations have, and files that mean harm."""
import json
import os
import subprocess
import sys

import pytest

from lanner.peers.outline import document, work

PACKAGE = os.path.dirname(document.__file__)
SERVE = ("waitress.serve",)


def outline(text, calls=(), path="/srv/shop/conf.py", module="__config__"):
    return document.outline(text if isinstance(text, bytes) else text.encode(), path, module, calls)


def statements(text, *kinds):
    told = outline(text)
    assert "problem" not in told
    return [statement for statement in told["statements"] if not kinds or statement["kind"] in kinds]


def last(text, name="x"):
    """The last that is said of a name."""
    return [statement for statement in statements(text, "value") if statement["name"] == name][-1]


def value(text):
    told = last(text)
    assert "reason" not in told, told
    return told["value"]


def reason(text):
    told = last(text)
    assert "value" not in told, told
    return told["reason"]


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("1_000", 1000), ("0o17 + 0x1f", 46), ("-3", -3), ("2 * 60 ** 1", 120), ("7 // 2", 3), ("7 / 2", 3.5), ("7 % 4", 3), ("1 << 10 | 1", 1025), ("~5 & 7 ^ 1", 3),
        ("None", None), ("True and not False", True), ("0 or 'b'", "b"), ("'a' 'b' \"c\"", "abc"), (r"r'\d' '\t'", "\\d\t"), ("'a' + 'b' * 3", "abbb"),
        ("[1, 'a', (2, 3)]", [1, "a", [2, 3]]), ("{'a': {'b': 1}, **{'c': 2}}", {"a": {"b": 1}, "c": 2}), ("{'b', 'a'}", ["a", "b"]), ("[*'ab', *(1, 2)]", ["a", "b", 1, 2]),
        ("3 if 1 < 2 <= 2 else 4", 3), ("'a' in ['a'] and 1 not in (2,) and None is None", True), ("(1, 2)[1] + {'k': 5}['k'] + [1, 2, 3][-1]", 10), ("'abcd'[1:3]", "bc"),
        ("f'{1 + 1}:{8000:05d}:{\"a\"!r:>5}'", "2:08000:  'a'"), ("'%s:%d' % ('h', 80)", "h:80"), ("'%(h)s' % {'h': 'x'}", "x"), ("'{}:{p}'.format('h', p=80)", "h:80"),
        ("int('12') + int(2.5) + int('ff', 16)", 269), ("float('1.5')", 1.5), ("str(8000)", "8000"), ("bool('')", False), ("len('abc') + max(1, 2) + min([3, 4])", 8),
        ("','.join(['a', 'b']).upper().split(',')", ["A", "B"]), ("' a '.strip().replace('a', 'bb')", "bb"), ("list(dict(a=1, b=2).keys())", ["a", "b"]), ("sorted({3, 1})", [1, 3]),
        ("abs(-2) + round(2.6) + sum([1, 2])", 8),
    ],
)
def test_expressions(expression, expected):
    assert value(f"x = {expression}") == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("import os\nx = os.path.dirname(os.path.abspath(__file__))", "/srv/shop"),
        ("from os.path import join, dirname\nx = join(dirname(__file__), '..', 'run')", "/srv/shop/../run"),
        ("import os.path as p\nx = p.normpath('/a/../b')", "/b"),
        ("import os\nx = os.getcwd() + os.sep", "/srv/shop/"),
        ("from pathlib import Path\nBASE = Path(__file__).resolve().parent\nx = f\"unix:{BASE / 'run' / 'shop.sock'}\"", "unix:/srv/shop/run/shop.sock"),
        ("import pathlib\nx = str(pathlib.Path('a', 'b').absolute().with_suffix('.c').name)", "b.c"),
        ("import math\nx = math.ceil(1.2)", 2),
        ("from typing import TYPE_CHECKING as T\nx = 1 if T else 2", 2),
        ("x = __name__", "__config__"),
    ],
)
def test_files_and_modules(text, expected):
    assert value(text) == expected


def test_names_are_followed():
    assert value("a = b = 2\na += 1\nx: int = a * b") == 6
    assert value("a = [1, 2]\nb, c = a\nx = b + c") == 3
    assert value("a, b = 1, 2\na, b = b, a\nx = [a, b]") == [2, 1]
    assert reason("a, b = some()\nx = a") == "what some() returns is only known when the file runs"
    assert reason("x = later\nlater = 1") == "later is not assigned before"
    assert reason("def helper(): return 3\nx = helper()") == "what helper() returns is only known when the file runs"
    assert reason("int = 5\nx = int('3')") == "what int() returns is only known when the file runs"


def test_lists_are_changed_in_place():
    assert value("x = same = ['a']\nsame.append('b')\nx.extend(('c',))\nsame += ['d']\nx.insert(0, 'z')\nx[1] = 'A'") == ["z", "A", "b", "c", "d"]
    assert value("x = {}\nx['a'] = 1\nx.update({'b': 2})\nx['a'] += 4") == {"a": 5, "b": 2}
    assert reason("x = []\nx.append(read())") == "what read() returns is only known when the file runs"
    assert reason("x = []\nx.index_of('a')") == "it is only known when the file runs"
    told = statements("x = []\nfill(x)\ny = x", "statement", "value")
    assert (told[1]["names"], told[2]["reason"]) == (["x"], "line 2 may set it: what fill() does is only known when the file runs")


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("int(os.getenv('N', '4'))", 4), ("int(os.environ.get('N', 4))", 4), ("os.getenv('N', default='4')", "4"), ("os.environ.get('N') or 'x'", "x"),
        ("bool(os.environ.get('N'))", False), ("'N' in os.environ", False), ("os.environ.get('N') == '1'", False), ("f'0.0.0.0:{os.getenv(\"N\", 80)}'", "0.0.0.0:80"),
        ("1 if os.getenv('N') else 2", 2),
    ],
)
def test_variables_have_their_defaults_and_are_named(expression, expected):
    told = last(f"import os\nx = {expression}")
    assert (told["value"], told["depends"]) == (expected, ["$N"])


def test_variables_here_are_not_read(monkeypatch):
    monkeypatch.setenv("N", "9")
    assert value("import os\nx = os.getenv('N', '4')") == "4"


def test_variable_without_default_is_unknown():
    told = last("from os import environ as e\nx = int(e['N'])")
    assert (told["reason"], told["depends"]) == ("$N has no default here", ["$N"])


def test_modules_stay_known_when_they_are_used():
    assert value("import os\nif some():\n    os.makedirs('a')\n    os.environ['B'] = 'c'\nx = os.sep") == "/"


def test_default_does_not_replace_what_the_file_has_set():
    assert value("import os\nos.environ['A'] = 'a'\nos.environ.setdefault('A', 'b')\nx = os.environ['A']") == "a"


def test_variables_that_the_file_sets():
    text = "import os\nos.environ['A'] = 'a'\nos.environ['A'] += 'b'\nos.environ.setdefault('C', 'd')\nx = os.environ['A'] + os.getenv('C')"
    told = statements(text)
    assert [(statement["kind"], statement["name"], statement["value"]) for statement in told[1:]] == [
        ("variable", "A", "a"), ("variable", "A", "ab"), ("defaultVariable", "C", "d"), ("value", "x", "abd"),
    ]
    assert "depends" not in told[-1]


@pytest.mark.parametrize(
    "text",
    [
        "import multiprocessing\nx = multiprocessing.cpu_count() * 2 + 1", "from os import cpu_count\nx = (cpu_count() or 1) * 2 + 1",
        "import multiprocessing as mp\nn = mp.cpu_count()\nx = n * 2 + 1",
    ],
)
def test_processors_are_those_of_this_machine(monkeypatch, text):
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    told = last(text)
    assert (told["value"], told["depends"]) == (13, ["cpu_count()"])


def test_condition_by_a_variable_goes_by_its_default():
    text = "import os\nworkers = 4\nif os.getenv('DEV'):\n    workers = 1\n    reload = True\nelse:\n    threads = 8\nx = workers"
    told = statements(text, "value", "condition")
    assert [(statement.get("name"), statement.get("value"), statement.get("depends")) for statement in told] == [
        ("workers", 4, None), ("threads", 8, ["$DEV"]), (None, None, ["$DEV"]), ("x", 4, ["$DEV"]),
    ]
    assert (told[2]["names"], told[2]["text"], told[2]["line"]) == (["reload", "workers"], "if os.getenv('DEV')", 3)


def test_known_condition_says_nothing():
    text = "if __name__ == '__main__':\n    x = 1\nelif 1 + 1 == 2:\n    x = 2\nelse:\n    x = 3"
    assert [(statement["kind"], statement["value"]) for statement in statements(text)] == [("value", 2)]


@pytest.mark.parametrize(
    "text, names, header",
    [
        ("if some():\n    a = 1\nelif other():\n    b = 2\nelse:\n    os.c = 3", ["a", "b"], "if some()"),
        ("for i, (j, k) in some():\n    a = 1", ["a", "i", "j", "k"], "for i, (j, k) in some()"),
        ("while some():\n    a = 1\nelse:\n    c = 1", ["a", "c"], "while some()"),
        ("try:\n    from d import e as f, g\nexcept (A, B) as h:\n    g = None", ["f", "g", "h"], "try"),
        ("with open('x') as f:\n    a = f.read()", ["a", "f"], "with open('x') as f"),
        ("del a", ["a"], "del a"),
        ("from base import *", ["*"], "from base import *"),
        ("exec(open('x').read())", ["*"], "exec(open('x').read())"),
        ("globals()['a'] = 1", ["*"], "globals()['a'] = 1"),
        ("globals().update(a=1)", ["*"], "globals().update(a=1)"),
        ("a.b = 1", [], "a.b = 1"),
        ("a.b += 1", [], "a.b += 1"),
        ("load_dotenv()", [], "load_dotenv()"),
        ("def f(a):\n    global b\n    b = c = a\n    class D:\n        e = 1", ["b"], "def f(a)"),
        ("import a.b, c as d", ["a", "d"], "import a.b, c as d"),
    ],
)
def test_what_may_be_set_is_named(text, names, header):
    told = statements(text)[0]
    assert (told["names"], told["text"]) == (names, header)
    if "*" not in names and told["kind"] in ("block", "statement"):
        assert all("may set it" in reason(f"{text}\nx = {name}") for name in names)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="match is newer")
def test_patterns_set_names():
    assert statements("match some():\n    case [a, *b] | {'k': a, **b}:\n        pass\n    case E(f=g) as h:\n        i = 1")[0]["names"] == ["a", "b", "g", "h", "i"]


def test_places_count_characters():
    told = statements("ä = 'é'; b = '''\nü'''; c = (\n  1,  # a comment\n  2)")
    assert [(statement["name"], statement["line"], statement["column"], statement["text"]) for statement in told] == [
        ("ä", 1, 1, "ä = 'é'"), ("b", 1, 10, "b = '\\nü'"), ("c", 2, 7, "c = (1, 2)"),
    ]


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"\xef\xbb\xbfx = '\xc3\xa9'\r\ny = 2\r\n", "é"), (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "é"), (b"#!/usr/bin/python3\n# vim: set fileencoding=cp1252 :\nx = '\x80'", "€"),
        (b"x = '''a\r\nb\rc'''\r", "a\nb\nc"), (b"\f\nx = 1", 1),
    ],
)
def test_encodings_and_ends_of_lines(data, expected):
    assert outline(data)["statements"][0]["value"] == expected


@pytest.mark.parametrize(
    "data, what, place",
    [
        (b"a = 1\nworkers = = 3\n", "invalid syntax", (2, 11)), (b"a = 1\n  b = 2\n", "unexpected indent", (2, None)), (b"a = 1\nb = '\xff'\nc = 1\n", "bytes that are not utf-8", (2, None)),
        (b"a = 1\n\n\nb = '\xff'\n", "bytes that are not utf-8", (4, None)), (b"# coding: klingon\nx = 1", "unknown encoding: klingon", (None, None)), (b"# coding: rot13\nx = 1", "not a text encoding", (None, None)),
        (b"x = 1\0", "null bytes", (None, None)), (b"print 'old'", "", (1, None)),
    ],
)
def test_what_is_no_python_is_one_sentence(data, what, place):
    told = outline(data)
    assert told["statements"] == []
    assert what in told["problem"]["what"] and "\n" not in told["problem"]["what"]
    assert told["problem"].get("line") == place[0]
    assert place[1] is None or told["problem"]["column"] == place[1]


@pytest.mark.parametrize(
    "expression",
    [
        "os.environ[[]]", "[] in os.environ", "os.getenv([])", "10 ** 10 ** 9", "1 << 10 ** 10", "2 ** 255 * 2 ** 255", "'a' * 10 ** 9", "10 ** 9 * ['a']", "'%999999999d' % 1", "'%*d' % (10 ** 9, 1)", "'%(a)9999d' % {'a': 1}",
        "'{:>999999999}'.format(1)", "'{0.__class__}'.format(1)", "'{a[0]}'.format(a=[1])", "f'{1:>{10 ** 9}}'", "('a' * 9999).replace('a', 'b' * 9999)", "('a' * 9999).join(['b'] * 9999)",
        "round(5, -10 ** 9)", "int('9' * 5000)", "float('nan')", "1e999", "2 ** 63", "b'bytes'", "...", "1j", "(-2) ** 0.5", "'\\ud800'", "lambda: 1", "[y for y in 'ab']",
        "().__class__.__bases__", "__import__('os').system('true')", "open('/etc/passwd').read()", "eval('1')", "getattr(1, 'real')", "type(1)", "''.__class__", "int", "print('x')",
        "1 / 0", "int('x')", "[1][2]", "{}['a']", "'a' + 1", "{[]: 1}", "{*1}", "[*1]", "dict(**1)", "int(*1)", "dict(1)", "max()", "'a'.join([1])", "(y := 3)", "(yield)", "1 @ 2",
    ],
)
def test_what_is_not_worked_out_has_a_reason(expression):
    assert reason(f"import os\nx = {expression}")


@pytest.mark.parametrize(
    "change", ["if some():\n    x.append('b')", "for i in some():\n    x[0] = i", "with some():\n    x[0][1] = 2", "x[0][1] = 2", "x[0].append(2)", "fill(x)", "fill(all=x)", "x[0].a = 1"],
)
def test_lists_that_may_be_changed_are_unknown(change):
    assert "may set it" in reason(f"a = [['b']]\nx = a\n{change}\nx = a")


def test_values_that_hold_themselves_or_multiply_are_given_up():
    assert reason("x = []\nx.append(x)") == "it is nested too deeply"
    laugh = "a0 = 'ha' * 100\n" + "".join(f"a{n} = [{', '.join([f'a{n - 1}'] * 10)}]\n" for n in range(1, 50)) + "x = str(a49)"
    assert reason(laugh)
    # Each list is small when it is named, and grows behind the backs of those that hold it.
    assert reason("a = []\nb = [a] * 100\nc = [b] * 100\na.append('x' * 600)\nx = str(c)") == "it is too long"


def test_work_for_one_file_is_bounded():
    told = statements("a = 'x' * 30_000\n" + "a = a + ''\n" * 1_000 + "y = 1")
    assert told[-1]["reason"] == "the file is too much to work out"
    assert sum(len(str(statement.get("value", ""))) for statement in told) <= work.MOST_WORK


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 100_000 + "1", "x = " + "(" * 10_000, "x = " + "[" * 90 + "]" * 90, "x = a" + "[0]" * 400, "x = 1" + "+1" * 400, "import a\nx = a" + ".b" * 400 + "()",
        "x = some()" + ".b()" * 400, "if a: x = 1\n" + "elif b: x = 2\n" * 400, "if 0: x = 1\n" + "elif 0: x = 2\n" * 400, "a = 1\n" * 25_000, "x = (" + "1," * 50_000 + ")",
        "".join("  " * n + "if a:\n" for n in range(200)), "def f(a=" + "b." * 400 + "c): pass", "x = '''" + "\n" * 10_000 + "'''",
    ],
)
def test_deep_and_long_files_are_read_or_refused(text):
    told = outline(text, SERVE)
    json.dumps(told)
    assert told["statements"] or told["problem"]["what"]


def calls(text, **more):
    return [statement for statement in outline(text, SERVE, **more)["statements"] if statement["kind"] == "call"]


@pytest.mark.parametrize(
    "text, reference",
    [
        ("from waitress import serve\nfrom shop import app\nserve(app)", "shop:app"),
        ("import waitress\nimport shop.wsgi\nwaitress.serve(shop.wsgi.app)", "shop.wsgi:app"),
        ("from waitress import serve as s\nfrom shop import wsgi\nif some():\n    s(wsgi.app)", "shop.wsgi:app"),
        ("from waitress import serve\nfrom shop import create_app as make\nserve(make('live', debug=False))", "shop:create_app('live', debug=False)"),
        ("from waitress import serve\nfrom flask import Flask\napp = Flask(__name__)\nserve(app)", ":app"),
        ("from waitress import serve\ndef app(environ, start): pass\ndef main():\n    serve(app)\nmain()", ":app"),
        ("from waitress import serve\nfrom shop import make\ndef main():\n    app = make()\n    serve(app)", "shop:make()"),
        ("from waitress import serve\ntry:\n    serve(make(some()))\nexcept KeyboardInterrupt:\n    pass", ""),
        ("from waitress import serve\nfrom .shop import app\nserve(app)", ""),
        ("import waitress\nclass Command:\n    def run(self, app):\n        with some():\n            waitress.serve(app)", ""),
    ],
)
def test_calls_name_the_app(text, reference):
    (call,) = calls(text)
    assert call["arguments"][0]["reference"] == reference


def test_calls_have_their_arguments():
    text = "import os\nfrom waitress import serve\noptions = {'threads': 4}\ndef main(argument):\n    port = int(os.getenv('PORT', 80))\n    serve(app, port=port, host=argument,\n      **options)"
    (call,) = calls(text)
    assert [(part["name"], part["line"], part.get("value"), part.get("reason"), part.get("depends")) for part in call["arguments"][1:]] == [
        ("port", 6, 80, None, ["$PORT"]), ("host", 6, None, "argument is an argument of main()", None), ("threads", 7, 4, None, None),
    ]
    assert calls("from waitress import serve\nserve(*a, **b)")[0]["arguments"] == [
        {"name": "", "line": 2, "text": "*a", "reason": "arguments in a list are not worked out"}, {"name": "**", "line": 2, "text": "**b", "reason": "b is not assigned before"},
    ]


def test_calls_that_are_made_when_the_file_is_run():
    text = "from waitress import serve\nif __name__ == '__main__':\n    serve(app)"
    assert [call["isReached"] for call in calls(text, module="__main__")] == [True]
    assert calls(text, module="imported") == []
    assert [call["isReached"] for call in calls("from waitress import serve\nif some():\n    serve(app)")] == [False]


def test_lists_that_a_function_changes_stay_as_they_are():
    text = "from waitress import serve\noptions = {}\ndef one():\n    options['threads'] = 9\ndef two():\n    serve(app, **options)"
    (call,) = calls(text)
    assert len(call["arguments"]) == 1


def run(text, *arguments, python=sys.executable, **more):
    return subprocess.run([python, "-I", "-S", "-B", PACKAGE, "/srv/conf.py", "__config__", "", *arguments], input=text, capture_output=True, **more)


def test_script_imports_nothing_of_the_app_and_runs_nothing(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    (tmp_path / "lanner.py").write_text("raise SystemExit(7)")
    text = f"import lanner\nopen({str(tmp_path / 'made')!r}, 'w')\nx = 'é'\nraise SystemExit(8)\n".encode()
    ended = run(text, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "json.py"), "LC_ALL": "C"}, check=True)
    told = json.loads(ended.stdout.decode("ascii"))["statements"]
    assert [statement["value"] for statement in told if statement["kind"] == "value"] == ["é"]
    assert not (tmp_path / "made").exists() and ended.stderr == b""


def test_script_has_a_bound_for_memory():
    """What passes all other bounds does not fill the machine."""
    text = b"x = [" + b"1," * 500_000 + b"]"
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (80 << 20, 80 << 20)); import os, sys; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    ended = subprocess.run([sys.executable, "-c", limited, "-I", "-S", "-B", PACKAGE, "/srv/conf.py", "__config__", ""], input=text, capture_output=True)
    assert json.loads(ended.stdout)["problem"]["what"] in ("it takes too much memory to read", "it is nested too deeply or too large")


def test_old_python_is_named():
    main = os.path.join(PACKAGE, "__main__.py")
    old = f"import sys; sys.version_info = (3, 6, 1); exec(compile(open({main!r}).read(), {main!r}, 'exec'))"
    ended = subprocess.run([sys.executable, "-c", old], capture_output=True, check=True)
    assert json.loads(ended.stdout) == {"problem": {"what": "Python 3.6 is too old: Lanner needs CPython 3.9 or later"}, "statements": []}
