"""Every operation of the surface of 2026 answers as its machine-readable description says."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from simulator.openapi import complaints, operations
from simulator.simulating import make_simulator, open_api
from tonearm.simulator.accounts import SCOPES
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Plan, Simulator
from tonearm.simulator.table import load_table
from tonearm.simulator.withdrawn import WITHDRAWN
from tonearm.simulator.world import uri

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 a picture").decode()
WITHDRAWN_FIELDS = {
    "popularity", "available_markets", "linked_from", "label", "country", "email", "product",
    "album_group", "publisher", "explicit_content",
}  # fmt: skip
Ask = tuple[str, str, dict[str, Any]]


def asks(simulator: Simulator) -> list[Ask]:
    """Give at least one good call of each operation: method, path as the file has it, and the rest."""
    return [*catalogue_asks(simulator), *own_asks(simulator), *player_asks(simulator)]


def catalogue_asks(simulator: Simulator) -> list[Ask]:
    world = simulator.world
    ids = {kind: next(world.all(kind)).id for kind in
           ("track", "album", "artist", "show", "episode", "audiobook", "chapter")}  # fmt: skip
    return [
        ("GET", "/albums/{id}", {"id": ids["album"], "params": {"market": "DE"}}),
        ("GET", "/albums/{id}/tracks", {"id": ids["album"], "params": {"limit": 1}}),
        ("GET", "/artists/{id}", {"id": ids["artist"]}),
        ("GET", "/artists/{id}/albums", {"id": ids["artist"]}),
        ("GET", "/shows/{id}", {"id": ids["show"]}),
        ("GET", "/shows/{id}/episodes", {"id": ids["show"]}),
        ("GET", "/episodes/{id}", {"id": ids["episode"]}),
        ("GET", "/audiobooks/{id}", {"id": ids["audiobook"]}),
        ("GET", "/audiobooks/{id}/chapters", {"id": ids["audiobook"]}),
        ("GET", "/chapters/{id}", {"id": ids["chapter"]}),
        ("GET", "/tracks/{id}", {"id": ids["track"], "params": {"market": "DE"}}),
        ("GET", "/search", {"params": {
            "q": "the", "type": "album,artist,playlist,track,show,episode,audiobook"}}),
        ("GET", "/me", {}),
    ]  # fmt: skip


def own_asks(simulator: Simulator) -> list[Ask]:
    own = simulator.users["listener1"].playlists
    two = [uri(track) for track in list(simulator.world.all("track"))[:2]]
    playlist: dict[str, Any] = {"playlist_id": own[0].id}
    return [
        *(("GET", f"/me/{kind}", {}) for kind in
          ("albums", "tracks", "episodes", "shows", "audiobooks", "playlists")),
        ("GET", "/me/following", {"params": {"type": "artist", "limit": 3}}),
        ("PUT", "/me/library", {"params": {"uris": ",".join(two)}}),
        ("GET", "/me/library/contains", {"params": {"uris": ",".join(two)}}),
        ("DELETE", "/me/library", {"params": {"uris": two[0]}}),
        ("GET", "/me/top/artists", {}),
        ("GET", "/me/top/tracks", {"params": {"time_range": "short_term"}}),
        ("POST", "/me/playlists", {"json": {"name": "New", "public": False}}),
        *(("GET", "/playlists/{playlist_id}", {"playlist_id": each.id}) for each in own),
        *(("GET", "/playlists/{playlist_id}/items", {"playlist_id": each.id}) for each in own[:4]),
        ("PUT", "/playlists/{playlist_id}", playlist | {"json": {"name": "Other"}}),
        ("POST", "/playlists/{playlist_id}/items", playlist | {"json": {"uris": two}}),
        ("PUT", "/playlists/{playlist_id}/items", playlist | {
            "json": {"range_start": 0, "insert_before": 3}}),
        ("DELETE", "/playlists/{playlist_id}/items", playlist | {
            "json": {"items": [{"uri": two[0]}]}}),
        ("PUT", "/playlists/{playlist_id}/images", playlist | {
            "content": JPEG, "headers": {"Content-Type": "image/jpeg"}}),
        ("GET", "/playlists/{playlist_id}/images", playlist),
    ]  # fmt: skip


def player_asks(simulator: Simulator) -> list[Ask]:
    one = uri(next(simulator.world.all("track")))
    device = simulator.users["listener1"].player.devices[0].id
    player: list[Ask] = [
        ("PUT", f"/me/player/{what}", {"params": params})
        for what, params in (
            ("play", {}), ("seek", {"position_ms": 5_000}), ("repeat", {"state": "context"}),
            ("volume", {"volume_percent": 40}), ("shuffle", {"state": "true"}), ("pause", {}),
        )
    ]  # fmt: skip
    return [
        ("GET", "/me/player/recently-played", {"params": {"limit": 50}}),
        ("GET", "/me/player/devices", {}),
        ("GET", "/me/player", {}),
        ("GET", "/me/player/currently-playing", {}),
        ("GET", "/me/player/queue", {}),
        ("PUT", "/me/player", {"json": {"device_ids": [device], "play": True}}),
        *player,
        ("GET", "/me/player", {}),
        ("POST", "/me/player/queue", {"params": {"uri": one}}),
        ("POST", "/me/player/next", {}),
        ("POST", "/me/player/previous", {}),
        ("GET", "/me/player/queue", {}),
    ]  # fmt: skip


def send(api: httpx2.Client, ask: Ask) -> httpx2.Response:
    method, path, rest = ask
    parts = {name: value for name, value in rest.items() if f"{{{name}}}" in path}
    options = {name: value for name, value in rest.items() if name not in parts}
    return api.request(method, path.format(**parts), **options)


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Simulator, str]]:
    """One server for the refusals, which change nothing."""
    simulator = make_simulator()
    with serving(simulator) as origin:
        yield simulator, origin


def test_the_table_is_the_surface_no_more_and_no_less() -> None:
    told = {(each.method, each.path): each.name for each in load_table().operations}

    assert told == {key: each["operationId"] for key, each in operations().items()}
    assert len(told) == 49
    assert len(set(WITHDRAWN)) == 48
    assert not set(WITHDRAWN) & set(told)


def test_every_good_answer_is_as_described(simulator: Simulator, api: httpx2.Client) -> None:
    asked = asks(simulator)
    assert {(method, path) for method, path, _ in asked} == set(operations())
    for ask in asked:
        answer = send(api, ask)
        assert answer.status_code < 300, (ask, answer.text)
        assert complaints(ask[0], ask[1], answer) == [], ask
        assert WITHDRAWN_FIELDS.isdisjoint(keys(answer)), ask


def keys(answer: httpx2.Response) -> set[str]:
    """Give every key in an answer."""

    def walk(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            yield from node
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return set(walk(answer.json())) if answer.content else set()


def test_a_wrong_answer_would_be_noticed(api: httpx2.Client) -> None:
    answer = api.get("/me/tracks", params={"limit": 2})
    document = answer.json()
    del document["items"][0]["track"]["album"]["artists"]
    document["items"][1]["added_at"] = "yesterday"
    spoiled = httpx2.Response(200, json=document)

    assert len(complaints("GET", "/me/tracks", spoiled)) == 2


@pytest.mark.parametrize("key", sorted(operations()), ids=" ".join)
def test_refusals_are_as_described(shared: tuple[Simulator, str], key: tuple[str, str]) -> None:
    simulator, origin = shared
    ask = next(ask for ask in asks(simulator) if ask[:2] == key)
    with open_api(simulator, origin) as api:
        simulator.limits.rate = 0
        throttled = send(api, ask)
        simulator.limits.rate = 10**9
        api.headers["Authorization"] = "Bearer nothing"
        unknown = send(api, ask)
    simulator.app.users.clear()
    with open_api(simulator, origin) as api:
        unlisted = send(api, ask)
    simulator.app.users.update(simulator.users)
    refusals = [throttled, unknown, unlisted]
    assert [refusal.status_code for refusal in refusals] == [429, 401, 403]
    assert throttled.headers["Retry-After"] == "30"
    for refusal in refusals:
        assert complaints(*key, refusal) == []


@pytest.mark.parametrize("key", sorted(operations()), ids=" ".join)
def test_a_token_without_scopes_gets_what_needs_none(
    shared: tuple[Simulator, str], key: tuple[str, str]
) -> None:
    simulator, origin = shared
    free = key[0] == "GET" and (key == ("GET", "/me") or not key[1].startswith("/me/"))
    free = free and key[1] != "/playlists/{playlist_id}/items"
    with open_api(simulator, origin, scopes=()) as api:
        answer = send(api, next(ask for ask in asks(simulator) if ask[:2] == key))

    assert answer.status_code == (200 if free else 403)
    assert complaints(*key, answer) == []


@pytest.mark.parametrize(("method", "path"), WITHDRAWN)
@pytest.mark.parametrize("slash", ["", "/"])
def test_what_was_withdrawn_answers_403(
    shared: tuple[Simulator, str], method: str, path: str, slash: str
) -> None:
    simulator, origin = shared
    some = next(simulator.world.all("track")).id
    filled = path.replace("{id}", some).replace("{user_id}", "a").replace("{playlist_id}", some)
    with open_api(simulator, origin) as api:
        answer = api.request(method, filled + slash, params={"ids": some})

    assert answer.status_code == 403
    assert answer.json() == {"error": {"status": 403, "message": "Forbidden"}}


def test_a_trailing_slash_makes_no_difference(shared: tuple[Simulator, str]) -> None:
    simulator, origin = shared
    with open_api(simulator, origin) as api:
        for ask in (ask for ask in asks(simulator) if ask[0] == "GET"):
            plain = send(api, ask)
            assert send(api, (ask[0], ask[1] + "/", ask[2])).json() == plain.json()


def test_what_is_unknown_is_told_apart(api: httpx2.Client, simulator: Simulator) -> None:
    unknown = "A" * 22
    assert api.get("/nothing").status_code == 404
    assert api.post("/me").status_code == 405
    assert api.get("/tracks/short").json()["error"]["message"] == "Invalid base62 id"
    for kind in ("tracks", "albums", "artists", "shows", "episodes", "audiobooks", "chapters",
                 "playlists"):  # fmt: skip
        assert api.get(f"/{kind}/{unknown}").status_code == 404
    # What was withdrawn from the catalogue has lost its page, too.
    shelf = simulator.world.catalogue
    gone = next(shelf.item(number) for number in range(shelf.music) if not shelf.named[number])
    assert api.get(f"/tracks/{gone.uri.rpartition(':')[2]}").status_code == 404


def test_nulls_stand_where_they_are_documented(simulator: Simulator, api: httpx2.Client) -> None:
    odd = simulator.users["listener1"].playlists[2]
    entries = api.get(f"/playlists/{odd.id}/items").json()["items"]

    assert [entry["added_at"] for entry in entries[:2]] == [None, None]
    assert [entry["added_by"] for entry in entries[:2]] == [None, None]
    assert entries[2]["is_local"]
    assert entries[3]["item"] is None
    assert entries[4]["item"]["type"] == "episode"
    assert api.get("/me/player/devices").json()["devices"][-1]["id"] is None
    third = make_simulator(Plan(3, 2, 2, 5, 200))
    with serving(third) as origin, open_api(third, origin, "listener3") as other:
        assert other.get("/me").json()["display_name"] is None


def test_all_scopes_of_the_surface_are_known() -> None:
    asked = {
        scope
        for operation in operations().values()
        for group in operation["security"]
        for scope in group["oauth_2_0"]
    }
    assert asked <= SCOPES
