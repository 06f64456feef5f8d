"""What Spotify still has of the time before the link: asked for page by page, until one of five conditions holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collecting import Room, collecting
from moving_clock import MovingClock
from tonearm.collector.records import Backfill, BackfillEnd, Standing
from tonearm.jobs.records import Job, JobState
from tonearm.simulator.simulator import Plan

BACKFILL = "collector.backfill"
KEPT = 230
LONG = Plan(users=2, days_before=25, days_after=2, tracks=400)


@contextmanager
def opened(
    url: str,
    folder: Path,
    clock: MovingClock,
    kept: int = KEPT,
    **chosen: Any,  # noqa: ANN401 - settings
) -> Iterator[Room]:
    """Collect from a Spotify that keeps more plays than fit on a page."""
    with collecting(url, folder, clock, LONG, **chosen) as room:
        room.simulator.recent_kept = kept
        yield room


def ended(room: Room) -> Backfill:
    found = room.status().backfill
    assert found is not None
    return found


def last_job(room: Room) -> Job:
    job, *_ = room.jobs(name=BACKFILL)
    return job


def test_all_that_spotify_keeps_is_brought_in(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, clock) as room:
        room.link()

        told = room.told()[-KEPT:]
        assert len(told) == KEPT
        assert len(room.plays()) == KEPT
        assert (ended(room).ended_by, ended(room).requests) == (BackfillEnd.EMPTY, 5)
        assert ended(room).ended_at == clock()
        job = last_job(room)
        assert (job.state, job.result) == (
            JobState.SUCCEEDED, {"ended_by": "empty", "requests": 5, "new": 0},
        )  # fmt: skip
        assert room.gaps() == []
        # Each page goes on from the one after it, so that all of the time is vouched for.
        oldest = min(play.ended_at for play in room.plays())
        assert room.spans() == [(oldest, clock())]
        room.go_on(hours=3)
        assert len(room.jobs(name=BACKFILL)) == 1


def test_it_ends_after_so_many_requests(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, clock, collector_backfill_requests=2) as room:
        room.link()
        assert (ended(room).ended_by, ended(room).requests) == (BackfillEnd.MAX_REQUESTS, 2)
        assert len(room.plays()) == 150


def test_it_ends_at_so_many_days(database_url: str, clock: MovingClock, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, clock, collector_backfill_days=6) as room:
        room.link()
        bound = clock() - timedelta(days=6)
        assert ended(room).ended_by is BackfillEnd.MAX_DAYS
        plays = [play.ended_at for play in room.plays()]
        assert min(plays) < bound
        assert sum(instant < bound for instant in plays) <= 50
        told = room.told(since=bound + timedelta(seconds=30))
        assert sum(instant >= bound for instant in plays) >= len(told)


def block(room: Room, hours: int) -> None:
    """Let Spotify lock the app out."""
    until = room.clock() + timedelta(hours=hours)
    with room.simulator.lock:
        room.simulator.limits.block(room.simulator.app.developer, int(until.timestamp() * 1000))


def test_it_gives_up_after_so_many_blocks_and_polls_go_on(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, clock, collector_backfill_blocks=2) as room:
        room.link(works=False)
        assert room.worker.work_once()  # the poll
        for blocks in (1, 2):
            block(room, hours=1)
            room.work()
            assert room.status().standing is Standing.BLOCKED
            assert (ended(room).ended_by is None) == (blocks == 1)
            assert last_job(room).state is (JobState.WAITING if blocks == 1 else JobState.SUCCEEDED)
            clock.advance(hours=1)
        assert (ended(room).ended_by, ended(room).requests) == (BackfillEnd.BLOCKED, 0)
        room.go_on(hours=2)
        assert room.status().standing is Standing.COLLECTING
        assert len(room.jobs(name=BACKFILL)) == 1
        assert all(gap.is_closed for gap in room.gaps())


def test_it_goes_on_where_a_block_interrupted_it(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, clock) as room:
        room.link(works=False)
        assert room.worker.work_once()
        block(room, hours=1)
        room.work()
        assert (ended(room).ended_by, ended(room).requests) == (None, 0)
        clock.advance(minutes=61)
        room.work()
        told = room.told()[-KEPT:]
        assert (ended(room).ended_by, ended(room).requests) == (BackfillEnd.EMPTY, 5)
        plays = [play.ended_at.timestamp() * 1000 for play in room.plays()]
        for one in told:
            assert sum(abs(instant - one.ended_at) <= 30_000 for instant in plays) >= 1


def test_one_listeners_is_done_at_a_time(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, clock) as room:
        bob, other = room.add("Bob"), room.tonearm.worker()
        room.link(works=False)
        room.link("listener2", bob, works=False)
        assert [room.worker.work_once() for _ in range(2)] == [True, True]
        poller = room.tonearm.poller
        fetch, asked = poller._fetch, []  # noqa: SLF001 - the moment of asking cannot be met otherwise

        def look_around(*args: object) -> object:
            asked.append(other.work_once())
            return fetch(*args)  # type: ignore[arg-type] # passed on

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(poller, "_fetch", look_around)
            room.work()
        assert asked
        assert not any(asked)
        assert [ended(room).requests, room.status(bob).backfill] == [5, ended(room)]
