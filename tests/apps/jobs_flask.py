"""Flask: a job that is due again and again, and one with a request's context. `/ask?job=` puts one in line."""
from __future__ import annotations

from typing import Any

import flask
import lanner

app = flask.Flask(__name__)
app.config["NAME"] = "the app's"


@lanner.job(every="500ms")
def tick() -> list[Any]:
    flask.g.seen = getattr(flask.g, "seen", 0) + 1
    return [flask.current_app.config["NAME"], flask.has_request_context(), flask.g.seen]


@lanner.job
def asked(word: str) -> list[Any]:
    return [flask.current_app.name, word, flask.has_request_context()]


@lanner.job(context_url="https://shop.example.com/admin/?page=2")
def within(word: str) -> list[Any]:
    return [flask.request.path, flask.request.args["page"], flask.url_for("ask", _external=True), word]


@app.route("/ask")
def ask() -> str:
    job = {"asked": asked, "within": within}[flask.request.args["job"]]
    run: str = job.enqueue("hello")
    return run


def _wrapped(inner: Any) -> Any:
    def middleware(environ: Any, start_response: Any) -> Any:
        return inner(environ, start_response)

    return middleware


application = _wrapped(app)
