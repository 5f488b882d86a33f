"""What docs/control.md shows: each command against a running server; the names of fields that are shown are in its answers."""
from __future__ import annotations

import json
import re

from .apps import SHOP
from .blocks import answers, commands, runs


def names_in(answer):
    """All names of fields of an answer, at any depth."""
    if isinstance(answer, dict):
        return set(answer).union(*map(names_in, answer.values()))
    return set().union(*map(names_in, answer)) if isinstance(answer, list) else set()


@runs("docs/control.md", "API", "console")
def test_each_request(blocks, place):
    app = place.go("/srv/shop").write("shop/wsgi.py", SHOP)
    # What is shown was asked of a server whose workers had been replaced.
    place.write("lanner.toml", '[app.shop]\napp = "shop.wsgi:application"\nworkers = 2\nthreads = 8\n')
    place.start("lanner serve -b 127.0.0.1:8000")
    # What stops the server comes last.
    shown = sorted(answers(blocks[0]), key=lambda pair: pair[0].endswith("/stop"))
    assert len(shown) > 10
    for command, answer in shown:
        status = re.search(r'"status":(\d{3})', answer)
        if "not-loaded" in answer:
            app.write_text("import nothing_of_this_name\n")
        pid = json.loads(place.run("lanner workers --json"))["workers"][0]["pid"]
        told, _, code = place.run(command.replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1).replace("4711", str(pid)), errors=False).rpartition("\n")
        app.write_text(SHOP)

        assert code == status[1] if status else code.startswith("2"), f"{command}: {code} {told}"
        expected = set(re.findall(r'"(\w+)":', answer))
        assert not expected or expected <= names_in(json.loads(told)), f"{command}: the answer has no {expected - names_in(json.loads(told))}"


@runs("docs/control.md", "Who may use it", "sh")
def test_control_by_tcp(blocks, place):
    place.go("/srv/shop").write("shop.py", SHOP)
    place.variables["LANNER_CONTROL_TOKEN"] = "a secret of this test"
    place.start("lanner serve shop:app -b 127.0.0.1:8000 --control 127.0.0.1:8001")
    with_curl, with_lanner = commands(blocks[0], 2)
    assert '"name":"shop"' in place.run(with_curl)
    assert "shop" in place.run(with_lanner)
    del place.variables["LANNER_CONTROL_TOKEN"]
    assert '"status":401' in place.run(with_curl)
    assert "wants its token" in place.run(with_lanner, code=1)
