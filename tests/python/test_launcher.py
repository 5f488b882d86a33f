"""``./lanner``: what it builds, and when it does not. The SDK is a script that notes each publish."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import List

import pytest

HERE = Path(__file__).resolve().parents[2]

DOTNET = """#!/bin/sh
case "$1" in
--list-sdks) echo "${SDK-10.0.100} [/sdk]" ;;
publish)
    case "$*" in *Native=false*) echo readytorun ;; *) echo "native by ${7#*=}" ;; esac >>"$CALLS"
    echo '  Determining projects to restore...'
    if [ -n "${BROKEN-}" ]; then echo 'src/Main.cs(1,1): error CS1002: ; expected'; exit 1; fi
    echo '  Lanner.Wire -> /somewhere/Lanner.Wire.dll'
    case "$*" in *Native=false*) ;; *) echo '  Generating native code' ;; esac
    if [ -n "${MEANWHILE-}" ]; then touch "$MEANWHILE"; fi
    mkdir -p "$6/python"
    printf '#!/bin/sh\\necho served "$@"\\n' >"$6/lanner"
    chmod +x "$6/lanner" ;;
esac
"""


# A C compiler that links, and one that lacks the C library's files.
LINKS = "#!/bin/sh\nexit 0\n"
LINKS_NOT = "#!/bin/sh\nexit 1\n"


class Checkout:
    """A checkout with a few sources, older than anything that the test does; programs are the system's, but for the compilers."""

    def __init__(self, root: Path) -> None:
        self.root = root / "checkout"
        self.calls = root / "calls"
        self.tools = root / "tools"
        self.tools.mkdir()
        for name in ("bash", "sh", "env", "readlink", "dirname", "find", "sort", "cmp", "mkdir", "rm", "mv", "touch", "sed", "grep", "head", "tail", "flock", "chmod"):
            program = shutil.which(name)
            assert program is not None, name
            (self.tools / name).symlink_to(program)
        self.tool("dotnet", DOTNET)
        self.tool("gcc", LINKS)
        self.tool("objcopy", LINKS)
        self.env = {"PATH": str(self.tools), "CALLS": str(self.calls), "HOME": str(root)}
        self.write("src/Main.cs", "src/Part/Part.cs", "python/lanner/wsgi.py", "global.json")
        shutil.copy(HERE / "lanner", self.root / "lanner")

    def tool(self, name: str, script: str) -> None:
        (self.tools / name).write_text(script)
        (self.tools / name).chmod(0o755)

    def write(self, *names: str) -> None:
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
            self.age(name)

    def age(self, name: str) -> None:
        hour_ago = time.time() - 3600
        os.utime(self.root / name, (hour_ago, hour_ago))

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self.root / "lanner"), *arguments], env={**self.env, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60
        )

    def calls_made(self) -> List[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def builds(self) -> int:
        return len(self.calls_made())


def steps(text: str) -> List[str]:
    """What was said of the build, without the seconds."""
    return re.sub(r" …? ?\d+ s$|in \d+ s$", "", text, flags=re.MULTILINE).splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_first_start_builds_and_becomes_the_server(checkout: Checkout) -> None:
    first = checkout.run("serve", "an app")
    assert (first.returncode, first.stdout) == (0, "served serve an app\n")
    assert steps(first.stderr) == [
        "lanner: building (first start) …",
        "lanner: building: restoring packages",
        "lanner: building: compiling C# (Lanner.Wire)",
        "lanner: building: compiling to native code, the longest step",
        "lanner: built ",
    ]
    second = checkout.run("version")
    assert (second.stdout, second.stderr, checkout.builds()) == ("served version\n", "", 1)


@pytest.mark.parametrize("name", ["src/Main.cs", "src/Part/Part.cs", "python/lanner/wsgi.py", "global.json"])
def test_a_source_that_is_newer_is_built(checkout: Checkout, name: str) -> None:
    checkout.run()
    os.utime(checkout.root / name)
    changed = checkout.run()
    assert (steps(changed.stderr)[0], checkout.builds()) == ("lanner: building (the sources have changed) …", 2)


def test_a_source_that_came_or_went_is_built_however_old_it_is(checkout: Checkout) -> None:
    checkout.run()
    checkout.write("src/Part/Other.cs")
    checkout.run()
    assert checkout.builds() == 2
    (checkout.root / "src/Part/Other.cs").unlink()
    checkout.run()
    assert checkout.builds() == 3
    (checkout.root / "src/Main.cs").rename(checkout.root / "src/Program.cs")
    checkout.run()
    checkout.run()
    assert checkout.builds() == 4


def test_the_first_compiler_that_links_is_taken(checkout: Checkout) -> None:
    checkout.tool("clang", LINKS_NOT)
    checkout.run()
    assert checkout.calls_made() == ["native by gcc"]
    checkout.tool("clang", LINKS)
    os.utime(checkout.root / "src/Main.cs")
    checkout.run()
    assert checkout.calls_made() == ["native by gcc", "native by clang"]


@pytest.mark.parametrize("lacks", ["gcc", "objcopy", "the C library"])
def test_where_nothing_can_be_linked_it_builds_for_the_runtime_and_says_what_to_install(checkout: Checkout, lacks: str) -> None:
    if lacks == "the C library":
        checkout.tool("gcc", LINKS_NOT)
    else:
        (checkout.tools / lacks).unlink()
    first = checkout.run("serve")
    assert (first.returncode, first.stdout, checkout.calls_made()) == (0, "served serve\n", ["readytorun"])
    assert "install a C compiler (apt-get install gcc libc6-dev)" in first.stderr
    # Nothing is built again while that is so, and all of it once a program can be linked.
    assert (checkout.run().stderr, checkout.builds()) == ("", 1)
    checkout.tool("gcc", LINKS)
    checkout.tool("objcopy", LINKS)
    upgraded = checkout.run()
    assert steps(upgraded.stderr)[0] == "lanner: building (a native build can be made now) …"
    assert checkout.calls_made() == ["readytorun", "native by gcc"]
    assert (checkout.run().stderr, checkout.builds()) == ("", 2)


def test_what_python_keeps_beside_the_sources_changes_nothing(checkout: Checkout) -> None:
    checkout.run()
    (checkout.root / "python/lanner/__pycache__").mkdir()
    (checkout.root / "python/lanner/__pycache__/wsgi.cpython-311.pyc").write_bytes(b"")
    (checkout.root / "python/lanner/notes.txt").write_text("")
    checkout.run()
    assert checkout.builds() == 1


def test_what_changes_during_a_build_is_built_by_the_next_start(checkout: Checkout) -> None:
    checkout.run(MEANWHILE=str(checkout.root / "src/Main.cs"))
    checkout.run()
    assert checkout.builds() == 2


def test_a_build_that_fails_says_why_and_leaves_the_one_there_is(checkout: Checkout) -> None:
    checkout.run()
    os.utime(checkout.root / "src/Main.cs")
    failed = checkout.run(BROKEN="1")
    assert failed.returncode == 1
    assert "src/Main.cs(1,1): error CS1002" in failed.stderr and "build.log" in failed.stderr
    assert "built in" not in failed.stderr
    assert (checkout.root / "artifacts/lanner/lanner").exists()
    assert checkout.run().returncode == 0


@pytest.mark.parametrize("sdk, says", [("", "only the .NET runtime is installed"), ("8.0.404", "the newest .NET SDK here is version 8")])
def test_without_a_sdk_it_says_what_to_install(checkout: Checkout, sdk: str, says: str) -> None:
    refused = checkout.run(SDK=sdk)
    assert (refused.returncode, checkout.builds()) == (1, 0)
    assert says in refused.stderr and "install the .NET SDK 10" in refused.stderr


def test_a_build_that_is_there_serves_where_nothing_can_be_built(checkout: Checkout) -> None:
    checkout.run()
    os.utime(checkout.root / "src/Main.cs")
    old = checkout.run("serve", SDK="8.0.404")
    assert (old.returncode, old.stdout, checkout.builds()) == (0, "served serve\n", 1)
    assert "a build that is older than its sources" in old.stderr


def test_a_checkout_that_cannot_be_written_says_so(checkout: Checkout) -> None:
    (checkout.root / "artifacts").write_text("a directory cannot be made here")
    refused = checkout.run()
    assert (refused.returncode, checkout.builds()) == (1, 0)
    assert "artifacts cannot be written" in refused.stderr


def test_starts_at_the_same_time_build_once(checkout: Checkout) -> None:
    command = [str(checkout.root / "lanner"), "version"]
    starts: List["subprocess.Popen[bytes]"] = [
        subprocess.Popen(command, env=checkout.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(4)
    ]
    assert [start.wait(60) for start in starts] == [0, 0, 0, 0]
    assert checkout.builds() == 1
