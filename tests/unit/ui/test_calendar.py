"""The calendar of what is known: each day once, by its own shape, and leading where its look says."""

import re
from datetime import date, timedelta
from gzip import compress
from itertools import cycle, groupby
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonearm.insights.known_days import KnownDays
from tonearm.ui.charts.calendar import (
    LOOKS,
    PITCH,
    calendar_days,
    calendar_picture,
    look_of,
    shapes,
    swatch,
    year_blocks,
)

LINK = "/under/history?kind=music&range="
WAYS = (
    ("export", True, None),
    ("export", False, None),
    ("both", True, None),
    ("poll", True, None),
    ("part", False, "outage"),
    ("gap", False, "paused"),
    ("gap", False, None),
)
ONE_DAY = timedelta(days=1)


def runs_of(first: date, lengths: list[tuple[int, int]]) -> list[KnownDays]:
    found = []
    for length, way in lengths:
        state, is_whole, reason = WAYS[way]
        end = first + timedelta(days=length)
        found.append(KnownDays(first, end, length, state, is_whole, reason))
        first = end
    return found


def fields(svg: ET.Element) -> dict[date, str]:
    """Give the look of each day that is drawn, read off the areas: each column is a week, each row a day of it."""
    first = date.fromisoformat(svg.get("data-first", ""))
    found: dict[date, str] = {}
    for path in svg.iter("path"):
        told = re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", path.get("d", ""))
        assert told
        for x, y, wide, tall in ([int(part) // PITCH for part in one] for one in told):
            for column in range(x, x + wide):
                for row in range(y, y + tall):
                    day = first + timedelta(days=column * 7 + row)
                    assert day not in found
                    found[day] = path.get("data-look", "")
    return found


@settings(deadline=None)
@given(
    first=st.dates(date(2019, 11, 1), date(2024, 3, 1)),
    lengths=st.lists(st.tuples(st.integers(1, 200), st.integers(0, 6)), min_size=1, max_size=9),
    start=st.integers(1, 7),
)
def test_every_day_is_drawn_once_where_its_week_and_weekday_are(
    first: date, lengths: list[tuple[int, int]], start: int
) -> None:
    runs = runs_of(first, lengths)
    expected = {
        run.starts_on + timedelta(days=place): look_of(run)
        for run in runs
        for place in range(run.days)
    }
    drawn: dict[date, str] = {}
    blocks = list(year_blocks(calendar_days(runs), link=LINK, week_start=start))
    assert [block.year for block in blocks] == sorted({day.year for day in expected}, reverse=True)
    for block in blocks:
        for half in filter(None, block.halves):
            svg = ET.fromstring(half)  # noqa: S314 - our own
            assert date.fromisoformat(svg.get("data-first", "")).isoweekday() == start
            drawn |= fields(svg)
    known = {day: look for day, look in drawn.items() if look != "none"}
    assert known == expected
    around = {day for day, look in drawn.items() if look == "none"}
    assert all(day < first or day >= runs[-1].ends_before for day in around)


def test_known_days_lead_to_plays_and_missing_ones_to_their_gap() -> None:
    runs = runs_of(date(2024, 1, 1), [(10, 0), (3, 6), (5, 4), (20, 3)])
    gaps = [(date(2024, 1, 11), date(2024, 1, 14))]
    (block,) = year_blocks(calendar_days(runs, gaps), link=LINK)
    svg = ET.fromstring(block.halves[0])  # noqa: S314 - our own
    found = {
        (path.get("data-look"), anchor.get("href"))
        for anchor in svg.iter("a")
        for path in anchor.iter("path")
    }
    assert found == {
        ("export", f"{LINK}2024-01-01..2024-01-11"),
        ("gap", "#gap-1"),
        ("part", "#gap-1"),
        ("part", "#h-gaps"),
        ("poll", f"{LINK}2024-01-19..2024-02-08"),
    }
    assert block.halves[1] == ""


def test_only_days_that_were_asked_for_are_drawn() -> None:
    runs = runs_of(date(2023, 1, 1), [(900, 0)])
    days = calendar_days(runs, asked=(date(2024, 3, 4), date(2024, 3, 10)))
    assert [one.day.day for one in days] == [4, 5, 6, 7, 8, 9, 10]
    assert calendar_days([], asked=(date(2024, 3, 4), date(2024, 3, 10))) == []
    assert len(calendar_days(runs, asked=(date(1970, 1, 1), date(2200, 1, 1)))) == 365 * 2 + 366


def test_looks_differ_by_more_than_their_colour() -> None:
    outlines = {
        look: tuple(
            (path.get("d"), path.get("class") == "k-no")
            for path in ET.fromstring(swatch(look)).iter("path")  # noqa: S314 - our own
        )
        for look in LOOKS
    }
    assert len(set(outlines.values())) == len(LOOKS)
    named = ET.fromstring(shapes(summary="A <b> & c"))  # noqa: S314 - our own
    assert {one.get("id") for one in named.iter("pattern")} == {f"k-{look}" for look in LOOKS}
    assert next(named.iter("title")).text == "A <b> & c"


@pytest.mark.parametrize("length", [1, 30])
def test_ten_years_are_light_whatever_is_known(length: int) -> None:
    ways = cycle(range(len(WAYS)))
    runs = runs_of(date(2014, 1, 1), [(length, next(ways)) for _ in range(3_650 // length)])
    days = calendar_days(runs)
    drawn = "".join(half for block in year_blocks(days, link=LINK) for half in block.halves)
    assert len(compress(drawn.encode(), 3)) < 20_000
    assert drawn.count("<path") < 200


def test_a_file_draws_each_day_in_its_shape_with_a_legend() -> None:
    runs = runs_of(date(2023, 12, 1), [(40, 0), (10, 6)])
    days = calendar_days(runs)
    picture = ET.fromstring(calendar_picture(days))  # noqa: S314 - our own
    texts = [text.text for text in picture.iter("text")]
    assert {"2023", "2024", "Known from an export", "Missing"} <= set(texts)
    assert "Known from collecting" not in texts
    starts = sum((path.get("d") or "").count("M") for path in picture.iter("path"))
    used = [look for look, _ in groupby(sorted({one.look for one in days}))]
    assert starts == len(days) + len(used)
