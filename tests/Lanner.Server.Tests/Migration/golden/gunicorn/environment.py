"""As it runs in a container: everything may be set from outside."""
import os
from multiprocessing import cpu_count
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
HOST, PORT = os.getenv("HOST", "0.0.0.0"), os.environ.get("PORT", "8000")
IS_DEBUG = os.environ.get("DEBUG", "") == "1"

os.environ["GREETING"] = "Grüße"
os.environ.setdefault("MODE", "production")

wsgi_app = os.environ.get("APP", "shop.wsgi:application")
chdir = str(BASE_DIR / os.getenv("SITE", "../shop"))
bind = f"{HOST}:{PORT}"
workers = int(os.environ.get("WEB_CONCURRENCY", cpu_count() * 2 + 1))
threads = int(os.getenv("THREADS", "8"))
timeout = int(os.getenv("TIMEOUT") or 120)
loglevel = "debug" if IS_DEBUG else "warning"
reload = IS_DEBUG
accesslog = os.environ.get("ACCESS_LOG")
raw_env = ["SITE_NAME=%s" % "The shop"]
raw_env.append("LANG={}.UTF-8".format("C"))
keepalive = 5

if os.getenv("BEHIND_PROXY"):
    forwarded_allow_ips = "*"
    keepalive = 75
