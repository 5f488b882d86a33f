"""A factory: an app for each configuration. The ledger says when and where one was built."""
import os
import time

LEDGER = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def make(settings):
    os.write(LEDGER, f"build {settings.get('greeting')} {os.getpid()}\n".encode())
    time.sleep(settings.get("seconds", 0))
    if settings.get("broken"):
        raise RuntimeError("this configuration is broken")
    greeting = settings["greeting"]

    def app(environ, start_response):
        body = greeting.encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    return app
