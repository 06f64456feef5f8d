"""spotipy, a client that others wrote, does everything it can do on the surface of 2026."""

import base64
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import spotipy
from spotipy.cache_handler import MemoryCacheHandler

from simulator.openapi import operations
from simulator.simulating import REDIRECT
from tonearm.simulator.accounts import SCOPES
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Simulator
from tonearm.simulator.world import uri

Client = Any  # spotipy has no types
# spotipy 2.26 knows no call for these.
UNKNOWN_TO_SPOTIPY = {"/me/audiobooks", "/chapters/{id}"}
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 a picture").decode()


def login(origin: str) -> Any:  # noqa: ANN401 - spotipy has no types
    """Give spotipy's own PKCE manager after a listener has agreed on the page."""
    pkce = spotipy.SpotifyPKCE(
        client_id=CLIENT_ID, redirect_uri=REDIRECT, scope=sorted(SCOPES), state="s",
        cache_handler=MemoryCacheHandler(), open_browser=False,
    )  # fmt: skip
    pkce.OAUTH_AUTHORIZE_URL = f"{origin}/authorize"
    pkce.OAUTH_TOKEN_URL = f"{origin}/api/token"
    address = pkce.get_authorize_url()
    form = {"user": "listener1", "decision": "agree"}
    sent_back = httpx2.post(address, data=form, timeout=30).headers["Location"]
    pkce.get_access_token(pkce.parse_response_code(sent_back))
    return pkce


@pytest.fixture
def client(origin: str) -> Iterator[Client]:
    pkce = login(origin)
    # Every warning is an error here, except for what spotipy says of its own calls.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="spotipy")
        warnings.filterwarnings("ignore", category=UserWarning, module="spotipy")
        spotify = spotipy.Spotify(auth_manager=pkce, retries=0)
        spotify.prefix = f"{origin}/v1/"
        yield spotify
    spotify._session.close()  # noqa: SLF001 - it has no other door
    pkce._session.close()  # noqa: SLF001 - the same


def test_spotipy_reads_everything_there_is(simulator: Simulator, client: Client) -> None:
    ids = {kind: next(simulator.world.all(kind)).id for kind in
           ("track", "album", "artist", "show", "episode", "audiobook")}  # fmt: skip
    own = simulator.users["listener1"].playlists[0]
    assert client.me()["id"] == client.current_user()["id"] == "listener1"
    assert client.track(ids["track"], market="DE")["is_playable"]
    assert client.artist(ids["artist"])["type"] == "artist"
    assert client.artist_albums(ids["artist"], limit=10)["limit"] == 10
    assert client.album(ids["album"])["tracks"]["items"]
    assert client.album_tracks(ids["album"])["items"]
    assert client.show(ids["show"], market="DE")["total_episodes"] > 0
    assert client.show_episodes(ids["show"])["items"]
    assert client.episode(ids["episode"])["show"]
    assert client.get_audiobook(ids["audiobook"], market="DE")["chapters"]["items"]
    assert client.get_audiobook_chapters(ids["audiobook"])["items"]
    assert client.search("a", type="track,album,artist,playlist,show,episode,audiobook")
    assert client.search_markets("a", markets=["DE", "PT"], total=4)
    assert client.current_user_playlists()["items"]
    assert client.playlist(own.id, fields="name,items.total") == {
        "name": own.name, "items": {"total": 130},
    }  # fmt: skip
    first = client.playlist_items(own.id, limit=50)
    second = client.next(first)
    assert client.previous(second)["items"] == first["items"]
    assert client.playlist_cover_image(own.id)
    assert client.current_user_saved_albums()["items"]
    assert client.current_user_saved_tracks()["items"]
    assert client.current_user_saved_episodes()["items"]
    assert client.current_user_saved_shows()["items"]
    assert client.current_user_followed_artists()["artists"]["items"]
    assert client.current_user_top_artists()["items"]
    assert client.current_user_top_tracks(time_range="short_term")["items"]
    recent = client.current_user_recently_played(limit=10)
    older = client.current_user_recently_played(limit=10, before=recent["cursors"]["before"])
    assert recent["items"][-1]["played_at"] > older["items"][0]["played_at"]
    newer = client.current_user_recently_played(after=older["cursors"]["after"])
    assert [each["played_at"] for each in newer["items"]] == [
        each["played_at"] for each in recent["items"]
    ]
    assert all_spotipy_can_read() <= asked(simulator)


def asked(simulator: Simulator) -> set[str]:
    """Give the operations that were answered well, by the name of the file."""
    found = set()
    for method, path, status in simulator.counts:
        parts = path.removeprefix("/v1").strip("/").split("/")
        for (known, template), operation in operations().items():
            wanted = template.strip("/").split("/")
            fits = len(parts) == len(wanted) and all(
                want.startswith("{") or want == part
                for want, part in zip(wanted, parts, strict=True)
            )
            if known == method and fits and status < 300:
                found.add(operation["operationId"])
    return found


def all_spotipy_can_read() -> set[str]:
    return {
        operation["operationId"]
        for (method, path), operation in operations().items()
        if method == "GET"
        and path not in UNKNOWN_TO_SPOTIPY
        and "/me/player" not in path
        and path != "/me/library/contains"
    } | {"get-recently-played"}


def test_spotipy_writes_playlists(simulator: Simulator, client: Client) -> None:
    uris = [uri(track) for track in simulator.world.all("track")]
    made = client.current_user_playlist_create("Made", public=False, description="here")["id"]

    def contents() -> list[str]:
        return [each["item"]["uri"] for each in client.playlist_items(made, limit=50)["items"]]

    client.playlist_add_items(made, uris[:4])
    client.playlist_add_items(made, uris[4:5], position=0)
    assert contents() == [uris[4], *uris[:4]]
    told = client.playlist_reorder_items(made, 0, 5)
    assert contents() == uris[:5]
    client.playlist_remove_all_occurrences_of_items(made, uris[:1], told["snapshot_id"])
    occurrence = [{"uri": uris[1], "positions": [0]}]
    client.playlist_remove_specific_occurrences_of_items(made, occurrence)
    assert contents() == uris[2:5]
    client.playlist_replace_items(made, uris[10:12])
    assert contents() == uris[10:12]
    client.playlist_change_details(made, name="Other", description="there")
    client.playlist_upload_cover_image(made, JPEG)
    assert client.playlist(made)["name"] == "Other"
    assert asked(simulator) >= {
        "create-playlist", "add-items-to-playlist", "reorder-or-replace-playlists-items",
        "remove-items-playlist", "change-playlist-details", "upload-custom-playlist-cover",
    }  # fmt: skip


def test_old_names_lead_to_new_calls(simulator: Simulator, client: Client) -> None:
    tracks = [track.id for track in simulator.world.all("track")]
    episode = next(simulator.world.all("episode"))
    made = client.current_user_playlist_create("Made")["id"]

    def contents() -> list[str]:
        items = client.user_playlist_tracks("listener1", made, limit=50)["items"]
        return [each["item"]["id"] for each in items]

    client.user_playlist_add_tracks("listener1", made, tracks[:3])
    client.user_playlist_add_episodes("listener1", made, [episode.id], position=0)
    assert contents() == [episode.id, *tracks[:3]]
    client.user_playlist_reorder_tracks("listener1", made, 0, 4)
    client.user_playlist_remove_all_occurrences_of_tracks("listener1", made, tracks[:1])
    assert contents() == [*tracks[1:3], episode.id]
    client.user_playlist_replace_tracks("listener1", made, tracks[5:6])
    assert client.playlist_tracks(made, limit=50)["total"] == 1
    client.user_playlist_change_details("listener1", made, name="Old ways")
    client.user_playlist_follow_playlist("listener1", made)
    assert client.user_playlist("listener1", made)["name"] == "Old ways"


def test_spotipy_saves_and_follows(simulator: Simulator, client: Client) -> None:
    saving = (
        ("track", client.current_user_saved_tracks_add, client.current_user_saved_tracks_delete,
         client.current_user_saved_tracks_contains),
        ("album", client.current_user_saved_albums_add, client.current_user_saved_albums_delete,
         client.current_user_saved_albums_contains),
        ("show", client.current_user_saved_shows_add, client.current_user_saved_shows_delete,
         client.current_user_saved_shows_contains),
    )  # fmt: skip
    for kind, add, delete, contains in saving:
        one = [next(simulator.world.all(kind)).id]
        delete(one)
        assert contains(one) == [False]
        add(one)
        assert contains(one) == [True]
    episode = [next(simulator.world.all("episode")).id]
    client.current_user_saved_episodes_add(episode)
    client.current_user_saved_episodes_delete(episode)
    assert client.current_user_saved_items([f"spotify:episode:{episode[0]}"]) == [False]
    artist = [next(simulator.world.all("artist")).id]
    client.user_follow_artists(artist)
    assert client.current_user_following_artists(artist) == [True]
    client.user_unfollow_artists(artist)
    assert client.current_user_following_artists(artist) == [False]
    client.user_follow_users(["listener2"])
    assert client.current_user_following_users(["listener2"]) == [True]
    client.user_unfollow_users(["listener2"])
    other = simulator.users["listener2"].playlists[0]
    client.current_user_follow_playlist(other.id)
    assert other.id in [each["id"] for each in client.current_user_playlists()["items"]]
    assert asked(simulator) >= {
        "save-library-items", "remove-library-items", "check-library-contains",
    }  # fmt: skip


def test_spotipy_plays(simulator: Simulator, client: Client) -> None:
    track = next(simulator.world.all("track"))
    device = client.devices()["devices"][0]["id"]
    client.transfer_playback(device)
    client.start_playback(uris=[uri(track)], position_ms=2_000)
    assert client.current_user_playing_track()["item"]["id"] == track.id
    assert client.currently_playing(additional_types="track,episode")["is_playing"]
    client.add_to_queue(uri(track))
    assert client.queue()["queue"][0]["id"] == track.id
    client.next_track()
    client.previous_track()
    client.seek_track(1_000)
    client.repeat("context")
    client.shuffle(state=True)
    client.volume(20, device_id=device)
    client.pause_playback()
    state = client.current_playback()
    assert (state["is_playing"], state["progress_ms"]) == (False, 1_000)
    assert (state["repeat_state"], state["shuffle_state"]) == ("context", True)
    assert state["device"]["volume_percent"] == 20
    known = {each["operationId"] for (_, path), each in operations().items()
             if path.startswith("/me/player") and "recently" not in path}  # fmt: skip
    assert known <= asked(simulator)


GONE: tuple[tuple[str, Callable[[Client, str], object]], ...] = (
    ("tracks", lambda client, one: client.tracks([one])),
    ("albums", lambda client, one: client.albums([one])),
    ("artists", lambda client, one: client.artists([one])),
    ("shows", lambda client, one: client.shows([one])),
    ("episodes", lambda client, one: client.episodes([one])),
    ("audiobooks", lambda client, one: client.get_audiobooks([one])),
    ("top tracks", lambda client, one: client.artist_top_tracks(one)),
    ("related artists", lambda client, one: client.artist_related_artists(one)),
    ("a user", lambda client, _: client.user("listener2")),
    ("a user's playlists", lambda client, _: client.user_playlists("listener2")),
    ("categories", lambda client, _: client.categories()),
    ("new releases", lambda client, _: client.new_releases()),
    ("markets", lambda client, _: client.available_markets()),
    ("audio analysis", lambda client, one: client.audio_analysis(one)),
    ("recommendations", lambda client, one: client.recommendations(seed_tracks=[one])),
    ("unfollowing", lambda client, one: client.current_user_unfollow_playlist(one)),
    ("unfollowing for a user", lambda client, one: client.user_playlist_unfollow("a", one)),
    ("a playlist for a user", lambda client, _: client.user_playlist_create("listener1", "a")),
    ("audio features", lambda client, one: client.audio_features([one])),
    ("a category", lambda client, _: client.category("folk")),
    ("a category's playlists", lambda client, _: client.category_playlists("folk")),
    ("featured playlists", lambda client, _: client.featured_playlists()),
    ("genre seeds", lambda client, _: client.recommendation_genre_seeds()),
    ("saved episodes", lambda client, one: client.current_user_saved_episodes_contains([one])),
)


@pytest.mark.parametrize("call", [call for _, call in GONE], ids=[name for name, _ in GONE])
def test_what_was_withdrawn_fails_with_403(
    simulator: Simulator, client: Client, call: Callable[[Client, str], object]
) -> None:
    with pytest.raises(spotipy.SpotifyException) as caught:
        call(client, next(simulator.world.all("track")).id)

    assert caught.value.http_status == 403


def test_no_call_of_spotipy_is_left_out() -> None:
    calls = {name for name, _ in inspect.getmembers(spotipy.Spotify, inspect.isfunction)
             if not name.startswith("_")}  # fmt: skip
    tried = set(re.findall(r"\bclient\.(\w+)", Path(__file__).read_text(encoding="utf-8")))
    left_out = {
        "set_auth",  # asks nothing
        "user_playlist_remove_specific_occurrences_of_tracks",  # to a path of before 2018
        "playlist_is_following",  # fails before it asks: its warning is malformed
        "user_playlist_is_following",  # the same
    }

    assert calls - tried == left_out


def test_spotipy_refreshes_by_itself_and_keeps_its_refresh_token(simulator: Simulator) -> None:
    with serving(simulator) as origin:
        pkce = login(origin)
        first = pkce.cache_handler.get_cached_token()
        again = pkce.refresh_access_token(first["refresh_token"])
        assert again["access_token"] != first["access_token"]
        assert again["refresh_token"] == first["refresh_token"]
        simulator.clock.advance(days=184)
        with pytest.raises(spotipy.SpotifyOauthError, match="invalid_grant"):
            pkce.refresh_access_token(first["refresh_token"])
        pkce._session.close()  # noqa: SLF001 - it has no other door


def test_spotipy_is_told_of_limits(simulator: Simulator, client: Client) -> None:
    simulator.limits.rate = 0

    with pytest.raises(spotipy.SpotifyException) as caught:
        client.me()
    assert caught.value.http_status == 429


def test_the_addresses_are_the_simulators_own(simulator: Simulator, client: Client) -> None:
    page = client.current_user_saved_tracks(limit=1)

    assert urlsplit(page["next"]).netloc == urlsplit(client.prefix).netloc
    assert simulator.counts["GET", "/v1/me/tracks", 200] == 1
