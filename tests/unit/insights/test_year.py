"""A year in review: against brute force, and by hand."""

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
from oracle.stories import year_in_review
from oracle.strategies import listens
from reviewing import check_review
from tonearm.domain.errors import InvalidInputError
from tonearm.insights.charts.year import Year, YearQuestion
from tonearm.insights.question import check_question, make_question
from tonearm.insights.totals import TotalNumbers


def ask(measured: Measured, now: datetime = NOW, /, **asked: object) -> Year:
    question = make_question(YearQuestion, {"zone": "Europe/Berlin", **asked})
    found = measured.ask("year", question, now)
    assert isinstance(found, Year)
    return found


@given(
    plays=listens(),
    asked=questions(
        YearQuestion, ranges=("all",), year=st.sampled_from((2010, 2011, 2018, 2023, 2024, 2025))
    ),
)
@QUICK
def test_a_year_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: YearQuestion
) -> None:
    found = Measured(connection, plays).ask("year", asked, NOW)
    assert asked.zone
    assert asked.rule
    assert asked.year
    expected = year_in_review(plays, asked.year, ZoneInfo(asked.zone), asked.rule.value, asked.kind)
    check_review(found, expected, plays)


def test_a_year_by_hand(connection: Connection) -> None:
    plays = [
        heard("2023-03-01 10:00", "a"),
        heard("2024-01-05 10:00", "z", 5),  # time, but no play
        heard("2024-02-01 00:10", "a", 20 * MINUTE),  # a session from January
        heard("2024-03-01 10:00", "a"),
        heard("2024-03-02 10:00", "b", artist="B"),
        heard("2024-05-01 09:00", "b", 50 * MINUTE, artist="B"),
        heard("2024-05-02 10:00", "b", artist="B"),
        heard("2025-01-01 00:00", "c", artist="C"),
    ]
    measured = Measured(connection, plays)
    found = ask(measured, year=2024)
    assert (found.totals.plays, found.totals.active_days) == (5, 5)
    assert found.previous == TotalNumbers(1, 60_000, 1, 0, 1, 1, 60_000)
    assert (found.change and found.change.plays, found.ratio and found.ratio.plays) == (4, 5.0)
    assert found.ratio
    assert found.ratio.albums is None
    assert [(one.rank, one.name, one.plays, one.best_month, one.is_new) for one in found.artists] == [
        (1, "B", 3, date(2024, 5, 1), True), (2, "Noite", 2, date(2024, 2, 1), False),
    ]  # fmt: skip
    assert (found.discovery.new_tracks, found.discovery.rediscoveries) == (1, 1)
    assert [(one.name, one.pause_days) for one in found.rediscovered] == [("A", 336)]
    assert found.peak_day
    assert (found.peak_day.day, found.peak_day.ms_played) == (date(2024, 5, 1), 50 * MINUTE)
    assert found.longest_session
    assert instant(found.longest_session.started_at) == at("2024-05-01 08:10")
    assert found.longest_streak
    assert astuple(found.longest_streak) == (2, date(2024, 5, 1), date(2024, 5, 2))
    assert found.first_play
    assert (found.first_play.name, found.first_play.artist) == ("A", "Noite")
    assert instant(found.first_play.played_at) == at("2024-02-01 00:10")
    assert [one.plays for one in found.months] == [0, 1, 2, 0, 2, *[0] * 7]
    assert found.peak_hour == 10


def test_of_equals_the_earlier_leads_a_year(connection: Connection) -> None:
    plays = [heard("2024-01-01 10:00"), heard("2024-02-01 09:00")]
    found = ask(Measured(connection, plays), NOW, year=2024)
    assert found.peak_hour == 9
    assert found.peak_day
    assert found.peak_day.day == date(2024, 1, 1)
    assert found.artists[0].best_month == date(2024, 1, 1)


def test_what_a_year_covers_is_that_year(connection: Connection) -> None:
    measured = Measured(connection, [heard("2024-01-01 00:00"), heard("2023-12-31 23:59", "b")])
    found = ask(measured, year=2024)
    assert found.covered.range == "2024"
    assert "from=2024-01-01&to=2025-01-01" in found.covered.plays
    assert instant(found.covered.from_at) == at("2024-01-01 00:00")
    assert found.totals.plays == 1
    # Without a year it is the present one, by the clock of the zone.
    evening = datetime(2023, 12, 31, 23, 30, tzinfo=UTC)
    assert ask(measured, evening).covered.range == "2024"
    assert ask(measured, evening, zone="America/St_Johns").covered.range == "2023"


@pytest.mark.parametrize("year", [2006, 2022, 2200])
def test_a_year_without_plays(connection: Connection, year: int) -> None:
    found = ask(Measured(connection, [heard("2024-03-01 10:00")]), year=year)
    assert (found.totals.plays, found.previous, found.change, found.ratio) == (0, None, None, None)
    assert (found.peak_day, found.peak_hour, found.first_play) == (None, None, None)
    assert (found.longest_session, found.longest_streak, found.artists) == (None, None, ())
    assert [one.starts_on.month for one in found.months] == list(range(1, 13))
    assert found.months[0].starts_on.year == year


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [({"range": "2024"}, "range"), ({"from": "2024-01-01"}, "from"), ({"to": "2024-01-01"}, "to")],
)
def test_a_range_beside_the_year_is_refused(
    connection: Connection, asked: dict[str, str], parameter: str
) -> None:
    with pytest.raises(InvalidInputError, match="give `year` instead") as refused:
        ask(Measured(connection, []), NOW, year=2024, **asked)
    assert refused.value.parameter == parameter


@pytest.mark.parametrize("year", [2005, 2201])
def test_a_year_is_one_that_plays_may_have(year: int) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_question(YearQuestion(year=year))
    assert refused.value.parameter == "year"
