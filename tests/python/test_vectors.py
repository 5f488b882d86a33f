"""The golden frames, held against the Python side."""
import json
import marshal
import os
import socket
import struct

import pytest

from lanner import frames, wsgi
from lanner.channel import Channel

with open(os.path.join(os.path.dirname(__file__), "..", "vectors", "frames.json"), encoding="utf-8") as file:
    VECTORS = json.load(file)


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["direction"] == "request"], ids=lambda v: v["name"])
def test_request_is_read(vector):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        frame = bytes.fromhex(vector["frame"])
        theirs.sendall(frame + frame[: len(frame) // 2])  # the next one comes in two reads
        channel = Channel(ours)
        number, flags, split, payload = channel.receive()
        theirs.sendall(frame[len(frame) // 2 :])
        assert channel.receive() == (number, flags, split, payload)
        theirs.close()
        assert channel.receive() is None
    assert (number, flags) == (vector["number"], vector["flags"])
    assert marshal.loads(payload) == vector["environ"]
    assert payload[split:] == bytes.fromhex(vector["body"])


class FakeChannel:
    """Records what is sent."""

    def __init__(self):
        self.sent = b""
        self.socket = self

    def sendall(self, data):
        self.sent += bytes(data)


def exchange(vector):
    made = wsgi.Exchange(FakeChannel(), [0] * 8, 0)
    made.begin(vector["number"], {"REQUEST_METHOD": "GET"}, 0)
    return made


def without_extra(frame):
    """The time in the app differs from run to run."""
    return frame[:8] + b"\0\0\0\0" + frame[12:]


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["direction"] == "answer"], ids=lambda v: v["name"])
def test_answer_is_written(vector):
    made = exchange(vector)
    if "status" in vector:
        made.start_response(vector["status"], [tuple(pair) for pair in vector["headers"]])
    kind = vector["kind"]
    if kind == frames.RESPONSE:
        made.respond([bytes.fromhex(vector["body"])])
    elif kind == frames.HEAD:
        made._piece(b"")
    elif kind == frames.DATA:
        made.head_sent = True
        made._piece(bytes.fromhex(vector["payload"]))
    elif kind == frames.END:
        made._finish(frames.END, b"")
    elif kind == frames.FILE:
        made._finish(frames.FILE, struct.pack("<qq", 10, 5) + made._head())
    elif kind == frames.ERROR:
        made.fail(vector["code"], vector["text"])
    elif kind == frames.SKIPPED:
        made.skip(vector["number"])
    assert without_extra(made.channel.sent) == without_extra(bytes.fromhex(vector["frame"]))


def test_kinds_are_those_of_the_front_end():
    source = os.path.join(os.path.dirname(__file__), "..", "..", "src", "Lanner.Wire", "FrameHeader.cs")
    with open(source, encoding="utf-8") as file:
        text = file.read()
    for name in ("REQUEST", "SEND_DESCRIPTOR", "DESCRIPTOR", "RESPONSE", "HEAD", "DATA", "END", "FILE", "ERROR",
                 "BODY_WANTED", "SKIPPED", "CONFIGURE", "LOADED", "FAILED", "FORK", "DESCRIPTORS", "FORKED", "EXITED", "STOP"):
        camel = "".join(part.capitalize() for part in name.split("_"))
        assert f"    {camel} = {getattr(frames, name)}," in text
