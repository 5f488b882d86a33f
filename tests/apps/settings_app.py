"""Reads and changes its live settings."""
import json
import os
import time

import lanner

AT_IMPORT = lanner.settings.version
AT_SETUP = []
changes = []


@lanner.process.setup
def boot():
    AT_SETUP.append(lanner.settings.version)
    if os.environ.get("UPDATE_AT_SETUP"):
        lanner.settings.update({f"slot{lanner.worker.slot}": True})


@lanner.settings.on_change
def changed(snapshot):
    if snapshot.get("bad"):
        raise RuntimeError("on_change goes wrong")
    changes.append(snapshot.version)


def state():
    return {"version": lanner.settings.version, "values": dict(lanner.settings), "slot": lanner.worker.slot, "pid": os.getpid(),
            "import": AT_IMPORT, "setup": AT_SETUP[0], "changes": changes}


def update(environ):
    body = json.loads(environ["wsgi.input"].read())
    condition = environ["QUERY_STRING"].partition("if_version=")[2]
    try:
        made = lanner.settings.update(body, if_version=int(condition) if condition else None)
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error), "problems": getattr(error, "problems", None), "version": getattr(error, "version", None)}
    pinned = lanner.settings.version
    return {"made": made.version, "values": dict(made), "pinned": pinned, "refreshed": lanner.settings.refresh().version, "now": lanner.settings.version}


def hold(environ):
    began, path = lanner.settings.version, environ["QUERY_STRING"].partition("=")[2]
    with open(path + ".held", "w"):
        pass
    while not os.path.exists(path):
        time.sleep(0.005)
    return {"began": began, "ended": lanner.settings.version, "spawned": lanner.spawn(lambda: lanner.settings.version).result(), "latest": lanner.settings.latest.version}


def mutate(environ):
    try:
        lanner.settings["deep"]["list"].append(1)
    except TypeError as error:
        return {"error": str(error)}
    return {}


PATHS = {"/read": lambda environ: state(), "/update": update, "/hold": hold, "/mutate": mutate}


def application(environ, start_response):
    answer = json.dumps(PATHS[environ["PATH_INFO"]](environ)).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
