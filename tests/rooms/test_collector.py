"""Collecting from a simulated Spotify: what comes in, at which pace, and what is written down of the rest."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zlib import decompress

import pytest
from sqlalchemy import select

from collecting import Room, collecting
from moving_clock import MovingClock
from scripted_server import Answer, scripted
from tonearm.accounts.links import Collected
from tonearm.collector.records import BackfillEnd, PausedBy, Standing
from tonearm.domain.errors import ConflictError, ForbiddenError, NotFoundError
from tonearm.domain.vocabulary import GapReason
from tonearm.insights.plays import Play
from tonearm.jobs.records import JobState
from tonearm.simulator.faults import Fault
from tonearm.simulator.listening import Listen
from tonearm.spotify.errors import RelinkNeededError
from tonearm.storage.tables import audit

RECENT = "/me/player/recently-played"
ONCE_MS = 30_000


@pytest.fixture
def room(database_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    with collecting(database_url, tmp_path, clock) as room:
        yield room


def matches(play: Play, listen: Listen) -> bool:
    ended = play.ended_at.timestamp() * 1000
    return play.track.uri == listen.uri and abs(ended - listen.ended_at) <= ONCE_MS


def check_each_once(room: Room, told: list[Listen]) -> None:
    """Expect the plays to be exactly what Spotify told of."""
    plays = room.plays()
    for listen in told:
        assert sum(matches(play, listen) for play in plays) == 1, listen
    assert len(plays) == len(told)


def test_linking_brings_what_spotify_has_and_looks_on(room: Room) -> None:
    assert room.status().standing is Standing.NOT_LINKED
    with pytest.raises(NotFoundError):
        room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER)

    room.link()

    first = room.told()[-50:]
    check_each_once(room, first)
    found = room.status()
    assert (found.standing, found.fetched, found.new) == (Standing.COLLECTING, 50, 50)
    assert found.polled_at == room.clock()
    assert found.next_at is not None
    assert found.next_at > room.clock()
    assert (found.problem, found.gaps) == (None, ())
    assert found.backfill is not None
    assert found.backfill.ended_by in (BackfillEnd.EMPTY, BackfillEnd.NO_PROGRESS)
    (job,) = room.jobs()
    assert job.state is JobState.SUCCEEDED
    assert job.result == {
        "fetched": 50, "new": 50, "known": 0, "merged": 0, "suppressed": 0, "refused": 0, "gap": None,
    }  # fmt: skip

    room.go_on(hours=48, step=15)

    check_each_once(room, room.told()[-len(room.plays()) :])
    assert len(room.plays()) > len(first)
    assert room.gaps() == []
    assert {job.state for job in room.jobs()} == {JobState.SUCCEEDED}
    assert room.work() == 0


def test_what_spotify_said_is_kept_word_for_word(room: Room) -> None:
    room.link()

    for row in room.answers():
        item = json.loads(decompress(row.answer))
        assert item["track"]["uri"].startswith("spotify:track:")
        assert item["played_at"].endswith("Z")
    play = room.plays()[0]
    assert play.is_estimated
    (sighting,) = room.tonearm.insights.play(room.ada.id, play.id).sightings
    assert (sighting.source, len(sighting.polls)) == ("poll", 1)


def test_somebody_who_rests_is_asked_less_often_and_somebody_who_listens_more(room: Room) -> None:
    room.link()
    waits: list[tuple[float, int]] = []
    for _ in range(60):
        found = room.status()
        assert found.interval_minutes is not None
        waits.append((found.interval_minutes, found.new))
        assert found.next_at is not None
        room.clock.now = max(found.next_at, room.clock())
        room.go_on(minutes=1, step=1)
    assert {5 <= wait <= 60 for wait, _ in waits} == {True}
    assert max(wait for wait, new in waits if not new) == 60
    assert max(wait for wait, new in waits if new) == 15


def test_the_looks_of_several_are_spread_over_a_minute(room: Room) -> None:
    bob = room.add("Bob")
    room.link()
    room.link("listener2", bob)
    room.clock.advance(hours=2)
    room.tonearm.collections.plan()
    mine, bobs = room.jobs()[0], room.jobs(bob)[0]
    assert abs(bobs.run_at - mine.run_at) == timedelta(seconds=30)
    room.tonearm.collections.plan()
    assert (room.jobs()[0].id, room.jobs(bob)[0].id) == (mine.id, bobs.id)


def test_an_outage_in_which_plays_were_lost_is_the_reason_of_the_gap(room: Room) -> None:
    room.link()
    before = room.plays()[0].ended_at
    room.simulator.faults.add(Fault("status", path=RECENT, times=10_000))

    room.go_on(hours=80, step=600)

    assert room.status().standing is Standing.OUTAGE
    (gap,) = room.status().gaps
    assert (gap.reason, gap.to_at) == (GapReason.OUTAGE, None)
    assert JobState.DEAD in {job.state for job in room.jobs()}
    room.simulator.faults.clear()
    room.go_on(hours=2)
    found = room.status()
    assert (found.standing, found.problem) == (Standing.COLLECTING, None)
    (gap,) = found.gaps
    oldest = room.told()[-found.fetched :][0]
    assert gap.reason is GapReason.OUTAGE
    assert abs(gap.from_at - before) <= timedelta(seconds=30)
    assert gap.to_at is not None
    assert gap.to_at.timestamp() * 1000 <= oldest.ended_at + ONCE_MS or found.fetched < 50
    lost = [
        one for one in room.told(since=before) if not any(matches(p, one) for p in room.plays())
    ]
    assert lost
    inside = [
        gap.from_at.timestamp() * 1000 <= one.ended_at <= gap.to_at.timestamp() * 1000 + ONCE_MS
        for one in lost
    ]
    assert all(inside)


def test_a_short_outage_loses_nothing_and_leaves_no_gap(room: Room) -> None:
    room.link()
    room.simulator.faults.add(Fault("malformed", path=RECENT, times=9))
    room.go_on(hours=6)
    assert room.gaps() == [] or all(gap.is_closed for gap in room.gaps())
    assert room.status().standing is Standing.COLLECTING
    check_each_once(room, room.told()[-len(room.plays()) :])


def test_a_time_in_which_tonearm_did_not_run_is_an_outage(room: Room) -> None:
    room.link()
    room.clock.advance(hours=90)
    room.work()
    room.go_on(minutes=2, step=1)
    (gap,) = room.status().gaps
    assert gap.reason is GapReason.OUTAGE


def test_a_block_is_waited_for_and_asked_once_more_at_its_end(room: Room) -> None:
    room.link()
    developer = room.simulator.app.developer
    until = room.clock() + timedelta(hours=3)
    with room.simulator.lock:
        room.simulator.limits.block(developer, int(until.timestamp() * 1000))
    room.go_on(hours=2)
    found = room.status()
    assert found.standing is Standing.BLOCKED
    assert found.app is not None
    assert found.app.blocked_until is not None
    assert abs(found.app.blocked_until - until) <= timedelta(seconds=1)
    (job, *_) = room.jobs()
    assert (job.state, job.failures) == (JobState.WAITING, 0)
    asked = sum(room.simulator.counts.values())
    room.go_on(minutes=50)
    assert sum(room.simulator.counts.values()) == asked
    room.go_on(minutes=15)
    assert room.status().standing is Standing.COLLECTING
    check_each_once(room, room.told()[-len(room.plays()) :])


def test_a_link_that_dies_leaves_a_gap_until_it_is_made_again(room: Room) -> None:
    room.link()
    with room.simulator.lock:
        room.simulator.accounts.revoke(room.simulator.users["listener1"])
    room.go_on(hours=70, step=60)
    found = room.status()
    assert (found.standing, found.next_at) == (Standing.RELINK_NEEDED, None)
    assert found.problem is not None
    (gap,) = found.gaps
    assert (gap.reason, gap.to_at) == (GapReason.RELINK_NEEDED, None)
    failed = len(room.jobs())
    room.go_on(hours=5)
    assert len(room.jobs()) == failed
    with pytest.raises(RelinkNeededError):
        room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER)
    room.link()
    assert room.status().standing is Standing.COLLECTING
    (gap,) = room.gaps()
    assert gap.to_at is not None


def test_a_link_that_died_elsewhere_leaves_one_too(room: Room) -> None:
    room.link()
    with room.simulator.lock:
        room.simulator.accounts.revoke(room.simulator.users["listener1"])
    with pytest.raises(RelinkNeededError):
        room.tonearm.links.refresh(room.ada.id)
    room.go_on(minutes=2, step=1)
    (gap,) = room.status().gaps
    assert gap.reason is GapReason.RELINK_NEEDED


def test_who_is_not_on_the_apps_list_is_told_so_and_nobody_else_is_hurt(room: Room) -> None:
    bob = room.add("Bob")
    room.link()
    room.link("listener2", bob)
    with room.simulator.lock:
        room.simulator.app.users.discard("listener1")
    room.go_on(hours=3)
    found = room.status()
    assert found.standing is Standing.REFUSED
    assert found.problem is not None
    assert "user list" in found.problem
    failed = room.jobs()[0]
    assert failed.state is JobState.FAILED
    # Nobody has mended it since, so there was no hurry: it is asked again after the longest wait.
    assert found.next_at is not None
    assert failed.finished_at is not None
    assert found.next_at - failed.finished_at == timedelta(hours=1)
    assert found.next_at > room.clock()
    assert room.status(bob).standing is Standing.COLLECTING
    with room.simulator.lock:
        room.simulator.app.users.add("listener1")
    room.go_on(hours=2)
    found = room.status()
    assert (found.standing, found.problem) == (Standing.COLLECTING, None)


def test_pausing_asks_nothing_and_going_on_asks_at_once(room: Room) -> None:
    room.link()
    room.tonearm.collections.pause(room.ada.id, PausedBy.LISTENER)
    room.tonearm.collections.pause(room.ada.id, PausedBy.LISTENER)
    asked = sum(room.simulator.counts.values())
    room.go_on(hours=80, step=60)
    assert sum(room.simulator.counts.values()) == asked
    found = room.status()
    assert (found.standing, found.next_at, found.paused_by) == (
        Standing.PAUSED, None, PausedBy.LISTENER,
    )  # fmt: skip
    (gap,) = found.gaps
    assert gap.reason is GapReason.PAUSED
    with pytest.raises(ConflictError):
        room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER)
    room.tonearm.collections.resume(room.ada.id, PausedBy.LISTENER)
    room.tonearm.collections.resume(room.ada.id, PausedBy.LISTENER)
    room.work()
    assert room.status().polled_at == room.clock()
    (gap,) = room.status().gaps
    assert gap.reason is GapReason.PAUSED
    assert gap.to_at is not None


def test_what_an_admin_has_paused_an_admin_lets_go_on(room: Room) -> None:
    room.link()
    collections, ada = room.tonearm.collections, room.ada.id
    collections.pause(ada, PausedBy.LISTENER)
    collections.pause(ada, PausedBy.ADMIN)
    with pytest.raises(ForbiddenError):
        collections.resume(ada, PausedBy.LISTENER)
    # Nor does linking anew get around it.
    room.tonearm.links.unlink(ada)
    room.link()
    assert room.status().standing is Standing.PAUSED
    collections.resume(ada, PausedBy.ADMIN)
    room.work()
    collections.trigger(ada, PausedBy.ADMIN)
    assert room.status().standing is Standing.COLLECTING
    with room.tonearm.database.read() as connection:
        actions = connection.scalars(select(audit.c.action).order_by(audit.c.id)).all()
    assert [action for action in actions if action.startswith("collecting")] == [
        "collecting.paused", "collecting.resumed", "collecting.triggered",
    ]  # fmt: skip


def test_what_a_listener_has_paused_is_over_with_the_link(room: Room) -> None:
    room.link()
    room.tonearm.collections.pause(room.ada.id, PausedBy.LISTENER)
    room.tonearm.links.unlink(room.ada.id)
    room.link()
    found = room.status()
    assert (found.standing, found.paused_at, found.paused_by) == (Standing.COLLECTING, None, None)


def test_asking_now_does_not_queue_twice(room: Room) -> None:
    room.link()
    first = room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER)
    assert room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER) == first
    assert room.work() == 1
    assert room.jobs()[0].id == first


def test_asking_now_does_not_wait_for_the_next_try(room: Room) -> None:
    room.link()
    room.simulator.faults.add(Fault("malformed", path=RECENT, times=99))
    room.clock.advance(minutes=20)
    room.work()
    (job, *_) = room.jobs()
    assert job.state is JobState.WAITING
    assert job.run_at > room.clock()
    room.simulator.faults.clear()
    assert room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER) == job.id
    assert room.work() == 1
    assert room.jobs()[0].state is JobState.SUCCEEDED
    assert room.status().polled_at == room.clock()


def test_those_who_share_an_app_share_its_calls(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    few: dict[str, Any] = {"spotify_daily_calls": 48, "spotify_reserve": 24}
    with collecting(database_url, tmp_path, clock, **few) as room:
        bob = room.add("Bob")

        def least_wait() -> float:
            waits: list[float] = []
            for _ in range(24):
                room.go_on(hours=1, step=15)
                waits.append(room.status().interval_minutes or 0)
            return min(waits)

        room.link()
        assert least_wait() == 30
        room.link("listener2", bob)
        assert least_wait() == 60
        room.tonearm.collections.pause(bob.id, PausedBy.LISTENER)
        assert least_wait() == 30


def test_items_that_are_no_plays_are_counted_and_written_down(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    odd = [{"track": None, "played_at": "2026-05-01T11:00:00Z"}, "nothing", {"track": {}}]
    answers = [{"id": "ada"}, {"items": odd, "limit": 50, "next": None, "cursors": None}]
    with scripted() as script:
        script.say(*(Answer(json.dumps(answer).encode()) for answer in answers))
        api = f"{script.origin}/v1"
        with collecting(database_url, tmp_path, clock, spotify_api_url=api) as room:
            room.link()
            (job,) = room.jobs()
            assert (job.state, job.error) == (JobState.SUCCEEDED, None)
            counts = [job.result[name] for name in ("fetched", "refused", "new")]
            assert counts == [3, 3, 0]
            (line,) = room.tonearm.jobs.logs(job.id)
            assert (line.level, line.message) == (
                "warning", "3 items of the page were no plays as far as is known.",
            )  # fmt: skip
            assert room.plays() == []
            assert room.status().standing is Standing.COLLECTING


def test_unlinking_keeps_the_plays_and_linking_again_goes_on(room: Room) -> None:
    room.link()
    count = len(room.plays())
    room.tonearm.links.unlink(room.ada.id)
    assert room.status().standing is Standing.NOT_LINKED
    assert len(room.plays()) == count
    room.go_on(hours=80, step=60)
    room.link()
    (gap,) = room.gaps()
    assert gap.reason is GapReason.UNLINKED
    assert gap.to_at is not None
    assert len(room.plays()) == count + 50


def test_unlinking_can_erase_what_the_link_brought(room: Room) -> None:
    room.link()
    room.tonearm.links.unlink(room.ada.id, Collected.ERASE)
    room.work()
    assert (room.plays(), room.answers(), room.gaps()) == ([], [], [])
    (job,) = room.jobs(name="collector.forget")
    assert job.result == {"forgotten": 50}


@pytest.mark.parametrize("how", ["paused", "unlinked", "erased"])
def test_a_page_that_comes_too_late_is_not_recorded(room: Room, how: str) -> None:
    room.link()
    room.clock.advance(hours=9)
    room.tonearm.collections.plan()
    count = len(room.plays())
    poller = room.tonearm.poller
    fetch = poller._fetch  # noqa: SLF001 - the moment between asking and writing cannot be met otherwise

    def end() -> None:
        if how == "paused":
            room.tonearm.collections.pause(room.ada.id, PausedBy.LISTENER)
        else:
            what = Collected.ERASE if how == "erased" else Collected.KEEP
            room.tonearm.links.unlink(room.ada.id, what)
            # Somebody else erases at once.
            room.tonearm.worker().work_once()

    def end_meanwhile(*args: object) -> object:
        page = fetch(*args)  # type: ignore[arg-type] # passed on
        end()
        return page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poller, "_fetch", end_meanwhile)
        room.work()
    assert len(room.plays()) == (0 if how == "erased" else count)
    assert room.status().standing is (Standing.PAUSED if how == "paused" else Standing.NOT_LINKED)
