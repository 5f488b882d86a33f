"""Flask: twenty calls within one request, each in a thread of the background, with the request's context."""
from __future__ import annotations

from typing import Any

import flask
import lanner

app = flask.Flask(__name__)
after: dict[str, Any] = {}


def part(index: int) -> str:
    flask.g.index = index
    return f"{flask.request.args['who']}{flask.current_app.name}{flask.g.index}"


@app.route("/twenty")
def twenty() -> str:
    flask.g.index = "the caller's"
    parts = [future.result() for future in [lanner.spawn(part, index) for index in range(20)]]
    assert flask.g.index == "the caller's"
    return " ".join(parts)


@app.route("/later", methods=["POST"])
def later() -> str:
    import threading

    sent = threading.Event()

    def work() -> None:
        sent.wait(30)
        after[flask.request.headers["X-Id"]] = (flask.request.form["field"], flask.request.path, flask.url_for("twenty"))

    lanner.spawn(work)
    response = flask.make_response("sent")
    response.call_on_close(sent.set)
    return response


@app.route("/after/<name>")
def told(name: str) -> Any:
    return "|".join(after[name]) if name in after else ("not yet", 404)
