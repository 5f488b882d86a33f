"""What docs/cluster.md shows."""
from __future__ import annotations

import time

from .apps import SHOP
from .blocks import commands, runs


@runs("docs/cluster.md", "Several machines", "toml", "sh")
def test_servers_with_one_state(blocks, place):
    file = blocks[0].text
    nats, serve, status = commands(blocks[1], 3)
    place.go("/srv/one").write("lanner.toml", file)
    place.write("shop/wsgi.py", SHOP)
    place.start_peer(nats, 4222)
    place.start(serve)
    place.go("/srv/two").write("lanner.toml", file.replace("8000", "8001"))
    place.write("shop/wsgi.py", SHOP)
    place.start(serve)

    deadline = time.monotonic() + 30
    while len(nodes := place.run(status).splitlines()) < 3:
        assert time.monotonic() < deadline, nodes
    assert nodes[0].split()[:3] == ["NODE", "HOST", "PID"]
    place.run("lanner settings set shop currency USD")
    place.go("/srv/one")
    assert place.run("lanner settings get shop currency").strip() == "USD"
