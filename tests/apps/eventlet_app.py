"""What eventlet.monkey_patch() leaves behind, without eventlet."""
import sys
import types

sys.modules["eventlet.patcher"] = types.SimpleNamespace(already_patched={"thread": True, "socket": True})  # type: ignore[assignment]


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"never"]
