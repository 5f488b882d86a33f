"""What docs/operations.md shows."""
from __future__ import annotations

from .blocks import runs

TELLING = '''
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    told = [environ[name] for name in ("HTTP_HOST", "REMOTE_ADDR", "wsgi.url_scheme", "SERVER_PROTOCOL", "lanner.request_id")]
    return ["|".join(told).encode(), environ["wsgi.input"].read()]
'''


@runs("docs/operations.md", "Behind a proxy", "nginx")
def test_nginx_in_front(blocks, place):
    listening = f"unix:{place.path}/shop.sock"
    location = blocks[0].text.replace("unix:/run/shop.sock", listening)
    assert listening in location
    place.go("/srv/shop").write("shop.py", TELLING)
    place.start(f"lanner serve shop:app -b {listening} --workers 1 --access-log -")
    paths = "".join(f"{kind}_temp_path {place.path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    place.write("nginx.conf", f"""
        daemon off;
        master_process off;
        pid {place.path}/nginx.pid;
        error_log stderr;
        events {{ }}
        http {{
            access_log off;
            {paths}
            server {{
                listen 127.0.0.1:8080;
                {location}
            }}
        }}
        """)
    place.run("nginx -t -e stderr -c $PWD/nginx.conf")
    nginx = place.start_peer("exec nginx -e stderr -c $PWD/nginx.conf", 8080)

    told = nginx.ask("/", "POST", b"x" * 100_000, Host="shop.example.com", X_Forwarded_For="203.0.113.9")

    host, client, scheme, protocol, rest = told.body.split("|")
    # The address that nginx saw is loopback, which is trusted: the one before it counts.
    assert (host, client, scheme, protocol) == ("shop.example.com", "203.0.113.9", "http", "HTTP/1.1")
    assert len(rest) == 32 + 100_000, "nginx's request id has 32 digits"
