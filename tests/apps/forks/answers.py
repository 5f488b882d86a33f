"""The WSGI end of the apps in this folder: a function of the query's numbers, its result as JSON."""
import json
import os
from urllib.parse import parse_qs


def application(**functions):
    def call(environ, start_response):
        numbers = {name: int(values[0]) for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        result = functions[environ["PATH_INFO"].strip("/")](**numbers)
        body = json.dumps({"pid": os.getpid(), "result": result}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return call
