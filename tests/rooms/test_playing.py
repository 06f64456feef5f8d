"""What plays now, looked at for pages: seldom, shared, within the budget, and never with a fault."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from collecting import PLAYBACK, Room, collecting
from link_room import count
from live_talk import hear
from moving_clock import MovingClock
from tonearm.live.playing import HOLDS, SOONEST, Glance, Playing
from tonearm.simulator.faults import Fault

BUDGET: dict[str, Any] = {"spotify_daily_calls": 140, "spotify_reserve": 20}


@pytest.fixture
def room(database_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    with collecting(database_url, tmp_path, clock, **BUDGET) as room:
        yield room


def playing(room: Room) -> Playing:
    return room.tonearm.live.playing


def glance(room: Room) -> Glance:
    return playing(room).glance(room.ada.id)


def seconds(found: Glance) -> float:
    assert found.again_in is not None
    return found.again_in.total_seconds()


def test_without_a_healthy_link_that_allows_it_nothing_is_asked_nor_shown(room: Room) -> None:
    assert not playing(room).can_glance(room.ada.id)
    assert glance(room) == Glance(None, None)
    room.link()
    assert not playing(room).can_glance(room.ada.id)
    assert glance(room) == Glance(None, None)
    room.link(more=[PLAYBACK])
    assert playing(room).can_glance(room.ada.id)
    hear(room)
    assert glance(room).now is not None

    with room.simulator.lock:
        room.simulator.accounts.revoke(room.simulator.users["listener1"])
    room.clock.advance(hours=1)
    room.work()
    assert not playing(room).can_glance(room.ada.id)
    assert glance(room) == Glance(None, None)


def test_many_pages_cost_one_look_and_come_again_when_what_plays_is_over(
    room: Room, clock: MovingClock
) -> None:
    room.link(more=[PLAYBACK])
    track = hear(room)
    clock.advance(milliseconds=track.duration_ms - 30_000)

    answers: list[Glance] = []
    pages = [Thread(target=lambda: answers.append(glance(room))) for _ in range(8)]
    for page in pages:
        page.start()
    for page in pages:
        page.join()

    assert room.looks() == 1
    assert {found.now.title for found in answers if found.now} == {track.name}
    assert {seconds(found) for found in answers} == {32}
    clock.advance(seconds=31)
    assert glance(room).now == answers[0].now
    assert room.looks() == 1
    clock.advance(seconds=2)
    glance(room)
    assert room.looks() == 2


def test_a_long_track_is_looked_at_once_a_minute_and_silence_seldom(
    room: Room, clock: MovingClock
) -> None:
    room.link(more=[PLAYBACK])
    hear(room)
    assert seconds(glance(room)) == 60
    with room.simulator.lock:
        player = room.simulator.users["listener1"].player
        player.pause(room.simulator.clock.now_ms())
    clock.advance(seconds=60)
    paused = glance(room)
    assert paused.now is not None
    assert (paused.now.playing, seconds(paused)) == (False, 60)
    while room.simulator.users["listener1"].player.state(room.simulator.clock.now_ms()):
        clock.advance(minutes=10)
    silent = glance(room)
    assert (silent.now, seconds(silent)) == (None, 120)


def test_whoever_asks_on_purpose_shares_the_look_for_some_seconds(
    room: Room, clock: MovingClock
) -> None:
    room.link(more=[PLAYBACK])
    hear(room)
    found = glance(room)

    assert playing(room).get(room.ada.id) == found.now
    clock.advance(seconds=HOLDS.total_seconds() + 1)
    fresh = playing(room).get(room.ada.id)

    assert room.looks() == 2
    assert fresh is not None
    assert fresh.ms_progress == 16_000
    # The page gets the newer look for nothing.
    clock.advance(seconds=50)
    assert glance(room).now == fresh
    assert room.looks() == 2


def test_pages_leave_a_part_of_the_budget_to_what_is_asked_on_purpose(
    room: Room, clock: MovingClock
) -> None:
    room.link(more=[PLAYBACK])
    hear(room)
    free = BUDGET["spotify_daily_calls"] - BUDGET["spotify_reserve"]

    asked = 0
    while (found := glance(room)).now is not None and asked < free:
        asked += 1
        clock.advance(seconds=61)
        hear(room)

    used = room.tonearm.spotify.list_statuses()[0].calls_today
    assert used == free - free // 4
    assert seconds(found) == timedelta(hours=1).total_seconds()
    assert playing(room).get(room.ada.id) is not None
    assert room.tonearm.spotify.list_statuses()[0].calls_today == used + 1


def test_a_lock_out_and_faults_are_shown_as_nothing_and_asked_about_seldom(
    room: Room, clock: MovingClock
) -> None:
    room.link(more=[PLAYBACK])
    hear(room)
    with room.simulator.lock:
        room.simulator.faults.add(Fault("status", path="/me/player$", times=1_000))
    assert glance(room) == Glance(None, timedelta(minutes=5))
    looked = room.looks()
    clock.advance(minutes=4)
    assert glance(room) == Glance(None, timedelta(minutes=1))
    assert room.looks() == looked
    with room.simulator.lock:
        room.simulator.faults.clear()
    clock.advance(minutes=1, seconds=1)
    assert glance(room).now is not None

    with room.simulator.lock:
        now = room.simulator.clock.now_ms()
        room.simulator.limits.block(room.simulator.app.developer, now + 1_800_000)
    clock.advance(minutes=2)
    assert glance(room) == Glance(None, timedelta(minutes=5))
    clock.advance(minutes=6)
    blocked = glance(room)
    assert blocked.now is None
    assert SOONEST.total_seconds() <= seconds(blocked) <= 1_800
    before = count(room.simulator, "GET", "/v1/me/player")
    clock.advance(minutes=5)
    glance(room)
    assert count(room.simulator, "GET", "/v1/me/player") == before


def test_what_another_hears_is_never_shown(room: Room) -> None:
    room.link(more=[PLAYBACK])
    track = hear(room)
    bob = room.add("Bob")
    room.link("listener2", bob, [PLAYBACK])
    other = hear(room, "listener2", 5)

    mine, theirs = playing(room).glance(room.ada.id).now, playing(room).glance(bob.id).now

    assert mine is not None
    assert theirs is not None
    assert (mine.title, theirs.title) == (track.name, other.name)
    # What was looked at through a link that has ended is of no other.
    room.tonearm.links.unlink(room.ada.id)
    assert playing(room).glance(room.ada.id) == Glance(None, None)
