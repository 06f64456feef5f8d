"""People on the command line: real processes on a fresh data folder."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from commands import run_command

pytestmark = pytest.mark.slow


class Shell:
    """Runs `tonearm users` without a terminal."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        others = {name: value for name, value in os.environ.items() if "TONEARM" not in name}
        self._env = others | {"TONEARM_DATA_DIR": str(folder / "data")} | settings

    def run(self, *words: str, code: int = 0) -> tuple[str, str]:
        done = run_command("users", *words, env=self._env, folder=self._folder)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr

    def json(self, *words: str) -> Any:  # noqa: ANN401 - whatever the document is
        return json.loads(self.run(*words, "--json")[0])


def test_people_are_looked_after(tmp_path: Path) -> None:
    shell = Shell(tmp_path, TONEARM_PUBLIC_URL="https://music.example.org/")
    bob = shell.json("add", "Bob", "--role", "admin")
    assert (bob["role"], bob["has_password"]) == ("admin", False)
    assert shell.run("set-role", "bob", "viewer")[0] == "Bob is viewer now.\n"
    shell.run("set-email", "Bob", "bob@example.org")
    shell.run("disable", "Bob")
    (known,) = shell.json("list")["items"]
    told = {name: known[name] for name in ("role", "email", "is_disabled")}
    assert told == {"role": "viewer", "email": "bob@example.org", "is_disabled": True}
    assert "disabled" in shell.run("list")[0]
    assert shell.run("enable", "Bob")[0] == "Bob is enabled.\n"
    assert "Nothing was deleted" in shell.run("delete", "Bob", code=2)[1]
    assert "Nothing was deleted" in shell.run("delete", "Bob", "--confirm", "bob", code=2)[1]
    assert "everything" in shell.run("delete", "Bob", "--confirm", "Bob")[0]
    assert "There is no user" in shell.run("disable", "Bob", code=1)[1]

    owner, _ = shell.run("reset-password", "owner", code=1)
    assert owner == ""  # there is none yet
    assert shell.json("invite", "--expires", "2d")["link"].startswith(
        "https://music.example.org/register?invitation=tniv_"
    )
    assert shell.run("reset-password", "owner")[0].startswith(
        "https://music.example.org/reset?token=tnpr_"
    )
    for words in (["set-role", "owner", "admin"], ["delete", "owner", "--confirm", "owner"]):
        assert "owner's account" in shell.run(*words, code=1)[1]
    (invitation,) = shell.json("invitations")["items"]
    assert (invitation["role"], invitation["made_by"]) == ("listener", "owner")
    shell.run("revoke-invitation", str(invitation["id"]))
    assert shell.json("invitations")["items"] == []
    for words in (["invite", "--expires", "soon"], ["invite", "--role", "owner"], ["add", ""]):
        shell.run(*words, code=2)
