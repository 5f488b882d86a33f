"""What ``import lanner`` shows, and the package as a wheel."""
from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import lanner
import pytest
from wheels import ROOT, build_wheel, environment_with, run

SOURCES = ROOT / "python" / "lanner"


def fresh(code: str) -> str:
    """What an interpreter with nothing but the standard library prints."""
    script = f"import sys; sys.path.insert(0, {str(ROOT / 'python')!r})\n{code}"
    return subprocess.run([sys.executable, "-I", "-S", "-c", script], stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout


def test_dir_shows_every_public_name_and_each_is_there() -> None:
    assert sorted(lanner.__all__) == lanner.__all__
    told = json.loads(fresh("import lanner, json; before = dir(lanner); print(json.dumps([before, [n for n in lanner.__all__ if not hasattr(lanner, n)]]))"))
    assert set(told[0]) >= set(lanner.__all__) and told[1] == []
    with pytest.raises(AttributeError, match="module 'lanner' has no attribute 'spwan'"):
        lanner.spwan  # type: ignore[attr-defined]


def test_what_type_checkers_see_is_what_is_imported_late() -> None:
    """The names below ``if TYPE_CHECKING``, and where they are from, are those of ``_LAZY``."""
    [block] = [node for node in ast.parse((SOURCES / "__init__.py").read_text()).body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    static = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom) and node.level == 1
        static.update({alias.name: node.module or alias.name for alias in node.names})
    assert static == lanner._LAZY
    assert set(lanner._LAZY) <= set(lanner.__all__)


@pytest.mark.parametrize("name", ["JobError", "LockError", "LockTimeout", "SettingsConflict", "SettingsError", "SettingsInvalid"])
def test_errors_are_the_same_at_the_top_and_in_their_modules(name: str) -> None:
    from lanner import jobs, live_settings, locks

    [found] = [vars(module)[name] for module in (jobs, live_settings, locks) if name in vars(module)]
    assert getattr(lanner, name) is found and issubclass(found, Exception)


def test_an_import_loads_little() -> None:
    """What an app does not use costs its start nothing; ``typing`` alone would be a twelfth of what a template imports."""
    late = ("typing", "json", "logging", "datetime", "concurrent.futures", "inspect", "ast")
    seen = f"print(sorted(set({late}) & set(sys.modules)))"
    assert fresh(f"import lanner\nfrom lanner.peers import peer\n{seen}; print('threading' in sys.modules)") == "[]\nFalse\n"
    assert fresh(f"import lanner.template\nfrom lanner.fork import survey\n{seen}") == "[]\n"
    assert "typing" not in fresh(f"import lanner\nfor name in lanner.__all__: getattr(lanner, name)\n{seen}")


def test_a_server_runs_its_own_copy_whatever_the_environment_has(tmp_path: Path) -> None:
    """An installed package of another version would speak another wire."""
    other = tmp_path / "lanner"
    other.mkdir()
    (other / "__init__.py").write_text("raise SystemExit('the other copy')")
    script = [sys.executable, str(SOURCES / "boot.py"), "gunicorn", "--version"]
    done = subprocess.run(script, env={"PYTHONPATH": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"help": f"lanner {lanner.__version__} (in place of gunicorn)\n"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_has_every_module_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {f"lanner/{path.relative_to(SOURCES)}" for path in SOURCES.rglob("*.py")} | {"lanner/py.typed"}
    assert {name for name in names if name.startswith("lanner/")} == sources
    [licence] = [name for name in names if name.endswith("/LICENSE")]
    assert zipfile.ZipFile(wheel).read(licence) == (ROOT / "LICENSE").read_bytes()


def test_the_version_stands_in_one_place(wheel: Path, tmp_path: Path) -> None:
    [metadata] = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA")]
    told = Parser().parsestr(zipfile.ZipFile(wheel).read(metadata).decode())
    assert (told["Name"], told["Version"], told["License"], told["Requires-Python"]) == ("lanner", lanner.__version__, "MIT", ">=3.9")
    assert told.get_all("Requires-Dist") is None
    written = re.compile(rf"(?<![\d.]){re.escape(lanner.__version__)}(?![\d.])")
    sources = [path for folder in ("src", "python") for path in (ROOT / folder).rglob("*") if path.suffix in (".cs", ".csproj", ".py", ".toml")]
    places = [str(path.relative_to(ROOT)) for path in [*sources, *ROOT.glob("*.props")] if written.search(path.read_text(encoding="utf-8"))]
    assert places == ["python/lanner/version.py"]


def test_an_installed_package_is_the_whole_api(wheel: Path, tmp_path: Path) -> None:
    python = environment_with(wheel, tmp_path / "venv")
    told = run([str(python), "-I", "-c", "import lanner; print(lanner.__file__); print(sorted(n for n in lanner.__all__ if hasattr(lanner, n)) == lanner.__all__)"], tmp_path)
    assert told.split() == [str(next((tmp_path / "venv").glob("lib/python3*/site-packages/lanner/__init__.py"))), "True"]
