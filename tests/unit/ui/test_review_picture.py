"""The picture of a year or a month holds whatever names there are, and nothing else."""

import re
import struct
from datetime import date
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from tonearm.insights.charts.month import Month, MonthItem
from tonearm.insights.charts.year import Year, YearItem
from tonearm.insights.records import Covered, DiscoveryTotals, TimelineUnit
from tonearm.insights.totals import TotalNumbers
from tonearm.ui import formats
from tonearm.ui.charts.review_picture import review_picture
from tonearm.ui.pixels import to_png

COVERED = Covered(
    "2024", None, None, None, None, "UTC", "30s", "music", "primary", None, None, None, 0.0, 0.0, 1, 1,
    "plays", None,
)  # fmt: skip
NUMBERS = TotalNumbers(1, 200_000, 1, 1, 1, 1, 200_000)
MONTHS = tuple(TimelineUnit(date(2024, month, 1), month, month * 60_000) for month in range(1, 13))
YEAR = Year(
    COVERED, 12, NUMBERS, None, None, None, None, None, None, None,
    DiscoveryTotals(1, 1, 1, 1, 1, 1.0, 0), (), (), (), (), MONTHS,
)  # fmt: skip


def item_of(name: str, rank: int = 1) -> YearItem:
    return YearItem(rank, rank, name, name, 1, 200_000, 0.5, date(2024, 1, 1), is_new=False)


@pytest.mark.parametrize(
    "name",
    [
        '"><script>alert(1)</script>',
        "a\x08b\x0b\uffff\ud800",
        "ไทย" * 70,
        "静かな夜の長い長い長い長い歌の名前",
        "فيروز",
        "& < > ' \"",
        "",
    ],
)
def test_any_name_makes_a_whole_picture(name: str) -> None:
    year = replace(YEAR, artists=(item_of(name),), tracks=(item_of(name),))
    drawn = str(review_picture(year)).encode("utf-8", "strict")
    root = ET.fromstring(drawn)  # noqa: S314 - made a line above, by us
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith("text")]
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert all(len(text) < 80 for text in texts)
    # Wide characters take two places each: none reaches into the next column.
    names = [text.partition("\u2069")[0] for text in texts if text.startswith("\u2068")]
    for one in names:
        assert sum(2 if east_asian_width(letter) in "WF" else 1 for letter in one) <= 28


def test_a_year_in_pixels_is_twice_as_large_whatever_it_names() -> None:
    items = tuple(map(item_of, ("ไทย" * 67, "فيروز", "静かな夜", "& < >", "a\x08b\uffff")))
    png = to_png(str(review_picture(replace(YEAR, artists=items, tracks=items))))
    assert struct.unpack(">II", png[16:24]) == (2160, 2700)
    assert png.endswith(b"IEND\xaeB`\x82")


def test_a_picture_tells_the_months_and_the_first_five() -> None:
    items = tuple(item_of(f"Name {rank}", rank) for rank in range(1, 9))
    text = "".join(
        ET.fromstring(str(review_picture(replace(YEAR, artists=items)))).itertext()  # noqa: S314 - ours
    )
    assert [f"Name {rank}" in text for rank in range(1, 8)] == [True] * 5 + [False] * 2
    assert "2024" in text
    assert "3\xa0minutes" in text


def test_a_picture_is_drawn_in_the_colours_of_its_theme() -> None:
    light, dark = (str(review_picture(YEAR, is_dark=is_dark)) for is_dark in (False, True))
    paper, night = (set(re.findall("#[0-9a-f]{6}", drawn)) for drawn in (light, dark))
    # The grooves of the record are the same on both.
    assert paper & night == {"#5c534a"}
    assert to_png(light) != to_png(dark)


def test_a_picture_of_a_month_tells_its_days() -> None:
    days = tuple(TimelineUnit(date(2024, 2, day), day, day * 60_000) for day in range(1, 30))
    item = MonthItem(1, 1, "Name", None, 1, 200_000, 0.5, date(2024, 2, 1), is_new=False)
    month = Month(
        COVERED, 12, NUMBERS, None, None, None, None, None, None, None,
        DiscoveryTotals(1, 1, 1, 1, 1, 1.0, 0), (), (item,), (), (), days,
    )  # fmt: skip
    root = ET.fromstring(str(review_picture(month)))  # noqa: S314 - ours
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert texts[0] == "February\xa02024"
    assert [text for text in texts if text and text.isdecimal()] == ["1", "8", "15", "22", "29"]
    bars = [float(node.attrib["height"]) for node in root.iter() if node.attrib.get("rx") == "4"]
    assert bars == sorted(bars)
    assert (len(bars), bars[-1]) == (29, 130)


@pytest.mark.parametrize(
    ("name", "longest", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc…"),
        ("静か", 3, "静…"),
        ("静か", 4, "静か"),
        ("ab cd", 3, "ab…"),
    ],
)
def test_names_are_cut_by_their_width(name: str, longest: int, expected: str) -> None:
    assert formats.shortened(name, longest) == expected
