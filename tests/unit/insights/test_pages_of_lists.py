"""Lists that are cut: page by page they are what they are at once, whatever the measure."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from measuring import ITEMS, AnyQuestion, Measured
from oracle import measures as oracle
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.errors import InvalidInputError
from tonearm.insights.chart import load_charts
from tonearm.insights.paging import ListQuestion

LISTS = {
    "clock": ("leaders",),
    "compare": ("artists.movers", "albums.movers", "tracks.movers"),
    "completeness": (),  # what it lists comes from files and polls, of which there are none here
    "discovery": ("rediscovered",),
    "milestones": ("items", "anniversaries"),
    "neighbours": ("items",),
    "repeat": ("items", "looped_tracks"),
    "sessions": ("longest",),
    "skips": ("tracks", "artists"),
    "streaks": ("items",),
    "top-albums": ("items",),
    "top-artists": ("items",),
    "top-shows": ("items",),
    "top-tracks": ("items",),
}
WHOLE = 500
# The newest page comes first, and each is in order of time.
BACKWARDS = ("milestones", "items")


def test_every_measure_that_is_asked_for_so_many_lines_has_pages() -> None:
    limited = {
        name for name, chart in load_charts().items() if "limit" in chart.question.__struct_fields__
    }
    assert limited == LISTS.keys()
    assert all(issubclass(load_charts()[name].question, ListQuestion) for name in limited)


@given(
    plays=listens(),
    asked=questions(AnyQuestion, ("2024", "2024-03", "2023-12-30..2024-03-31")),
    item=st.sampled_from(ITEMS),
    limit=st.sampled_from((1, 2, 3)),
)
@QUICK
def test_pages_are_the_whole_list(
    connection: Connection,
    plays: list[OraclePlay],
    asked: AnyQuestion,
    item: oracle.Item,
    limit: int,
) -> None:
    measured = Measured(connection, plays)
    for chart, lists in LISTS.items():
        own: dict[str, Any] = {"item": item} if chart == "clock" else {}
        if chart == "neighbours":
            if not oracle.names_of(plays, item):
                continue
            own = {item.removesuffix("s"): "#1"}
        question = question_of(chart, asked, own | {"limit": WHOLE})
        whole = measured.ask(chart, question, NOW)
        pages = list(pages_of(measured, chart, asked, own | {"limit": limit}))
        for name in lists:
            parts = [part(page, name) for page in pages]
            assert all(len(lines) <= limit + (name == "anniversaries") for lines in parts)
            together = parts[::-1] if (chart, name) == BACKWARDS else parts
            lines = [line for lines in together for line in lines]
            assert lines == list(part(whole, name)), (chart, name)


def test_a_cursor_behind_the_last_line_is_refused(connection: Connection) -> None:
    measured = Measured(connection, [])
    for chart in LISTS.keys() - {"neighbours", "compare"}:
        question = question_of(chart, AnyQuestion(), {"cursor": "3"})
        with pytest.raises(InvalidInputError, match="the whole list has 0 lines") as refused:
            measured.ask(chart, question, NOW)
        assert refused.value.parameter == "cursor"


def pages_of(
    measured: Measured, chart: str, asked: AnyQuestion, own: dict[str, Any]
) -> Iterator[Any]:
    """Give the pages of an answer, each by the cursor of the one before."""
    cursor = None
    while True:
        page = measured.ask(chart, question_of(chart, asked, own | {"cursor": cursor}), NOW)
        yield page
        if page.next_cursor is None:
            return
        assert cursor is None or int(page.next_cursor) > int(cursor)
        cursor = page.next_cursor


def question_of(chart: str, asked: AnyQuestion, own: dict[str, Any]) -> ListQuestion:
    kind = load_charts()[chart].question
    names = kind.__struct_fields__
    values = {name: value for name, value in asdict(asked).items() if name in names}
    question = kind(**values | own)
    assert isinstance(question, ListQuestion)
    return question


def part(page: Any, name: str) -> tuple[Any, ...]:  # noqa: ANN401 - each measure has its record
    for step in name.split("."):
        page = getattr(page, step)
    return tuple(page)
