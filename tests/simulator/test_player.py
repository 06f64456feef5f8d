"""The player: follows the script, obeys commands, and what it plays is truly heard."""

from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.simulating import SMALL, START, items_of, make_simulator, open_api
from tonearm.simulator.clock import to_ms
from tonearm.simulator.listening import Listen, Script
from tonearm.simulator.player import Player, own_devices
from tonearm.simulator.simulator import Simulator
from tonearm.simulator.world import Part, Track, World, uri

WORLD = World(7, tracks=120)
ALBUM = max((each for each in WORLD.all("album")), key=lambda album: len(album.tracks))  # type: ignore[union-attr]  # albums have tracks


def current(api: httpx2.Client, **params: str) -> dict[str, Any]:
    answer = api.get("/me/player", params=params)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def idle(simulator: Simulator) -> None:
    """Move on to an instant at which nothing is heard and something has been before."""
    script = simulator.users["listener1"].script
    while script.at(simulator.clock.now_ms()) is not None:
        simulator.clock.advance(minutes=1)


def test_an_idle_player_answers_204_and_takes_no_commands(
    simulator: Simulator, origin: str
) -> None:
    idle(simulator)
    with open_api(simulator, origin) as api:
        for path in ("/me/player", "/me/player/currently-playing"):
            answer = api.get(path)
            assert (answer.status_code, answer.content) == (204, b"")
        assert api.get("/me/player/queue").json() == {"queue": []}
        for method, path in (("PUT", "play"), ("PUT", "pause"), ("POST", "next"),
                             ("POST", "previous"), ("PUT", "seek?position_ms=1"),
                             ("PUT", "repeat?state=off"), ("PUT", "shuffle?state=true"),
                             ("PUT", "volume?volume_percent=1")):  # fmt: skip
            answer = api.request(method, f"/me/player/{path}")
            assert answer.status_code == 404, path
            assert answer.json()["error"]["reason"] == "NO_ACTIVE_DEVICE"
        device = api.get("/me/player/devices").json()["devices"][1]["id"]
        assert api.put("/me/player/play", params={"device_id": device}).status_code == 204
        assert current(api)["device"]["id"] == device


def test_the_script_goes_on_by_itself(simulator: Simulator, api: httpx2.Client) -> None:
    script = simulator.users["listener1"].script
    first = current(api)
    assert first["is_playing"]
    assert first["device"]["is_active"]
    ahead = api.get("/me/player/queue").json()["queue"]
    upcoming = script.upcoming(simulator.clock.now_ms(), 1)[0]
    simulator.clock.move_to(START + timedelta(milliseconds=upcoming.started_at - to_ms(START) + 1))

    then = current(api, additional_types="track,episode")
    assert then["item"]["uri"] == ahead[0]["uri"] == upcoming.uri
    assert then["progress_ms"] == 1
    assert then["timestamp"] == upcoming.started_at


def test_what_the_script_says_is_told_but_for_what_is_heard_offline(
    simulator: Simulator, api: httpx2.Client
) -> None:
    now, script = simulator.clock.now_ms(), simulator.users["listener1"].script
    track: Track = ALBUM.tracks[0]  # type: ignore[union-attr]  # albums have tracks
    heard = {"ended_at": now + 60_000, "ms_played": 60_000, "playable": track, "told_at": now}
    script.drop(now - 3_600_000, now + 3_600_000)
    script.add(Listen(now, **heard, private=True, device=1, shuffle=True))  # type: ignore[arg-type]  # each by its name
    state = current(api)
    assert (state["shuffle_state"], state["device"]["name"]) == (True, "Pocket")
    assert state["device"]["is_private_session"]
    assert api.put("/me/player/shuffle", params={"state": "false"}).status_code == 204
    assert current(api)["shuffle_state"] is False

    script.drop(now, now + 1)
    script.add(Listen(now, **heard, offline=True))  # type: ignore[arg-type]  # as above
    assert api.get("/me/player").status_code == 204


def test_commands_take_over_and_what_they_play_is_told(
    simulator: Simulator, api: httpx2.Client
) -> None:
    now = simulator.clock.now_ms()
    script = simulator.users["listener1"].script
    began = script.at(now)
    album = next(each for each in simulator.world.all("album") if len(each.tracks) > 3)  # type: ignore[union-attr]  # albums have tracks
    tracks: list[Track] = album.tracks  # type: ignore[union-attr]  # the same
    wish = {"context_uri": uri(album), "offset": {"position": 1}}
    assert api.put("/me/player/play", json=wish).status_code == 204
    state = current(api)
    assert state["item"]["id"] == tracks[1].id
    assert state["context"]["uri"] == uri(album)

    # The script's listen was left half a minute in, too early to be told of.
    assert began is not None
    left = simulator.listens()[-1]
    assert (left.uri, left.ms_played, left.untold) == (began.uri, 30_000, "short")

    simulator.clock.advance(milliseconds=tracks[1].duration_ms + 40_000)
    assert current(api)["item"]["id"] == tracks[2].id
    assert api.post("/me/player/queue", params={"uri": uri(tracks[0])}).status_code == 204
    assert api.get("/me/player/queue").json()["queue"][0]["id"] == tracks[0].id
    assert api.post("/me/player/next").status_code == 204
    assert current(api)["item"]["id"] == tracks[0].id
    simulator.clock.advance(seconds=3)
    recent = items_of(api.get("/me/player/recently-played", params={"limit": 2}))
    assert [each["track"]["id"] for each in recent] == [tracks[2].id, tracks[1].id]
    heard = simulator.listens()[-2:]
    assert [each.ms_played for each in heard] == [tracks[1].duration_ms, 40_000]
    assert api.post("/me/player/next").status_code == 204
    assert current(api)["item"]["id"] == tracks[3].id
    assert api.post("/me/player/previous").status_code == 204
    assert current(api)["item"]["id"] == tracks[2].id


def test_pause_keeps_the_place_and_patience_ends(simulator: Simulator, api: httpx2.Client) -> None:
    assert api.put("/me/player/pause").status_code == 204
    simulator.clock.advance(minutes=10)
    state = current(api)
    assert (state["is_playing"], state["progress_ms"]) == (False, 30_000)
    assert api.put("/me/player/seek", params={"position_ms": 60_000}).status_code == 204
    assert api.put("/me/player/play").status_code == 204
    simulator.clock.advance(seconds=5)
    assert (current(api)["is_playing"], current(api)["progress_ms"]) == (True, 65_000)
    assert api.put("/me/player/pause").status_code == 204
    simulator.clock.advance(minutes=31)
    simulator.listens()
    # Half a minute before the command and five seconds after the pause were heard.
    left = [each for each in simulator.listens() if each.started_at == to_ms(START) - 30_000]
    assert [each.ms_played for each in left] == [35_000]


def test_repeat_shuffle_volume_and_devices(simulator: Simulator, api: httpx2.Client) -> None:
    devices = api.get("/me/player/devices").json()["devices"]
    assert api.put("/me/player", json={"device_ids": [devices[0]["id"]]}).status_code == 204
    assert current(api)["device"]["id"] == devices[0]["id"]
    for path in ("repeat?state=track", "shuffle?state=true", "volume?volume_percent=7"):
        assert api.put(f"/me/player/{path}").status_code == 204
    state = current(api)
    assert (state["repeat_state"], state["shuffle_state"]) == ("track", True)
    assert state["device"]["volume_percent"] == 7
    quiet = {"volume_percent": 7, "device_id": devices[2]["id"]}
    answer = api.put("/me/player/volume", params=quiet)
    assert answer.json()["error"]["reason"] == "VOLUME_CONTROL_DISALLOW"
    playing = state["item"]["id"]
    assert api.put("/me/player/seek", params={"position_ms": 0}).status_code == 204
    simulator.clock.advance(milliseconds=state["item"]["duration_ms"] + 1_000)
    again = current(api)
    assert (again["item"]["id"], again["progress_ms"]) == (playing, 1_000)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "play", {"uris": "spotify:track:a"}, 400),
        ("PUT", "play", {"uris": ["spotify:track:" + "A" * 22]}, 404),
        ("PUT", "play", {"context_uri": "spotify:album:" + "A" * 22}, 404),
        ("PUT", "play", {"context_uri": 7}, 400),
        ("PUT", "play", {"position_ms": -1}, 400),
        ("PUT", "play?device_id=unknown", {}, 404),
        ("PUT", "seek", None, 400),
        ("PUT", "repeat?state=always", None, 400),
        ("PUT", "shuffle?state=maybe", None, 400),
        ("PUT", "volume?volume_percent=101", None, 400),
        ("POST", "queue", None, 400),
        ("PUT", "", {"device_ids": ["a", "b"]}, 400),
        ("PUT", "", {"device_ids": ["a"]}, 404),
    ],
)
def test_bad_commands_are_refused(
    api: httpx2.Client, method: str, path: str, body: object, status: int
) -> None:
    assert api.request(method, f"/me/player/{path}", json=body).status_code == status


def test_commands_need_premium_and_looking_does_not(
    simulator: Simulator, api: httpx2.Client
) -> None:
    simulator.users["listener1"].premium = False

    answer = api.put("/me/player/pause")
    assert answer.json()["error"]["reason"] == "PREMIUM_REQUIRED"
    assert api.get("/me/player").status_code == 200


def test_an_advert_has_no_item_and_an_episode_only_for_those_who_know_it(
    simulator: Simulator, api: httpx2.Client
) -> None:
    simulator.play_advert("listener1", 20)
    advert = api.get("/me/player/currently-playing").json()
    assert (advert["currently_playing_type"], advert["item"]) == ("ad", None)
    simulator.clock.advance(seconds=20)
    assert api.get("/me/player/currently-playing").json()["item"] is not None

    episode = next(simulator.world.all("episode"))
    assert api.put("/me/player/play", json={"uris": [uri(episode)]}).status_code == 204
    state = current(api)
    assert (state["currently_playing_type"], state["item"]) == ("episode", None)
    assert current(api, additional_types="track,episode")["item"]["id"] == episode.id
    simulator.clock.advance(seconds=90)
    api.post("/me/player/next")
    assert isinstance(simulator.listens()[-1].playable, Part)
    point = api.get(f"/episodes/{episode.id}").json()["resume_point"]
    assert point == {"fully_played": False, "resume_position_ms": 90_000}


COMMANDS = st.sampled_from(
    ["play", "resume", "pause", "skip", "back", "seek", "enqueue", "repeat", "look"]
)


@cache
def scripted() -> tuple[Listen, ...]:
    """Give what a listener would hear if nobody interfered."""
    script = make_simulator(SMALL).users["listener2"].script
    return tuple(script.ended(to_ms(START) + 8 * 86_400_000))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(COMMANDS, st.integers(0, 400_000)), max_size=25))
def test_whatever_is_commanded_the_truth_stays_in_order(steps: list[tuple[str, int]]) -> None:
    now, script = to_ms(START), Script(list(scripted()))
    player = Player(script, own_devices(7, "a"))
    tracks: list[Track] = ALBUM.tracks  # type: ignore[union-attr]  # albums have tracks
    past = script.ended(now)
    for command, number in steps:
        match command:
            case "play":
                player.play(now, tracks, number % len(tracks), None, 0)
            case "seek":
                player.seek(now, number)
            case "enqueue":
                player.enqueue(now, tracks[number % len(tracks)])
            case "repeat":
                player.repeat = ("off", "track", "context")[number % 3]
            case "look":
                player.state(now)
            case _:
                getattr(player, command)(now)
        now += number
        player.state(now)
    heard = script.ended(now)

    # What had been heard before the first command was heard whatever was commanded.
    assert heard[: len(past)] == past
    for one, next_one in pairwise(heard):
        assert one.ended_at <= next_one.started_at
        assert 0 < one.ms_played <= one.ended_at - one.started_at
    state = player.state(now)
    assert state is None or state.progress_ms <= state.playable.duration_ms
