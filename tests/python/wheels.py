"""The package as its users install it: a wheel, made from a copy of the sources without network, and a virtual environment that has it."""
from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}"
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """Builds beside a copy: setuptools leaves its notes in the folder of the sources."""
    copy = folder / "python"
    shutil.copytree(ROOT / "python", copy, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    made = folder / "wheels"
    run([sys.executable, "-m", "pip", "wheel", "--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir", str(made), str(copy)], folder)
    [wheel] = made.iterdir()
    return wheel


def environment_with(wheel: Path, folder: Path) -> Path:
    """The interpreter of a new environment in which the wheel is installed."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps", str(wheel)], folder)
    return python
