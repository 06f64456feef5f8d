"""What may be asked of Spotify, and when: budgets, bounds and lock-outs, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from moving_clock import MovingClock
from tonearm.spotify.errors import SpotifyBlockedError
from tonearm.spotify.pacing import Allowance, BlockReason, Pacer, Purpose
from tonearm.storage.database import Database

DAY = timedelta(hours=24)
APP = "an-app"


def make_pacer(database: Database, clock: MovingClock, **allowance: int) -> Pacer:
    some = Allowance(**{"daily_calls": 10, "reserve": 4, "burst": 1_000} | allowance)
    return Pacer(database, clock, some, lambda seconds: clock.advance(seconds=seconds))


def admit(pacer: Pacer, purpose: Purpose, times: int = 1) -> None:
    for _ in range(times):
        pacer.admit(APP, purpose)


def refused(pacer: Pacer, purpose: Purpose) -> SpotifyBlockedError:
    with pytest.raises(SpotifyBlockedError) as caught:
        pacer.admit(APP, purpose)
    return caught.value


def test_the_reserve_is_kept_for_polls_and_half_of_it_for_nothing_else(
    database: Database, clock: MovingClock
) -> None:
    pacer, begun = make_pacer(database, clock), clock.now
    admit(pacer, Purpose.OTHER, 6)

    assert refused(pacer, Purpose.OTHER).not_before == begun + DAY
    admit(pacer, Purpose.BACKFILL, 2)
    assert "recent plays" in refused(pacer, Purpose.BACKFILL).message
    admit(pacer, Purpose.POLL, 2)
    assert "TONEARM_SPOTIFY_DAILY_CALLS" in refused(pacer, Purpose.POLL).message

    status = pacer.get_status(APP)
    assert (status.calls_today, status.budget, status.reserve) == (10, 10, 4)
    assert status.day_ends_at == begun + DAY
    assert status.blocked_until is None


def test_polls_use_the_reserve_last_as_well(database: Database, clock: MovingClock) -> None:
    pacer = make_pacer(database, clock)
    admit(pacer, Purpose.POLL, 6)

    refused(pacer, Purpose.OTHER)
    admit(pacer, Purpose.POLL, 4)


def test_a_budget_begins_anew_a_day_after_its_first_call(
    database: Database, clock: MovingClock
) -> None:
    pacer = make_pacer(database, clock)
    admit(pacer, Purpose.POLL)
    clock.advance(hours=23, minutes=59)
    admit(pacer, Purpose.POLL, 9)
    refused(pacer, Purpose.POLL)

    clock.advance(minutes=1)
    assert pacer.get_status(APP).calls_today == 0
    assert pacer.get_status(APP).day_ends_at is None
    admit(pacer, Purpose.POLL)
    assert pacer.get_status(APP).calls_today == 1
    assert pacer.get_status(APP).day_ends_at == clock.now + DAY


def test_apps_have_budgets_of_their_own(database: Database, clock: MovingClock) -> None:
    pacer = make_pacer(database, clock)
    admit(pacer, Purpose.POLL, 10)

    pacer.admit("another", Purpose.OTHER)

    assert [(each.client_id, each.calls_today) for each in pacer.list_statuses()] == [
        ("an-app", 10),
        ("another", 1),
    ]


def test_processes_share_a_budget(database: Database, clock: MovingClock) -> None:
    """Each with a pacer of its own; no call is counted twice or not at all."""
    pacers = [make_pacer(database, clock) for _ in range(4)]

    def try_one(number: int) -> bool:
        try:
            pacers[number % 4].admit(APP, Purpose.POLL)
        except SpotifyBlockedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        let_go = list(pool.map(try_one, range(24)))

    assert sum(let_go) == 10
    assert pacers[0].get_status(APP).calls_today == 10


def test_a_machine_whose_clock_is_ahead_counts_with_the_others(
    database: Database, clock: MovingClock
) -> None:
    ahead = Pacer(database, lambda: clock.now + timedelta(seconds=9), Allowance())
    admit(ahead, Purpose.POLL, 3)
    admit(make_pacer(database, clock), Purpose.POLL, 2)

    assert make_pacer(database, clock).get_status(APP).calls_today == 5
    assert ahead.get_status(APP).calls_today == 5


def test_a_lock_out_holds_for_every_process_until_it_is_over(
    database: Database, clock: MovingClock
) -> None:
    pacer, later = make_pacer(database, clock), make_pacer(database, clock)
    until = pacer.block(APP, timedelta(hours=5), BlockReason.QUOTA)

    assert until == clock.now + timedelta(hours=5)
    error = refused(later, Purpose.POLL)
    assert error.not_before == until
    assert "17:00 UTC" in error.message
    status = later.get_status(APP)
    assert (status.blocked_until, status.reason) == (until, BlockReason.QUOTA)
    assert status.calls_today == 0

    clock.advance(hours=5)
    admit(later, Purpose.POLL)
    status = pacer.get_status(APP)
    assert (status.blocked_until, status.reason) == (None, None)


def test_a_lock_out_is_never_shortened_nor_longer_than_a_day(
    database: Database, clock: MovingClock
) -> None:
    pacer = make_pacer(database, clock)

    assert pacer.block(APP, timedelta(days=900), BlockReason.QUOTA) == clock.now + DAY
    assert pacer.block(APP, timedelta(seconds=9), BlockReason.RATE) == clock.now + DAY
    assert pacer.get_status(APP).reason is BlockReason.QUOTA


def test_a_clock_that_was_wrong_locks_nobody_out_for_longer(
    database: Database, clock: MovingClock
) -> None:
    pacer = make_pacer(database, clock)
    clock.advance(days=400)
    admit(pacer, Purpose.POLL, 10)
    pacer.block(APP, timedelta(hours=9), BlockReason.RATE)
    clock.advance(days=-400)

    admit(pacer, Purpose.POLL)
    assert pacer.get_status(APP).calls_today == 1
    assert pacer.block(APP, timedelta(hours=1), BlockReason.RATE) == clock.now + timedelta(hours=1)


def test_what_is_refused_is_not_counted(database: Database, clock: MovingClock) -> None:
    pacer = make_pacer(database, clock, daily_calls=2, reserve=1, burst=1_000)
    admit(pacer, Purpose.OTHER)
    for _ in range(5):
        refused(pacer, Purpose.OTHER)

    assert pacer.get_status(APP).calls_today == 1
    admit(pacer, Purpose.POLL)


def test_half_of_a_burst_goes_at_once_and_the_rest_evenly(
    sqlite_database: Database, clock: MovingClock
) -> None:
    pacer, begun = make_pacer(sqlite_database, clock, daily_calls=1_000, burst=40), clock.now
    calls = []
    for _ in range(100):
        admit(pacer, Purpose.OTHER)
        calls.append((clock.now - begun).total_seconds())

    assert calls[:17] == [0.0] * 15 + [2.0, 4.0]
    assert all(sum(now - 30 < each <= now for each in calls) <= 30 for now in calls)
    assert calls[-1] < 200


def test_polls_go_before_others_in_a_burst(sqlite_database: Database, clock: MovingClock) -> None:
    pacer, begun = make_pacer(sqlite_database, clock, daily_calls=1_000, burst=40), clock.now
    admit(pacer, Purpose.OTHER, 15)

    admit(pacer, Purpose.POLL, 5)
    assert clock.now == begun
    admit(pacer, Purpose.POLL)
    assert (clock.now - begun).total_seconds() == 1.5


def test_covers_have_a_part_of_what_polls_leave_until_the_day_is_over(
    database: Database, clock: MovingClock
) -> None:
    pacer, begun = make_pacer(database, clock, covers=2), clock.now
    admit(pacer, Purpose.OTHER, 2)
    admit(pacer, Purpose.COVER, 2)

    error = refused(pacer, Purpose.COVER)
    assert "TONEARM_COVERS_DAILY_CALLS" in error.message
    assert error.not_before == begun + DAY
    assert pacer.get_status(APP).calls_today == 4
    admit(pacer, Purpose.OTHER, 2)
    clock.advance(days=1)
    admit(pacer, Purpose.OTHER, 5)
    admit(pacer, Purpose.COVER)
    # What polls are left is left to them, whatever part of it covers had.
    assert "recent plays" in refused(pacer, Purpose.COVER).message
    admit(pacer, Purpose.POLL, 4)


def test_covers_leave_two_thirds_of_a_burst(sqlite_database: Database, clock: MovingClock) -> None:
    pacer, begun = make_pacer(sqlite_database, clock, daily_calls=1_000, burst=60), clock.now
    admit(pacer, Purpose.COVER, 10)
    assert clock.now == begun
    admit(pacer, Purpose.COVER)
    assert (clock.now - begun).total_seconds() == 3
    admit(pacer, Purpose.OTHER, 11)
    assert (clock.now - begun).total_seconds() == 3


def test_what_would_have_to_wait_for_long_is_refused(
    sqlite_database: Database, clock: MovingClock
) -> None:
    pacer, begun = make_pacer(sqlite_database, clock, daily_calls=100, burst=8), clock.now
    admit(pacer, Purpose.POLL, 4)

    error = refused(pacer, Purpose.POLL)
    assert error.not_before == begun + timedelta(seconds=7.5)
    assert clock.now == begun
    assert pacer.get_status(APP).calls_today == 4


def test_a_refused_call_leaves_its_place_to_others(
    sqlite_database: Database, clock: MovingClock
) -> None:
    pacer = make_pacer(sqlite_database, clock, burst=8)
    pacer.block(APP, timedelta(seconds=10), BlockReason.RATE)
    for _ in range(9):
        refused(pacer, Purpose.POLL)
    clock.advance(seconds=10)

    admit(pacer, Purpose.POLL, 4)


def test_threads_share_the_bound(sqlite_database: Database, clock: MovingClock) -> None:
    def never(_: float) -> None:
        raise TimeoutError

    pacer = Pacer(sqlite_database, clock, Allowance(burst=40), never)

    def try_one(_: int) -> bool:
        try:
            pacer.admit(APP, Purpose.POLL)
        except TimeoutError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_one, range(60))) == 20
