"""The oracle of discoveries, comparisons, stories and coverage: examples and laws."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, find, given, settings

from oracle.comparison import Change, Standing, changes, compare, previous_range
from oracle.completeness import Coverage, coverage, day_spans, union, without
from oracle.discovery import (
    Anniversary,
    DiscoveryLine,
    Milestone,
    Rediscovery,
    anniversaries,
    discovery,
    milestones,
    next_return,
)
from oracle.examples import ALWAYS, BERLIN, DAY, HOUR, MINUTE, at, days, heard
from oracle.habits import concentration, context, loyalty, repeat, skips
from oracle.measures import Totals, artist_key, totals
from oracle.ranking import Place, places
from oracle.rhythm import clock, sessions, sessions_of, streaks, timeline
from oracle.stories import (
    FirstPlay,
    Leader,
    PeakDay,
    Review,
    month_in_review,
    taste,
    year_in_review,
)
from oracle.strategies import listens

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle.plays import OraclePlay

NOITE = ("music", "noite")
YEAR_2024 = days("2024-01-01", "2025-01-01")


def test_discovery_by_months() -> None:
    plays = [
        heard("2023-12-31 23:59", "a", album="Old"),
        heard("2023-12-31 23:59", "z", 5, artist="Z"),  # does not count, so that it is no first
        heard("2024-01-01 00:00", "a", album="Old"),
        heard("2024-01-02 10:00", "b", artist="B", album="New"),
        heard("2024-01-03 10:00", "b", artist="B", album="New"),
        heard("2024-03-01 10:00", "b", artist="B", album="New"),
        heard("2024-03-02 10:00", "z", artist="Z"),
        heard("2024-03-03 10:00", "u", artist=None),
    ]
    found = discovery(plays, *days("2024-01-01", "2024-04-01"), BERLIN)
    assert found.whole == DiscoveryLine(None, 6, 2, 1, 3, 5, 5 / 6, 0)
    assert found.items == [
        DiscoveryLine(date(2024, 1, 1), 3, 1, 1, 1, 2, 2 / 3, 0),
        DiscoveryLine(date(2024, 2, 1), 0, 0, 0, 0, 0, 0.0, 0),
        DiscoveryLine(date(2024, 3, 1), 3, 1, 0, 2, 2, 2 / 3, 0),
    ]
    # The week of Monday 1 January, of which only two days lie in the range.
    clipped = discovery(plays, *days("2024-01-03", "2024-01-05"), BERLIN, unit="week")
    assert clipped.items == [DiscoveryLine(date(2024, 1, 1), 1, 0, 0, 0, 0, 0.0, 0)]
    assert discovery([], *ALWAYS, BERLIN).items == []


def test_a_rediscovery_follows_a_pause_of_180_days() -> None:
    begin = at("2024-01-10 12:00")
    plays = [
        heard(begin - 180 * DAY), heard(begin, reason_end="logout"),
        heard(begin - 180 * DAY, "b"), heard(begin - 1, "b"),
        heard(begin - 400 * DAY, "c"), heard(begin - 3 * DAY, "c", 5), heard(begin + DAY - 1, "c"),
        heard(begin - 180 * DAY + 1, "d"), heard(begin + 1, "d"),
    ]  # fmt: skip
    found = discovery(plays, *YEAR_2024, BERLIN)
    assert found.whole.rediscoveries == found.items[0].rediscoveries == 3
    assert found.rediscovered == [
        Rediscovery(("c",), "C", begin + DAY - 1, 400),  # 401 days but for a millisecond
        Rediscovery(("a",), "A", begin, 180),
        Rediscovery(("d",), "D", begin + 1, 180),
    ]
    assert discovery(plays, *YEAR_2024, BERLIN, limit=1).rediscovered == found.rediscovered[:1]
    assert discovery(plays, begin, begin + 1, BERLIN).whole.rediscoveries == 1


def test_milestones_in_a_range() -> None:
    begin = at("2024-01-01 00:00")
    # Ten tracks in turn; a minute each, of which the first ten are of an artist each.
    plays = [
        heard(begin + number * HOUR, f"t{number % 10}", artist=f"A{number % 10}")
        for number in range(100)
    ]
    plays.append(heard(begin - HOUR, "x", 10_000, artist="X"))  # time, but no play
    found = milestones(plays, *ALWAYS, BERLIN)
    assert [(one.kind, one.number, (one.at - begin) / HOUR) for one in found] == [
        ("plays", 1, 0), ("artists", 1, 0), ("tracks", 1, 0), ("artists", 10, 9), ("tracks", 10, 9),
        ("hours", 1, 59), ("plays", 100, 99),
    ]  # fmt: skip
    assert found[-1] == Milestone("plays", 100, begin + 99 * HOUR, ("t9",), "T9", "A9")
    assert milestones(plays, *ALWAYS, BERLIN, limit=2) == found[-2:]
    assert milestones(plays, begin + 9 * HOUR, begin + 99 * HOUR, BERLIN) == found[3:6]
    # The first hour is full at its last millisecond, not before.
    whole = [heard(begin, "a", HOUR - 1), heard(begin + 1, "b", 1, artist=None)]
    assert milestones(whole, *ALWAYS, BERLIN)[3:] == [
        Milestone("hours", 1, begin + 1, ("b",), "B", None)
    ]
    earlier = whole[1]._replace(ended_at=begin - 1)
    full = milestones([whole[0], earlier, heard(begin + 9)], *ALWAYS, BERLIN)
    assert [one.at for one in full if one.kind == "hours"] == [begin], "filled once only"
    ten = milestones([heard(begin, ms=10 * HOUR)], *ALWAYS, BERLIN)
    assert [one.number for one in ten if one.kind == "hours"] == [1, 10]
    assert milestones([], *ALWAYS, BERLIN) == []


def test_milestones_of_a_long_life() -> None:
    # A day each; every hour that is a milestone is passed by play ceil(hours / 24).
    begin = at("2006-01-01")
    plays = [heard(begin + day * DAY, f"t{day}", DAY, artist=f"A{day}") for day in range(2_500)]
    found = milestones(plays, *ALWAYS, BERLIN, limit=99)
    reached = {
        kind: [(one.number, (one.at - begin) // DAY + 1) for one in found if one.kind == kind]
        for kind in ("plays", "artists", "tracks", "hours")
    }
    marks = [1, 10, 100, 500, 1_000, 2_500]
    assert reached["tracks"] == reached["artists"] == [(mark, mark) for mark in marks]
    assert reached["plays"] == [(mark, mark) for mark in marks if mark != 10]
    assert reached["hours"] == [
        (1, 1), (10, 1), (100, 5), (500, 21), (1_000, 42), (2_500, 105), (5_000, 209),
        (10_000, 417), (25_000, 1_042), (50_000, 2_084),
    ]  # fmt: skip


def test_anniversaries_return_every_year() -> None:
    plays = [
        heard("2020-02-29 12:00", "u", artist=None),
        heard("2020-06-01 12:00"),
        heard("2021-03-05 12:00", "b", artist="B"),
        heard("2021-03-05 13:00", "b", artist="B"),
    ]
    found = anniversaries(plays, BERLIN, today=date(2024, 3, 5))
    assert found == [
        Anniversary(date(2025, 2, 28), 5, at("2020-02-29 12:00"), None, None),
        Anniversary(date(2024, 3, 5), 3, at("2021-03-05 12:00"), ("music", "b"), "B"),
        Anniversary(date(2024, 6, 1), 4, at("2020-06-01 12:00"), NOITE, "Noite"),
    ]
    assert anniversaries(plays, BERLIN, today=date(2024, 3, 5), limit=1) == found[:2]
    assert anniversaries([], BERLIN, today=date(2024, 3, 5)) == []
    first = date(2020, 2, 29)
    assert next_return(first, date(2024, 2, 29)) == (date(2024, 2, 29), 4)
    assert next_return(first, date(2023, 2, 28)) == (date(2023, 2, 28), 3)
    assert next_return(date(2096, 2, 29), date(2100, 1, 1)) == (date(2100, 2, 28), 4)
    assert next_return(first, first) == (date(2021, 2, 28), 1), "the day itself is no return"


def test_two_months_compared() -> None:
    plays = [
        *[heard(f"2024-02-0{day} 10:00", "a", artist="A") for day in (1, 2, 3)],
        heard("2024-02-04 10:00", "b", artist="B"),
        heard("2024-02-05 10:00", "c", artist="C", ms=40_000),
        heard("2024-03-01 10:00", "a", artist="A", ms=90_000),
        heard("2024-03-02 10:00", "b", artist="B", ms=80_000),
        *[heard(f"2024-03-0{day} 10:00", "d", artist="D") for day in (1, 2)],
    ]
    february, march = days("2024-02-01", "2024-03-01"), days("2024-03-01", "2024-04-01")
    found = compare(plays, *march, BERLIN, other=february, limit=2)
    assert (found.here.plays, found.there.plays) == (4, 5)
    assert found.changes["plays"] == Change(-1, 0.8)
    assert found.changes["ms_played"] == Change(10_000, 290 / 280)
    assert found.changes["active_days"] == Change(-3, 0.4)
    a = Standing(("a",), "A", 2, 1, 1, 3)
    b = Standing(("b",), "B", 3, 1, 2, 1)
    d = Standing(("d",), "D", 1, 2, None, 0)
    assert found.tracks == ([d], [b], [a, d])
    everything = compare(plays, *march, BERLIN, other=february).tracks
    c = Standing(("c",), "C", None, 0, 3, 1)
    assert everything == ([d], [c], [a, d, c]), "B has as many plays here as there"
    by_time = compare(plays, *march, BERLIN, other=february, by="time", limit=1)
    assert by_time.tracks.entries == [Standing(("d",), "D", 1, 2, None, 0)]
    nothing = compare(plays, *march, BERLIN, other=(0, 0), limit=1)
    assert nothing.changes["plays"] == Change(4, None)
    assert nothing.albums == ([], [], [])


def test_movers_are_ordered_by_difference_then_plays_then_name() -> None:
    here, there = at("2024-03-01 10:00"), at("2024-02-01 10:00")
    numbers = {"a": (5, 4), "b": (0, 2), "c": (1, 0), "e": (0, 1), "d": (2, 4), "f": (3, 3)}
    plays = [
        heard(moment + number * MINUTE, track)
        for track, counts in numbers.items()
        for moment, count in zip((here, there), counts, strict=True)
        for number in range(count)
    ]
    february, march = days("2024-02-01", "2024-03-01"), days("2024-03-01", "2024-04-01")
    movers = compare(plays, *march, BERLIN, other=february).tracks.movers
    assert [one.name for one in movers] == ["D", "B", "A", "C", "E"]


def test_the_range_before_a_year_or_month_is_the_one_before() -> None:
    leap, march = days("2024-01-01", "2025-01-01"), days("2024-03-01", "2024-04-01")
    assert previous_range(*leap, BERLIN, "2024") == days("2023-01-01", "2024-01-01")
    assert previous_range(*march, BERLIN, "2024-03") == days("2024-02-01", "2024-03-01")
    assert previous_range(*march, BERLIN, "last_month") == days("2024-02-01", "2024-03-01")


def test_the_range_before_has_as_many_local_days() -> None:
    assert previous_range(*days("2024-03-31", "2024-04-01"), BERLIN) == days(
        "2024-03-30", "2024-03-31"
    )
    assert previous_range(*days("2024-03-01", "2024-04-01"), BERLIN) == days(
        "2024-01-30", "2024-03-01"
    )


def test_taste_in_one_answer() -> None:
    plays = [
        heard("2023-05-01 10:00", ms=5),
        heard("2024-01-01 10:00"),  # a Monday
        heard("2024-01-02 10:30"),
        heard("2024-01-09 09:00", "b"),
        heard("2024-01-03 22:00", "c", artist="C"),
        heard("2024-01-04 23:00", "c", artist="C"),
    ]
    found = taste(plays, *YEAR_2024, BERLIN)
    assert found.totals == totals(plays, *YEAR_2024, BERLIN)
    assert [place.name for place in found.artists] == ["Noite", "C"]
    assert found.tracks[0] == Place(("a",), "A", 2, 120_000)
    assert found.albums == []
    assert (found.peak_hours, found.peak_weekday) == ([10, 9, 22], 1)
    assert (found.repeat_share, found.plays_per_track) == pytest.approx((0.4, 5 / 3))
    assert (found.new_artists, found.new_tracks, found.new_share) == (2, 3, 1.0)
    assert found.first_ms == at("2023-05-01 10:00")
    nobody = taste([], *YEAR_2024, BERLIN)
    assert nobody[4:] == ([], None, 0.0, 0.0, 0, 0, 0.0, None)


def test_a_year_in_review() -> None:
    plays = [
        heard("2022-12-31 23:59:59", "o", artist="O"),
        heard("2023-03-01 10:00", "a"),
        heard("2024-02-01 00:10", "a", 20 * MINUTE),  # a session from January
        heard("2024-03-01 10:00", "a"),
        heard("2024-03-02 10:00", "b", artist="B"),
        heard("2024-05-01 09:00", "b", 50 * MINUTE, artist="B"),
        heard("2024-05-02 10:00", "b", artist="B"),
        heard("2025-01-01 00:00", "c", artist="C"),
    ]
    found = year_in_review(plays, 2024, BERLIN)
    before = Totals(1, 60_000, 1, 0, 1, 1, 1.0, 60_000.0)
    assert (found.totals.plays, found.previous) == (5, before)
    assert found.changes == changes(found.totals, before)
    assert found.artists == [
        Leader(Place(("music", "b"), "B", 3, 52 * MINUTE), date(2024, 5, 1), is_new=True),
        Leader(Place(NOITE, "Noite", 2, 21 * MINUTE), date(2024, 2, 1), is_new=False),
    ]
    assert found.discovery == DiscoveryLine(None, 5, 1, 0, 1, 3, 0.6, 1)
    assert found.rediscovered == [Rediscovery(("a",), "A", at("2024-02-01 00:10"), 336)]
    assert found.peak_day == PeakDay(date(2024, 5, 1), 1, 50 * MINUTE)
    assert found.longest_session is not None
    assert found.longest_session.started_at == at("2024-05-01 08:10")
    assert found.longest_streak == (2, date(2024, 5, 1), date(2024, 5, 2)), "the later of two"
    assert found.first_play == FirstPlay(at("2024-02-01 00:10"), ("a",))
    assert [line.plays for line in found.units] == [0, 1, 2, 0, 2, *[0] * 7]
    assert found.peak_hour == 10
    empty: Review = year_in_review(plays, 2021, BERLIN)
    assert (empty.previous, empty.changes, empty.peak_day, empty.peak_hour) == (None,) * 4
    assert (empty.longest_session, empty.first_play, empty.longest_streak.days) == (None, None, 0)


def test_a_month_in_review() -> None:
    plays = [
        heard("2024-01-31 23:59", "a"),
        heard("2024-02-02 10:00", "a"),
        heard("2024-02-28 10:00", "b", artist="B"),
        heard("2024-02-29 10:00", "a"),
        heard("2024-02-29 11:00", "a"),
        heard("2024-03-01 00:00", "c", artist="C"),
    ]
    found = month_in_review(plays, date(2024, 2, 1), BERLIN)
    assert found.artists == [
        Leader(Place(NOITE, "Noite", 3, 3 * MINUTE), date(2024, 2, 29), is_new=False),
        Leader(Place(("music", "b"), "B", 1, MINUTE), date(2024, 2, 28), is_new=True),
    ]
    assert (found.totals.plays, found.previous and found.previous.plays) == (4, 1)
    assert found.longest_streak == (2, date(2024, 2, 28), date(2024, 2, 29))
    assert [line.plays for line in found.units] == [0, 1, *[0] * 25, 1, 2]
    december = month_in_review(plays, date(2024, 12, 1), BERLIN)
    assert (december.previous, len(december.units)) == (None, 31)


def test_a_year_names_ten_items_and_three_rediscoveries() -> None:
    new_year = at("2024-01-01")
    plays = [heard(new_year + number * HOUR, f"t{number:02}") for number in range(11)]
    plays += [heard(new_year - (200 + number) * DAY, f"t{number:02}") for number in range(1, 5)]
    found = year_in_review(plays, 2024, BERLIN)
    assert [item.place.key[0] for item in found.tracks] == [f"t{number:02}" for number in range(10)]
    assert [item.is_new for item in found.tracks] == [True, *[False] * 4, *[True] * 5]
    assert [one.key[0] for one in found.rediscovered] == ["t04", "t03", "t02"]
    assert found.first_play == FirstPlay(new_year, ("t00",))
    assert year_in_review(plays, 2023, BERLIN).tracks[0].is_new


def test_spans_join_and_gaps_cut() -> None:
    assert union([(5, 7), (0, 2), (2, 4), (20, 20), (6, 9)]) == [(0, 4), (5, 9)]
    assert without([(0, 4), (5, 9)], [(1, 2), (3, 6), (9, 12)]) == [(0, 1), (2, 3), (6, 9)]
    assert without([(0, 4)], [(0, 4)]) == without([], [(0, 4)]) == union([]) == []
    moments = [at("2024-03-31 00:00"), at("2024-03-31 23:59"), at("2024-04-02 12:00")]
    assert day_spans(moments, BERLIN) == [
        days("2024-03-31", "2024-04-01"), days("2024-04-02", "2024-04-03")
    ]  # fmt: skip


def test_coverage_begins_with_the_day_of_the_first_play() -> None:
    start, end = days("2024-01-01", "2024-01-11")
    first_day = days("2024-01-03", "2024-01-05")
    first = at("2024-01-03 15:00")
    found = coverage(
        [first_day, (start, start + DAY), (end - DAY, end + 5 * DAY)],
        [(end - HOUR, end + HOUR)],
        start, end, BERLIN, first_play_ms=first, now_ms=end,
    )  # fmt: skip
    # Two days and 23 hours of the eight from 3 January on.
    missing = [(first_day[1], end - DAY), (end - HOUR, end)]
    covered = [first_day, (end - DAY, end - HOUR)]
    assert found == Coverage(71 / 192, 71 * HOUR, 8 * DAY, covered, missing)
    always = coverage([first_day], [], None, None, BERLIN, first_play_ms=first, now_ms=end)
    assert (always.share, always.whole_ms) == (0.25, 8 * DAY)
    nothing = Coverage(0.0, 0, 0, [], [])
    assert coverage([], [], start, end, BERLIN, first_play_ms=None, now_ms=end) == nothing
    early = coverage([(0, end)], [], 0, start, BERLIN, first_play_ms=first, now_ms=end)
    assert early == nothing, "all of it lies before the first play"


@settings(max_examples=80, deadline=None)
@given(listens())
def test_measures_add_up_to_the_totals(plays: list[OraclePlay]) -> None:
    asked = *YEAR_2024, BERLIN
    whole = totals(plays, *asked, "any", "all")
    hours = clock(plays, *asked, "any", "all")
    assert sum(hour.plays for hour in hours) == whole.plays
    assert sum(hour.ms_played for hour in hours) == whole.ms_played
    for unit in ("day", "week", "month", "year"):
        lines = timeline(plays, *asked, "any", "all", unit=unit)
        assert sum(line.plays for line in lines) == whole.plays
        assert sum(line.ms_played for line in lines) == whole.ms_played
    autumn = *days("2024-10-20", "2024-11-01"), BERLIN
    lines = timeline(plays, *autumn, "any", "all", unit="hour")
    assert len(lines) == 12 * 24 + 1
    assert sum(line.plays for line in lines) == totals(plays, *autumn, "any", "all").plays
    repeated = repeat(plays, *asked, "any", "all", limit=99)
    assert (repeated.plays, repeated.tracks) == (whole.plays, whole.tracks)
    assert sum(track.loop_plays for track in repeated.looped_tracks) == repeated.loop_plays
    assert concentration(plays, *asked, "any", "all").items == whole.artists
    parts = context(plays, *asked, "any", "all", unit="day")
    assert sum(value.plays for value in parts.values) == whole.plays
    assert sum(sum(unit.plays) for unit in parts.items) == whole.plays
    found = discovery(plays, *asked, "any", "all", unit="week")
    for field in ("plays", "new_artists", "new_albums", "new_tracks", "rediscoveries"):
        assert sum(getattr(line, field) for line in found.items) == getattr(found.whole, field)
    run = streaks(plays, *asked, "any", "all", today=date(2024, 4, 1), limit=99)
    assert sum(streak.days for streak in run.items) == whole.active_days
    judged = skips(plays, *asked, "any", "all")
    assert sum(hour.skips for hour in judged.hours) == judged.skips <= judged.judged


@settings(max_examples=80, deadline=None)
@given(listens())
def test_a_whole_history_adds_up(plays: list[OraclePlay]) -> None:
    zone = ZoneInfo("America/St_Johns")
    whole = totals(plays, *ALWAYS, zone, "any", "all")
    every = sessions(plays, *ALWAYS, zone, "any", "all", limit=99)
    assert (every.ms_played, every.sessions) == (whole.ms_played, sum(every.hours))
    assert sum(session.plays for session in every.longest) == whole.plays
    found = discovery(plays, *ALWAYS, zone, "any", "all", unit="year")
    assert found.whole[1:6] == (
        whole.plays, whole.artists, whole.albums, whole.tracks, whole.plays
    )  # fmt: skip
    for place in places(plays, *ALWAYS, "any", "all", "artists"):
        one = loyalty(
            plays, *ALWAYS, zone, "any", "all",
            item="artists", key=place.key, today=date(2030, 1, 1),
        )  # fmt: skip
        assert (one.plays, one.ms_played) == (place.plays, place.ms_played)
        assert sum(month.plays for month in one.months) == one.plays
    same = compare(plays, *ALWAYS, zone, "any", "all", other=ALWAYS)
    assert (same.artists, same.tracks) == (([], [], []),) * 2
    assert all(one.change == 0 for one in same.changes.values())


@settings(max_examples=40, deadline=None)
@given(listens())
def test_the_order_of_plays_of_other_moments_changes_nothing(plays: list[OraclePlay]) -> None:
    moments: dict[int, OraclePlay] = {play.ended_at: play for play in plays}
    alone = list(moments.values())
    mixed = random.Random(3).sample(alone, len(alone))  # noqa: S311 - an order, no secret
    assert taste(mixed, *ALWAYS, BERLIN) == taste(alone, *ALWAYS, BERLIN)
    assert year_in_review(mixed, 2024, BERLIN) == year_in_review(alone, 2024, BERLIN)
    assert milestones(mixed, *ALWAYS, BERLIN) == milestones(alone, *ALWAYS, BERLIN)


@pytest.mark.parametrize(
    "reached",
    [
        lambda plays: repeat(plays, *ALWAYS, BERLIN).loops > 1,
        lambda plays: (repeat(plays, *ALWAYS, BERLIN).longest_run or (0, 0, 0))[2] > 3,
        lambda plays: streaks(plays, *ALWAYS, BERLIN, today=date(2024, 1, 1)).longest.days > 3,
        lambda plays: any(one.plays > 2 for one in sessions_of(plays, "30s", "music")),
        lambda plays: len(sessions_of(plays, "30s", "music")) > 3,
        lambda plays: discovery(plays, *ALWAYS, BERLIN).whole.rediscoveries > 1,
        lambda plays: skips(plays, *ALWAYS, BERLIN).skips > 1,
        lambda plays: len(context(plays, *ALWAYS, BERLIN).values) > 2,
        lambda plays: any(play.started_at > play.ended_at for play in plays),
        lambda plays: {artist_key(play) for play in plays} > {None},
        lambda plays: len({play.ended_at for play in plays}) < len(plays) - 2,
        lambda plays: sessions(plays, *YEAR_2024, BERLIN, "any").sessions > 1,
    ],
)
def test_random_listening_reaches_what_is_measured(
    reached: Callable[[list[OraclePlay]], bool],
) -> None:
    quick = settings(max_examples=2_000, deadline=None, database=None, phases=[Phase.generate])
    chance = random.Random(1)  # noqa: S311 - the same tries every time, no secret
    assert reached(find(listens(), reached, settings=quick, random=chance))
