"""Charts as files: tables that open as tables, pictures that need nothing else."""

import re
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from tonearm.domain.errors import InvalidInputError
from tonearm.insights.chart import load_charts
from tonearm.insights.charts.clock import ClockHour
from tonearm.insights.records import HeatmapCell, Record, TimelineUnit
from tonearm.ui.asking import Ask
from tonearm.ui.chart_files import CHART_FILES, as_csv, as_picture, files_here
from tonearm.ui.charts.curve import Curve, CurvePoint, curves
from tonearm.ui.charts.groove import groove, segments
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.hours import hours
from tonearm.ui.charts.named_bars import NamedBar, named_bars
from tonearm.ui.charts.timeline import timeline

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = tuple(
    TimelineUnit(date(2024, month, 1), month, month * 3_600_000) for month in range(1, 9)
)
DRAWINGS = {
    "groove": groove(segments(MONTHS), summary="A & B"),
    "timeline": timeline(MONTHS, summary="A & B", width=1120, name="tl-file"),
    "heatmap": heatmap(
        [HeatmapCell(day, hour, hour, hour) for day in range(7) for hour in range(24)],
        summary="A & B",
    ),
    "hours": hours(
        [ClockHour(hour, hour, hour, 0.1) for hour in range(24)], summary="A & B", link=""
    ),
    "named-bars": named_bars(
        [NamedBar("A & B", 3, "3 days", "/"), NamedBar("B" * 90, 1, "1 day")],
        summary="A & B",
        name="some",
    ),
    "curve": curves(
        [Curve(name, [CurvePoint(1, 0.5, "", "/"), CurvePoint(9, 1, "", "")]) for name in "AB"],
        summary="A & B",
        across="C",
    ),
}


class Line(Record, frozen=True):
    """A line with all that a line may hold."""

    name: str
    at: datetime
    on: date
    share: float
    plays: int
    nothing: str | None
    several: tuple[int, ...]


def line(name: str) -> Line:
    at = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
    return Line(name, at, date(2024, 3, 1), 0.25, -3, None, (1, 2))


def test_a_table_has_a_header_and_a_line_for_each_and_runs_nothing() -> None:
    names = ["Plain", 'Quo"te, comma', "=HYPERLINK(1)", "+1", "-1", "@x", "\tx"]
    told = as_csv([line(name) for name in names]).split("\n")
    assert told[0] == "name,at,on,share,plays,nothing"
    assert told[1] == "Plain,2024-03-01T12:30:00Z,2024-03-01,0.25,-3,"
    assert told[2].startswith('"Quo""te, comma",')
    for written in told[3:8]:
        assert written.startswith(("'", "\"'")), written
    assert as_csv([]) == ""
    several = as_csv([line("a"), line("b")], ["artists", "tracks"]).split("\n")
    assert several[0] == f"item,{told[0]}"
    assert [written[:10] for written in several[1:3]] == ["artists,a,", "tracks,b,2"]


@pytest.mark.parametrize("drawn", DRAWINGS.values(), ids=DRAWINGS)
def test_a_picture_is_a_file_of_its_own(drawn: Markup) -> None:
    picture = as_picture(drawn, "Hours <of> the week, 2024")
    tree = ET.fromstring(picture)  # noqa: S314 - our own
    assert tree.tag == f"{SVG}svg"
    assert "Hours <of> the week, 2024" in [text.text for text in tree.iter(f"{SVG}text")]
    assert not list(tree.iter(f"{SVG}a"))
    assert "href" not in picture
    style = "".join(one.text or "" for one in tree.iter(f"{SVG}style"))
    assert "var(" not in style
    assert "light-dark" not in style
    assert "url(" not in style
    # Whatever is drawn has a rule, or it would be black.
    named = {word for one in tree.iter() for word in one.get("class", "").split()}
    ruled = set(re.findall(r"\.([\w-]+)", style))
    assert {name for name in named if name != "tl-file" and name not in ruled} <= {"hit"}
    width, height = int(tree.get("width", 0)), int(tree.get("height", 0))
    assert 400 < max(width, height) <= 1200


def test_what_is_no_chart_is_no_picture() -> None:
    with pytest.raises(ValueError, match="as charts do"):
        as_picture(Markup("<p>"), "")


@pytest.mark.parametrize(
    ("here", "ask", "titles"),
    [
        ("/", Ask("2024"), 7),
        ("/", Ask("2024", "podcast"), 6),
        ("/patterns", Ask("2024"), 14),
        ("/top/shows", Ask("2024", "podcast"), 1),
        ("/years/2024", Ask("2024"), 4),
        ("/years/2024/03", Ask("2024-03"), 4),
        ("/artists/7", Ask("all", "all"), 5),
        ("/albums/7", Ask("all", "all"), 4),
        ("/tracks/7", Ask("all", "all"), 3),
    ],
)
def test_every_page_offers_its_charts(here: str, ask: Ask, titles: int) -> None:
    offered = dict(files_here(here, ask, ask.kind))
    assert len(offered) == titles
    for forms in offered.values():
        assert [form for form, _ in forms][:2] == ["csv", "json"]
        for form, path in forms:
            assert path.partition("?")[0].endswith(f".{form}")
            assert ("artist=%237" in path) is here.startswith("/artists")


def test_each_file_is_of_a_measure_and_of_lines_that_it_answers_with() -> None:
    for name, file in CHART_FILES.items():
        assert file.rows in load_charts()[file.measure].record.__struct_fields__, name
        asked = {"range": "2024"} | ({"kind": "podcast"} if name == "shows" else {})
        assert len(file.questions(asked)) == max(len(file.items), 1)


@pytest.mark.parametrize("asked", [{"nonsense": "1"}, {"kind": "films"}])
def test_a_question_that_is_none_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        CHART_FILES["heatmap"].questions(asked)
