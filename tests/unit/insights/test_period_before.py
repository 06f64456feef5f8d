"""The period before is one and the same wherever it is told."""

import pytest
from msgspec.structs import astuple
from sqlalchemy import Connection

from asking import NOW
from measuring import AnyQuestion, Measured
from oracle.examples import heard
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.chart import load_charts
from tonearm.insights.charts.compare import CompareQuestion
from tonearm.insights.overview import draw_overview
from tonearm.insights.totals import TotalNumbers
from tonearm.ui.sentences import change_label

ZONE = "Europe/Berlin"
PLAYS = [
    heard("2022-12-31 12:00", "a"),  # within 366 days before 2024, but not in the year before
    heard("2023-01-01 12:00", "b"),
    heard("2023-06-01 12:00", "b"),
    heard("2024-01-30 12:00", "a"),  # within 31 days before March, but not in the month before
    heard("2024-02-01 12:00", "b"),
    heard("2024-02-28 12:00", "b"),
    heard("2024-03-05 12:00", "a"),
    heard("2024-03-06 12:00", "b"),
]


@pytest.mark.parametrize(
    ("asked", "label", "before"),
    [
        ("2024", "Against 2023", 2),
        ("2024-03", "Against February\N{NO-BREAK SPACE}2024", 2),
        ("2024-03-01..2024-04-01", "Against the 31 days before", 3),
        ("2024-W10", "Against the 7 days before", 1),
        ("2024-03-06", "Against the day before", 1),
    ],
)
def test_all_who_look_back_look_at_the_same_days(
    connection: Connection, asked: str, label: str, before: int
) -> None:
    measured = Measured(connection, PLAYS)
    question = AnyQuestion(range=asked, zone=ZONE)
    overview = draw_overview(measured.view(question, NOW), RankBy.PLAYS)
    assert overview.previous is not None
    assert (change_label(overview.previous), overview.previous.plays) == (label, before)
    compared = measured.ask("compare", CompareQuestion(range=asked, zone=ZONE), NOW)
    assert compared.other_totals == TotalNumbers(*astuple(overview.previous)[1:])
    earlier = measured.ask("top-tracks", AnyQuestion(range=compared.other.range, zone=ZONE), NOW)
    ranks = {line.name: line.rank for line in earlier.items}
    assert {line.name: line.previous_rank for line in overview.tracks.items} == {
        line.name: ranks.get(line.name) for line in overview.tracks.items
    }
    stories = {4: ("year", int(asked[:4])), 7: ("month", asked)}
    if len(asked) in stories and "W" not in asked:
        chart, value = stories[len(asked)]
        kind = load_charts()[chart].question
        story = measured.ask(chart, kind(**{chart: value, "zone": ZONE}), NOW)
        assert story.previous == compared.other_totals
