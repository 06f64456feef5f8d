"""How long to wait: within the bounds, quick enough for whoever hears much, slower for whoever rests."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.collector.pace import PAGE, Pace, affordable, spread

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PACE = Pace()
MINUTES = st.integers(0, 2_000).map(lambda count: count * MINUTE)


def heard(count: int, over: timedelta) -> list[datetime]:
    """Give so many moments, evenly over the time before now."""
    return [NOW - over * place / count for place in range(count)]


@given(
    ago=st.lists(MINUTES, max_size=PAGE),
    before=MINUTES,
    rests=st.booleans(),
    bounds=st.lists(st.integers(1, 600), min_size=3, max_size=3).map(sorted),
)
def test_a_wait_is_within_its_bounds(
    ago: list[timedelta], before: timedelta, bounds: list[int], *, rests: bool
) -> None:
    pace = Pace(*(minutes * MINUTE for minutes in bounds))
    wait = pace.after(NOW, [NOW - each for each in ago], before, rests=rests)
    assert pace.least <= wait <= pace.most


@given(count=st.integers(1, PAGE))
def test_a_page_is_not_filled_between_two_looks_unless_the_least_wait_is_too_long(
    count: int,
) -> None:
    wait = PACE.after(NOW, heard(count, 60 * MINUTE), 15 * MINUTE, rests=False)
    assert wait <= PACE.usual
    assert count * (wait / (60 * MINUTE)) <= PAGE / 3 or wait == PACE.least


@pytest.mark.parametrize(("before", "after"), [(5, 30), (15, 30), (30, 60), (60, 60)], ids=str)
def test_the_wait_for_whoever_rests_doubles(before: int, after: int) -> None:
    long_ago = [NOW - timedelta(hours=9)]
    assert PACE.after(NOW, long_ago, before * MINUTE, rests=True) == after * MINUTE


def test_whoever_begins_to_listen_is_looked_at_as_usual() -> None:
    assert PACE.after(NOW, [NOW - MINUTE], 60 * MINUTE, rests=False) == PACE.usual
    # Also where the page had nothing new, because it was known already.
    assert PACE.after(NOW, [NOW - MINUTE], 60 * MINUTE, rests=True) == PACE.usual
    # What was uploaded late is new, but not of now.
    assert PACE.after(NOW, [NOW - 300 * MINUTE], 60 * MINUTE, rests=False) == PACE.usual


def test_all_who_share_an_app_can_be_looked_at_the_whole_day() -> None:
    assert affordable(5, 1_000) * 1_000 == timedelta(days=1) * 5
    assert affordable(1, 0) == timedelta(days=1)


def test_several_are_spread_evenly() -> None:
    moments = [spread(NOW, MINUTE, place, 4) for place in range(4)]
    assert moments == [NOW, NOW + MINUTE / 4, NOW + MINUTE / 2, NOW + MINUTE * 3 / 4]
