"""On what, where and how was listened: against brute force, and by hand."""

from datetime import date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import AnyQuestion, Measured, bounds
from oracle import habits
from oracle.examples import MINUTE, heard
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.preferences import Preferences
from tonearm.insights.aspects import Aspect
from tonearm.insights.charts.context import ContextQuestion, Contexts
from tonearm.insights.question import Question

BERLIN = "Europe/Berlin"
MARCH = date(2024, 3, 1)


class AnyContext(AnyQuestion, frozen=True, kw_only=True):
    aspect: Aspect = "platform"


def ask(measured: Measured, question: Question, now: datetime = NOW) -> Contexts:
    found = measured.ask("context", question, now)
    assert isinstance(found, Contexts)
    return found


@given(
    plays=listens(),
    asked=st.lists(
        questions(
            AnyContext,
            unit=st.sampled_from(("day", "week", "month", "year")),
            aspect=st.sampled_from(get_args(Aspect)),
        ),
        min_size=4, max_size=4,
    ),
)  # fmt: skip
@QUICK
def test_context_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: list[AnyContext]
) -> None:
    measured = Measured(connection, plays)
    for question in asked:
        (start, stop), _ = bounds(question, NOW)
        expected = habits.context(
            measured.plays, start, stop, ZoneInfo(question.zone), question.rule.value,
            question.kind, aspect=question.aspect, unit=question.unit,
        )  # fmt: skip
        found = ask(measured, question)
        assert [(line.value, line.plays, line.ms_played) for line in found.values] == [
            line[:3] for line in expected.values
        ]
        assert all(
            near(line.share, other.share)
            for line, other in zip(found.values, expected.values, strict=True)
        )
        # How far all time reaches is the timeline's matter.
        timeline = measured.ask("timeline", question, NOW)
        assert [line.starts_on for line in found.items] == [
            line.starts_on for line in timeline.items
        ]
        by_day = {line.starts_on: tuple(line.plays) for line in expected.items}
        nothing = (0,) * len(found.values)
        for line in found.items:
            assert line.plays == by_day.pop(line.starts_on, nothing)
        assert by_day == {}


def test_of_nothing_there_is_no_context(connection: Connection) -> None:
    measured = Measured(connection, [])
    assert ask(measured, ContextQuestion()).values == ()
    assert ask(measured, ContextQuestion()).items == ()
    found = ask(measured, ContextQuestion(range="2024-03", aspect="country"))
    assert [astuple(line) for line in found.items] == [(MARCH, ())]


def test_values_are_ordered_by_plays_then_time_then_name(connection: Connection) -> None:
    plays = [
        heard("2024-02-29 23:59:59", platform="linux"),  # before the range
        heard("2024-03-01 00:00", platform="Android OS 13 API 33"),
        heard("2024-03-02 12:00", platform="android"),
        heard("2024-03-02 12:10", platform="iOS 17.1 (iPhone15,2)"),
        heard("2024-03-02 12:20", platform="osx"),
        heard("2024-03-03 12:00", platform="windows", ms=2 * MINUTE),
        heard("2024-03-03 12:30", platform="web_player", ms=5_000),  # counts for nothing
        *(heard(f"2024-03-04 12:0{minute}") for minute in range(3)),
    ]
    found = ask(Measured(connection, plays), ContextQuestion(range="2024-03", zone=BERLIN))
    assert [astuple(line) for line in found.values] == [
        ("android", 2, 2 * MINUTE, 0.25),
        ("windows", 1, 2 * MINUTE, 0.125),
        ("ios", 1, MINUTE, 0.125),
        ("macos", 1, MINUTE, 0.125),
        ("web", 0, 5_000, 0.0),
        (None, 3, 3 * MINUTE, 0.375),
    ]
    assert [astuple(line) for line in found.items] == [(MARCH, (2, 1, 1, 1, 0, 3))]


def test_flags_are_yes_and_no(connection: Connection) -> None:
    plays = [
        heard("2024-03-01 12:00", shuffle=True, offline=False),
        heard("2024-03-02 12:00", shuffle=True),
        heard("2024-03-31 23:59", shuffle=False),
        heard("2024-04-01 00:00", shuffle=None),
    ]
    measured = Measured(connection, plays)
    found = ask(measured, ContextQuestion(aspect="shuffle", zone=BERLIN))
    assert [line.value for line in found.values] == ["yes", "no", None]
    assert [line.plays for line in found.items] == [(2, 1, 0), (0, 0, 1)]
    found = ask(measured, ContextQuestion(aspect="offline", zone=BERLIN, unit="year"))
    assert [(line.value, line.plays) for line in found.values] == [("no", 1), (None, 3)]
    found = ask(measured, ContextQuestion(aspect="private", range="2024-03", zone=BERLIN))
    assert [line.value for line in found.values] == [None]


def test_more_numbers_than_anybody_reads_are_refused(connection: Connection) -> None:
    plays = [heard(f"2024-03-01 {n // 60:02}:{n % 60:02}", country=f"{n:02}") for n in range(60)]
    measured = Measured(connection, plays)
    asked = ContextQuestion(from_="1970-01-01", to="2020-01-01", aspect="country", unit="day")
    with pytest.raises(InvalidInputError, match="larger unit") as refused:
        ask(measured, asked)
    assert refused.value.parameter == "unit"


def test_whoever_travels_is_where_they_are(connection: Connection) -> None:
    plays = [
        heard("2024-02-29 20:00", "a", country="JP"),  # 1 March there
        heard("2024-02-29 21:00", "b", country="DE"),
    ]
    travels = Preferences(zone=BERLIN, travels=True)
    measured = Measured(connection, plays, preferences=travels)
    found = ask(measured, ContextQuestion(aspect="country"))
    assert [line.value for line in found.values] == ["DE", "JP"]
    assert [astuple(line) for line in found.items] == [
        (date(2024, 2, 1), (1, 0)), (MARCH, (0, 1)),
    ]  # fmt: skip
