"""What the README shows."""
from __future__ import annotations

from .apps import SHOP
from .blocks import ROOT, commands, runs


@runs("README.md", "Lanner", "sh")
def test_the_first_start(blocks, place):
    [serve] = commands(blocks[0], 1)
    assert "serves on http://127.0.0.1:8000" in blocks[0].text and '["127.0.0.1:8000"]' in (ROOT / "docs/settings.md").read_text()
    running = place.go("/srv").start(f"{serve} -b 127.0.0.1:8000")
    assert running.get() == "Hello, world!\n"


@runs("README.md", "Serving an app", "sh", "toml")
def test_each_way_to_serve(blocks, place):
    bound, factory, paste, check = commands(blocks[0], 4)
    place.write("/srv/myapp/myapp.py", SHOP)
    place.go("/srv/myapp").run("python3 -m venv --without-pip venv")
    running = place.start(bound)
    assert running.address.endswith(f"ready on http://127.0.0.1:{place.port(8000)} (myapp:app, 6 workers × 15 threads)")
    assert running.get("/a") == f"|/a|{place.here}|"
    running.stop()

    running = place.start(f"{factory} -b 127.0.0.1:8001")
    assert running.get("/b") == f"|/b|{place.here}|"
    assert place.run("lanner reload shop").startswith("shop: generation 2 serves ")
    running.stop()
    place.run(check)

    (place.path / "srv/wiki").symlink_to(ROOT / "samples/pyramid_wiki")
    place.variables["WIKI_DATABASE"] = str(place.path / "wiki.sqlite3")
    assert "Wiki" in place.start(f"{paste} -b 127.0.0.1:8002").ask().body

    place.go("/srv/shop").write("lanner.toml", blocks[1].text)
    place.write("shop/wsgi.py", SHOP)
    place.run("lanner check")
    assert place.start("lanner serve").address.endswith("(shop.wsgi:application, 6 workers × 15 threads)")
