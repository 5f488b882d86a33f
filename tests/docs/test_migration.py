"""What docs/migration.md shows: a configuration served by its own server (Debian's), and by Lanner once it is migrated, gives the same answers."""
from __future__ import annotations

import grp
import os
import pwd
from typing import Any

from .blocks import ALL, commands, runs
from .place import Place, Running

PAGE = "docs/migration.md"
BEFORE = {"gunicorn": ("Gunicorn", "python"), "uwsgi": ("uWSGI", "ini"), "mod_wsgi": ("mod_wsgi", "apache"), "waitress": ("Waitress", "ini"), "paste": ("Paste", "ini")}

APP = '''
import os

def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status = "404 Not Found" if environ["PATH_INFO"] == "/missing" else "201 Created" if body else "200 OK"
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("X-Mode", os.environ.get("MODE", "none"))])
    parts = [environ[name] for name in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")]
    return [repr(parts + [os.getcwd()]).encode(), body]

def create_app():
    return application

def main(global_config, greeting):
    def greeted(environ, start_response):
        return [greeting.encode(), *application(environ, start_response)]
    return greeted
'''

# What Pyramid's pserve does.
PASTE = "from paste.deploy import loadapp, loadserver; u = 'config:%s'; loadserver(u)(loadapp(u))"

# What Debian's apache2.conf does, as far as it is needed here.
APACHE = """
ServerRoot {home}
PidFile {home}/apache.pid
ErrorLog /dev/stderr
Mutex file:{home}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so
User {user}
Group {group}
ServerName localhost
WSGISocketPrefix {home}/wsgi
Include {home}/shop.conf
"""


def prepare(place: Place) -> None:
    place.go("/srv/shop").write("shop/wsgi.py", APP)
    place.write("shop/__init__.py", "")
    place.write("shop.wsgi", APP)
    place.run("python3 -m venv --without-pip /srv/venv")


def told(running: Running, prefix: str = "") -> list[tuple[Any, ...]]:
    """The answers to requests of every kind."""
    asked = [("GET", "/", b""), ("GET", "/a%20b/c?x=1&y=%2B", b""), ("GET", "/missing", b""), ("POST", "/form", b"a=1&b=2"), ("PUT", "/deep/er", b"x" * 100_000),
             ("DELETE", "/7", b"")]
    answers = [running.ask(prefix + path, method, body or None) for method, path, body in asked]
    return [(answer.status, answer.headers.get("X-Mode"), answer.headers["Content-Type"], answer.body) for answer in answers]


def compare(blocks: list[Any], place: Place, command: str, peer: str, prefix: str = "", directory: str = ".") -> Running:
    """Serves the first block by the peer's command, what the second says by Lanner."""
    before, after = blocks
    prepare(place)
    place.write(command.split()[3], before.text)
    with place.start_peer(f"cd {directory} && exec {peer}", 8080) as theirs:
        expected = told(theirs, prefix)
    assert {status for status, *_ in expected} == {200, 201, 404}

    printed = place.run(command, errors=False)
    assert printed == place.local(after.text), f"{after}: {command} prints\n{printed}"
    place.write("lanner.toml", after.text)
    place.run("lanner check")
    ours = place.start("lanner serve")
    assert f"127.0.0.1:{place.port(8080)}" in ours.url
    assert told(ours, prefix) == expected
    return ours


@runs(PAGE, "Moving to Lanner", "sh")
def test_each_command(blocks, place):
    *migrations, check, serve = commands(blocks[0], 7)
    assert {command.split()[2] for command in migrations} == set(BEFORE)
    prepare(place)
    for command in migrations:
        peer, file = command.split()[2:4]
        heading, language = BEFORE[peer]
        place.write(file, ALL[PAGE, heading, language, 1].text)
        place.run(command)
        place.run(check)
        with place.start(serve) as running:
            assert running.ask("/shop/").status == 200


@runs(PAGE, "Gunicorn", "python", "toml")
def test_gunicorn(blocks, place):
    compare(blocks, place, "lanner migrate gunicorn gunicorn.conf.py", "gunicorn").stop()
    # Or the file as it is: it is found in the current directory, as by Gunicorn.
    with place.start("lanner gunicorn") as running:
        assert told(running)[0][:2] == (200, "production")


@runs(PAGE, "uWSGI", "ini", "toml")
def test_uwsgi(blocks, place):
    compare(blocks, place, "lanner migrate uwsgi shop.ini", "uwsgi shop.ini")


@runs(PAGE, "mod_wsgi", "apache", "toml")
def test_mod_wsgi(blocks, place):
    user = pwd.getpwnam("www-data") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    site = place.go("/srv/shop").here
    place.write("apache.conf", APACHE.format(home=site, user=user.pw_name, group=grp.getgrgid(user.pw_gid).gr_name))
    compare(blocks, place, "lanner migrate mod_wsgi shop.conf", f"apache2 -DFOREGROUND -f {site}/apache.conf")


@runs(PAGE, "Waitress", "ini", "toml")
def test_waitress(blocks, place):
    unit = dict(line.split("=", 1) for line in place.local(blocks[0].text).splitlines() if "=" in line)
    compare(blocks, place, "lanner migrate waitress shop.service", f"env {unit['Environment']} {unit['ExecStart']}", "/shop", unit["WorkingDirectory"])


@runs(PAGE, "A Python file with Waitress", "python", "toml")
def test_waitress_script(blocks, place):
    compare(blocks, place, "lanner migrate waitress serve.py", "python3 serve.py")


@runs(PAGE, "Paste", "ini", "toml")
def test_paste(blocks, place):
    file = place.go("/srv/shop").here / "production.ini"
    compare(blocks, place, "lanner migrate paste production.ini", f'env PYTHONPATH=. python3 -c "{PASTE % file}"')
