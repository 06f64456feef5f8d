"""Preferences, likes and the end of a history from the command line."""

import json
import os
from pathlib import Path

import pytest

from commands import run_command

ROWS = [
    {
        "ts": "2024-03-31T01:00:00Z",
        "ms_played": 60_000,
        "spotify_track_uri": "spotify:track:a",
        "master_metadata_track_name": "A",
        "master_metadata_album_artist_name": "Ada",
    }
]


class Shell:
    """Runs `tonearm` on a data folder of its own, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TONEARM")},
            "TONEARM_DATA_DIR": str(folder / "data"),
            "TZ": "UTC",
        }
        self._folder = folder

    def run(self, *words: str, code: int = 0, stdin: str = "") -> str:
        done = run_command(*words, env=self._env, folder=self._folder, text=stdin)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stderr if code else done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.run("users", "add", "Bob", "--zone", "Europe/Berlin")
    return shell


def test_preferences_are_set_one_by_one(shell: Shell) -> None:
    chosen = ["--theme", "dark", "--language", "de", "--week-start", "sunday"]
    chosen += ["--mute", "import.finished"]
    told = shell.run(*("users", "set-preferences", "Bob"), *chosen, "--json")
    assert json.loads(told) == {
        "zone": "Europe/Berlin",
        "rule": "30s",
        "counts_private": True,
        "travels": False,
        "theme": "dark",
        "language": "de",
        "week_start": 7,
        "muted": ["import.finished"],
    }

    more = ("--unmute", "import.finished", "--mute", "key.expiring", "--rule", "any")
    changed = json.loads(shell.run(*("users", "set-preferences", "Bob"), *more, "--json"))
    assert (changed["theme"], changed["muted"], changed["rule"]) == (
        "dark", ["key.expiring"], "any",
    )  # fmt: skip
    refused = shell.run("users", "set-preferences", "Bob", "--mute", "import.dreamt", code=2)
    assert "There are import.finished, " in refused
    refused = shell.run("users", "set-preferences", "Bob", "--language", "tlh", code=2)
    assert "There is no language 'tlh'. There are en, de" in refused


def test_likes_stay_when_a_history_is_cleared(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps(ROWS), encoding="utf-8")
    shell.run("import", "export.json", "--user", "Bob")
    assert shell.run("liked", "add", "spotify:track:a", "--user", "Bob") == "Liked: A.\n"
    assert "no track 99" in shell.run("liked", "add", "99", "--user", "Bob", code=1)

    assert "Nothing was removed" in shell.run(
        "users", "clear-history", "Bob", "--confirm", "bob", code=2
    )
    shell.run("users", "clear-history", "Bob", stdin="\n", code=2)
    assert json.loads(shell.run("imports", "list", "--user", "Bob", "--json"))["items"]
    shell.run("users", "clear-history", "Bob", stdin="Bob\n")

    assert not json.loads(shell.run("imports", "list", "--user", "Bob", "--json"))["items"]
    assert "A, Ada  spotify:track:a" in shell.run("liked", "list", "--user", "Bob")
    (like,) = json.loads(shell.run("liked", "list", "--user", "Bob", "--json"))["items"]
    assert (like["name"], like["track_id"]) == ("A", None)
    shell.run("liked", "remove", "spotify:track:a", "--user", "Bob")
    assert shell.run("liked", "list", "--user", "Bob") == ""


def test_a_play_is_added_by_hand(shell: Shell) -> None:
    named = ("--title", "Song", "--artist", "Ada", "--ms-played", "60000", "--user", "Bob")
    when = ("--ended-at", "2024-03-31T01:00:00Z")

    assert shell.run("plays", "add", *when, *named) == "Play 1: added.\n"
    again = json.loads(shell.run("plays", "add", *when, *named, "--json"))
    assert again == {"play": 1, "outcome": "known_already"}
    of_track = ("--ended-at", "2024-03-31T02:00:00+01:00", "--ms-played", "30000", "--user", "Bob")
    assert shell.run("plays", "add", "1", *of_track) == "Play 2: added.\n"

    (_, first) = json.loads(shell.run("plays", "--user", "Bob", "--json"))["items"]
    assert (first["track"]["name"], first["ended_local"][:16]) == ("Song", "2024-03-31T03:00")
    assert "manual: Song / Ada" in shell.run("plays", "show", "1", "--user", "Bob")
    for wrong in ("yesterday", "2024-03-31T01:00:00"):
        assert "its offset" in shell.run("plays", "add", "--ended-at", wrong, *named, code=2)
    assert "There is no track '99'" in shell.run("plays", "add", "99", *of_track, code=2)
