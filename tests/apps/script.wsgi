"""As mod_wsgi has them: named after nothing that can be imported, and ``application`` unless told."""
import sys

if __name__ in ("script", "__main__") or sys.modules[__name__].__dict__ is not globals():
    raise AssertionError(f"loaded as {__name__}")


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"script"]


other = application
