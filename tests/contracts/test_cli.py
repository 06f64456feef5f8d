"""Every command and every option says what it is for."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from tonearm.cli.app import create_cli

ROOT = Path(__file__).parents[2]
ARGUMENT = re.compile(r"^ {4}(\w+): (.+?)(?=\n {4}\w+: |\n*\Z)", re.MULTILINE | re.DOTALL)
BUILT_IN = {"--help", "-h", "--version"}


def commands(app: App, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    for name in app:
        if name not in BUILT_IN:
            found = app[name]
            yield (*path, name), found
            yield from commands(found, (*path, name))


COMMANDS = dict(commands(create_cli()))


def test_the_commands_are_those_of_the_drawer() -> None:
    files = (ROOT / "src" / "tonearm" / "cli" / "commands").glob("[!_]*.py")
    named = {file.stem.strip("_").replace("_", "-") for file in files}
    assert {path[0] for path in COMMANDS} == named
    expected = {
        "import", "plays", "plays show", "imports list", "imports show", "imports ledger", "imports undo", "stats",
        "users add", "users list", "users set-password", "serve", "worker", "demo",
        "generate-export",
    }  # fmt: skip
    assert expected <= {" ".join(path) for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_is_documented(path: tuple[str, ...]) -> None:
    app = COMMANDS[path]
    assert app.name[0] == path[-1]
    summary = app.help.strip().splitlines()[0]
    assert summary[0].isupper() or summary.startswith("`")
    assert summary.endswith(".")
    if app.default_command is None:
        return
    command = app.default_command
    told = ARGUMENT.findall((inspect.getdoc(command) or "") + "\n")
    assert [name for name, _ in told] == list(inspect.signature(command).parameters)
    assert [said for _, said in told if not said.rstrip().endswith((".", ".)"))] == []


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_is_shown_without_touching_anything(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("TONEARM_DATA_DIR", str(tmp_path / "data"))
    create_cli()([*path, "--help"], exit_on_error=False, result_action="return_value")
    shown = capsys.readouterr()
    assert f"Usage: tonearm {' '.join(path)}" in " ".join(shown.out.split())
    assert shown.err == ""
    assert not (tmp_path / "data").exists()


def test_help_lists_every_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tonearm", "--help"], capture_output=True, text=True, check=True
    )
    for path in COMMANDS:
        if len(path) == 1:
            assert f" {path[0]} " in done.stdout
