"""Playlists: pages, snapshots, every way to write them, and who may."""

import base64
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.simulating import open_api
from tonearm.simulator.accounts import SCOPES
from tonearm.simulator.calls import ApiError
from tonearm.simulator.fields import select
from tonearm.simulator.playlists import Playlist
from tonearm.simulator.simulator import Simulator
from tonearm.simulator.world import uri


@pytest.fixture
def uris(simulator: Simulator) -> list[str]:
    return [uri(track) for track in simulator.world.all("track")]


@pytest.fixture
def made(api: httpx2.Client, uris: list[str]) -> str:
    """A new playlist of five tracks; gives its path."""
    wish = {"name": "Made", "public": False, "description": "By a test"}
    answer = api.post("/me/playlists", json=wish)
    assert answer.status_code == 201
    path = f"/playlists/{answer.json()['id']}"
    assert api.post(f"{path}/items", json={"uris": uris[:5]}).status_code == 201
    return path


def contents(api: httpx2.Client, path: str) -> list[str]:
    """Give the URIs of a playlist, page by page."""
    found, address = [], f"{path}/items?limit=3"
    while address:
        page = api.get(address).json()
        found += [entry["item"]["uri"] for entry in page["items"]]
        assert page["total"] >= len(found)
        address = page["next"]
    return found


def snapshot(answer: httpx2.Response) -> str:
    assert answer.status_code in {200, 201}, answer.text
    told: str = answer.json()["snapshot_id"]
    return told


def test_a_playlist_is_made_filled_and_changed(
    api: httpx2.Client, made: str, uris: list[str]
) -> None:
    assert api.get("/me/playlists", params={"limit": 1}).json()["items"][0]["name"] == "Made"
    assert contents(api, made) == uris[:5]
    seen = {api.get(made).json()["snapshot_id"]}

    seen.add(snapshot(api.post(f"{made}/items", json={"uris": [uris[9]], "position": 1})))
    assert contents(api, made) == [uris[0], uris[9], *uris[1:5]]
    seen.add(snapshot(api.post(f"{made}/items", params={"uris": uris[0], "position": 0})))
    assert contents(api, made) == [uris[0], uris[0], uris[9], *uris[1:5]]
    wish = {"range_start": 5, "range_length": 2, "insert_before": 0}
    seen.add(snapshot(api.put(f"{made}/items", json=wish)))
    assert contents(api, made) == [uris[3], uris[4], uris[0], uris[0], uris[9], *uris[1:3]]
    # Every occurrence goes, whatever positions are named.
    gone = {"items": [{"uri": uris[0], "positions": [2]}]}
    seen.add(snapshot(api.request("DELETE", f"{made}/items", json=gone)))
    assert contents(api, made) == [uris[3], uris[4], uris[9], *uris[1:3]]
    seen.add(snapshot(api.put(f"{made}/items", json={"uris": uris[20:22]})))
    assert contents(api, made) == uris[20:22]
    seen.add(snapshot(api.put(f"{made}/items", json={"uris": []})))
    assert contents(api, made) == []
    assert len(seen) == 7
    assert api.get(made).json()["snapshot_id"] in seen

    assert api.put(made, json={"name": "Renamed", "public": True}).status_code == 200
    told = api.get(made).json()
    assert (told["name"], told["public"], told["description"]) == ("Renamed", True, "By a test")


@given(st.data())
def test_moving_a_range_keeps_everything_else_in_order(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    first = data.draw(st.integers(0, count - 1))
    length = data.draw(st.integers(1, count - first))
    before = data.draw(st.integers(0, count))
    playlist = Playlist("id", "a", "b")
    playlist.insert([str(number) for number in range(count)], None, now=0, by="a")
    playlist.move(first, before, length)

    # The slow way: mark the place, take the block out, put it in at the mark.
    row: list[str | None] = [str(number) for number in range(count)]
    block = row[first : first + length]
    target = row[before] if before < count else None
    rest = [each for each in row if each not in block]
    if target in block:
        wanted = row
    else:
        place = rest.index(target) if target is not None else len(rest)
        wanted = rest[:place] + block + rest[place:]
    assert [entry.uri for entry in playlist.entries] == wanted


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", {"uris": []}, 400),
        ("POST", {"uris": ["spotify:track:" + "A" * 22] * 101}, 400),
        ("POST", {"uris": ["spotify:track:" + "A" * 22]}, 404),
        ("POST", {"uris": ["spotify:album:" + "A" * 22]}, 400),
        ("POST", {"uris": ["nothing"]}, 400),
        ("POST", {"uris": [7]}, 400),
        ("POST", {"uris": "spotify:track:a"}, 400),
        ("POST", {}, 400),
        ("PUT", {"range_start": 5, "insert_before": 0}, 400),
        ("PUT", {"range_start": 0, "insert_before": 6}, 400),
        ("PUT", {"range_start": 0, "insert_before": 1, "range_length": 6}, 400),
        ("PUT", {"range_start": 0}, 400),
        ("PUT", {"range_start": 0, "insert_before": 2, "snapshot_id": "unknown"}, 400),
        ("PUT", {}, 400),
        ("DELETE", {"items": []}, 400),
        ("DELETE", {"items": [{}]}, 400),
        ("DELETE", {"items": ["spotify:track:a"]}, 400),
        ("DELETE", {"items": [{"uri": "a"}] * 101}, 400),
        ("DELETE", {"items": [{"uri": "a"}], "snapshot_id": "unknown"}, 400),
    ],
)
def test_bad_changes_are_refused_and_change_nothing(
    api: httpx2.Client, made: str, uris: list[str], method: str, body: object, status: int
) -> None:
    answer = api.request(method, f"{made}/items", json=body)

    assert answer.status_code == status, answer.text
    assert contents(api, made) == uris[:5]


def test_bad_bodies_and_positions_are_refused(
    api: httpx2.Client, made: str, uris: list[str]
) -> None:
    assert api.post(f"{made}/items", content=b"{").status_code == 400
    assert api.put(made, json=[]).status_code == 400
    assert api.put(made, json={"name": 7}).status_code == 400
    assert api.put(made, json={"public": True, "collaborative": True}).status_code == 400
    assert api.post("/me/playlists", json={"public": False}).status_code == 400
    for place in (-1, 6, "first"):
        wish = {"uris": [uris[0]], "position": place}
        assert api.post(f"{made}/items", json=wish).status_code == 400
    assert api.get(made).json()["name"] == "Made"


def test_foreign_playlists_show_no_items_and_take_no_changes(
    simulator: Simulator, api: httpx2.Client, uris: list[str]
) -> None:
    *_, shared, foreign, _ = simulator.users["listener1"].playlists
    told = api.get(f"/playlists/{foreign.id}").json()
    assert told["name"] == foreign.name
    assert "items" not in told
    assert api.get(f"/playlists/{foreign.id}/items").status_code == 403
    wish = {"uris": uris[:1]}
    assert api.post(f"/playlists/{foreign.id}/items", json=wish).status_code == 403

    # On a common one both work, and only its owner renames it.
    assert api.get(f"/playlists/{shared.id}/items").json()["total"] == 9
    assert api.post(f"/playlists/{shared.id}/items", json=wish).status_code == 201
    assert api.put(f"/playlists/{shared.id}", json={"name": "Mine"}).status_code == 403


def test_a_secret_playlist_is_the_owners_alone_and_wants_the_private_scope(
    simulator: Simulator, origin: str, made: str, uris: list[str]
) -> None:
    wish = {"uris": uris[:1]}
    with open_api(simulator, origin, "listener2") as other:
        assert other.get(made).status_code == 404
        assert other.get(f"{made}/items").status_code == 404
    with open_api(simulator, origin, scopes=SCOPES - {"playlist-modify-private"}) as half:
        assert half.post(f"{made}/items", json=wish).status_code == 403
        assert half.post("/me/playlists", json={"name": "a", "public": False}).status_code == 403
        assert half.post("/me/playlists", json={"name": "a"}).status_code == 201


def test_a_picture_is_a_jpeg_in_base64(api: httpx2.Client, origin: str, made: str) -> None:
    path, kind = f"{made}/images", {"Content-Type": "image/jpeg"}
    good = base64.b64encode(b"\xff\xd8\xff\xe0 a picture")
    for body, headers in ((b"?", kind), (base64.b64encode(b"GIF89a"), kind), (good, {})):
        assert api.put(path, content=body, headers=headers).status_code == 400
    assert api.put(path, content=good * 20_000, headers=kind).status_code == 400
    assert api.put(path, content=good, headers=kind).status_code == 202
    (picture,) = api.get(path).json()
    assert (picture["height"], picture["width"]) == (None, None)
    assert picture["url"].startswith(origin)
    shown = httpx2.get(picture["url"], timeout=30)
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.content.startswith(b"\x89PNG")


DOCUMENT: dict[str, Any] = {
    "name": "a",
    "items": {"total": 2, "items": [{"item": {"name": "x", "id": 1}}, {"item": None}]},
}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (None, DOCUMENT),
        ("name", {"name": "a"}),
        ("items.total,name", {"name": "a", "items": {"total": 2}}),
        ("items(total)", {"items": {"total": 2}}),
        (
            "items.items(item(name))",
            {"items": {"items": [{"item": {"name": "x"}}, {"item": None}]}},
        ),
        ("items.items.item.id", {"items": {"items": [{"item": {"id": 1}}, {"item": None}]}}),
        ("!items", {"name": "a"}),
        ("items(!items)", {"items": {"total": 2}}),
        ("unknown", {}),
    ],
)
def test_fields_choose_what_is_told(fields: str | None, wanted: dict[str, Any]) -> None:
    assert select(DOCUMENT, fields) == wanted


@pytest.mark.parametrize("fields", ["(", "name,", "items(total", "items)", "a..b", " "])
def test_fields_that_choose_nothing_are_refused(fields: str) -> None:
    with pytest.raises(ApiError):
        select(DOCUMENT, fields)
