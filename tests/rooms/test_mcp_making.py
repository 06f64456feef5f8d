"""Playlists that an assistant makes at a simulated Spotify: once, and told as they are."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from assisting import ERAS, ask, refusal, row
from collecting import Room, collecting
from link_room import count
from listening import bring_in
from live_talk import (
    MANY_CALLS,
    NOWHERE,
    READING,
    WRITING,
    client,
    fail,
    playlist_of,
    refuse,
    tell,
    tracks_of,
    uris_of,
)
from moving_clock import MovingClock
from tonearm.domain.vocabulary import Role, Scope
from tonearm.live.making import MOST_REFUSED
from tonearm.simulator.faults import Fault
from tonearm.simulator.world import uri

each_era = pytest.mark.parametrize("era", ERAS)


@pytest.fixture
def room(database_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    with collecting(database_url, tmp_path, clock, **MANY_CALLS) as room:
        yield room


@each_era
def test_a_playlist_is_made_once_with_what_spotify_truly_takes(room: Room, era: str) -> None:
    room.link(more=[WRITING])
    wanted = uris_of(room, 130)
    wanted[60] = NOWHERE
    given = {
        "name": " For  the road ",
        "tracks": [*wanted, "nonsense", "999999"],
        "description": "Long\ndrive",
    }

    made = ask(client(room, era), "create_playlist", given)

    playlist = playlist_of(room, made["id"])
    assert (playlist.name, playlist.description, playlist.public) == (
        "For the road",
        "Long drive",
        False,
    )
    assert [one.uri for one in playlist.entries] == [one for one in wanted if one != NOWHERE]
    assert (made["added"], made["complete"], made["made_before"]) == (129, True, False)
    assert made["url"] == f"https://open.spotify.com/playlist/{made['id']}"
    reasons = {one["track"]: one["reason"] for one in made["not_added"]}
    assert reasons.keys() == {NOWHERE, "nonsense", "999999"}
    assert "no track of this number" in reasons["999999"]
    assert "3 tracks are not in it" in made["words"]

    again = ask(client(room, era), "create_playlist", given)

    assert again["made_before"] is True
    assert {**again, "made_before": False, "words": ""} == {**made, "words": ""}
    assert len(playlist.entries) == 129
    assert count(room.simulator, "POST", "/v1/me/playlists") == 1


def test_tracks_of_the_history_are_named_by_their_numbers(room: Room) -> None:
    room.link(more=[WRITING])
    track = tracks_of(room)[0]
    rows = [
        row("2024-03-01T12:00:00Z", track.name, "Band", 1, spotify_track_uri=uri(track)),
        row("2024-03-02T12:00:00Z", "Nameless", "Band", 2, spotify_track_uri=None),
    ]
    bring_in(room.tonearm.imports, [msgspec.json.encode(rows)], user_id=room.ada.id)
    listed = tell(room, "plays", limit=20, range="2024-03")["items"]
    numbers = {play["track"]["name"]: str(play["track"]["id"]) for play in listed}

    made = tell(room, "create_playlist", name="Old", tracks=list(numbers.values()))

    assert [one.uri for one in playlist_of(room, made["id"]).entries] == [uri(track)]
    assert [one["track"] for one in made["not_added"]] == [numbers["Nameless"]]
    assert "no URI" in made["not_added"][0]["reason"]
    nothing = refuse(room, "create_playlist", name="None", tracks=[numbers["Nameless"]])
    assert "so none was made" in nothing


def test_a_key_makes_one_playlist_and_another_wish_under_it_is_refused(
    room: Room, clock: MovingClock
) -> None:
    room.link(more=[WRITING])
    mine = {"name": "Mine", "tracks": uris_of(room, 2)}

    first = tell(room, "create_playlist", **mine, key="a")
    other = tell(room, "create_playlist", **mine, key="b")
    said = refuse(room, "create_playlist", name="Else", tracks=uris_of(room, 2), key="a")

    assert first["id"] != other["id"]
    assert "Use a new one for each" in said
    assert tell(room, "create_playlist", **mine, key="a")["id"] == first["id"]
    clock.advance(hours=25)
    assert tell(room, "create_playlist", **mine, key="a")["id"] not in {first["id"], other["id"]}


@pytest.mark.parametrize("is_carried_out", [False, True])
def test_a_playlist_that_was_stopped_half_way_says_so_and_goes_on(
    room: Room, *, is_carried_out: bool
) -> None:
    room.link(more=[WRITING])
    wanted = uris_of(room, 200)
    given = {"name": "Halves", "tracks": wanted}
    # The first hundred is taken; of the second the answer is lost, whether it was taken or not.
    with room.simulator.lock:
        room.simulator.faults.add(Fault("slow", path="/items$", method="POST", seconds=0))
        room.simulator.faults.add(
            Fault("status", path="/items$", method="POST", carried_out=is_carried_out)
        )

    half = tell(room, "create_playlist", **given)

    assert (half["added"], half["complete"]) == (100, False)
    assert len(half["not_added"]) == 100
    assert "Spotify has trouble" in half["problem"]
    assert "ask again with the same arguments" in half["words"]
    whole = tell(room, "create_playlist", **given)
    assert (whole["id"], whole["added"], whole["complete"]) == (half["id"], 200, True)
    assert (whole["not_added"], whole["problem"], whole["made_before"]) == ([], None, False)
    assert [one.uri for one in playlist_of(room, half["id"]).entries] == wanted


@pytest.mark.parametrize("is_carried_out", [False, True])
def test_a_playlist_whose_making_was_not_heard_of_is_found_again(
    room: Room, *, is_carried_out: bool
) -> None:
    room.link(more=[WRITING, READING])
    given = {"name": "Unheard", "tracks": uris_of(room, 3)}
    fail(room, "/me/playlists$", method="POST", carried_out=is_carried_out)
    assert "Whether it was done is not known" in refuse(room, "create_playlist", **given)

    made = tell(room, "create_playlist", **given)

    assert made["added"] == 3
    called = [one.name for one in room.simulator.users["listener1"].playlists]
    assert called.count("Unheard") == 1


def test_without_looking_nothing_is_made_that_may_be_there_already(room: Room) -> None:
    room.link(more=[WRITING])
    given = {"name": "Unheard", "tracks": uris_of(room, 3)}
    fail(room, "/me/playlists$", method="POST", carried_out=True)
    refuse(room, "create_playlist", **given)

    said = refuse(room, "create_playlist", **given)

    assert "is not known" in said
    assert "another `key`" in said
    assert tell(room, "create_playlist", **given, key="anew")["added"] == 3


def test_a_refusal_leaves_the_wish_free_to_be_made(room: Room) -> None:
    given = {"name": "Later", "tracks": uris_of(room, 1)}
    room.link()
    refuse(room, "create_playlist", **given)
    room.link(more=[WRITING])

    assert tell(room, "create_playlist", **given)["made_before"] is False


def test_many_tracks_that_do_not_exist_cost_no_endless_calls(room: Room) -> None:
    room.link(more=[WRITING])
    made_up = [f"spotify:track:{number:022}" for number in range(60)]

    made = tell(room, "create_playlist", name="Dreamt", tracks=made_up)

    assert (made["added"], made["complete"], len(made["not_added"])) == (0, True, 60)
    untried = [one for one in made["not_added"] if one["reason"].startswith("not tried")]
    assert len(untried) == 60 - MOST_REFUSED
    path = f"/v1/playlists/{made['id']}/items"
    assert count(room.simulator, "POST", path) <= 3 * MOST_REFUSED


def test_making_a_playlist_takes_its_own_scope_and_a_role_that_changes_things(room: Room) -> None:
    room.link(more=[WRITING])
    given = {"name": "x", "tracks": uris_of(room, 1)}
    for scopes in ({Scope.MCP}, {Scope.MCP, Scope.HISTORY_WRITE}):
        said = refusal(client(room, scopes=frozenset(scopes)), "create_playlist", given)
        assert "scope library:write" in said
    room.tonearm.administration.change(room.ada.id, by=None, role=Role.VIEWER)
    viewer = room.tonearm.accounts.get(room.ada.id)
    assert "role of the caller is viewer" in refusal(
        client(room, user=viewer), "create_playlist", given
    )
    assert count(room.simulator, "POST", "/v1/me/playlists") == 0
