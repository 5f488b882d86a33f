"""The package and an app that uses it, under ``mypy --strict``."""
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from wheels import ROOT, build_wheel, environment_with

APPS = ROOT / "tests" / "typed"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of somebody who has installed the package."""
    folder = tmp_path_factory.mktemp("user")
    return environment_with(build_wheel(folder), folder / "venv")


def mypy(cache: Path, cwd: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(cache), "--no-error-summary", *arguments],
        cwd=cwd, env={name: value for name, value in os.environ.items() if name != "MYPYPATH"}, capture_output=True, text=True, timeout=300,
    )
    assert done.returncode in (0, 1) and not done.stderr, done.stdout + done.stderr
    return done.stdout


def strict(cache: Path, user: Path, app: Path) -> str:
    return mypy(cache, app.parent, "--config-file=", "--strict", "--python-version=3.9", f"--python-executable={user}", app.name)


def test_the_package_is_right(cache: Path) -> None:
    assert mypy(cache, ROOT / "python", "--config-file", "pyproject.toml") == ""


def test_no_file_is_left_out_and_no_mistake_is_waved_through() -> None:
    for path in (ROOT / "python" / "lanner").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"#\s*type:\s*ignore(?!\[)|#\s*mypy:", text), f"{path}: say which error is meant"


def test_an_app_of_the_whole_api_is_right(cache: Path, user: Path) -> None:
    assert strict(cache, user, APPS / "shop.py") == ""


def test_an_app_is_told_its_mistakes(cache: Path, user: Path) -> None:
    assert strict(cache, user, APPS / "mistakes.py") == ""


def test_without_py_typed_nothing_would_be_told(cache: Path, user: Path, tmp_path: Path) -> None:
    """The checks above look at the package as it is installed."""
    [marker] = user.parents[1].glob("lib/python3*/site-packages/lanner/py.typed")
    marker.rename(tmp_path / "py.typed")
    try:
        assert 'module is installed, but missing library stubs or py.typed marker' in strict(tmp_path / "cache", user, APPS / "shop.py")
    finally:
        (tmp_path / "py.typed").rename(marker)


def test_the_app_runs_as_its_types_say(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import shop; print(*shop.use_all())"],
        cwd=APPS, env={**os.environ, "PYTHONPATH": str(ROOT / "python")}, stdout=subprocess.PIPE, text=True, timeout=60, check=True,
    )
    assert done.stdout == "SettingsConflict LockTimeout\n"
