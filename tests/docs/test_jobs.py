"""What docs/jobs.md shows."""
from __future__ import annotations

import json
import pathlib
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from .apps import SHOP
from .blocks import runs

JOBS = '''
import lanner

def nightly():
    print("tidied up")
    return {"kind": lanner.worker.kind}
'''


@runs("docs/jobs.md", "Jobs", "toml")
def test_a_job_of_the_settings_file(blocks, place):
    app = '[app.shop]\napp = "shop.wsgi:application"\njobs = { workers = 1, threads = 2 }\n'
    place.go("/srv/shop").write("lanner.toml", app + blocks[0].text)
    place.write("shop/wsgi.py", SHOP)
    place.write("shop/jobs.py", JOBS)
    place.run("lanner check")
    place.start("lanner serve -b 127.0.0.1:8000")

    def api(path, *options):
        return json.loads(place.run(" ".join(["curl -sS --fail-with-body --unix-socket .lanner/control.sock", *options, f"http://lanner/v1/jobs{path}"])))

    (job,) = api("")["jobs"]
    due = datetime.fromisoformat(job["next"].replace("Z", "+00:00")).astimezone(ZoneInfo("Europe/Berlin"))
    assert (job["name"], job["call"], due.strftime("%H:%M:%S")) == ("nightly", "shop.jobs:nightly", "23:30:00")
    number = api("/nightly/run", "-X POST")["run"]["id"]
    deadline = time.monotonic() + 30
    while (run := api(f"/nightly/runs/{number}")["run"])["state"] in ("waiting", "claimed", "running"):
        assert time.monotonic() < deadline, run
    assert (run["state"], run["result"], run["log"].strip()) == ("succeeded", {"kind": "job"}, "tidied up")


@runs("docs/jobs.md", "Limits", "toml")
def test_the_limits_that_the_page_shows_are_the_defaults(blocks, place):
    place.go("/srv/shop").write("lanner.toml", blocks[0].text + '[app.shop]\napp = "shop.wsgi:application"\n')
    place.write("shop/wsgi.py", SHOP)
    place.run("lanner check")
    place.start("lanner serve -b 127.0.0.1:8000")
    shown = json.loads(place.run("curl -sS --fail-with-body --unix-socket .lanner/control.sock -H Accept:application/json http://lanner/v1/config"))["server"]["jobs"]
    settings = (pathlib.Path(__file__).parents[2] / "docs/settings.md").read_text(encoding="utf-8")
    assert f"| {shown['value']} |" in settings
