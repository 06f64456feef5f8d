"""Sampling a simulated player: who is looked at, when, what is recorded, and what is in nobody's way."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collecting import PLAYBACK, Room, collecting
from moving_clock import MovingClock
from tonearm.accounts.links import Collected
from tonearm.collector.records import PausedBy, Sampling, Standing
from tonearm.domain.errors import NotFoundError
from tonearm.domain.vocabulary import GapReason
from tonearm.jobs.records import UNFINISHED, Job, JobState
from tonearm.simulator.clock import to_ms
from tonearm.simulator.faults import Fault
from tonearm.simulator.player import Player
from tonearm.simulator.world import Part, Playable, Track, World, uri
from tonearm.spotify.errors import Cause, SpotifyRefusedError

SAMPLE = "collector.sample"
ENDS_MS = 8_000
EPSILON = timedelta(milliseconds=2)


@pytest.fixture
def room(database_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    with collecting(database_url, tmp_path, clock) as room:
        yield room


def player(room: Room) -> Player:
    return room.simulator.users["listener1"].player


def tracks_of(world: World, length_ms: int = 120_000) -> Sequence[Playable]:
    """Give three tracks of some length at least."""
    found = (one for one in world.all("track") if isinstance(one, Track))
    return [track for track in found if track.duration_ms > length_ms][:3]


def episode_of(world: World) -> Part:
    return next(one for one in world.all("episode") if isinstance(one, Part))


def play(room: Room, *items: Playable, progress_ms: int = 0) -> datetime:
    """Let the listener hear some items from now on; give when the first one ends."""
    with room.simulator.lock:
        player(room).play(room.simulator.clock.now_ms(), items, 0, None, progress_ms)
    return room.clock() + timedelta(milliseconds=items[0].duration_ms - progress_ms)


def look(room: Room) -> Job:
    """Ask at once, and give the job that has looked at the player."""
    room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER)
    room.work()
    return last(room)


def last(room: Room) -> Job:
    return next(job for job in room.jobs(name=SAMPLE) if job.state not in UNFINISHED)


def planned(room: Room) -> Job | None:
    return next((job for job in room.jobs(name=SAMPLE) if job.state in UNFINISHED), None)


def move_to(room: Room, instant: datetime) -> None:
    room.clock.now = instant
    room.work()


def go_on(room: Room) -> Job:
    """Move on to the next look, and give its job."""
    job = planned(room)
    assert job is not None
    move_to(room, job.run_at)
    return last(room)


def samples(room: Room) -> int:
    return sum(row.is_sample for row in room.answers())


def test_nobody_is_looked_at_who_has_not_asked_for_it(room: Room) -> None:
    room.link(more=[PLAYBACK])
    room.go_on(hours=5)

    assert room.status().sampling == Sampling(is_on=False, missing_scope=None)
    assert (room.looks(), room.jobs(name=SAMPLE), samples(room)) == (0, [], 0)


def test_switching_it_on_needs_a_permission_and_says_how_to_grant_it(room: Room) -> None:
    switch, ada = room.tonearm.collections.set_sampling, room.ada.id
    with pytest.raises(NotFoundError):
        switch(ada, is_on=True)
    room.link()
    with pytest.raises(SpotifyRefusedError, match=rf"login\?scopes={PLAYBACK}") as caught:
        switch(ada, is_on=True)
    assert caught.value.cause is Cause.SCOPE
    assert room.status().sampling == Sampling(is_on=False, missing_scope=PLAYBACK)
    assert room.jobs(name=SAMPLE) == []

    room.sample()

    assert room.status().sampling == Sampling(is_on=True, missing_scope=None)
    assert room.looks() == 1


def test_the_wish_outlives_the_link_and_waits_for_its_permission(room: Room) -> None:
    room.sample()
    room.tonearm.links.unlink(room.ada.id)
    assert room.status().sampling == Sampling(is_on=True, missing_scope=None)
    assert room.jobs(name=SAMPLE) == []
    asked = room.looks()

    room.link()
    room.go_on(hours=1)

    assert room.status().sampling == Sampling(is_on=True, missing_scope=PLAYBACK)
    assert (room.looks(), room.status().problem) == (asked, None)
    room.link(more=[PLAYBACK])
    assert room.looks() == asked + 1


def test_a_track_is_looked_at_near_its_end_and_recorded_once_it_has_ended(room: Room) -> None:
    room.sample()
    first, second, _ = tracks_of(room.simulator.world)
    began = room.clock()
    ends = play(room, first, second)
    room.clock.advance(seconds=1)
    assert look(room).result == {"found": "under_way", "recorded": 0}
    before = samples(room)

    assert go_on(room).result == {"found": "ending", "recorded": 0}
    assert ends - room.clock() == timedelta(seconds=8)
    assert samples(room) == before
    assert go_on(room).result == {"found": "under_way", "recorded": 1}

    assert room.clock() - ends == timedelta(seconds=5)
    assert samples(room) == before + 1
    newest = room.plays()[0]
    assert newest.track.uri == uri(first)
    assert abs(newest.started_at - began) <= EPSILON
    assert abs(newest.ended_at - ends) <= EPSILON
    (sighting,) = room.tonearm.insights.play(room.ada.id, newest.id).sightings
    assert (sighting.platform, sighting.private, sighting.shuffle) == (
        "Desk (Computer)", False, False,
    )  # fmt: skip
    assert (newest.platform, newest.is_estimated, len(sighting.polls)) == ("other", True, 1)
    # Spotify tells of it too; of its chain one look is kept.
    room.go_on(minutes=1, step=1)
    look(room)
    (told,) = [one for one in room.plays() if one.id == newest.id]
    assert told.started_at == newest.started_at
    assert len(room.jobs(name=SAMPLE)) == 2


def test_nothing_is_asked_of_who_rests_or_has_paused_until_the_next_poll(room: Room) -> None:
    room.sample()
    play(room, *tracks_of(room.simulator.world))
    with room.simulator.lock:
        player(room).pause(room.simulator.clock.now_ms())
    assert look(room).result == {"found": "paused", "recorded": 0}
    assert planned(room) is None

    room.clock.advance(hours=1)
    with room.simulator.lock:
        now = room.simulator.clock.now_ms()
        room.simulator.users["listener1"].script.drop(now - 3_600_000, now + 3_600_000)
    assert look(room).result == {"found": "nothing", "recorded": 0}
    assert planned(room) is None
    asked = room.looks()
    room.clock.advance(minutes=4)
    room.work()
    assert room.looks() == asked


def test_an_advert_is_waited_for(room: Room) -> None:
    room.sample()
    play(room, *tracks_of(room.simulator.world))
    with room.simulator.lock:
        room.simulator.play_advert("listener1", 45)
    assert look(room).result == {"found": "advert", "recorded": 0}
    asked = room.clock()
    assert go_on(room).result == {"found": "advert", "recorded": 0}
    assert room.clock() - asked == timedelta(seconds=30)
    assert go_on(room).result == {"found": "under_way", "recorded": 0}


def test_what_is_paused_in_its_last_seconds_and_heard_later_is_one_play(room: Room) -> None:
    room.sample()
    episode = episode_of(room.simulator.world)
    play(room, episode, progress_ms=episode.duration_ms - ENDS_MS)
    room.clock.advance(seconds=1)
    assert look(room).result == {"found": "ending", "recorded": 0}
    with room.simulator.lock:
        player(room).pause(room.simulator.clock.now_ms())
    assert go_on(room).result == {"found": "paused", "recorded": 0}
    room.clock.advance(minutes=20)
    assert samples(room) == 0
    with room.simulator.lock:
        player(room).resume(room.simulator.clock.now_ms())
    room.clock.advance(seconds=2)
    assert look(room).result == {"found": "ending", "recorded": 0}
    ended = room.clock() + timedelta(seconds=5)

    assert go_on(room).result == {"found": "nothing", "recorded": 1}

    (found,) = [one for one in room.plays() if one.track.uri == uri(episode)]
    assert found.artist is not None
    assert (found.track.name, found.artist.name) == (episode.name, episode.work.name)
    assert abs(found.ended_at - ended) <= EPSILON
    assert planned(room) is None


def test_a_poll_looks_anew_at_who_has_left_a_long_episode(room: Room) -> None:
    room.sample()
    play(room, episode_of(room.simulator.world))
    room.clock.advance(seconds=1)
    look(room)
    ends = play(room, *tracks_of(room.simulator.world))
    room.clock.advance(seconds=1)

    look(room)

    job = planned(room)
    assert job is not None
    assert ends - job.run_at == timedelta(seconds=8)


def test_what_is_in_the_way_ends_the_chain_and_hurts_nothing_else(room: Room) -> None:
    room.sample()
    play(room, *tracks_of(room.simulator.world))
    room.simulator.faults.add(Fault("status", path="/me/player$", times=3))
    job = look(room)
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"found": "no_answer", "recorded": 0})
    (line,) = room.tonearm.jobs.logs(job.id)
    assert (line.level, "trouble of its own" in line.message) == ("warning", True)
    assert planned(room) is None
    found = room.status()
    assert (found.standing, found.problem, found.gaps) == (Standing.COLLECTING, None, ())
    room.clock.advance(seconds=1)
    assert look(room).result == {"found": "under_way", "recorded": 0}

    room.simulator.limits.block(room.simulator.app.developer, to_ms(room.clock()) + 3_600_000)
    assert go_on(room).result == {"found": "no_answer", "recorded": 0}
    assert (planned(room), room.gaps()) == (None, [])
    assert room.jobs(name=SAMPLE)[0].state is JobState.SUCCEEDED


def test_polls_go_first_and_have_the_last_calls_of_the_day(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with collecting(
        database_url, tmp_path, clock, spotify_daily_calls=110, spotify_reserve=100
    ) as room:
        room.sample()
        play(room, *tracks_of(room.simulator.world))
        for _ in range(12):
            clock.advance(seconds=1)
            job = look(room)
        assert job.result == {"found": "no_answer", "recorded": 0}
        assert room.status().standing is Standing.COLLECTING
        assert room.jobs()[0].state is JobState.SUCCEEDED
        assert job.priority > room.jobs()[0].priority
        clock.advance(hours=1)
        room.tonearm.collections.plan()
        assert job.priority > room.jobs()[0].priority


def test_a_link_that_dies_is_told_of_as_by_polls(room: Room) -> None:
    room.sample()
    play(room, *tracks_of(room.simulator.world))
    room.clock.advance(seconds=1)
    look(room)
    with room.simulator.lock:
        room.simulator.accounts.revoke(room.simulator.users["listener1"])
    assert go_on(room).state is JobState.FAILED
    found = room.status()
    assert found.standing is Standing.RELINK_NEEDED
    assert [gap.reason for gap in found.gaps] == [GapReason.RELINK_NEEDED]
    assert planned(room) is None


@pytest.mark.parametrize("how", ["pause", "unlink", "off"])
def test_no_look_is_taken_or_kept_of_who_wants_none_any_more(room: Room, how: str) -> None:
    def stop() -> None:
        if how == "pause":
            room.tonearm.collections.pause(room.ada.id, PausedBy.LISTENER)
        elif how == "unlink":
            room.tonearm.links.unlink(room.ada.id)
        else:
            room.tonearm.collections.set_sampling(room.ada.id, is_on=False)

    room.sample()
    play(room, *tracks_of(room.simulator.world))
    room.clock.advance(seconds=1)
    look(room)
    assert go_on(room).result == {"found": "ending", "recorded": 0}
    job = planned(room)
    assert job is not None
    room.clock.now = job.run_at
    sampler = room.tonearm.sampler

    def stop_meanwhile() -> datetime:
        stop()
        return room.clock()

    with pytest.MonkeyPatch.context() as patch:
        # The moment between asking and writing cannot be met otherwise.
        patch.setattr(sampler, "_clock", stop_meanwhile)
        room.work()
    assert room.tonearm.jobs.get(job.id).state is JobState.CANCELLED
    asked = room.looks()
    room.go_on(hours=1)
    assert (room.looks(), samples(room), planned(room)) == (asked, 0, None)


def test_switching_it_off_drops_the_look_that_was_planned(room: Room) -> None:
    room.sample()
    play(room, *tracks_of(room.simulator.world))
    room.clock.advance(seconds=1)
    look(room)
    room.tonearm.collections.set_sampling(room.ada.id, is_on=False)
    room.tonearm.collections.set_sampling(room.ada.id, is_on=False)
    assert room.jobs(name=SAMPLE) == []
    assert room.status().sampling.is_on is False
    room.tonearm.collections.pause(room.ada.id, PausedBy.LISTENER)
    room.tonearm.collections.set_sampling(room.ada.id, is_on=True)
    assert room.jobs(name=SAMPLE) == []


def test_to_erase_what_a_link_brought_is_to_erase_its_samples(room: Room) -> None:
    room.sample()
    first, second, _ = tracks_of(room.simulator.world)
    play(room, first, second)
    room.clock.advance(seconds=1)
    look(room)
    go_on(room)
    go_on(room)
    assert samples(room) == 1
    room.tonearm.links.unlink(room.ada.id, Collected.ERASE)
    room.work()
    assert (room.plays(), room.answers(), room.gaps()) == ([], [], [])
