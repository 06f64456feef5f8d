"""Corrections from the outside: over HTTP and on the command line, on one history."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commands import run_command
from correcting import SOME
from serving import PASSWORD, serve, set_up
from tonearm.web.problem import PROBLEM_TYPE

HISTORY = "/api/history/users/me"
ADDRESS = f"{HISTORY}/corrections"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx2.Client]:
    with serve(tmp_path / "data") as base, set_up(base, zone="Europe/Berlin") as client:
        content = json.dumps(SOME).encode()
        record = client.post(
            "/api/imports", files=[("files", ("endsong_0.json", content))]
        ).raise_for_status()
        events = client.get(f"/api/imports/{record.json()['id']}/events").text
        assert '"published"' in events
        yield client


def ask(client: httpx2.Client, measure: str, **asked: str) -> Any:  # noqa: ANN401 - each measure has its record
    answer = client.get(f"{HISTORY}/{measure}", params=asked).raise_for_status()
    return answer.json()


def correct(client: httpx2.Client, **wanted: object) -> dict[str, Any]:
    answer = client.post(ADDRESS, json=wanted)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{ADDRESS}/{made['id']}"
    assert client.get(answer.headers["location"]).json() == made
    return made


def test_every_kind_is_made_listed_and_undone(client: httpx2.Client) -> None:
    plays = ask(client, "plays")["items"]
    total = ask(client, "totals")["plays"]
    ids = [play["id"] for play in plays]
    artists = {line["name"]: line["id"] for line in ask(client, "top-artists")["items"]}
    wishes: list[tuple[dict[str, object], int]] = [
        ({"hide": {"plays": ids[:1]}}, total - 1),
        ({"delete": {"plays": ids[1:3]}}, total - 3),
        ({"exclude": {"from_day": "2024-03-01", "to_day": "2024-03-02"}}, total - 5),
        ({"merge": {"item": "artist", "into": artists["Ada"], "items": ["Cy"]}}, total - 5),
        ({"split": {"tracks": ["Song a"], "artist": "Dee"}}, total - 5),
        ({"rename": {"item": "artist", "of": "Dee", "name": "Dee & Co"}}, total - 5),
    ]
    for wish, expected in wishes:
        made = correct(client, **wish)
        assert made["kind"] == next(iter(wish))
        assert ask(client, "totals")["plays"] == expected
    left = {play["id"] for play in ask(client, "plays", hidden="in")["items"]}
    assert left == set(ids) - set(ids[1:3])

    page = client.get(ADDRESS, params={"limit": "3"}).json()
    assert [item["kind"] for item in page["items"]] == ["rename", "split", "merge"]
    assert page["items"][0]["rename"]["of"]["name"] == "Dee"
    rest = client.get(ADDRESS, params={"cursor": page["next_cursor"]}).json()
    assert [item["kind"] for item in rest["items"]] == ["exclude", "delete", "hide"]
    assert rest["items"][0]["exclude"]["zone"] == "Europe/Berlin"
    assert rest["next_cursor"] is None

    for number in range(1, len(wishes) + 1):
        undone = client.delete(f"{ADDRESS}/{number}").raise_for_status().json()
        assert undone["undone_at"]
        assert client.delete(f"{ADDRESS}/{number}").status_code == 409
    assert ask(client, "plays")["items"] == plays


REFUSED: tuple[tuple[dict[str, object], str], ...] = (
    ({}, "body"),
    ({"hide": {"plays": [1]}, "delete": {"plays": [1]}}, "body"),
    ({"hide": None}, "hide"),
    ({"hide": {"plays": []}}, "hide.plays"),
    ({"hide": {"plays": [0]}}, "hide.plays.0"),
    ({"delete": {"plays": [1, 4_000_000_000]}}, "delete.plays"),
    ({"hide": {"play": 1}}, "hide.play"),
    ({"exclude": {}}, "exclude"),
    ({"exclude": {"zone": "Europe/Berlin"}}, "exclude"),
    ({"exclude": {"from_day": "yesterday"}}, "exclude.from_day"),
    ({"exclude": {"to_hour": 3}}, "exclude.from_hour"),
    ({"exclude": {"artist": "Nobody"}}, "exclude.artist"),
    ({"merge": {"item": "song", "into": "a", "items": ["b"]}}, "merge.item"),
    ({"merge": {"item": "artist", "into": "Ada", "items": ["Nobody"]}}, "merge.items"),
    ({"split": {"tracks": ["Song a"]}}, "split.artist"),
    ({"split": {"tracks": [], "artist": "Bo"}}, "split.tracks"),
    ({"rename": {"item": "artist", "of": "Ada", "name": "Ada"}}, "rename.name"),
    ({"rename": {"item": "artist", "of": "Ada", "name": " "}}, "rename.name"),
    ({"rename": {"item": "artist", "of": "Nobody", "name": "Somebody"}}, "rename.of"),
    ({"rename": {"item": "artist", "of": "Ada"}}, "rename.name"),
)


def test_what_cannot_be_done_is_a_problem_that_names_the_field(client: httpx2.Client) -> None:
    for wanted, named in REFUSED:
        answer = client.post(ADDRESS, json=wanted)

        assert answer.status_code == 422
        assert answer.headers["content-type"] == PROBLEM_TYPE
        assert named in [fault["parameter"] for fault in answer.json()["errors"]]
    assert client.get(ADDRESS).json() == {"items": [], "next_cursor": None}


def test_nobody_corrects_the_history_of_another(client: httpx2.Client, tmp_path: Path) -> None:
    tonearm(tmp_path, "users", "add", "Bob")
    set_password(tmp_path, "Bob")
    me = client.get("/api/user/profile").json()["id"]
    address = f"/api/history/users/{me + 1}/corrections"
    wanted = {"exclude": {"country": "DE"}}
    assert client.get(address).json()["items"] == []
    assert client.post(address, json=wanted).status_code == 403
    correct(client, **wanted)

    with httpx2.Client(base_url=client.base_url) as bob:
        bob.post("/api/auth/login", json={"name": "Bob", "password": PASSWORD}).raise_for_status()
        assert bob.get(ADDRESS).json()["items"] == []
        assert bob.get(f"{ADDRESS}/1").status_code == 404
        assert bob.delete(f"{ADDRESS}/1").status_code == 404
        assert bob.get(f"/api/history/users/{me}/corrections").status_code == 404
        assert bob.post(f"/api/history/users/{me}/corrections", json=wanted).status_code == 404


def tonearm(folder: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    env = os.environ | {"TONEARM_DATA_DIR": str(folder / "data")}
    return run_command(*words, env=env, text=text)


def set_password(folder: Path, name: str) -> None:
    assert not tonearm(folder, "users", "set-password", name, text=PASSWORD).returncode


def test_the_command_line_counts_rows_from_one_and_gives_each_play_a_line(
    client: httpx2.Client, tmp_path: Path
) -> None:
    oldest = ask(client, "plays")["items"][-1]["id"]
    assert ask(client, f"plays/{oldest}")["sightings"][0]["supports"][0]["rows"] == [0]
    assert ".json, row 1\n" in tonearm(tmp_path, "plays", "show", str(oldest)).stdout

    title, artist = "Quite a long title of a song", "An artist whose name is long"
    named = ("--title", title, "--artist", artist, "--ms-played", "60000")
    added = tonearm(tmp_path, "plays", "add", "--ended-at", "2024-03-31T01:00:00Z", *named)
    assert not added.returncode, added.stderr
    lines = tonearm(tmp_path, "plays").stdout.splitlines()
    (line,) = [line for line in lines if "2024-03-31" in line]
    assert title in line
    assert artist in line


def test_the_command_line_makes_lists_and_undoes_them(
    client: httpx2.Client, tmp_path: Path
) -> None:
    play = ask(client, "plays")["items"][0]["id"]
    total = ask(client, "totals")["plays"]
    assert tonearm(tmp_path, "corrections", "list").stdout == "No corrections yet.\n"
    for words, told in (
        (("hide", str(play)), "Song d by Ada, 2024-03-09 10:00"),
        (("delete", str(play)), "Song d by Ada, 2024-03-09 10:00"),
        (
            ("exclude", "--artist", "Bo", "--from-hour", "23", "--to-hour", "2", "--weekday", "4"),
            "artist Bo, 23 h to 2 h, Fri (Europe/Berlin)",
        ),
        (("merge", "artist", "Ada", "Bo", "Cy"), "artist Bo, Cy into Ada"),
        (("split", "Song a", "--artist", "Dee"), "Song a to artist Dee"),
        (("rename", "artist", "Dee", "Dee & Co"), "artist Dee to Dee & Co"),
    ):
        done = tonearm(tmp_path, "corrections", *words)
        assert not done.returncode, done.stderr
        assert told in done.stdout
    assert ask(client, "totals")["plays"] == total - 2

    listed = json.loads(tonearm(tmp_path, "corrections", "list", "--json").stdout)["items"]
    assert listed == client.get(ADDRESS).json()["items"]
    for item in listed:
        done = tonearm(tmp_path, "corrections", "undo", str(item["id"]), "--json")
        assert json.loads(done.stdout)["undone_at"]
    assert ask(client, "totals")["plays"] == total
    assert tonearm(tmp_path, "corrections", "list").stdout.count("undone") == len(listed)


def test_the_command_line_says_what_is_wrong(client: httpx2.Client, tmp_path: Path) -> None:
    assert client.get(ADDRESS).json()["items"] == []
    for words, code, told in (
        (("hide", "99999"), 2, "99999"),
        (("exclude",), 2, "at least one part"),
        (("merge", "artist", "Ada", "Nobody"), 2, "Nobody"),
        (("undo", "7"), 1, "no correction 7"),
    ):
        done = tonearm(tmp_path, "corrections", *words)
        assert (done.returncode, done.stdout) == (code, "")
        assert told in done.stderr


def test_whoever_undoes_twice_on_a_page_has_what_they_wanted(client: httpx2.Client) -> None:
    made = correct(client, hide={"plays": [ask(client, "plays")["items"][0]["id"]]})["id"]
    for _ in range(2):
        answer = client.post(f"/corrections/{made}/undo")
        assert (answer.status_code, answer.headers["location"]) == (303, "/corrections")
