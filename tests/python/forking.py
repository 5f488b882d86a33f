"""A template and workers without the server: an app's module is imported, looked at and forked; each child answers."""
import json
import os
import subprocess
import sys
import textwrap

_PYTHON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python")

_TEMPLATE = """
import gc, json, os, sys, traceback
gc.disable()
from lanner.fork import origins, survey
origins.watch()
import shop
gc.collect()
refusal = survey.refusal({"on_shared": sys.argv[1]})
if refusal:
    print(json.dumps({"refusal": refusal}))
    os._exit(0)
answers = []
for _ in range(int(sys.argv[2])):
    survey.look({"on_shared": sys.argv[1]})
    gc.freeze()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        answer = None
        try:
            survey.repair()
            gc.enable()
            answer = shop.check()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os.write(write, json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    answers.append(json.loads(text) if status == 0 else f"exit {status}")
print(json.dumps({"answers": answers, "parent": getattr(shop, "parent", lambda: None)()}))
sys.stdout.flush()
os._exit(0)
"""


class Forked:
    def __init__(self, told, log, path):
        self.answers = told.get("answers")
        self.parent = told.get("parent")
        self.refusal = told.get("refusal")
        self.log = log
        self.path = path

    @property
    def warnings(self):
        return [line for line in self.log.splitlines() if line.startswith("fork: ") and "made anew in each worker" not in line]


def fork_app(folder, code, workers=2, on_shared="sever", environment=None):
    """The module ``shop`` is ``code``; its ``check()`` is called in each worker, then ``parent()`` in the template."""
    path = os.path.join(str(folder), "shop.py")
    with open(path, "w") as module:
        module.write(textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, "-c", _TEMPLATE, on_shared, str(workers)],
        env={**os.environ, "PYTHONPATH": f"{folder}:{_PYTHON}", **(environment or {})},
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return Forked(json.loads(done.stdout), done.stderr, path)
