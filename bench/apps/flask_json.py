"""A Flask view that answers JSON."""
from __future__ import annotations

from flask import Flask, Response, jsonify, request

application = Flask(__name__)


@application.route("/api/notes/<int:number>")
def note(number: int) -> Response:
    return jsonify(id=number, title="A note", tags=["one", "two", "three"], agent=request.headers.get("User-Agent"), done=False)
