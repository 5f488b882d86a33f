"""A notebook in Flask: form, session, upload, JSON API, streaming, downloads and an error page."""
from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import os
from pathlib import Path
from typing import Any, Iterator, Mapping

from flask import Flask, Response, abort, flash, redirect, render_template, request, send_file, session, url_for

from notes_store import NoteStore

HERE = Path(__file__).resolve().parent


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The app; `settings` override what the environment says."""
    app = Flask(__name__, root_path=str(HERE))
    app.config.update(
        # One fixed value: a random default would differ in each process, and sessions would come and go.
        SECRET_KEY=os.environ.get("SECRET_KEY", "for development only"),
        DATABASE=os.environ.get("FLASK_NOTES_DATABASE", str(HERE / "var" / "notes.sqlite3")),
        PASSWORD=os.environ.get("FLASK_NOTES_PASSWORD", "notes"),
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=64 << 20,
    )
    app.config.update(settings or {})
    notes = NoteStore(app.config["DATABASE"])
    _add_pages(app, notes)
    _add_api(app, notes)
    _add_transfers(app, notes)
    return app


def _add_pages(app: Flask, notes: NoteStore) -> None:
    @app.get("/")
    def index() -> str:
        return render_template("index.html", notes=notes.newest())

    @app.post("/notes")
    def add_note() -> Any:
        text = request.form.get("text", "").strip()
        if text:
            notes.add(session.get("name", "anonymous"), text)
        else:
            flash("A note needs a text.")
        return redirect(url_for("index"), code=303)

    @app.route("/login", methods=["GET", "POST"])
    def login() -> Any:
        if request.method == "GET":
            return render_template("login.html")
        name = request.form.get("name", "").strip()
        given = request.form.get("password", "").encode()
        if not name or not hmac.compare_digest(given, app.config["PASSWORD"].encode()):
            flash("Wrong name or password.")
            return render_template("login.html"), 403
        session.clear()
        session["name"] = name
        return redirect(url_for("index"), code=303)

    @app.post("/logout")
    def logout() -> Any:
        session.clear()
        return redirect(url_for("index"), code=303)

    @app.get("/boom")
    def boom() -> str:
        raise RuntimeError("raised on purpose, to show the error page")

    @app.errorhandler(500)
    def failed(error: Exception) -> Any:
        return render_template("error.html"), 500


def _add_api(app: Flask, notes: NoteStore) -> None:
    @app.get("/api/notes")
    def api_notes() -> dict[str, Any]:
        return {"notes": notes.newest(request.args.get("limit", 50, type=int))}

    @app.post("/api/notes")
    def api_add() -> Any:
        given = request.get_json()
        text = given.get("text") if isinstance(given, dict) else None
        if not isinstance(text, str) or not text.strip():
            return {"error": "text is missing"}, 400
        note = notes.add(session.get("name", "anonymous"), text.strip())
        return note, 201, {"Location": url_for("api_note", number=note["id"])}

    @app.get("/api/notes/<int:number>")
    def api_note(number: int) -> Any:
        return notes.find(number) or ({"error": "no such note"}, 404)

    @app.get("/api/me")
    def api_me() -> dict[str, Any]:
        return {"name": session.get("name"), "pid": os.getpid()}


def _add_transfers(app: Flask, notes: NoteStore) -> None:
    @app.post("/upload")
    def upload() -> Any:
        given = request.files.get("file")
        if given is None:
            abort(400, "the form has no file")
        digest, size = hashlib.sha256(), 0
        for piece in iter(lambda: given.stream.read(65536), b""):
            digest.update(piece)
            size += len(piece)
        return {"name": given.filename, "size": size, "sha256": digest.hexdigest()}

    @app.get("/stream")
    def stream() -> Response:
        """Every note as one line of JSON, or `?n=` numbered lines, sent as they are made."""
        count = request.args.get("n", type=int)

        def lines() -> Iterator[str]:
            for item in notes.every() if count is None else ({"line": index} for index in range(count)):
                yield json.dumps(item) + "\n"

        return Response(lines(), mimetype="application/x-ndjson")

    @app.get("/download")
    def download() -> Response:
        """A file from the disk: by wsgi.file_wrapper where the server has one, with ETag and ranges."""
        return send_file(HERE / "handbook.txt", as_attachment=True, conditional=True)

    @app.get("/download/notes.csv")
    def download_notes() -> Response:
        """A file made in memory."""
        table = io.StringIO()
        writer = csv.DictWriter(table, ["id", "author", "text", "written"])
        writer.writeheader()
        writer.writerows(notes.every())
        content = io.BytesIO(table.getvalue().encode())
        return send_file(content, mimetype="text/csv", as_attachment=True, download_name="notes.csv")


app = create_app()
