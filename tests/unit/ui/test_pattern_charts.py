"""The charts of patterns: each mark stands for its line, says it and leads to it; of nothing there is one too."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from tonearm.insights.charts.concentration import Concentration, FirstItems
from tonearm.insights.charts.context import Contexts, ContextValue
from tonearm.insights.charts.discovery import Discovery, DiscoveryUnit
from tonearm.insights.charts.repeat import Repeat, RepeatedTrack
from tonearm.insights.charts.sessions import SessionHour, SessionsAnswer
from tonearm.insights.charts.skips import SkipHour, Skips
from tonearm.insights.charts.streaks import Streak, Streaks
from tonearm.insights.records import Covered, DiscoveryTotals
from tonearm.ui import formats
from tonearm.ui.charts.curve import Curve, CurvePoint, curves
from tonearm.ui.charts.named_bars import NamedBar, named_bars
from tonearm.ui.pattern_charts import (
    draw_held,
    draw_new_artists,
    draw_platforms,
    draw_repeat,
    draw_session_hours,
    draw_skip_hours,
    draw_streaks,
)

AT = datetime(2024, 1, 1, tzinfo=UTC)
COVERED = Covered(
    range="all", from_at=AT, to_at=AT, from_local=None, to_local=None, zone="UTC", rule="30s", kind="music",
    credit="primary", first_play_at=None, last_play_at=None, coverage=None, estimated_share=0.0, undecided_share=0.0,
    history_version=1, corrections_version=0, plays="", line_plays=None,
)  # fmt: skip
HOSTILE = '"><script>alert(1)</script>'


def parsed(drawing: str) -> ET.Element:
    """Parse a drawing, and expect one image with one spoken name."""
    root = ET.fromstring(drawing)  # noqa: S314 - made by us
    (image,) = [node for node in root.iter() if node.get("role") == "img"]
    title = image.find("title")
    assert title is not None
    assert image.get("aria-labelledby") == title.get("id")
    return root


def summary(drawing: str) -> str:
    found = re.search(r"<title id=[^>]*>(.*?)</title>", drawing)
    assert found
    return found[1]


def concentration(item: str, shares: Sequence[tuple[int, float]]) -> Concentration:
    lines = tuple(FirstItems(first, round(share * 1_000), share) for first, share in shares)
    total = lines[-1].first if lines else 0
    top = lines[0].share if lines else 0.0
    return Concentration(COVERED, item, "plays", total, top, top, top, 0.0, lines)


def marks(drawing: str, number: int) -> list[tuple[float, float, str]]:
    """Give where the marks of a line stand, and what hovering tells."""
    found = re.findall(
        rf'<title>([^<]+)</title><circle class="hit" cx="([\d.]+)" cy="([\d.]+)" r="10"/>'
        rf'<path class="dot n{number}"',
        drawing,
    )
    return [(float(x), float(y), said) for said, x, y in found]


def test_each_point_of_a_curve_is_a_line_and_leads_to_its_ranking() -> None:
    artists = concentration("artists", [(1, 0.25), (10, 0.5), (100, 0.75), (2_000, 1)])
    tracks = concentration("tracks", [(1, 0.001), (10_000, 1)])
    drawing = draw_held([artists, tracks], lambda item, first: f"/{item}/{first}?a&b")
    parsed(drawing)
    dots = marks(drawing, 0)
    assert [said for _, _, said in dots] == [
        f"Artists 1: 25{formats.NBSP}%",
        f"Artists 1{formats.TO}10: 50{formats.NBSP}%",
        f"Artists 1{formats.TO}100: 75{formats.NBSP}%",
        f"Artists 1{formats.TO}2,000: 100{formats.NBSP}%",
    ]
    # Ten times as many are as far again to the right, and shares are heights.
    left, ten, hundred, last = (x for x, _, _ in dots)
    assert ten - left == pytest.approx(hundred - ten, abs=0.2)
    low, middle, high, whole = (y for _, y, _ in dots)
    assert low - middle == pytest.approx(middle - high, abs=0.2) == pytest.approx(high - whole)
    squares = marks(drawing, 1)
    assert [said for _, _, said in squares] == [
        f"Tracks 1: <{formats.NBSP}1{formats.NBSP}%".replace("<", "&lt;"),
        f"Tracks 1{formats.TO}10,000: 100{formats.NBSP}%",
    ]
    assert squares[1][0] > last
    assert squares[1][1] == whole
    assert 'href="/artists/100?a&amp;b"' in drawing
    assert drawing.count("<a ") == 6
    for number, points in enumerate((dots, squares)):
        (drawn,) = re.findall(rf'<polyline class="line n{number}" points="([^"]+)"/>', drawing)
        places = [tuple(map(float, place.split(","))) for place in drawn.split()]
        assert places == [(x, y) for x, y, _ in points]
    said = summary(drawing)
    assert "Artists: 25" in said
    assert "Tracks: &lt;" in said
    assert [text.text for text in parsed(drawing).iter("text")][:2] == ["Artists", "Tracks"]


@pytest.mark.parametrize("total", [1, 2, 3, 9, 10, 11, 2_000])
def test_a_curve_of_any_number_stays_inside_its_frame(total: int) -> None:
    shares = [(first, first / total) for first in sorted({1, min(5, total), total})]
    drawing = draw_held([concentration("artists", shares), concentration("tracks", shares)])
    root = parsed(drawing)
    width, height = map(int, root.get("viewBox", "").split()[2:])
    for x, y, _ in (*marks(drawing, 0), *marks(drawing, 1)):
        assert 0 < x < width
        assert 0 < y < height
    assert "<a " not in drawing
    numbers = [text.text for text in root.iter("text")]
    assert "1" in numbers
    assert (formats.number(total) in numbers) is (total in {1, 2, 3, 9, 10})


def test_where_both_lines_are_the_same_both_marks_are_seen() -> None:
    drawing = draw_held([concentration(item, [(1, 1)]) for item in ("artists", "tracks")])
    parsed(drawing)
    square, circle = (drawing.rindex(f'<path class="dot n{number}"') for number in (1, 0))
    assert square < circle, "the smaller mark lies on the larger one"


def test_of_nobody_there_is_a_frame_without_a_line() -> None:
    drawing = draw_held([concentration("artists", []), concentration("tracks", [])])
    parsed(drawing)
    assert "polyline" not in drawing
    assert "100" in drawing


def test_a_curve_escapes_what_it_is_given() -> None:
    point = CurvePoint(1, 1, HOSTILE, HOSTILE)
    drawing = curves([Curve(HOSTILE, [point])], summary=HOSTILE, across=HOSTILE)
    parsed(drawing)
    assert "<script" not in drawing


def skips(lines: dict[int, tuple[int, int]]) -> Skips:
    hours = tuple(
        SkipHour(hour, judged, skipped, round(skipped / judged, 6) if judged else 0.0)
        for hour in range(24)
        for judged, skipped in [lines.get(hour, (0, 0))]
    )
    judged, skipped = (sum(line[at] for line in lines.values()) for at in (0, 1))
    share = skipped / judged if judged else 0.0
    return Skips(COVERED, judged, judged, skipped, share, 0, None, hours, (), ())


def bars(drawing: str) -> list[tuple[float, str]]:
    """Give the heights of bars of hours, and what hovering tells."""
    found = re.findall(r'height="([\d.]+)" rx="2"><title>([^<]+)</title>', drawing)
    return [(float(height), said) for height, said in found]


def test_skips_are_shares_of_each_hour_with_what_they_are_of() -> None:
    told = skips({3: (1, 1), 8: (100, 20), 9: (50, 20), 10: (400, 40), 11: (500, 1)})
    drawing = draw_skip_hours(told, link="/history?range=all")
    parsed(drawing)
    found = bars(drawing)
    assert len(found) == 24
    assert found[8][1] == f"08:00: 20{formats.NBSP}% of 100{formats.NBSP}plays"
    assert found[9][0] == pytest.approx(2 * found[8][0], abs=0.2)
    assert [hour for hour, (height, _) in enumerate(found) if height] == [3, 8, 9, 10, 11]
    assert found[11][1].startswith("11:00: &lt;")
    assert 'href="/history?range=all&amp;hour=9"' in drawing
    # One play at night is drawn, but is no finding.
    assert summary(drawing).endswith("Most of all between 9 and 10 h: 40 %.")
    assert f">100{formats.NBSP}% of 1{formats.NBSP}play</text>" in drawing


def test_sessions_lead_nowhere_since_no_list_is_of_them() -> None:
    hours = tuple(SessionHour(hour, {8: 3, 20: 9}.get(hour, 0)) for hour in range(24))
    told = SessionsAnswer(COVERED, 12, 1, 1, 1.0, 1, hours, None, ())
    drawing = draw_session_hours(told)
    parsed(drawing)
    assert "<a " not in drawing
    assert "href" not in drawing
    assert bars(drawing)[20][1] == f"20:00: 9{formats.NBSP}sessions"
    assert summary(drawing).endswith("Most begin between 20 and 21 h: 75 %.")


def discovery(new_artists: Sequence[int], unit: str = "month") -> Discovery:
    units = tuple(
        DiscoveryUnit(
            date(2020 + at // 12, at % 12 + 1, 1) if unit == "month" else date(2020, 2, at + 1),
            10,
            new,
            new,
            new,
            new,
            0.1,
            0,
        )
        for at, new in enumerate(new_artists)
    )
    whole = sum(new_artists)
    totals = DiscoveryTotals(10 * len(units), whole, whole, whole, whole, 0.1, 0)
    return Discovery(COVERED, unit, totals, units, None, ())


def test_months_show_their_new_artists_and_lead_to_themselves() -> None:
    drawing = draw_new_artists(discovery([4, 0, 8, 1]), link="/patterns?range=")
    root = parsed(drawing)
    assert re.findall(r'href="([^"]+)"', drawing) == [
        f"/patterns?range=2020-{month:02}" for month in range(1, 5)
    ]
    heights = [
        float(bar.get("height", 0)) for bar in root.iter("rect") if bar.get("class") != "hit"
    ]
    assert heights == [75, 0, 150, 18.8]
    assert (
        f"<title>{formats.month(date(2020, 1, 1))}: 4{formats.NBSP}new artists</title>" in drawing
    )
    assert summary(drawing).endswith("Most was new in March 2020: 8 new artists.")
    assert f">8{formats.NBSP}new artists</text>" in drawing
    # One at a time, or in one month alone, is no finding.
    for even in ([1, 0, 1], [0, 5]):
        assert "Most was new" not in summary(draw_new_artists(discovery(even)))


def test_the_month_in_which_everybody_was_new_leaves_room_for_the_others() -> None:
    usual = [1, 2, 3, 4] * 15
    drawing = draw_new_artists(discovery([90, *usual]))
    parsed(drawing)
    heights = re.findall(
        r'class="bar in"[^>]* height="([\d.]+)"/>(<path class="cut"[^>]*>)?', drawing
    )
    assert [(height, bool(cut)) for height, cut in heights[:5]] == [
        ("150", True), ("37.5", False), ("75.0", False), ("112.5", False), ("150.0", False),
    ]  # fmt: skip
    assert drawing.count('class="cut"') == 1
    assert f">90{formats.NBSP}new artists</text>" in drawing
    # Nothing is broken for a little more, nor where there are few months.
    for even in ([8, *usual], [90, 1, 2, 3]):
        assert "cut" not in draw_new_artists(discovery(even))


def test_days_of_a_month_are_drawn_as_such() -> None:
    drawing = draw_new_artists(discovery([1, 0, 2], "day"), link="/patterns?range=")
    assert 'href="/patterns?range=2020-02-03"' in drawing
    assert (
        f"<title>{formats.named_day(date(2020, 2, 1))}: 1{formats.NBSP}new artist</title>"
        in drawing
    )
    assert summary(drawing).endswith("Most was new on 3 Feb 2020: 2 new artists.")


def test_of_nothing_there_is_a_chart_all_the_same() -> None:
    empty = tuple(SessionHour(hour, 0) for hour in range(24))
    drawn = (
        draw_session_hours(SessionsAnswer(COVERED, 0, 0, 0, 0.0, 0, empty, None, ())),
        draw_skip_hours(skips({})),
        draw_new_artists(discovery([])),
        draw_new_artists(discovery([0])),
    )
    for drawing in drawn:
        root = parsed(drawing)
        assert summary(drawing)
        assert "peak" not in drawing
        shown = [bar for bar in root.iter("rect") if bar.get("class") != "hit"]
        assert {float(bar.get("height", 0)) for bar in shown} <= {0}


def test_days_in_a_row_are_bars_that_lead_to_them_and_say_how_many() -> None:
    def streak(starts_on: date, days: int) -> Streak:
        ends_before = starts_on + timedelta(days=days)
        return Streak(days, starts_on, ends_before - timedelta(days=1), ends_before)

    some = tuple(streak(date(2024, 1, 3), days) for days in range(40, 20, -1))
    found = Streaks(COVERED, some[-1], some[0], None, some)
    drawing = draw_streaks(found, lambda one: f"/history?range={one.starts_on}..{one.ends_before}")
    assert parsed(drawing).get("viewBox") == f"0 0 552 {12 * 46}"
    links = re.findall(r'href="([^"]+)"', drawing)
    assert links[0] == "/history?range=2024-01-03..2024-02-12"
    widths = [
        float(width) for width in re.findall(r'class="bar" y="\d+" width="([\d.]+)"', drawing)
    ]
    # The longest twelve; one is as wide as the drawing, and the others are to it as their days are.
    assert len(links) == len(widths) == 12
    assert widths == [round(one.days / 40 * 552, 1) for one in some[:12]]
    assert f">40{formats.NBSP}days</text>" in drawing
    assert summary(drawing).startswith("The longest run of days: 40")


def test_names_on_bars_are_escaped_cut_and_set_apart() -> None:
    drawing = named_bars([NamedBar(HOSTILE * 4, 0, HOSTILE, HOSTILE)], summary=HOSTILE, name="some")
    parsed(drawing)
    assert "<script" not in drawing
    (short,) = re.findall(r'<text x="0" y="\d+">([^<]+)</text>', drawing)
    assert short.startswith("\u2068")
    assert short.endswith("…\u2069")
    assert 'class="bar" y="25" width="0"' in drawing


def test_tracks_and_platforms_are_bars_by_their_plays() -> None:
    tracks = tuple(
        RepeatedTrack(rank, rank, f"Song {rank}", "Band", plays, 1)
        for rank, plays in enumerate((8, 6, 2), 1)
    )
    repeat = Repeat(COVERED, 16, 3, 0.8, 5.3, 0, 0, None, None, tracks, ())
    values = tuple(
        ContextValue(name, plays, 1, plays / 16)
        for name, plays in zip("abc", (8, 6, 2), strict=True)
    )
    platforms = Contexts(COVERED, "platform", "month", values, ())
    led = draw_repeat(repeat, lambda one: f"/tracks/{one.id}")
    for drawing in (led, draw_platforms(platforms)):
        parsed(drawing)
        assert re.findall(r'class="bar" y="\d+" width="([\d.]+)"', drawing) == [
            "552.0",
            "414.0",
            "138.0",
        ]
    assert re.findall(r'href="([^"]+)"', led) == ["/tracks/1", "/tracks/2", "/tracks/3"]
    assert f">8{formats.NBSP}plays</text>" in led
    assert "Song 3" in led
    assert f">50{formats.NBSP}%</text>" in draw_platforms(platforms)
