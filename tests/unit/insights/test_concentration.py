"""How unequally plays fall on items: against brute force, and by hand."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import ITEMS, AnyQuestion, Measured, bounds
from oracle.examples import heard
from oracle.habits import concentration
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.concentration import Concentration, ConcentrationQuestion
from tonearm.insights.question import make_question


def told(measured: Measured, **asked: object) -> Concentration:
    found = measured.ask(
        "concentration",
        make_question(ConcentrationQuestion, {"zone": "Europe/Berlin", **asked}),
        NOW,
    )
    assert isinstance(found, Concentration)
    return found


def lines(found: Concentration) -> list[tuple[int, int, float]]:
    return [(line.first, line.amount, line.share) for line in found.items]


def check_lines(found: Concentration, expected: list[tuple[int, int, float]]) -> None:
    assert [line[:2] for line in lines(found)] == [line[:2] for line in expected]
    for line, (_, _, exact) in zip(found.items, expected, strict=True):
        assert near(line.share, exact)


def numbers(measured: Measured, **asked: object) -> tuple[float, ...]:
    found = told(measured, **asked)
    return found.total, found.top_1_share, found.top_10_share, found.top_50_share, found.gini


@given(
    plays=listens(),
    asked=questions(ConcentrationQuestion, item=st.sampled_from(ITEMS), by=st.sampled_from(RankBy)),
)
@QUICK
def test_a_concentration_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: ConcentrationQuestion
) -> None:
    found = Measured(connection, plays).ask("concentration", asked, NOW)
    zone, rule = asked.zone or "", asked.rule
    assert rule
    here, _ = bounds(AnyQuestion(range=asked.range, zone=zone), NOW)
    expected = concentration(
        plays, *here, ZoneInfo(zone), rule.value, asked.kind, item=asked.item, by=asked.by.value
    )
    assert (found.item, found.by, found.total) == (asked.item, asked.by, expected.items)
    assert near(found.top_1_share, expected.top_1)
    assert near(found.top_10_share, expected.top_10)
    assert near(found.top_50_share, expected.top_50)
    assert near(found.gini, expected.gini)
    check_lines(found, expected.held)


def test_many_tracks_of_many_plays_are_brute_forces(connection: Connection) -> None:
    """More than 50 items, so that every share differs."""
    plays = [
        heard(f"2024-03-01 {minute // 60:02}:{minute % 60:02}", f"{minute % number}")
        for minute, number in ((minute, 1 + minute % 97) for minute in range(1_200))
    ]
    expected = concentration(plays, None, None, ZoneInfo("UTC"), item="tracks")
    assert expected.items > 50
    measured = Measured(connection, plays)
    found = numbers(measured, item="tracks")
    assert all(near(here, exact) for here, exact in zip(found, expected[:5], strict=True))
    check_lines(told(measured, item="tracks"), expected.held)
    assert 0 < found[1] < found[2] < found[3] < 1


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        (0, []),
        (1, [1]),
        (2, [1, 2]),
        (4, [1, 2, 4]),
        (10, [1, 2, 5, 10]),
        (2_001, [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 2_001]),
    ],
)
def test_the_first_ones_are_taken_together_up_to_all(
    connection: Connection, number: int, steps: list[int]
) -> None:
    """Each number once, and the last is the whole."""
    plays = [
        heard(f"2024-03-{1 + track // 1_440:02} {track // 60 % 24:02}:{track % 60:02}", f"{track}")
        for track in range(number)
    ]
    found = told(Measured(connection, plays), item="tracks")
    assert lines(found) == [(step, step, round(step / number, 6)) for step in steps]


def test_nobody_and_one_have_no_inequality(connection: Connection) -> None:
    assert numbers(Measured(connection, [])) == (0, 0, 0, 0, 0)
    unknown = [heard("2024-03-01 10:00", artist=None)]
    assert numbers(Measured(connection, unknown)) == (0, 0, 0, 0, 0)
    only = [*unknown, heard("2024-03-01 11:00", "b")]
    assert numbers(Measured(connection, only)) == (1, 1, 1, 1, 0)


def test_the_unknown_have_no_part_in_the_whole(connection: Connection) -> None:
    plays = [
        *[heard(f"2024-03-01 1{hour}:00", "a", artist="A") for hour in range(3)],
        heard("2024-03-01 20:00", "b", ms=300_000, artist="B"),
        *[heard(f"2024-03-02 1{hour}:00", "c", artist=None) for hour in range(6)],
        heard("2024-04-01 00:00", "d", artist="D"),
    ]
    measured = Measured(connection, plays)
    # Weights 1 and 3: 2·(1·1 + 2·3) / (2·4) - 3/2 is a quarter.
    assert numbers(measured, range="2024-03") == (2, 0.75, 1, 1, 0.25)
    # By time 180 and 300 seconds: 2·(180 + 600) / (2·480) - 3/2.
    time = {"range": "2024-03", "by": RankBy.TIME}
    assert numbers(measured, **time) == (2, 0.625, 1, 1, 0.125)
    assert lines(told(measured, **time)) == [(1, 300_000, 0.625), (2, 480_000, 1)]
    assert numbers(measured, range="2024-03", item="tracks")[0] == 3


def test_equal_parts_have_no_inequality(connection: Connection) -> None:
    for number in range(1, 30):
        plays = [heard(f"2024-03-01 10:{track:02}", f"t{track:02}") for track in range(number)]
        found = numbers(Measured(connection, plays), item="tracks")
        assert (found[0], found[4]) == (number, 0)
