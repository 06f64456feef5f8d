"""A month in review: against brute force, and by hand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from measuring import Measured, instant
from oracle.examples import MINUTE, at, heard
from oracle.plays import OraclePlay
from oracle.stories import month_in_review
from oracle.strategies import listens
from reviewing import check_review
from tonearm.domain.errors import InvalidInputError
from tonearm.insights.charts.month import Month, MonthQuestion
from tonearm.insights.question import make_question

# Those that the plays of `listens` lie around, with the awkward days of their zones.
MONTHS = ("2010-11", "2011-12", "2018-11", "2023-12", "2024-01", "2024-03", "2024-10")


def ask(measured: Measured, now: datetime = NOW, /, **asked: object) -> Month:
    question = make_question(MonthQuestion, {"zone": "Europe/Berlin", **asked})
    found = measured.ask("month", question, now)
    assert isinstance(found, Month)
    return found


@given(
    plays=listens(),
    asked=questions(MonthQuestion, ranges=("all",), month=st.sampled_from(MONTHS)),
)
@QUICK
def test_a_month_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: MonthQuestion
) -> None:
    found = Measured(connection, plays).ask("month", asked, NOW)
    assert asked.zone
    assert asked.rule
    assert asked.month
    first = date.fromisoformat(f"{asked.month}-01")
    expected = month_in_review(plays, first, ZoneInfo(asked.zone), asked.rule.value, asked.kind)
    check_review(found, expected, plays)


def test_a_month_by_hand(connection: Connection) -> None:
    plays = [
        heard("2024-01-31 23:59", "a"),
        heard("2024-02-01 00:10", "a", 20 * MINUTE),  # a session from January
        heard("2024-02-01 09:00", "z", 5),  # time, but no play
        heard("2024-02-28 10:00", "b", artist="B"),
        heard("2024-02-29 10:00", "b", 50 * MINUTE, artist="B"),
        heard("2024-02-29 22:00", "b", artist="B"),
        heard("2024-03-01 00:00", "c", artist="C"),
    ]
    measured = Measured(connection, plays)
    found = ask(measured, month="2024-02")
    assert (found.covered.range, found.totals.plays, found.totals.active_days) == ("2024-02", 4, 3)
    assert "from=2024-02-01&to=2024-03-01" in found.covered.plays
    assert (found.previous and found.previous.plays, found.change and found.change.plays) == (1, 3)
    assert [(one.rank, one.name, one.plays, one.best_day, one.is_new) for one in found.artists] == [
        (1, "B", 3, date(2024, 2, 29), True), (2, "Noite", 1, date(2024, 2, 1), False),
    ]  # fmt: skip
    assert found.discovery.new_artists == 1
    assert found.peak_hour == 10
    assert found.peak_day
    assert astuple(found.peak_day) == (date(2024, 2, 29), 2, 51 * MINUTE)
    assert found.longest_session
    assert instant(found.longest_session.started_at) == at("2024-02-29 09:10")
    assert found.longest_streak
    assert astuple(found.longest_streak) == (2, date(2024, 2, 28), date(2024, 2, 29))
    assert found.first_play
    assert found.first_play.name == "A"
    assert [one.plays for one in found.days] == [1, *[0] * 26, 1, 2]
    assert ask(measured, month="2024-04").previous is not None
    silent = ask(measured, month="2024-05")
    assert (silent.totals.plays, silent.previous, silent.peak_day) == (0, None, None)
    assert (len(silent.days), silent.artists, silent.first_play) == (31, (), None)


def test_without_a_month_it_is_the_present_one_of_the_zone(connection: Connection) -> None:
    measured = Measured(connection, [heard("2024-01-01 00:00")])
    evening = datetime(2023, 12, 31, 23, 30, tzinfo=UTC)
    assert ask(measured, evening).covered.range == "2024-01"
    assert ask(measured, evening, zone="America/St_Johns").covered.range == "2023-12"


@pytest.mark.parametrize("name", ["range", "from", "to"])
def test_a_range_beside_the_month_is_refused(connection: Connection, name: str) -> None:
    with pytest.raises(InvalidInputError, match="give `month` instead") as refused:
        ask(Measured(connection, []), NOW, month="2024-01", **{name: "2024-01-01"})
    assert refused.value.parameter == name


@pytest.mark.parametrize(
    "month", ["2005-12", "2201-01", "2024-13", "2024-00", "2024-3", "2024", "x"]
)
def test_a_month_is_one_that_plays_may_have(month: str) -> None:
    with pytest.raises(InvalidInputError, match="YYYY-MM") as refused:
        make_question(MonthQuestion, {"month": month})
    assert refused.value.parameter == "month"
