"""The oracle of rhythms and habits, by examples worked out by hand."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from oracle.examples import ALWAYS, BERLIN, DAY, HOUR, MINUTE, at, days, heard
from oracle.habits import (
    Concentration,
    ContextUnit,
    ContextValue,
    Looped,
    Loyalty,
    MonthLine,
    Run,
    SkipHour,
    SkippedItem,
    concentration,
    context,
    loyalty,
    repeat,
    skips,
)
from oracle.platforms import platform_family
from oracle.ranking import Place, page, places, top_shows
from oracle.rhythm import (
    NO_STREAK,
    Hour,
    Session,
    Sessions,
    Streak,
    UnitLine,
    clock,
    item_clocks,
    sessions,
    streaks,
    timeline,
)

MARCH_31 = days("2024-03-31", "2024-04-01")  # 23 hours
OCTOBER_27 = days("2024-10-27", "2024-10-28")  # 25 hours
MARCH = days("2024-03-01", "2024-04-01")


def test_a_clock_shows_what_clocks_showed() -> None:
    plays = [
        heard("2024-03-30 23:59:59.999"),
        heard("2024-03-31 00:00"),
        heard("2024-03-31 01:59"),
        heard(at("2024-03-31 01:59") + 2 * MINUTE, "b"),  # 03:01
        heard("2024-03-31 03:40", ms=5_000),
        heard("2024-04-01 00:00"),
    ]
    hours = clock(plays, *MARCH_31, BERLIN)
    assert hours[:4] == [
        Hour(1, 60_000, 1 / 3), Hour(1, 60_000, 1 / 3), Hour(0, 0, 0.0), Hour(1, 65_000, 1 / 3)
    ]  # fmt: skip
    assert hours[4:] == [Hour(0, 0, 0.0)] * 20
    twice = [heard("2024-10-27 02:30"), heard("2024-10-27 02:30+")]
    assert twice[1].ended_at - twice[0].ended_at == HOUR
    assert clock(twice, *OCTOBER_27, BERLIN)[2] == Hour(2, 120_000, 1.0)
    assert clock([], *OCTOBER_27, BERLIN) == [Hour(0, 0, 0.0)] * 24


def test_the_clocks_of_the_first_items() -> None:
    plays = [
        heard("2024-03-01 10:00", "a", 60_000),
        heard("2024-03-02 10:59", "a", 1_000),
        heard("2024-03-02 11:00", "b", 90_000),
        heard("2024-03-03 12:00", "b", 30_000, kind="podcast"),
    ]
    (first,) = item_clocks(plays, *MARCH, BERLIN, item="tracks", limit=1)
    assert (first.key, first.name) == (("b",), "B"), "a play each: more time goes first"
    assert (first.plays[11], first.ms_played[11], sum(first.plays)) == (1, 90_000, 1)
    _, second = item_clocks(plays, *MARCH, BERLIN, item="tracks")
    assert (second.plays[10], second.ms_played[10], sum(second.ms_played)) == (1, 61_000, 61_000)


def test_hours_of_a_day_with_a_change_of_clocks() -> None:
    short = timeline([heard("2024-03-31 03:30")], *MARCH_31, BERLIN, unit="hour")
    assert len(short) == 23
    assert short[0] == UnitLine(date(2024, 3, 31), at("2024-03-31 00:00"), 0, 0)
    assert short[2] == UnitLine(date(2024, 3, 31), at("2024-03-31 03:00"), 1, 60_000)
    assert short[2].starts_at == MARCH_31[0] + 2 * HOUR
    plays = [heard("2024-10-27 02:30"), heard("2024-10-27 02:59+", ms=1)]
    long = timeline(plays, *OCTOBER_27, BERLIN, unit="hour")
    assert len(long) == 25
    assert [line[2:] for line in long[1:5]] == [(0, 0), (1, 60_000), (0, 1), (0, 0)]
    assert long[3].starts_at == OCTOBER_27[0] + 3 * HOUR


def test_an_hour_begins_anew_where_clocks_change_within_it() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")  # 02:00 becomes 01:30 there
    start, end = at("2024-04-07", zone), at("2024-04-08", zone)
    starts = [line.starts_at or 0 for line in timeline([], start, end, zone, unit="hour")]
    assert [(b - a) // MINUTE for a, b in pairwise([*starts, end])] == [60, 60, 30, *[60] * 22]
    zone = ZoneInfo("America/St_Johns")  # 00:01 becomes 23:01 of the day before
    start, end = at("2010-11-07", zone), at("2010-11-08", zone)
    lines = timeline([], start, end, zone, unit="hour")
    starts = [line.starts_at or 0 for line in lines]
    assert [(b - a) // MINUTE for a, b in pairwise([*starts, end])] == [1, 59, *[60] * 24]
    assert {line.starts_on for line in lines} == {date(2010, 11, 7)}, "the day that has begun"


def test_units_reach_over_the_range_or_from_the_first_play_to_the_last() -> None:
    plays = [
        heard("2023-11-01 10:00", ms=0),  # nothing of it to show
        heard("2023-12-31 23:59:59", ms=1),
        heard("2023-12-31 23:59:59.500", ms=4),
        heard(at("2024-01-01") + 30_000),  # heard from the last year into this one
        heard("2024-03-01 00:00"),
    ]
    assert timeline(plays, *ALWAYS, BERLIN) == [
        UnitLine(date(2023, 12, 1), None, 0, 5),
        UnitLine(date(2024, 1, 1), None, 1, 60_000),
        UnitLine(date(2024, 2, 1), None, 0, 0),
        UnitLine(date(2024, 3, 1), None, 1, 60_000),
    ]
    assert timeline(plays, *days("2024-02-28", "2024-03-02"), BERLIN, unit="week") == [
        UnitLine(date(2024, 2, 26), None, 1, 60_000)
    ]
    weeks = timeline(plays, *days("2023-12-31", "2024-01-16"), BERLIN, unit="week")
    assert [(line.starts_on, line.ms_played) for line in weeks] == [
        (date(2023, 12, 25), 5), (date(2024, 1, 1), 60_000), (date(2024, 1, 8), 0),
        (date(2024, 1, 15), 0),
    ]  # fmt: skip
    years = timeline(plays, *days("2022-06-01", "2024-01-01"), BERLIN, unit="year")
    assert years == [UnitLine(date(2022, 1, 1), None, 0, 0), UnitLine(date(2023, 1, 1), None, 0, 5)]
    leap = timeline([], *days("2024-02-28", "2024-03-02"), BERLIN, unit="day")
    assert [line.starts_on.day for line in leap] == [28, 29, 1]
    assert timeline(plays[:1], *ALWAYS, BERLIN) == timeline([], *ALWAYS, BERLIN, unit="hour") == []
    assert [line.ms_played for line in timeline(plays[:2], *ALWAYS, BERLIN)] == [1]
    assert timeline(plays, MARCH[0], MARCH[0], BERLIN, unit="day") == []
    since = timeline(plays, at("2024-01-01"), None, BERLIN)
    assert [line.starts_on.month for line in since] == [1, 2, 3], "open at one end"
    assert len(timeline(plays, *ALWAYS, BERLIN, unit="hour")) == 1 + 60 * 24 + 1


def test_twenty_thousand_units_are_the_most() -> None:
    start = at("2024-01-01", ZoneInfo("UTC"))
    most = timeline([], start, start + 20_000 * HOUR, ZoneInfo("UTC"), unit="hour")
    assert len(most) == 20_000
    with pytest.raises(ValueError, match="unit"):
        timeline([], start, start + 20_001 * HOUR, ZoneInfo("UTC"), unit="hour")
    with pytest.raises(ValueError, match="unit"):
        timeline([], start, start + 20_001 * DAY, ZoneInfo("UTC"), unit="day")


STREAK_DAYS = [heard(f"2024-03-{day:02} 12:00") for day in (1, 2, 3, 5, 6)]


@pytest.mark.parametrize(
    ("today", "current"),
    [
        (6, Streak(2, date(2024, 3, 5), date(2024, 3, 6))),
        (7, Streak(2, date(2024, 3, 5), date(2024, 3, 6))),
        (8, NO_STREAK),
        (5, Streak(1, date(2024, 3, 5), date(2024, 3, 5))),  # what lies ahead does not matter
    ],
)
def test_the_current_streak_reaches_today_or_yesterday(today: int, current: Streak) -> None:
    found = streaks(STREAK_DAYS, *ALWAYS, BERLIN, today=date(2024, 3, today))
    assert found.current == current
    assert found.longest == Streak(3, date(2024, 3, 1), date(2024, 3, 3))


def test_streaks_end_with_their_range() -> None:
    first_three = days("2024-03-02", "2024-03-05")
    found = streaks(STREAK_DAYS, *first_three, BERLIN, today=date(2024, 5, 1))
    two = Streak(2, date(2024, 3, 2), date(2024, 3, 3))
    assert found == (two, two, [two]), "4 March is the last day, and 3 March the one before"


def test_of_equal_streaks_the_later_goes_first() -> None:
    plays = [
        *STREAK_DAYS[1:],
        heard(at("2024-03-10") + 30_000),  # began on the 9th
        heard("2024-03-09 12:00", ms=5),  # does not count
        heard("2024-03-11 12:00", kind="podcast"),
    ]
    found = streaks(plays, *ALWAYS, BERLIN, today=date(2024, 6, 1), limit=2)
    assert found.items == [
        Streak(2, date(2024, 3, 5), date(2024, 3, 6)),
        Streak(2, date(2024, 3, 2), date(2024, 3, 3)),
    ]
    assert found.longest == found.items[0]
    assert streaks(plays, *ALWAYS, BERLIN, today=date(2024, 6, 1)).items[2].days == 1
    nothing = streaks([], *ALWAYS, BERLIN, today=date(2024, 6, 1))
    assert nothing == (NO_STREAK, NO_STREAK, [])


def test_a_session_ends_with_a_pause_of_half_an_hour() -> None:
    ten = at("2024-03-01 10:00")
    plays = [
        heard(ten, ms=2 * HOUR),  # 08:00 to 10:00
        heard(ten - HOUR, "b"),  # within it
        heard(ten + 31 * MINUTE - 1, "b"),  # starts a millisecond before half an hour is over
        heard(ten + 62 * MINUTE - 1, ms=MINUTE),  # starts half an hour later to the millisecond
        heard(ten + 5 * HOUR, ms=5_000),  # a session in which nothing counts
        heard(ten + 62 * MINUTE, ms=0),  # no listening
    ]
    first = Session(ten - 2 * HOUR, ten + 31 * MINUTE - 1, 151 * MINUTE - 1, 122 * MINUTE, 3)
    second = Session(ten + 61 * MINUTE - 1, ten + 62 * MINUTE - 1, MINUTE, MINUTE, 1)
    found = sessions(plays, *MARCH, BERLIN)
    hours = [0] * 24
    hours[8] = hours[11] = 1  # 11:00:59.999
    assert found == Sessions(
        2, (152 * MINUTE - 1) / 2, MINUTE, 2.0, 123 * MINUTE, hours, [first, second]
    )
    assert sessions(plays, first.started_at + 1, None, BERLIN).longest == [second]
    assert sessions(plays, first.started_at, second.started_at, BERLIN).longest == [first]
    three = sessions(plays, *MARCH, BERLIN, "any")
    assert (three.sessions, three.ms_median) == (3, MINUTE), "of three the middle one"
    more = sessions([*plays, heard(ten + 9 * HOUR)], *MARCH, BERLIN, "any")
    assert (more.sessions, more.ms_median) == (4, MINUTE), "of four the second"
    assert sessions([], *MARCH, BERLIN) == Sessions(0, 0.0, 0, 0.0, 0, [0] * 24, [])


def test_a_session_across_midnight_belongs_to_the_day_it_starts_on() -> None:
    late = heard(at("2024-04-01") + MINUTE, ms=2 * MINUTE)
    assert sessions([late], *MARCH_31, BERLIN).sessions == 1
    assert sessions([late], *days("2024-04-01", "2024-04-02"), BERLIN).sessions == 0
    ahead = late._replace(started_at=late.ended_at + MINUTE)
    assert sessions([ahead], *ALWAYS, BERLIN).longest[0].ms == 0, "its stamp lies after its end"


def test_runs_are_of_counted_plays_only() -> None:
    begin = at("2024-03-01 10:00")
    order = "abbBaacaa"  # B does not count
    plays = [
        heard(begin + number * MINUTE, letter.lower(), 5 if letter == "B" else 31_000)
        for number, letter in enumerate(order)
    ]
    found = repeat(plays, *ALWAYS, BERLIN, limit=1)
    assert (found.plays, found.tracks) == (8, 3)
    assert (found.repeat_share, found.plays_per_track) == (0.625, 8 / 3)
    assert found.most_repeated == [Place(("a",), "A", 5, 155_000)]
    assert found.longest_run == Run(("b",), "B", 2, begin + MINUTE, begin + 2 * MINUTE)
    plays.append(heard(begin + 3 * MINUTE, "b"))
    assert repeat(plays, *ALWAYS, BERLIN).longest_run == Run(
        ("b",), "B", 3, begin + MINUTE, begin + 3 * MINUTE
    )
    assert repeat([], *ALWAYS, BERLIN) == (0, 0, 0.0, 0.0, [], None, 0, 0, [])
    alone = repeat(plays[:1], *ALWAYS, BERLIN)
    assert alone.longest_run == Run(("a",), "A", 1, begin, begin)
    assert (alone.repeat_share, alone.plays_per_track) == (0.0, 1.0)


def test_the_third_play_within_a_day_loops() -> None:
    begin = at("2024-03-01 10:00")
    plays = [heard(begin + hour * HOUR) for hour in (0, 1, 24, 25, 26, 60, 61, 62)]
    # 24 - 0, 25 - 1 and 26 - 24 are within a day, 60 - 25 and 61 - 26 are not, 62 - 60 is.
    found = repeat(plays, *ALWAYS, BERLIN)
    assert (found.loops, found.loop_plays) == (2, 4)
    assert found.looped_tracks == [Looped(("a",), "A", 2, 4, begin + 24 * HOUR)]
    plays += [heard(begin + minute * MINUTE, "b") for minute in range(5)]
    plays += [heard(begin + 1 + minute * MINUTE, "c") for minute in range(5)]
    assert [one[0][0] for one in repeat(plays, *ALWAYS, BERLIN).looped_tracks] == ["a", "b", "c"]
    plays.append(heard(begin + HOUR, "c"))
    assert [one[0][0] for one in repeat(plays, *ALWAYS, BERLIN).looped_tracks] == ["a", "c", "b"]
    assert repeat(plays[:3], begin + 1, None, BERLIN).loops == 0, "its first play is not in range"
    late = plays[2]._replace(ended_at=begin + 24 * HOUR + 1)
    assert repeat([*plays[:2], late], *ALWAYS, BERLIN).loops == 0


def test_concentration_of_four_one_and_one() -> None:
    plays = [heard(f"2024-03-01 1{minute}:00", "a", 30_000, artist="A") for minute in range(4)]
    plays += [
        heard("2024-03-01 15:00", "b", 90_000, artist="B"),
        heard("2024-03-01 16:00", "c", 30_000, artist="C"),
        heard("2024-03-01 17:00", "d", artist=None),
        heard("2024-03-01 18:00", "e", 5_000, artist="E"),
    ]
    found = concentration(plays, *ALWAYS, BERLIN)
    # Ascending 1, 1, 4: 2 (1 + 2 + 12) / (3 * 6) - 4 / 3.
    assert found[:5] == pytest.approx((3, 4 / 6, 1, 1, 1 / 3))
    assert found.held == [(1, 4, 4 / 6), (2, 5, 5 / 6), (3, 6, 1)]
    by_time = concentration(plays, *ALWAYS, BERLIN, by="time")
    # 5, 30, 90, 120 seconds: 2 (5 + 60 + 270 + 480) / (4 * 245) - 5 / 4.
    assert by_time[:5] == pytest.approx((4, 120 / 245, 1, 1, 1630 / 980 - 1.25))
    assert [line[:2] for line in by_time.held] == [(1, 120_000), (2, 210_000), (4, 245_000)]
    assert concentration([], *ALWAYS, BERLIN) == Concentration(0, 0.0, 0.0, 0.0, 0.0, [])
    one = Concentration(1, 1.0, 1.0, 1.0, 0.0, [(1, 1, 1.0)])
    assert concentration(plays[:1], *ALWAYS, BERLIN) == one
    many = [heard(f"2024-03-01 10:{n:02}", f"t{n}") for n in range(60)]
    even = concentration(many, *ALWAYS, BERLIN, item="tracks")
    assert even[:5] == pytest.approx((60, 1 / 60, 10 / 60, 50 / 60, 0))
    assert [line[0] for line in even.held] == [1, 2, 5, 10, 20, 50, 60]


def test_a_skip_comes_before_half_of_what_is_known() -> None:
    plays = [
        heard("2023-01-01 10:00", "a", 100_000, reason_end="trackdone"),
        heard("2024-03-01 10:00", "a", 49_999, reason_end="fwdbtn"),  # a skip
        heard("2024-03-01 11:00", "a", 50_000, reason_end="fwdbtn"),  # half of it
        heard("2024-03-01 11:10", "a", 10, reason_end="logout"),
        heard("2024-03-01 11:20", "a", 10, reason_end="logout", skipped=True),  # a skip
        heard("2024-03-01 11:30", "a", 10, skipped=False),  # unknown
        heard("2024-03-01 12:00", "b", 29_999, artist="B", reason_end="popup"),  # a skip
        heard("2024-03-01 12:10", "b", 30_000, artist="B", skipped=True),
        heard("2024-03-01 12:20", "c", 1, artist=None, skipped=True),  # a skip, of no artist
    ]
    found = skips(plays, *MARCH, BERLIN, limit=2)
    assert found[:5] == (8, 7, 4, 4 / 7, 1)
    assert found.hours[10:13] == [SkipHour(1, 1, 1.0), SkipHour(3, 1, 1 / 3), SkipHour(3, 2, 2 / 3)]
    assert found.tracks == [
        SkippedItem(("a",), "A", 4, 2, 0.5), SkippedItem(("c",), "C", 1, 1, 1.0)
    ]  # fmt: skip
    assert skips(plays, *MARCH, BERLIN).artists == [
        SkippedItem(("music", "noite"), "Noite", 4, 2, 0.5),
        SkippedItem(("music", "b"), "B", 2, 1, 0.5),
    ]
    assert len(found.hours) == 24
    nothing = skips([], *MARCH, BERLIN)
    assert (nothing.share, nothing.tracks, nothing.hours[0]) == (0.0, [], SkipHour(0, 0, 0.0))


def test_of_equally_skipped_items_the_share_and_then_the_first_skip_decide() -> None:
    plays = [
        heard("2024-03-01 10:00", "a", 5, skipped=True),
        heard("2024-03-01 14:00", "a", 60_000, skipped=True),
        heard("2024-03-01 13:00", "b", 5, skipped=True),
        heard("2024-03-01 12:00", "c", 5, skipped=True),
        heard("2024-03-01 15:00", "d", 5, skipped=True),
        heard("2024-03-01 11:00", "d", 5, skipped=True),
        heard("2024-03-01 12:30", "e", 5, skipped=True),
        heard("2024-03-01 12:40", "e", 5, skipped=True),
        heard("2024-03-01 09:00", "f", 60_000, skipped=True),
        heard("2024-03-01 09:10", "g", 0, reason_end="trackdone"),  # nothing is before its half
        heard("2024-03-01 09:20", "g", 0, skipped=True),
    ]
    found = skips(plays, *MARCH, BERLIN)
    assert [line.key[0] for line in found.tracks] == ["d", "e", "c", "b", "a"]


def test_context_has_values_by_plays_and_the_unknown_last() -> None:
    plays = [
        heard("2024-01-31 23:59", platform="iOS 17.1 (iPhone15,2)"),
        heard("2024-03-01 00:00", platform="ios"),
        heard("2024-03-01 01:00", platform="Linux [x86-64 0]"),
        heard("2024-03-01 02:00", ms=5, platform="windows"),
        *[heard(f"2024-03-02 0{hour}:00") for hour in range(4)],
        heard("2024-03-03 00:00", platform="osx", ms=0),
    ]
    found = context(plays, *ALWAYS, BERLIN)
    assert found.values == [
        ContextValue("ios", 2, 120_000, 2 / 7),
        ContextValue("linux", 1, 60_000, 1 / 7),
        ContextValue("windows", 0, 5, 0.0),
        ContextValue(None, 4, 240_000, 4 / 7),
    ]
    assert found.items == [
        ContextUnit(date(2024, 1, 1), [1, 0, 0, 0]),
        ContextUnit(date(2024, 2, 1), [0, 0, 0, 0]),
        ContextUnit(date(2024, 3, 1), [1, 1, 0, 4]),
    ]
    flagged = [heard("2024-03-01 10:00", shuffle=True), heard("2024-03-01 11:00", shuffle=False)]
    shuffled = context(flagged, *MARCH_31, BERLIN, aspect="shuffle")
    assert shuffled == ([], [ContextUnit(date(2024, 3, 1), [])])
    shuffled = context(flagged, *ALWAYS, BERLIN, aspect="shuffle", unit="day")
    assert [value[:2] for value in shuffled.values] == [("no", 1), ("yes", 1)]
    longer = [*flagged, heard("2024-03-01 12:00", ms=5, shuffle=True)]
    shuffled = context(longer, *ALWAYS, BERLIN, aspect="shuffle")
    assert [value[:3] for value in shuffled.values] == [("yes", 1, 60_005), ("no", 1, 60_000)]
    assert context(flagged, *ALWAYS, BERLIN, aspect="private").values[0][:2] == (None, 2)
    assert context([], *ALWAYS, BERLIN, aspect="country") == ([], [])


def test_loyalty_to_an_artist() -> None:
    moments = ("2023-12-31 12:00", "2024-01-10 12:00", "2024-01-10 13:00", "2024-03-05 00:00")
    plays = [
        *map(heard, moments),
        heard("2024-03-06 12:00", ms=7),
        heard("2024-02-01 12:00", "b", artist="Else"),
    ]
    found = loyalty(
        plays, *ALWAYS, BERLIN, item="artists", key=("music", "noite"), today=date(2024, 3, 31)
    )
    assert found == Loyalty(
        4, 240_007, at(moments[0]), at(moments[3]), 26, 10, date(2024, 1, 1), 3,
        [
            MonthLine(date(2023, 12, 1), 1, 60_000), MonthLine(date(2024, 1, 1), 2, 120_000),
            MonthLine(date(2024, 2, 1), 0, 0), MonthLine(date(2024, 3, 1), 1, 60_007),
        ],
    )  # fmt: skip
    future = loyalty(plays, *ALWAYS, BERLIN, item="tracks", key=("b",), today=date(2024, 1, 31))
    assert (future.days_since_last_play, future.half_life_days) == (0, 0)
    five = [heard(f"2024-03-{day:02} 12:00") for day in (1, 2, 4, 8, 16)]
    half_lives = [
        loyalty(
            five[:number], *ALWAYS, BERLIN, item="tracks", key=("a",), today=date(2024, 4, 1)
        ).half_life_days
        for number in (1, 2, 3, 4, 5)
    ]
    assert half_lives == [0, 0, 1, 1, 3], "the day of the 1st, 1st, 2nd, 2nd and 3rd play"
    nobody = loyalty(plays, *MARCH_31, BERLIN, item="tracks", key=("a",), today=date(2024, 3, 31))
    assert nobody == Loyalty(0, 0, None, None, None, None, None, 0, [])


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Partner google cast_tv;Chromecast;;", "cast"), ("Partner sony_tv Sony;;;", "tv"),
        ("webOS TV", "tv"), ("Tizen", "tv"),
        ("Partner android_tv Sony;PS4;;", "tv"), ("Partner playstation Sony;PS5;;", "console"),
        ("Partner google cast;Google-Home;;", "cast"), ("Partner sonos_ppc", "speaker"),
        ("Partner google_home", "speaker"), ("Android Automotive OS 12", "car"),
        ("My Car, 2024", "car"), ("Discarded", "other"), ("spotify carthing", "car"),
        ("Android Wear 2", "watch"), ("web_player windows 10;chrome", "web"),
        ("WebPlayer (websocket RFC6455)", "web"), ("iOS 17.1 (iPhone15,2)", "ios"),
        ("Android OS 13 API 33", "android"), ("Windows 10 (10.0)", "windows"),
        ("OS X 10.12.6 [x86 8]", "macos"), ("Linux [x86-64 0]", "linux"),
        ("not_applicable", "other"), (None, None),
    ],
)  # fmt: skip
def test_families_of_platforms(text: str | None, family: str | None) -> None:
    assert platform_family(text) == family


def test_shows_and_pages_of_a_ranking() -> None:
    plays = [
        heard("2024-03-01 10:00", "e", artist="Night Talk", kind="podcast"),
        heard("2024-03-01 11:00", "f", artist="Day Talk", kind="podcast"),
        heard("2024-03-01 12:00", "g", artist="Day Talk", kind="podcast"),
        heard("2024-03-01 13:00", "h", artist="Lamp", kind="audiobook"),
        heard("2024-03-01 14:00", artist="Day Talk"),
    ]
    shows = top_shows(plays, *MARCH, BERLIN)
    assert [(row.rank, row.name, row.plays) for row in shows] == [
        (1, "Day Talk", 2), (2, "Night Talk", 1)
    ]  # fmt: skip
    (book,) = top_shows(plays, *MARCH, BERLIN, kind="audiobook")
    assert (book.key, book.share) == (("audiobook", "lamp"), 1.0)
    assert page(shows, 0, 1) == ([shows[0]], 1)
    assert page(shows, 1, 1) == ([shows[1]], None)
    assert page(shows, 5, 1) == ([], None)


def test_equal_items_are_settled_by_time_then_first_play_then_name() -> None:
    plays = [
        heard("2024-03-01 10:00", "c", 60_000),
        heard("2024-03-01 10:00", "b", 60_000),
        heard("2024-03-01 09:00", "d", 60_000),
        heard("2024-03-01 12:00", "e", 60_001),
    ]
    ranking = places(plays, *MARCH, "30s", "music", "tracks")
    assert [place.key[0] for place in ranking] == ["e", "d", "b", "c"]
