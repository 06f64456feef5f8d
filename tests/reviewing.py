"""Compares the stories of years and months with those that are told by brute force."""

from collections.abc import Iterator
from datetime import date

from msgspec.structs import astuple

from asking import near
from measuring import ITEMS, instant
from oracle.measures import names_of
from oracle.plays import OraclePlay
from oracle.stories import Review as Told
from tonearm.insights.charts.month import Month
from tonearm.insights.charts.year import Year
from tonearm.insights.favourites import Favourite
from tonearm.insights.totals import TotalNumbers


def check_review(found: Year | Month, expected: Told, plays: list[OraclePlay]) -> None:
    """Expect the story of a year or month to be the one that is told of these plays."""
    check_numbers(found, expected)
    for item in ITEMS:
        keys = sorted(names_of(plays, item), reverse=True)
        assert [
            (keys[one.id - 1], one.plays, one.ms_played, best, is_new)
            for one, best, is_new in leaders(found, item)
        ] == [
            (one.place.key, one.place.plays, one.place.ms_played, one.best, one.is_new)
            for one in getattr(expected, item)
        ]  # fmt: skip
    tracks = sorted(names_of(plays, "tracks"), reverse=True)
    assert astuple(found.discovery)[:5] == expected.discovery[1:6]
    assert found.discovery.rediscoveries == expected.discovery.rediscoveries
    assert near(found.discovery.new_share, expected.discovery.new_share)
    assert [
        (tracks[one.id - 1], instant(one.played_at), one.pause_days) for one in found.rediscovered
    ] == [(one.key, one.played_at, one.pause_days) for one in expected.rediscovered]
    first = found.first_play
    assert (first and (instant(first.played_at), tracks[first.id - 1])) == expected.first_play


def leaders(found: Year | Month, item: str) -> Iterator[tuple[Favourite, date, bool]]:
    """Give the first items with their best month or day, and whether they are new."""
    for one in getattr(found, item):
        yield one, one.best_month if isinstance(found, Year) else one.best_day, one.is_new


def check_numbers(found: Year | Month, expected: Told) -> None:
    """Expect all that is no item."""
    assert astuple(found.totals)[:6] == expected.totals[:6]
    assert (found.previous is None) == (expected.previous is None)
    if found.previous and found.change and found.ratio and expected.previous and expected.changes:
        assert astuple(found.previous)[:6] == expected.previous[:6]
        for name in TotalNumbers.__struct_fields__[:6]:
            change, ratio = expected.changes[name]
            assert getattr(found.change, name) == change
            assert near(getattr(found.ratio, name), ratio)
    assert (found.peak_day and astuple(found.peak_day)) == expected.peak_day
    assert found.peak_hour == expected.peak_hour
    units = found.months if isinstance(found, Year) else found.days
    assert [(one.starts_on, one.plays, one.ms_played) for one in units] == [
        (one.starts_on, one.plays, one.ms_played) for one in expected.units
    ]
    long = found.longest_session
    assert (
        long
        and (instant(long.started_at), instant(long.ended_at), *astuple(long)[2:])
    ) == expected.longest_session  # fmt: skip
    streak = found.longest_streak
    assert (astuple(streak) if streak else (0, None, None)) == expected.longest_streak
