"""Tagged output: whole lines, each with the request of its thread."""
import os
import threading

from lanner.output import TaggedStream


def stream_and_pipe(tags):
    read, write = os.pipe()
    return TaggedStream(write, lambda: tags.get(threading.get_ident(), ""), "<stdout>"), read


def test_lines_carry_the_request():
    tags = {}
    stream, read = stream_and_pipe(tags)
    print("before", file=stream)
    tags[threading.get_ident()] = "r1"
    print("one", "two", sep="\n", file=stream)
    assert os.read(read, 1000) == b"before\n\x1er1\x1fone\n\x1er1\x1ftwo\n"


def test_unfinished_line_waits_and_is_ended():
    stream, read = stream_and_pipe({})
    stream.write("a")
    stream.flush()
    stream.write("b\nc")
    stream.end_line()
    stream.end_line()
    assert os.read(read, 1000) == b"ab\nc\n"


def test_threads_do_not_mix_lines():
    stream, read = stream_and_pipe({})
    ready = threading.Barrier(2)

    def write(letter):
        ready.wait()
        for _ in range(200):
            stream.write(letter * 10)
            stream.write(letter * 10 + "\n")

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = os.read(read, 100000).decode().splitlines()
    assert sorted(lines) == ["a" * 20] * 200 + ["b" * 20] * 200


def test_buffer_and_wrong_types():
    stream, read = stream_and_pipe({})
    stream.buffer.write(b"bytes\n")
    try:
        stream.write(b"no")
    except TypeError:
        stream.write("refused\n")
    assert os.read(read, 1000) == b"bytes\nrefused\n"
