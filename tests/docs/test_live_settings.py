"""What docs/live-settings.md shows."""
from __future__ import annotations

import ast
import json
import re
import textwrap

from .apps import SHOP
from .blocks import ROOT, answers, commands, runs

SCHEMA = {"type": "object", "properties": {"currency": {"type": "string"}, "features": {"type": "object"}}}


@runs("docs/live-settings.md", "Live settings", "toml", "sh")
def test_commands(blocks, place):
    place.go("/srv/shop").write("lanner.toml", blocks[0].text)
    place.write("shop/wsgi.py", SHOP)
    place.write("settings.schema.json", json.dumps(SCHEMA))
    place.run("lanner check")
    place.start("lanner serve -b 127.0.0.1:8000")
    told = []
    for command in commands(blocks[1], 6):
        version = re.search(r'ETag: "(\d+)"', place.run("curl -si --unix-socket .lanner/control.sock http://lanner/v1/apps/shop/settings"))[1]
        told.append(place.run(re.sub(r"\b17\b", version, command.replace("curl", "curl -sS --fail-with-body"))).strip())

    got, set_, patched, settings, changed, history = told
    assert got == "true"
    assert (set_, patched) == ("2", "3")
    assert json.loads(settings) == {"currency": "USD", "features": {}}
    assert json.loads(changed)["currency"] == "USD"
    assert json.loads(history)


@runs("docs/live-settings.md", "The schema", "console")
def test_a_refused_update(blocks, place):
    place.go("/srv/shop").write("shop/wsgi.py", SHOP)
    place.write("lanner.toml", '[app.shop]\napp = "shop.wsgi:application"\nworkers = 1\nsettings_schema = "settings.schema.json"\n[app.shop.settings]\ncurrency = "EUR"\n')
    place.write("settings.schema.json", json.dumps(SCHEMA))
    place.start("lanner serve -b 127.0.0.1:8000")
    [(command, shown)] = answers(blocks[0])
    assert place.run(command, code=2).strip() == shown


# Runs the block one statement at a time in each process that imports it, and keeps what each gave.
RUN_BLOCK = '''
import ast
import lanner

def run(text, rates, version):
    """What each statement of the block gives, or the name of its exception."""
    names, given = {"rates": rates}, []
    while lanner.settings.version < version:
        lanner.settings.update({"count": lanner.settings.version})
        lanner.settings.refresh()
    for node in ast.parse(text).body:
        try:
            if isinstance(node, ast.Expr):
                given.append(eval(compile(ast.Expression(node.value), "block", "eval"), names))
            else:
                exec(compile(ast.Module([node], []), "block", "exec"), names)
        except Exception as error:
            given.append(type(error).__name__)
    return given
'''

APP = RUN_BLOCK + '''
import threading, json
from pathlib import Path
text = Path("block.py").read_text()
loaded = []
changed = threading.Event()

class rates:
    @staticmethod
    def load(currency):
        loaded.append(currency)
        changed.set()

def application(environ, start_response):
    if environ["PATH_INFO"] == "/block":
        given = run(text, rates, 17)
        lanner.settings.update({"currency": "JPY"})
        told = [repr(value) if not hasattr(value, "items") else dict(value) for value in given]
    else:
        told = loaded if changed.wait(30) else []
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told, default=lambda value: dict(value)).encode()]
'''


@runs("docs/live-settings.md", "Live settings", "python")
def test_python_under_lanner_and_without(blocks, place):
    text = blocks[0].text
    assert len(ast.parse(text).body) == 8
    place.go("/srv/shop").write("shop/wsgi.py", APP)
    place.write("block.py", text)
    place.write("lanner.toml", '[app.shop]\napp = "shop.wsgi:application"\nworkers = 1\n[app.shop.settings]\ncurrency = "EUR"\nfeatures = { search = true }\n')
    running = place.start("lanner serve -b 127.0.0.1:8000")

    served = json.loads(running.get("/block"))
    assert served[:2] == ["'EUR'", "17"] and served[3] == "'SettingsConflict'" and served[5]["currency"] == "USD", served
    assert json.loads(running.get("/loaded"))[-1] == "JPY"

    plain = textwrap.dedent("""
        class rates:
            load = staticmethod(lambda currency: print("loaded", currency))
        lanner.settings.update({"currency": "EUR", "features": {"search": True}})
        print(run(open("block.py").read(), rates, 17)[:4][::3])
        lanner.settings.update({"currency": "JPY"})
        """)
    place.write("plain.py", RUN_BLOCK + plain)
    place.variables["PYTHONPATH"] = str(ROOT / "python")
    assert place.run("python3 plain.py").splitlines()[0] == "['EUR', 'SettingsConflict']"
    assert "loaded JPY" in place.run("python3 plain.py")


@runs("docs/live-settings.md", "An app made from its settings", "toml")
def test_an_app_made_from_its_settings(blocks, place):
    place.go("/srv/blog").write("lanner.toml", blocks[0].text)
    place.write("blog.py", SHOP)
    place.run("lanner check")
    running = place.start("lanner serve -b 127.0.0.1:8000")
    assert running.get() == "plain"
    place.run("lanner settings set blog theme dark")
    assert running.get() == "dark"
