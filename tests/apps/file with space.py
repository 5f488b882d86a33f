"""An app whose file is no module name: reached only by its path."""


def application(environ, start_response):
    """Plain text."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"file with space\n"]
