"""Catalogue, library, search and top lists: paging, filters and refusals."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.simulating import items_of, open_api
from tonearm.simulator.accounts import SCOPES
from tonearm.simulator.simulator import Simulator
from tonearm.simulator.world import Album, Track, Work, uri

LISTS = ("/me/tracks", "/me/albums", "/me/episodes", "/me/top/tracks", "/me/top/artists")


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from(LISTS), limit=st.integers(1, 50), offset=st.integers(0, 80))
def test_pages_join_to_the_whole_in_both_directions(
    api: httpx2.Client, path: str, limit: int, offset: int
) -> None:
    whole, address = [], f"{path}?limit=50"
    while address:
        page = api.get(address).json()
        whole += page["items"]
        address = page["next"]
    assert page["total"] == len(whole) > 5

    page = api.get(path, params={"limit": limit, "offset": offset}).json()
    assert page["items"] == whole[offset : offset + limit]
    assert (page["limit"], page["offset"], page["total"]) == (limit, offset, len(whole))
    assert (page["next"] is None) == (offset + limit >= len(whole))
    assert (page["previous"] is None) == (offset == 0)
    if page["next"]:
        asked = parse_qs(urlsplit(page["next"]).query)
        assert asked == {"limit": [str(limit)], "offset": [str(offset + limit)]}
    if page["previous"]:
        before = max(offset - limit, 0)
        assert api.get(page["previous"]).json()["items"] == whole[before : before + limit]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=51", "limit=x", "offset=-1", "time_range=ever"]
)
def test_bad_pages_are_refused(api: httpx2.Client, query: str) -> None:
    assert api.get(f"/me/top/tracks?{query}").status_code == 400


def test_followed_artists_are_paged_by_the_last_one(api: httpx2.Client) -> None:
    whole = api.get("/me/following?type=artist&limit=50").json()["artists"]
    assert (whole["next"], whole["cursors"]) == (None, None)
    found: list[dict[str, Any]] = []
    address = "/me/following?type=artist&limit=7"
    while address:
        page = api.get(address).json()["artists"]
        found += page["items"]
        address = page["next"]
        assert page["cursors"] == ({"after": found[-1]["id"]} if address else None)
    assert found == whole["items"]
    assert page["total"] == len(found) > 7
    assert api.get("/me/following?type=user").status_code == 400


def test_what_is_saved_comes_first_and_what_is_unsaved_goes(
    simulator: Simulator, api: httpx2.Client
) -> None:
    new = [next(entity for entity in simulator.world.all(kind)
                if uri(entity) not in simulator.users["listener1"].saved[kind])
           for kind in ("track", "album", "episode", "artist")]  # fmt: skip
    book = next(simulator.world.all("audiobook"))
    uris = [*map(uri, new), "spotify:user:somebody", f"spotify:show:{book.id}"]
    asked = {"uris": ",".join(uris)}
    api.delete("/me/library", params={"uris": uris[-1]})
    assert api.get("/me/library/contains", params=asked).json() == [False] * 6
    assert api.put("/me/library", params=asked).status_code == 200
    assert api.get("/me/library/contains", params=asked).json() == [True] * 6
    first = items_of(api.get("/me/tracks?limit=1"))[0]
    assert first["added_at"] == "2026-05-01T12:00:00Z"
    assert first["track"]["uri"] == uris[0]
    assert book.id in [row["audiobook"]["id"] for row in items_of(api.get("/me/audiobooks"))]
    # Saving again does not make it newer.
    simulator.clock.advance(minutes=5)
    api.put("/me/library", params=asked)
    assert items_of(api.get("/me/tracks?limit=1"))[0] == first
    assert api.delete("/me/library", params=asked).status_code == 200
    assert api.get("/me/library/contains", params=asked).json() == [False] * 6


def test_a_playlist_is_followed_by_saving_it(simulator: Simulator, api: httpx2.Client) -> None:
    other = simulator.users["listener2"].playlists[0]
    asked = {"uris": other.uri}
    api.put("/me/library", params=asked)
    assert items_of(api.get("/me/playlists?limit=1"))[0]["id"] == other.id
    api.delete("/me/library", params=asked)
    assert other.id not in [row["id"] for row in items_of(api.get("/me/playlists?limit=50"))]


def test_library_calls_take_forty_uris_in_the_query(
    simulator: Simulator, origin: str, api: httpx2.Client
) -> None:
    uris = [uri(track) for track in simulator.world.all("track")][:41]
    for method, path in (("PUT", ""), ("DELETE", ""), ("GET", "/contains")):

        def ask(**rest: Any) -> int:  # noqa: ANN401 - of a request
            return api.request(method, f"/me/library{path}", **rest).status_code  # noqa: B023 - used at once

        assert ask(params={"uris": ",".join(uris[:40])}) == 200
        assert ask(params={"uris": ",".join(uris)}) == 400
        assert ask() == 400
        assert ask(params={"uris": "spotify:track:short"}) == 400
        assert ask(params={"uris": "spotify:chapter:" + "A" * 22}) == 400
        assert ask(json={"uris": uris[:1]}) == 400
    with open_api(simulator, origin, scopes=SCOPES - {"user-follow-modify"}) as half:
        assert half.put("/me/library", params={"uris": uris[0]}).status_code == 200
        artist = uri(next(simulator.world.all("artist")))
        assert half.put("/me/library", params={"uris": artist}).status_code == 403


def found_ids(api: httpx2.Client, query: str, kind: str = "track") -> list[str]:
    answer = api.get("/search", params={"q": query, "type": kind, "limit": 10})
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()[f"{kind}s"]["items"]]


def test_search_finds_by_words_and_by_filters(simulator: Simulator, api: httpx2.Client) -> None:
    tracks = [each for each in simulator.world.all("track") if isinstance(each, Track)]
    track = next(each for each in tracks if each.name.isascii() and each.album.released > "2000")
    album, artist = track.album, track.album.artist
    assert track.id in found_ids(api, f"isrc:{track.isrc}")
    assert found_ids(api, f"upc:{album.upc}", "album") == [album.id]
    assert artist.id in found_ids(api, f'artist:"{artist.name}"', "artist")
    year = album.released[:4]
    query = f'track:"{track.name}" artist:{artist.name} year:{year}'
    assert track.id in found_ids(api, query)
    assert track.id in found_ids(api, f"isrc:{track.isrc} year:1900-{year}")
    assert track.id not in found_ids(api, f"isrc:{track.isrc} year:1900-1950")
    assert found_ids(api, "no such words anywhere") == []
    show = next(each for each in simulator.world.all("show") if isinstance(each, Work))
    assert show.id in found_ids(api, show.name, "show")
    assert found_ids(api, "year:1999", "show") == []
    assert len(found_ids(api, "odds", "playlist")) == 2


@pytest.mark.parametrize(
    "query",
    ["type=track", "q=a", "q=a&type=song", "q=a&type=track&limit=11", "q=a&type=track&limit=0",
     "q=a&type=track&offset=1001"],
)  # fmt: skip
def test_bad_searches_are_refused(api: httpx2.Client, query: str) -> None:
    assert api.get(f"/search?{query}").status_code == 400


def test_albums_of_an_artist_come_by_ten_and_by_group(
    simulator: Simulator, api: httpx2.Client
) -> None:
    artist = max(simulator.world.all("artist"), key=lambda each: len(each.albums))  # type: ignore[union-attr]  # artists have albums
    path = f"/artists/{artist.id}/albums"
    albums: list[Album] = artist.albums  # type: ignore[union-attr]  # the same
    assert api.get(path).json()["limit"] == 5
    assert api.get(path, params={"limit": 11}).status_code == 400
    assert api.get(path, params={"include_groups": "demos"}).status_code == 400
    singles = items_of(api.get(path, params={"include_groups": "single", "limit": 10}))
    wanted = [album.id for album in albums if album.album_type == "single"]
    assert [each["id"] for each in singles] == wanted[:10]


def test_a_resume_point_is_told_to_those_with_the_scope(
    simulator: Simulator, origin: str, api: httpx2.Client
) -> None:
    part = f"/episodes/{next(simulator.world.all('episode')).id}"
    assert "resume_point" in api.get(part).json()
    with open_api(simulator, origin, scopes=SCOPES - {"user-read-playback-position"}) as half:
        assert "resume_point" not in half.get(part).json()


def test_editions_of_a_recording_share_its_isrc(simulator: Simulator) -> None:
    by_isrc: dict[str, list[Track]] = {}
    for track in simulator.world.all("track"):
        assert isinstance(track, Track)
        by_isrc.setdefault(track.isrc, []).append(track)
    pairs = [tracks for tracks in by_isrc.values() if len(tracks) > 1]
    assert len(pairs) > 5
    for one, other in pairs:
        assert (one.name, one.duration_ms) == (other.name, other.duration_ms)
        assert one.album is not other.album
