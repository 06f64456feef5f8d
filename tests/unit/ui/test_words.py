"""What pages say: numbers, dates, sentences, and the addresses they lead to."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tonearm.accounts.people import User
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import Role
from tonearm.insights.charts.clock import Clock, ClockHour
from tonearm.insights.charts.completeness import CoverageGap
from tonearm.insights.charts.milestones import Milestones, NearMilestone
from tonearm.insights.charts.streaks import Streak, Streaks
from tonearm.insights.overview import Latest, Overview
from tonearm.insights.records import (
    Covered,
    DiscoveryTotals,
    Heatmap,
    HeatmapCell,
    Timeline,
    TimelineUnit,
    Top,
    TopItem,
    Totals,
)
from tonearm.insights.trends import Ranking
from tonearm.ui import formats, sentences
from tonearm.ui.asking import Ask, neighbours, range_name, range_of_days
from tonearm.ui.closing import closing
from tonearm.ui.pages.overview import render_overview
from tonearm.ui.pages.top import render_top
from tonearm.ui.rendering import Frame

HOUR = 3_600_000
HOSTILE = "<script>alert('x')</script>"
TODAY = date(2024, 11, 21)


def framed(base: str = "") -> Frame:
    user = User(1, "Jo Lind", Role.OWNER, "UTC", True, datetime(2024, 1, 1, tzinfo=UTC))  # noqa: FBT003 - a field
    return Frame(base, "/", user)


def plain(text: str) -> str:
    return text.replace(formats.NBSP, " ")


def covered(text: str, first: date | None, end: date | None) -> Covered:
    def instant(day: date | None) -> datetime | None:
        return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)

    return Covered(
        range=text, from_at=instant(first), to_at=instant(end),
        from_local=None if first is None else first.isoformat(),
        to_local=None if end is None else end.isoformat(),
        zone="UTC", rule="30s", kind="music", credit="primary", first_play_at=None, last_play_at=None,
        coverage=None, estimated_share=0.0, undecided_share=0.0, history_version=1,
        corrections_version=0, plays="plays", line_plays=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ms", "short", "long"),
    [
        (0, "0 s", "0 seconds"),
        (40_000, "40 s", "40 seconds"),
        (90_000, "2 min", "90 seconds"),
        (HOUR, "1 h", "60 minutes"),
        (HOUR * 2 + 60_000, "2 h 1 min", "2 hours"),
        (HOUR * 748, "748 h", "748 hours"),
        (HOUR * 14_510, "14,510 h", "14,510 hours"),
    ],
)
def test_lengths_of_time(ms: int, short: str, long: str) -> None:
    assert plain(formats.duration(ms)) == short
    assert plain(formats.long_duration(ms)) == long


def test_numbers() -> None:
    assert formats.number(1234567) == "1,234,567"
    assert plain(formats.counted(1, "play")) == "1 play"
    assert plain(formats.counted(0, "play")) == "0 plays"
    assert plain(formats.percent(0.31)) == "31 %"
    assert plain(formats.percent(0.004)) == "< 1 %"
    assert plain(formats.percent(0)) == "0 %"
    assert plain(formats.change(111, 100)) == "+11 %"
    assert plain(formats.change(57, 100)) == "\u221243 %"
    assert plain(formats.size(48_200_000)) == "48 MB"
    assert plain(formats.time_left(14)) == "about 15 s"


def test_spans_say_each_part_once() -> None:
    assert plain(formats.span(date(2024, 3, 4), date(2024, 3, 4))) == "4 Mar 2024"
    assert plain(formats.span(date(2024, 3, 4), date(2024, 3, 6))) == "4\u20136 Mar 2024"
    assert plain(formats.span(date(2024, 3, 4), date(2024, 4, 1))) == "4 Mar \u2013 1 Apr 2024"
    assert (
        plain(formats.span(date(2023, 12, 31), date(2024, 1, 1))) == "31 Dec 2023 \u2013 1 Jan 2024"
    )


def test_days_are_those_of_the_zone() -> None:
    start = datetime(2024, 3, 3, 23, tzinfo=UTC)
    days = formats.local_days(start, start + timedelta(days=3), "Europe/Berlin")
    assert days == (date(2024, 3, 4), date(2024, 3, 6))
    assert formats.local_days(None, None, "UTC") is None


@pytest.mark.parametrize(
    ("text", "first", "end", "name"),
    [
        ("all", date(2015, 3, 4), date(2024, 11, 22), "All time"),
        ("this_year", date(2024, 1, 1), date(2025, 1, 1), "2024 so far"),
        ("2023", date(2023, 1, 1), date(2024, 1, 1), "2023"),
        ("last_year", date(2023, 1, 1), date(2024, 1, 1), "2023"),
        ("2024-02", date(2024, 2, 1), date(2024, 3, 1), "February 2024"),
        ("2024-W10", date(2024, 3, 4), date(2024, 3, 11), "Week 10 of 2024"),
        ("2024-03-04..2024-03-07", date(2024, 3, 4), date(2024, 3, 7), "4\u20136 Mar 2024"),
    ],
)
def test_range_names(text: str, first: date, end: date, name: str) -> None:
    assert plain(range_name(text, covered(text, first, end))) == name


@pytest.mark.parametrize(
    ("text", "first", "end", "expected"),
    [
        ("all", date(2015, 3, 4), date(2024, 11, 22), (None, None)),
        ("last_30_days", date(2024, 10, 23), date(2024, 11, 22), (None, None)),
        ("2023", date(2023, 1, 1), date(2024, 1, 1), ("2022", "2024")),
        ("this_year", date(2024, 1, 1), date(2025, 1, 1), ("2023", None)),
        ("2024-01", date(2024, 1, 1), date(2024, 2, 1), ("2023-12", "2024-02")),
        ("2024-11", date(2024, 11, 1), date(2024, 12, 1), ("2024-10", None)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 3, 1), ("2024-02-28", "2024-03-01")),
        (
            "2024-03-04..2024-03-07",
            date(2024, 3, 4),
            date(2024, 3, 7),
            ("2024-03-01..2024-03-04", "2024-03-07..2024-03-10"),
        ),
    ],
)
def test_neighbours(
    text: str, first: date, end: date, expected: tuple[str | None, str | None]
) -> None:
    assert neighbours(covered(text, first, end), TODAY) == expected


def test_addresses_carry_the_range_and_only_what_is_unusual() -> None:
    ask = Ask(range="2024", by="time")
    assert ask.address("/") == "/?range=2024&by=time"
    assert ask.address("/top/artists", range="all", by="plays") == "/top/artists?range=all"
    assert ask.address("/", page=2) == "/?range=2024&by=time&page=2"
    assert ask.range_link("/") + "2023" == "/?by=time&range=2023"
    assert Ask().range_link("/") + "2023" == "/?range=2023"


def test_a_date_form_means_both_days() -> None:
    assert range_of_days("2024-03-04", "2024-03-06") == "2024-03-04..2024-03-07"
    assert range_of_days("2024-03-06", "2024-03-04") == "2024-03-04..2024-03-07"
    for first, last in (("x", "2024-03-06"), ("9999-12-31", "9999-12-31")):
        with pytest.raises(InvalidInputError):
            range_of_days(first, last)


@pytest.mark.parametrize("field", ["rule", "kind", "by"])
def test_unknown_parameters_are_told(field: str) -> None:
    bogus: dict[str, Any] = {field: "bogus"}
    with pytest.raises(InvalidInputError, match=field):
        Ask(**bogus).question(5)


def some_heatmap(plays: dict[tuple[int, int], int]) -> Heatmap:
    cells = [
        HeatmapCell(weekday, hour, plays.get((weekday, hour), 0), 0)
        for weekday in range(7)
        for hour in range(24)
    ]
    return Heatmap(covered("all", None, None), tuple(cells))


def test_peak_names_hour_and_window() -> None:
    heatmap = some_heatmap({(3, 18): 21, (0, 17): 5, (1, 19): 5, (2, 3): 69})
    assert plain(sentences.plain(sentences.peak(heatmap))) == (
        "Peak: Wednesday 03:00; 69 % of plays fall between 2 and 5 h."
    )


def test_peak_window_wraps_at_midnight_and_is_silent_without_plays() -> None:
    heatmap = some_heatmap({(3, 23): 4, (4, 0): 5, (4, 1): 4})
    assert "100 % of plays fall between 23 and 2 h." in plain(
        sentences.plain(sentences.peak(heatmap))
    )
    assert sentences.peak(some_heatmap({})) == ""


def some_overview(text: str, *, name: str = "Glass Harbour", plays: int = 40) -> Overview:
    start = date(2023, 1, 1)
    days = tuple(
        TimelineUnit(start + timedelta(days=at), at % 3, (at % 90) * 60_000) for at in range(600)
    )
    months: dict[date, int] = {}
    for unit in days:
        month = unit.starts_on.replace(day=1)
        months[month] = months.get(month, 0) + unit.ms_played
    about = covered(text, start, start + timedelta(days=600))
    totals = Totals(about, plays, plays * 200_000, 3, 2, 1, 12, 60_000)
    item = TopItem(1, 1, name, name, plays, plays * 200_000, 1.0, None, None, None, is_new=False)
    top = Top(about, "plays", 1, None, (item,) if plays else ())
    streak = Streak(0, None, None, None)
    return Overview(
        totals,
        None if text == "all" else totals,
        top,
        top,
        top,
        some_heatmap({(0, 0): plays}),
        Clock(about, tuple(ClockHour(hour, plays, 0, 0.1) for hour in range(24)), None, None),
        Streaks(about, streak, streak, None, ()),
        DiscoveryTotals(plays, 1, 1, 1, plays, 1.0, 0),
        Milestones(about, None, (), ()),
        {"artists": {1: (plays, 0)}, "albums": {}, "tracks": {}},
        Timeline(about, "month", tuple(TimelineUnit(*pair, pair[1]) for pair in months.items())),
        Timeline(about, "day", days),
    )


def test_overview_escapes_hostile_names_everywhere() -> None:
    html = render_overview(some_overview("all", name=HOSTILE), Ask(), framed(), today=TODAY)
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html


def test_overview_shows_every_value_of_its_charts_in_tables() -> None:
    overview = some_overview("2023")
    html = plain(render_overview(overview, Ask(range="2023"), framed(), today=TODAY))
    for unit in overview.months.items:
        assert f"{plain(formats.month(unit.starts_on))}</a></th><td>" in html
    assert html.count('<tr><th scope="row">') >= 24 + len(overview.months.items)


def test_overview_of_a_silent_range_says_so() -> None:
    html = render_overview(some_overview("2024", plays=0), Ask(range="2024"), framed(), today=TODAY)
    assert "Silence" in html
    assert 'class="groove"' in html


@pytest.mark.parametrize(
    ("spans", "missing", "is_open"),
    [
        ([(date(2019, 2, 1), date(2019, 2, 1), 0.4)], None, False),
        ([(date(2019, 2, 1), date(2019, 4, 30), 89.0)], "1 Feb \N{EN DASH} 30 Apr 2019", False),
        (
            [
                (date(2018, 12, 1), date(2019, 1, 5), 36.0),
                (date(2020, 1, 1), date(2020, 2, 1), 32.0),
                (date(2024, 11, 1), TODAY, 21.0),
            ],
            "2018\N{EN DASH}2020, 2024",
            True,
        ),
    ],
)
def test_what_would_close_the_gaps_is_told_in_a_line(
    spans: list[tuple[date, date, float]], missing: str | None, is_open: object
) -> None:
    gaps = [
        CoverageGap(
            datetime(first.year, first.month, first.day, tzinfo=UTC),
            datetime(last.year, last.month, last.day, 23, tzinfo=UTC),
            days,
            "",
            "Import a newer extended history.",
        )
        for first, last, days in spans
    ]
    found = closing(gaps, "UTC", TODAY)
    told = found and (plain(found.missing), found.is_open)
    assert told == (missing and (missing, is_open))


def test_overview_tells_what_is_to_come_what_goes_on_and_what_is_new() -> None:
    some = some_overview("all")
    ends_on = TODAY - timedelta(days=1)
    current = Streak(3, ends_on - timedelta(days=2), ends_on, TODAY)
    longest = Streak(9, date(2023, 1, 1), date(2023, 1, 9), date(2023, 1, 10))
    some = replace(
        some,
        streaks=Streaks(some.totals.covered, current, longest, None, (longest,)),
        milestones=replace(some.milestones, near=(NearMilestone("hours", 2_500, 120),)),
        latest=Latest("2024-03", replace(some.discovery, new_artists=7)),
        shows=some.artists,
        trends={**some.trends, "shows": {}},
    )
    html = plain(render_overview(some, Ask(), framed(), today=TODAY))
    assert "<dd>9 <small>now 3</small></dd>" in html
    assert "<b>2,500 hours</b> <small>120 hours to go</small>" in html
    assert "<dt>New artists in March 2024</dt>" in html
    assert 'href="/patterns?range=2024-03#h-new">7</a>' in html
    assert '<h2 id="h-shows">Shows</h2>' in html
    later = plain(render_overview(some, Ask(), framed(), today=TODAY + timedelta(days=9)))
    assert "<dd>9</dd>" in later


def test_links_keep_the_prefix_of_a_proxy() -> None:
    html = render_overview(some_overview("all"), Ask(), framed("/music"), today=TODAY)
    assert 'href="/?' not in html
    assert 'href="/top' not in html
    assert 'href="/music/top/artists' in html


def test_rankings_tell_changes_in_words() -> None:
    about = covered("2024", date(2024, 1, 1), date(2025, 1, 1))
    before = [None, 5, 1, 4, None]
    items = tuple(
        TopItem(rank, rank, f"Name {rank}", None, 9, 9, 0.1, None, None, previous, is_new=rank == 1)
        for rank, previous in enumerate(before, 1)
    )
    found = Ranking(Top(about, "plays", 5, None, items), {1: (0, 4, 2)})
    html = render_top(found, Ask(range="2024"), framed(), "artists", 1, 50)
    assert '<polyline points="0,19 46,1 92,10"/>' in html
    assert html.count("<polyline") == 1
    words = [
        word
        for word in ("new<", "up </span>3", "down </span>2", "same place", "back<")
        if word in html
    ]
    assert len(words) == 5
    assert html.count("new<") == 1


def test_since_when_is_told_by_the_clock_of_the_listener() -> None:
    about = replace(covered("all", date(2022, 1, 1), date(2025, 1, 1)), zone="Europe/Berlin")
    first = datetime(2022, 12, 31, 23, 0, 30, tzinfo=UTC)
    item = TopItem(1, 1, "Name", None, 9, 9, 0.1, first, first, None, is_new=False)
    found = Ranking(Top(about, "plays", 1, None, (item,)), {})
    assert "since 2023" in render_top(found, Ask(), framed(), "artists", 1, 50)


def test_rankings_are_paged() -> None:
    about = covered("all", date(2024, 1, 1), date(2025, 1, 1))
    items = tuple(
        TopItem(rank, rank, f"Name {rank}", None, 9, 9, 0.1, None, None, None, is_new=False)
        for rank in range(51, 101)
    )
    found = Ranking(Top(about, "plays", 914, "100", items), {})
    html = render_top(found, Ask(), framed(), "artists", 2, 50)
    assert "Name 51<" in html
    assert 'href="/top/artists?range=all&amp;page=3"' in html
    assert "51 to 100 of 914" in plain(html)
