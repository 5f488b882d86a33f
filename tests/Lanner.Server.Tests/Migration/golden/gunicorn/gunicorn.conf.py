"""The shop under Gunicorn."""
import multiprocessing
import os

# Where it listens
base = "@HOME@"
bind = ["0.0.0.0:8000", "unix:" + base + "/run/shop.sock"]
wsgi_app = "shop.wsgi:application"
workers = multiprocessing.cpu_count() * 2 + 1
threads = 4
worker_class = 'gthread'
timeout = 2 * 60
graceful_timeout = 45
keepalive = 5
max_requests = 1_000
max_requests_jitter = 50
preload_app = True
chdir = base + "/shop"
pythonpath = f"{base}/lib"
raw_env = [
    "DJANGO_SETTINGS_MODULE=shop.settings",
    "MODE=production",  # not "debug"
]
user = None
umask = 0o007
accesslog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s'
errorlog = "-"
loglevel = "warning"
forwarded_allow_ips = "10.0.0.0/8, 127.0.0.1"
limit_request_line = 8190
limit_request_field_size = 8190
statsd_host = None
daemon = False
pidfile = base + "/run/shop.pid"
reload = bool(os.environ.get("DEBUG"))
secure_scheme_headers = {
    "X-FORWARDED-PROTO": "https",
}


def own_helper():
    return """
bind = "never read"
"""


def post_fork(server, worker):
    server.log.info("worker %s", worker.pid)


if os.environ.get("STAGING"):
    workers = 1
else:
    workers = 9
