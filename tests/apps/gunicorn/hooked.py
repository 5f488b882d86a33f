"""The app under hooks.conf.py: a list, an iterator, an error and a request that does not end."""
import os
import time

with open(os.environ["LEDGER"], "a") as ledger:
    ledger.write(f"imported pid={os.getpid()}\n")


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise RuntimeError("the app was asked to raise")
    if path == "/hang":
        time.sleep(60)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return iter([b"abc", b"def"]) if path == "/pieces" else [b"abcdef"]
