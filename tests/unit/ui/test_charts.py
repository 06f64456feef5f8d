"""Charts hold what the records hold: sums, links, every value in the table, no hostile markup."""

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from isal import igzip

from tonearm.insights.records import HeatmapCell, TimelineUnit
from tonearm.ui import formats
from tonearm.ui.charts.groove import groove, segments
from tonearm.ui.charts.groove_table import groove_table
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.monogram import initials, monogram
from tonearm.ui.charts.scale import ceiling, step
from tonearm.ui.charts.sparkline import progress_ring, share_bar
from tonearm.ui.charts.timeline import timeline

HOSTILE = '"><script>alert(1)</script>'
MINUTE = 60_000


def some_days(first: date, count: int) -> tuple[TimelineUnit, ...]:
    return tuple(
        TimelineUnit(first + timedelta(days=at), at % 7, (at * 37 % 400) * MINUTE)
        for at in range(count)
    )


def hrefs(markup: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', markup)


def check_drawing(markup: str) -> ET.Element:
    """Parse a drawing and expect it to have one spoken name and nothing a strict policy blocks."""
    root = ET.fromstring(markup)  # noqa: S314 - made a line above, by us
    images = [node for node in root.iter() if node.get("role") == "img"]
    assert len(images) == 1
    title = images[0].find("title")
    assert title is not None
    assert title.text
    assert images[0].get("aria-labelledby") == title.get("id")
    for node in root.iter():
        assert node.tag != "script"
        assert not [name for name in node.keys() if name == "style" or name.startswith("on")]  # noqa: SIM118 - an Element is no mapping
    return root


@pytest.mark.parametrize("first", [date(2023, 12, 30), date(2024, 2, 28), date(2023, 1, 1)])
def test_segments_hold_every_day_once(first: date) -> None:
    days = some_days(first, 800)
    parts = segments(days)
    assert sum(part.plays for part in parts) == sum(unit.plays for unit in days)
    assert sum(part.ms_played for part in parts) == sum(unit.ms_played for unit in days)
    for part in parts:
        own = [unit for unit in days if part.first <= unit.starts_on < part.end]
        assert part.ms_played == sum(unit.ms_played for unit in own)
        assert part.first.year == (part.end - timedelta(days=1)).year


def test_segments_meet_without_gap_over_leap_days_and_year_ends() -> None:
    parts = segments(some_days(date(2019, 1, 1), 365 * 6))
    assert all(one.end == other.first for one, other in pairwise(parts))


def test_groove_links_each_segment_to_its_days() -> None:
    parts = segments(some_days(date(2022, 11, 3), 500))
    drawing = groove(parts, summary="All of it.", link="/under/?range=")
    check_drawing(drawing)
    assert sorted(hrefs(drawing)) == sorted(f"/under/?range={part.range}" for part in parts)
    assert "/under/?range=2024-03-01..2024-03-04" in hrefs(drawing)


def test_groove_marks_what_the_range_touches() -> None:
    parts = segments(some_days(date(2023, 1, 1), 730))
    drawing = groove(parts, summary="All.", marked=(date(2024, 1, 1), date(2024, 12, 31)))
    back = re.findall(r'<g class="s\d out">(.*?)</g>', drawing)
    assert {href[8:12] for href in hrefs("".join(back))} == {"2023"}


def test_groove_of_nothing_is_an_empty_record() -> None:
    drawing = groove((), summary="An empty record.")
    check_drawing(drawing)
    assert not hrefs(drawing)


def test_groove_escapes_what_it_is_given() -> None:
    drawing = groove(segments(some_days(date(2024, 1, 1), 9)), summary=HOSTILE, link=HOSTILE)
    assert "<script" not in drawing


def test_groove_of_fifteen_years_is_light() -> None:
    parts = segments(some_days(date(2010, 1, 1), 365 * 15 + 4))
    assert len(igzip.compress(groove(parts, summary="All.").encode())) < 60_000


def test_groove_table_has_every_segment() -> None:
    parts = segments(some_days(date(2022, 11, 3), 500))
    table = groove_table(parts)
    assert sorted(hrefs(table)) == sorted(f"/?range={part.range}" for part in parts)
    lines = re.findall(r'range=([^"]+)">[^<]+</a><td>([^<]+)<td>([^<\n]+)', table)
    shown = {range_: (time, plays) for range_, time, plays in lines}
    for part in parts:
        time = formats.duration(part.ms_played) if part.ms_played else formats.TO
        plays = formats.number(part.plays) if part.plays else formats.TO
        assert shown[part.range] == (time, plays)


def week(busy: tuple[int, int], plays: int) -> list[HeatmapCell]:
    return [
        HeatmapCell(weekday, hour, plays if (weekday, hour) == busy else 0, 0)
        for weekday in range(7)
        for hour in range(24)
    ]


def test_heatmap_has_every_cell_and_names_its_value() -> None:
    drawing = heatmap(week((3, 18), 1234), summary="Peak.")
    root = check_drawing(drawing)
    cells = [node for node in root.iter("rect") if "s" in (node.get("class") or "")]
    assert len(cells) == 168
    top = [node for node in cells if node.get("class") == "s6"]
    assert len(top) == 1
    title = top[0].find("title")
    assert title is not None
    assert title.text == f"Thursday, 18:00: 1,234{formats.NBSP}plays"


def test_heatmap_escapes_its_summary() -> None:
    assert "<script" not in heatmap(week((0, 0), 1), summary=HOSTILE)


def some_months() -> tuple[TimelineUnit, ...]:
    starts = [date(2022 + at // 12, at % 12 + 1, 1) for at in range(30)]
    return tuple(TimelineUnit(day, at, at * 60 * MINUTE) for at, day in enumerate(starts))


def test_timeline_has_a_bar_of_right_height_and_link_for_every_month() -> None:
    months = some_months()
    drawing = timeline(months, summary="Most.", width=600, name="t")
    root = check_drawing(drawing)
    assert hrefs(drawing) == [f"/?range={unit.starts_on:%Y-%m}" for unit in months]
    bars = [node for node in root.iter("rect") if (node.get("class") or "").startswith("bar")]
    heights = [float(bar.get("height") or -1) for bar in bars]
    assert heights[0] == 0
    assert heights == pytest.approx([at / 29 * max(heights) for at in range(30)], abs=0.1)
    # All bars stand on one line, from zero.
    feet = {round(float(bar.get("y") or 0) + float(bar.get("height") or 0), 1) for bar in bars}
    assert max(feet) - min(feet) <= 0.2


def test_timeline_marks_the_months_of_the_range() -> None:
    marked = (date(2023, 2, 14), date(2023, 4, 1))
    drawing = timeline(some_months(), summary="Most.", width=600, name="t", marked=marked)
    assert drawing.count('class="bar in"') == 3


def test_months_are_named_where_there_are_few_and_fill_the_width() -> None:
    year = some_months()[:12]
    wide = check_drawing(timeline(year, summary="Most.", width=1120, name="t"))
    names = [node.text for node in wide.iter("text") if node.get("class") is None]
    assert names == [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]
    last = [node for node in wide.iter("rect") if node.get("class") == "hit"][-1]
    assert float(last.get("x") or 0) + float(last.get("width") or 0) == pytest.approx(1120, abs=0.2)
    narrow = check_drawing(timeline(year, summary="Most.", width=380, name="t"))
    fewer = [node.text for node in narrow.iter("text") if node.get("class") is None]
    assert fewer == ["Jan", "Mar", "May", "Jul", "Sep", "Nov"]
    two = check_drawing(timeline(some_months()[6:18], summary="Most.", width=1120, name="t"))
    assert "2023" in [node.text for node in two.iter("text")]
    many = check_drawing(timeline(some_months(), summary="Most.", width=1120, name="t"))
    assert [node.text for node in many.iter("text") if node.get("class") is None] == [
        "2022",
        "2023",
        "2024",
    ]


def test_timeline_of_silence_draws_no_height() -> None:
    drawing = timeline(
        (TimelineUnit(date(2024, 1, 1), 0, 0),), summary=HOSTILE, width=300, name="t"
    )
    check_drawing(drawing)
    assert 'height="0"' in drawing
    assert "<script" not in drawing


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Marlene Ostrander", "MO"),
        ("a-ha", "A"),
        ("The Very Long Name", "TV"),
        ("夜の合唱団", "夜"),
        ("فرقة النجوم", "ف"),
        ("ก้อง ใจ", "ก้"),
        ("<script>alert</script>", "S"),
        ("...", "♪"),
        ("", "♪"),
    ],
)
def test_initials(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_monogram_is_steady_and_escaped() -> None:
    assert monogram("Glass Harbour") == monogram("Glass Harbour")
    assert "<script" not in monogram(HOSTILE)


def test_steps_cover_nothing_to_most() -> None:
    assert [step(value, 60) for value in (0, 1, 10, 11, 60, 600)] == [0, 1, 1, 2, 6, 6]
    assert step(5, 0) == 0


def test_ceiling_lets_outliers_stand_out() -> None:
    assert ceiling([10] * 99 + [1_000]) == 10
    assert ceiling([0, 0]) == 0


def test_bar_and_ring_stay_in_bounds() -> None:
    assert 'width="50.0"' in share_bar(5, 10)
    assert 'width="0"' in share_bar(5, 0)
    assert 'stroke-dasharray="100.0 100"' in progress_ring(140)
