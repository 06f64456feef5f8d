"""The wheel carries everything it needs and runs in an environment that holds nothing else."""

import fnmatch
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/tonearm"
LEFT_OUT = {".pyc", ".pyo"}

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that sees this interpreter's settings for pip, but none of its packages."""
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    result = subprocess.run(  # noqa: S603 - the commands are written below
        command,
        cwd=cwd,
        env=environment | {"PIP_USER": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (path,) = folder.glob("tonearm-*.whl")
    return path


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    expected = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in LEFT_OUT
    }

    with zipfile.ZipFile(wheel) as archive:
        present = {name for name in archive.namelist() if name.startswith("tonearm/")}

    assert present == expected


@pytest.mark.parametrize(
    "kind",
    [
        "tonearm/py.typed",
        "tonearm/ui/*.html",
        "tonearm/ui/static/*.css",
        "tonearm/ui/static/*.js",
        "tonearm/ui/static/vendor/*.woff2",
        "tonearm/ui/static/vendor/manifest.json",
        "tonearm/storage/*/versions/*.py",
        "tonearm-*.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_carries_assets_migrations_and_licence(wheel: Path, kind: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert fnmatch.filter(archive.namelist(), kind)


def test_the_wheel_runs_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    constraints = ROOT / "requirements/constraints.txt"
    venv = tmp_path / "venv"
    scripts = venv / ("Scripts" if os.name == "nt" else "bin")
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    run(scripts / "python", "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=tmp_path)

    said = run(scripts / "tonearm", "--version", cwd=tmp_path)

    assert wheel.name.split("-")[1] in said
    assert str(venv) in said
