"""What only Python could tell: nothing of it is lost in silence."""
import os
from base import *
from common import limits, worker_class
from secrets_of_ours import database_url

wsgi_app = os.environ["APP"]
bind = [f"0.0.0.0:{port}" for port in range(8000, 8004)]
workers = int(os.environ["WORKERS"])
threads = limits["threads"]
timeout = 30 * "2"
graceful_timeout = 10 ** 10 ** 9
user = database_url.split("@")[0]
os.environ["DATABASE_URL"] = database_url

try:
    max_requests = int(open("/etc/shop/limit").read())
except OSError:
    max_requests = 1000


def when_ready(server):
    global keepalive
    keepalive = 9


class Logger:
    pass


logger_class = Logger
if workers_are_many():
    preload_app = True
