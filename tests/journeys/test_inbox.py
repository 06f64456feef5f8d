"""Notifications, preferences, likes and one's own history over real HTTP, API and pages."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from import_house import wait_until
from serving import PASSWORD, serve, set_up
from tonearm.accounts.people import Accounts
from tonearm.domain.events import EventName
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database

ROWS = [
    {
        "ts": f"2024-03-{day:02}T01:00:00Z",
        "ms_played": 60_000,
        "spotify_track_uri": f"spotify:track:t{day}",
        "master_metadata_track_name": f"Track {day}",
        "master_metadata_album_artist_name": "Ada & the <Engines>",
        "master_metadata_album_album_name": "Album",
    }
    for day in range(1, 9)
]
FILE = ("files", ("<b>my<b> history.json", json.dumps(ROWS).encode()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def base(folder: Path, database_url: str) -> Iterator[str]:
    with serve(folder, "" if database_url.startswith("sqlite") else database_url) as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


@pytest.fixture
def bob(base: str, folder: Path, database_url: str, ada: httpx2.Client) -> Iterator[httpx2.Client]:
    del ada  # the owner comes first
    is_sqlite = database_url.startswith("sqlite")
    database = Database(f"sqlite:///{folder / 'tonearm.db'}" if is_sqlite else database_url)
    accounts = Accounts(database, system_clock)
    accounts.set_password(accounts.add("Bob", "UTC").id, PASSWORD)
    database.close()
    with httpx2.Client(base_url=base, timeout=60) as client:
        wish = {"name": "Bob", "password": PASSWORD}
        client.post("/api/auth/login", json=wish).raise_for_status()
        yield client


def bring_in(client: httpx2.Client) -> int:
    """Import, and wait until that was told."""
    told = unread(client)
    number = client.post("/api/imports", files=[FILE]).json()["id"]
    wait_for(client, told + 1)
    return int(number)


def unread(client: httpx2.Client) -> int:
    answer = client.get("/api/notifications/unread-count")
    assert answer.status_code == 200
    return int(answer.json()["unread"])


def wait_for(client: httpx2.Client, wanted: int) -> None:
    wait_until(lambda: unread(client) == wanted, look_seconds=0.05)


def pages(client: httpx2.Client, path: str, **asked: str | int) -> Iterator[dict[str, Any]]:
    """Give the items of all pages."""
    while True:
        answer = client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        yield from answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return
        asked["cursor"] = answer.json()["next_cursor"]


def text_of(answer: httpx2.Response) -> str:
    assert answer.status_code == 200, answer.text
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text)))


def test_the_end_of_an_import_is_told_to_whom_it_concerns(
    ada: httpx2.Client, bob: httpx2.Client
) -> None:
    assert ada.get("/api/notifications").json() == {"items": [], "next_cursor": None}
    first = bring_in(ada)
    bring_in(ada)
    ada.delete(f"/api/imports/{first}").raise_for_status()
    wait_for(ada, 3)

    found = list(pages(ada, "/api/notifications", limit=1))
    assert [(one["event"], one["link"]) for one in found] == [
        ("import.undone", "/imports/1"),
        ("import.finished", "/imports/2"),
        ("import.finished", "/imports/1"),
    ]
    assert found[2]["text"] == "<b>my<b> history.json came in: 8 new plays."
    assert (unread(bob), bob.get("/api/notifications").json()["items"]) == (0, [])

    newest, middle, oldest = (one["id"] for one in found)
    for method, path in (("POST", f"{middle}/read"), ("DELETE", str(middle))):
        assert bob.request(method, f"/api/notifications/{path}").status_code == 404
    read = ada.post(f"/api/notifications/{middle}/read").json()
    assert read["read_at"] is not None
    assert ada.post(f"/api/notifications/{middle}/read").json() == read
    listed = pages(ada, "/api/notifications", unread="true", limit=1)
    assert [one["id"] for one in listed] == [newest, oldest]
    assert [one["id"] for one in pages(ada, "/api/notifications", unread="false")] == [middle]
    assert ada.delete(f"/api/notifications/{newest}").status_code == 204
    assert ada.delete(f"/api/notifications/{newest}").status_code == 404
    assert ada.post("/api/notifications/read").json() == {"marked": 1}
    assert unread(ada) == 0


def test_the_inbox_is_a_page_with_a_bell_on_every_other(ada: httpx2.Client) -> None:
    assert "Nothing here." in text_of(ada.get("/inbox"))
    assert "unread" not in ada.get("/imports").text
    bring_in(ada)
    bring_in(ada)

    shown = ada.get("/imports")
    assert "Inbox 2 unread" in text_of(shown)
    inbox = ada.get("/inbox")
    assert "<b>my<b>" not in inbox.text
    assert "Unread: <b>my<b> history.json brought nothing new." in text_of(inbox)
    assert 'href="/imports/2"' in inbox.text

    answer = ada.post("/inbox/2/read", follow_redirects=True)
    assert answer.url.path == "/inbox"
    assert "Inbox 1 unread" in text_of(answer)
    assert "Inbox 1 unread" not in text_of(ada.post("/inbox/read", follow_redirects=True))
    assert "brought nothing new" not in text_of(ada.post("/inbox/2/delete", follow_redirects=True))
    assert ada.post("/inbox/2/delete", headers={"accept": "text/html"}).status_code == 404
    older = text_of(ada.get("/inbox", params={"before": 2}))
    assert "came in: 8 new plays" in older


def test_preferences_are_all_in_one_place(ada: httpx2.Client, bob: httpx2.Client) -> None:
    usual = {
        "zone": "Europe/Berlin",
        "rule": "30s",
        "counts_private": True,
        "travels": False,
        "theme": "system",
        "language": "en",
        "week_start": 1,
        "notifications": dict.fromkeys(EventName, True),
    }
    assert ada.get("/api/user/preferences").json() == usual

    change: dict[str, Any] = {"theme": "dark", "week_start": 7, "rule": "any"}
    change["notifications"] = {"import.finished": False}
    changed = ada.patch("/api/user/preferences", json=change).json()
    wanted = usual | change
    wanted["notifications"] = dict.fromkeys(EventName, True) | {"import.finished": False}
    assert changed == wanted
    assert ada.patch("/api/user/preferences", json={}).json() == wanted
    back = {"notifications": {"import.finished": True, "key.expiring": False}}
    told = ada.patch("/api/user/preferences", json=back).json()["notifications"]
    assert [event for event in told if not told[event]] == ["key.expiring"]
    assert bob.get("/api/user/preferences").json() == usual | {"zone": "UTC"}

    for bad in (
        {"theme": "pink"},
        {"language": "tlh"},
        {"week_start": 0},
        {"week_start": 8},
        {"week_start": "sunday"},
        {"notifications": {"import.dreamt": True}},
        {"notifications": {"import.finished": 1}},
        {"zone": "Mars/Olympus"},
    ):
        answer = ada.patch("/api/user/preferences", json=bad)
        assert answer.status_code == 422, bad
        assert answer.json()["errors"][0]["parameter"].startswith(next(iter(bad)))
    assert ada.get("/api/user/preferences").json()["notifications"] == told


def test_theme_and_week_start_show_on_pages(ada: httpx2.Client) -> None:
    bring_in(ada)
    plain = ada.get("/", params={"range": "2024"})
    assert '<html lang="en">' in plain.text
    assert days_of(plain) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    form = {"theme": "dark", "week_start": "7", "told": "import.failed"}
    saved = ada.post("/account/presentation", data=form, follow_redirects=True)

    assert saved.url.path == "/account"
    assert '<html lang="en" data-theme="dark">' in saved.text
    told = re.findall(r'name="told" value="([a-z.]+)" checked', saved.text)
    assert told == ["import.failed"]
    turned = ada.get("/", params={"range": "2024"})
    assert days_of(turned) == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert plays_by_day(turned) == plays_by_day(plain)
    assert ada.get("/api/user/preferences").json()["zone"] == "Europe/Berlin"
    for bad in ({"theme": "pink"}, {"week_start": "9"}, {"told": "nothing"}):
        answer = ada.post("/account/presentation", data=form | bad)
        assert answer.status_code == 422
    assert ada.get("/api/user/preferences").json()["theme"] == "dark"


def days_of(page: httpx2.Response) -> list[str]:
    """Give the weekdays of the heatmap, in the order of its drawing and of its table."""
    drawn = re.findall(r'<text x="0" y="\d+">(Mon|Tue|Wed|Thu|Fri|Sat|Sun)</text>', page.text)
    table = re.findall(r'<th scope="col">(Mon|Tue|Wed|Thu|Fri|Sat|Sun)</th>', page.text)
    assert drawn == table
    return drawn


def plays_by_day(page: httpx2.Response) -> dict[str, list[str]]:
    table = page.text.partition("Plays by weekday and hour</caption>")[2].partition("</table>")[0]
    rows = re.findall(r'<th scope="row">\d\d:00</th>(.*?)</tr>', table)
    columns = zip(*(re.findall(r"<td>(?:<a [^>]*>)?(\d+)<", row) for row in rows), strict=True)
    return {day: list(column) for day, column in zip(days_of(page), columns, strict=True)}


def test_tracks_are_liked_and_listed(ada: httpx2.Client, bob: httpx2.Client) -> None:
    bring_in(ada)
    like = ada.put("/api/user/liked/spotify:track:t1")
    assert like.status_code == 200
    assert like.json()["artist"] == "Ada & the <Engines>"
    assert ada.put(f"/api/user/liked/{like.json()['track_id']}").json() == like.json()
    wish = {"tracks": ["spotify:track:t2", like.json()["track_id"], "spotify:track:none"]}
    assert ada.post("/api/user/liked", json=wish).json() == {
        "items": [
            {"track": "spotify:track:t2", "outcome": "added"},
            {"track": like.json()["track_id"], "outcome": "liked_already"},
            {"track": "spotify:track:none", "outcome": "unknown"},
        ]
    }

    assert [one["name"] for one in pages(ada, "/api/user/liked", limit=1)] == ["Track 2", "Track 1"]
    assert list(pages(bob, "/api/user/liked")) == []
    for path in ("spotify:track:none", "999", "x" * 500):
        assert ada.put(f"/api/user/liked/{path}").status_code == 404
        assert bob.put("/api/user/liked/spotify:track:t1").status_code == 404
    for _ in range(2):
        assert ada.delete("/api/user/liked/spotify:track:t2").status_code == 204
    assert [one["name"] for one in pages(ada, "/api/user/liked")] == ["Track 1"]
    assert ada.post("/api/user/liked", json={}).status_code == 422
    refused: list[list[object]] = [[], [True], [0], [""]]
    for tracks in refused:
        assert ada.post("/api/user/liked", json={"tracks": tracks}).status_code == 422


def test_plays_are_added_by_hand(ada: httpx2.Client, bob: httpx2.Client) -> None:
    bring_in(ada)
    track = ada.get("/api/history/users/me/top-tracks").json()["items"][0]["id"]
    tag = ada.get("/api/history/users/me/totals").headers["etag"]
    new = [
        {"ended_at": "2024-05-01T14:00:00+02:00", "ms_played": 45_000, "track": track},
        {"ended_at": "2024-05-01T12:01:00Z", "ms_played": 45_000, "track": "spotify:track:t2"},
        {"ended_at": "2024-05-01T12:02:00Z", "ms_played": 45_000, "title": "<i>New", "artist": "N"},
    ]
    key = {"idempotency-key": "once"}

    made = ada.post("/api/user/history", json={"plays": new}, headers=key)
    again = ada.post("/api/user/history", json={"plays": new}, headers=key)

    assert (made.status_code, again.status_code, again.json()) == (201, 201, made.json())
    assert {one["outcome"] for one in made.json()["items"]} == {"added"}
    repeated = ada.post("/api/user/history", json={"plays": new}).json()["items"]
    assert [one["play"] for one in repeated] == [one["play"] for one in made.json()["items"]]
    assert {one["outcome"] for one in repeated} == {"known_already"}
    listed = list(pages(ada, "/api/user/history", limit=2))
    assert [one["track"]["name"] for one in listed[:2]] == ["<i>New", "Track 2"]
    assert [one["ended_at"] for one in listed[:3]] == [
        f"2024-05-01T12:0{minute}:00Z" for minute in (2, 1, 0)
    ]
    totals = ada.get("/api/history/users/me/totals", headers={"if-none-match": tag})
    assert (totals.status_code, totals.json()["plays"]) == (200, 11)
    shown = ada.get(f"/api/history/users/me/plays/{listed[0]['id']}").json()["sightings"]
    assert [(one["source"], one["supports"]) for one in shown] == [("manual", [])]
    assert "&lt;i&gt;New" in ada.get("/top/tracks?range=2024-05").text
    # Numbers and URIs are those of the caller's history alone.
    for known in new[:2]:
        refused = bob.post("/api/user/history", json={"plays": [known]})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["parameter"] == "plays.0.track"
    assert list(pages(bob, "/api/user/history")) == []


def test_a_play_that_cannot_be_is_refused_by_its_field(ada: httpx2.Client) -> None:
    play = {"ended_at": "2024-05-01T12:00:00Z", "ms_played": 45_000, "title": "New"}
    refusals: list[tuple[dict[str, object], str]] = [
        ({"ended_at": "2024-05-01T12:00:00"}, "ended_at"),
        ({"ended_at": 1_714_564_800}, "ended_at"),
        ({"ended_at": "1714564800"}, "ended_at"),
        ({"ended_at": "9999-12-31T23:59:59Z"}, "ended_at"),
        ({"ms_played": True}, "ms_played"),
        ({"ms_played": -1}, "ms_played"),
        ({"title": ""}, "title"),
        ({"title": None}, "track"),
        ({"track": 7}, "track"),
        ({"track": 10**30}, "track"),
        ({"artist": "a" * 5_000}, "artist"),
        ({"kind": "video"}, "kind"),
        ({"user_id": 2}, "user_id"),
    ]
    for wrong, parameter in refusals:
        refused = ada.post("/api/user/history", json={"plays": [play, play | wrong]})

        assert refused.status_code == 422, wrong
        named = {one["parameter"] for one in refused.json()["errors"]}
        assert named == {f"plays.1.{parameter}"}
    assert ada.post("/api/user/history", json={"plays": []}).status_code == 422
    assert ada.get("/api/user/history").json()["items"] == []


def test_ones_own_history_is_listed_and_cleared(ada: httpx2.Client, bob: httpx2.Client) -> None:
    for client in (ada, bob):
        bring_in(client)
    listed = list(pages(ada, "/api/user/history", limit=3))
    assert listed == list(pages(ada, "/api/history/users/me/plays"))
    assert [one["track"]["name"] for one in listed[:2]] == ["Track 8", "Track 7"]
    assert ada.get("/api/user/history", params={"user": "2"}).status_code == 422

    bodies: list[dict[str, object]] = [{}, {"confirm": "ada"}, {"confirm": "Bob"}]
    bodies.append({"confirm": "Ada", "all": True})
    for bad in bodies:
        refused = ada.request("DELETE", "/api/user/history", json=bad)
        assert refused.status_code == 422, bad
    reader, writer = (
        ada.post("/api/user/keys", json={"name": "script", "scopes": scopes}).json()["key"]
        for scopes in (["history:read", "imports:write"], ["history:write"])
    )
    wish = {"confirm": "Ada"}

    def clear(key: str) -> int:
        shown = {"authorization": f"Bearer {key}"}
        return ada.request("DELETE", "/api/user/history", json=wish, headers=shown).status_code

    assert clear(reader) == 403
    assert ada.get("/api/history/users/me/totals").json()["plays"] == 8

    assert clear(writer) == 204

    assert ada.get("/api/history/users/me/totals").json()["plays"] == 0
    assert ada.get("/api/user/history").json()["items"] == []
    assert ada.get("/api/imports").json()["items"] == []
    assert bob.get("/api/history/users/me/totals").json()["plays"] == 8
    wait_until(
        lambda: [one["event"] for one in pages(ada, "/api/notifications")] == ["history.cleared"],
        look_seconds=0.05,
    )
