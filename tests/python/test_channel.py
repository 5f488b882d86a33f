"""The channel where the front end does not do what it should, and long answers that the kernel takes in part."""
import socket
import threading

import pytest

from lanner import frames
from lanner.channel import Channel, FrontEndGone
from lanner.response import Exchange


def test_descriptor_that_does_not_come_ends_the_thread():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(frames.HEADER.pack(0, 1, 0, frames.DESCRIPTOR, 0, 0))
        with pytest.raises(FrontEndGone):
            Channel(ours).request_body(1)


@pytest.mark.parametrize("length", [65_537, 1_000_000, 3_500_000])
def test_long_answer_arrives_whole(length):
    ours, theirs = socket.socketpair()
    body = bytes(range(256)) * (length // 256) + b"x" * (length % 256)
    received = bytearray()

    def read():
        while data := theirs.recv(1 << 20):
            received.extend(data)

    reader = threading.Thread(target=read)
    reader.start()
    with ours:
        exchange = Exchange(Channel(ours), memoryview(bytearray(64)).cast("Q"), 0)
        exchange.begin(7, {"REQUEST_METHOD": "GET"}, 0)
        exchange.start_response("200 OK", [("Content-Type", "x/y")])
        exchange.respond([body])
        ours.shutdown(socket.SHUT_WR)
        reader.join()
    theirs.close()
    kinds, content, at = [], b"", 0
    while at < len(received):
        size, number, _, kind, _, _ = frames.HEADER.unpack_from(received, at)
        assert number == 7
        kinds.append(kind)
        if kind == frames.DATA:
            content += received[at + 16 : at + 16 + size]
        at += 16 + size
    assert kinds[0] == frames.HEAD and kinds[-1] == frames.END and set(kinds[1:-1]) == {frames.DATA}
    assert content == body
