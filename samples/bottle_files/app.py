"""A file shelf in Bottle: upload, list, download, delete; contents on disk, the list in SQLite."""
from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from bottle import Bottle, HTTPError, HTTPResponse, redirect, request, response, static_file, template

HERE = Path(__file__).resolve().parent
SHELF = Path(os.environ.get("BOTTLE_FILES_FOLDER", HERE / "var"))
CONTENTS = SHELF / "contents"
VIEWS = [str(HERE / "views")]
LARGEST = 256 << 20

application = app = Bottle()


def _open() -> Any:
    """A connection for one request, in a mode where each statement is a transaction by itself."""
    connection = sqlite3.connect(SHELF / "list.sqlite3", timeout=30, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return closing(connection)


def _prepare() -> None:
    CONTENTS.mkdir(parents=True, exist_ok=True)
    with _open() as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL,"
            " sha256 TEXT NOT NULL, size INTEGER NOT NULL)"
        )


def _keep(source: Any) -> tuple[str, int]:
    """Store the content under its hash. The name appears at once and whole, whoever else stores the same."""
    digest, size = hashlib.sha256(), 0
    handle, waiting = tempfile.mkstemp(dir=CONTENTS)
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in iter(lambda: source.read(65536), b""):
                size += len(piece)
                if size > LARGEST:
                    raise HTTPError(413, "the file is too large")
                digest.update(piece)
                out.write(piece)
        os.replace(waiting, CONTENTS / digest.hexdigest())
    except BaseException:
        os.unlink(waiting)
        raise
    return digest.hexdigest(), size


def _find(number: int) -> sqlite3.Row:
    with _open() as database:
        found = database.execute("SELECT * FROM file WHERE id = ?", (number,)).fetchone()
    if found is None:
        raise HTTPError(404, "no such file")
    return found


def _all() -> list[dict[str, Any]]:
    with _open() as database:
        return [dict(row) for row in database.execute("SELECT * FROM file ORDER BY id DESC")]


@app.get("/")
def index() -> str:
    """The list and the form."""
    return template("index", files=_all(), root=request.script_name.rstrip("/"), template_lookup=VIEWS)


@app.post("/upload")
def upload() -> Any:
    """Keep the form's file; JSON for those who ask for it, else back to the list."""
    given = request.files.get("file")
    if given is None:
        raise HTTPError(400, "the form has no file")
    sha256, size = _keep(given.file)
    row = (given.filename, request.forms.getunicode("note", ""), sha256, size)
    with _open() as database:
        number = database.execute("INSERT INTO file (name, note, sha256, size) VALUES (?, ?, ?, ?)", row).lastrowid
    if "application/json" in request.get_header("Accept", ""):
        response.status = 201
        return {"id": number, "name": given.filename, "sha256": sha256, "size": size}
    return redirect(request.script_name.rstrip("/") + "/", 303)


@app.get("/files/<number:int>")
def download(number: int) -> HTTPResponse:
    """The file, with ranges and If-Modified-Since as static_file knows them."""
    found = _find(number)
    return static_file(found["sha256"], root=str(CONTENTS), mimetype="application/octet-stream", download=found["name"])


@app.post("/files/<number:int>/delete")
def delete(number: int) -> Any:
    """Take a file off the list; its content stays, since another entry may have the same."""
    _find(number)
    with _open() as database:
        database.execute("DELETE FROM file WHERE id = ?", (number,))
    return redirect(request.script_name.rstrip("/") + "/", 303)


@app.get("/api/files")
def api_files() -> dict[str, Any]:
    """The list as JSON."""
    return {"files": _all()}


@app.post("/api/echo")
def api_echo() -> Any:
    """The JSON that was sent."""
    given = request.json
    if given is None:
        raise HTTPError(400, "JSON is missing")
    return {"echo": given}


@app.get("/static/<path:path>")
def static(path: str) -> HTTPResponse:
    """The app's own files."""
    return static_file(path, root=str(HERE / "static"))


_prepare()
