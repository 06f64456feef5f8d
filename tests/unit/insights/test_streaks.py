"""Days in a row: against brute force, and by hand."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from listening import add_user
from measuring import AnyQuestion, Measured, bounds
from moving_clock import MovingClock
from oracle import rhythm
from oracle.examples import heard
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.history.store import ColumnStore
from tonearm.insights.charts.streaks import Streak, Streaks, StreaksQuestion
from tonearm.insights.insights import Insights
from tonearm.insights.question import make_question
from tonearm.storage.database import Database

NONE = Streak(0, None, None, None)
SIX_DAYS = [heard(f"2024-03-{day:02} 12:00") for day in (1, 2, 3, 5, 6)]
LATER = datetime(2024, 6, 1, tzinfo=UTC)


def ask(measured: Measured, now: datetime = LATER, **asked: object) -> Streaks:
    found = measured.ask(
        "streaks", make_question(StreaksQuestion, {"zone": "Europe/Berlin", **asked}), now
    )
    assert isinstance(found, Streaks)
    return found


def march(first: int, last: int) -> Streak:
    days = last - first + 1
    return Streak(days, date(2024, 3, first), date(2024, 3, last), date(2024, 3, last + 1))


def told(streak: Streak) -> rhythm.Streak:
    if streak.ends_on is not None:
        assert streak.ends_before == streak.ends_on + timedelta(days=1)
    return rhythm.Streak(streak.days, streak.starts_on, streak.ends_on)


@given(
    plays=listens(),
    asked=questions(StreaksQuestion, limit=st.sampled_from((1, 2, 10))),
    wait=st.sampled_from((0, 0, 1, 2, 3, 40)),
)
@QUICK
def test_streaks_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: StreaksQuestion, wait: int
) -> None:
    zone, rule = asked.zone or "", asked.rule
    assert rule
    here, _ = bounds(AnyQuestion(range=asked.range, zone=zone), NOW)
    # Some days after the last play, where a streak may still go on.
    moment = NOW
    if plays and asked.range[0].isdigit():
        moment = datetime.fromtimestamp(plays[-1].ended_at / 1000, UTC) + timedelta(days=wait)
    found = Measured(connection, plays).ask("streaks", asked, moment)
    today = moment.astimezone(ZoneInfo(zone)).date()
    expected = rhythm.streaks(
        plays, *here, ZoneInfo(zone), rule.value, asked.kind, today=today, limit=asked.limit
    )
    assert told(found.current) == expected.current
    assert told(found.longest) == expected.longest
    assert [told(streak) for streak in found.items] == expected.items


def test_nothing_heard_is_no_streak(connection: Connection) -> None:
    for plays in ([], [heard("2024-03-01 12:00", ms=5_000)]):  # what does not count is no play
        found = ask(Measured(connection, plays))
        assert (found.current, found.longest, found.items) == (NONE, NONE, ())


@pytest.mark.parametrize(
    ("today", "current"),
    [
        (6, march(5, 6)),
        (7, march(5, 6)),
        (8, NONE),
        (5, march(5, 5)),  # what lies ahead does not matter
        (4, march(1, 3)),
    ],
)
def test_the_current_streak_reaches_today_or_yesterday(
    connection: Connection, today: int, current: Streak
) -> None:
    now = datetime(2024, 3, today, 8, tzinfo=UTC)
    found = ask(Measured(connection, SIX_DAYS), now)
    assert found.current == current
    assert found.longest == march(1, 3)


def test_streaks_end_with_their_range(connection: Connection) -> None:
    measured = Measured(connection, SIX_DAYS)
    found = ask(measured, range="2024-03-02..2024-03-05")  # 4 March is its last day
    assert (found.current, found.longest, found.items) == (march(2, 3), march(2, 3), (march(2, 3),))
    assert ask(measured, range="2024-03-02..2024-03-06").current == march(5, 5)
    assert ask(measured, range="2024-03-02..2024-03-08").current == march(5, 6)
    assert ask(measured, range="2024-03-02..2024-03-09").current == NONE
    assert ask(measured, LATER, **{"from": "2024-03-03"}).longest == march(5, 6)


def test_of_equal_streaks_the_later_goes_first(connection: Connection) -> None:
    plays = [
        *SIX_DAYS[1:],
        heard("2024-03-09 00:00"),  # the day has begun
        heard("2024-03-11 12:00", "b", kind="podcast"),
    ]
    found = ask(Measured(connection, plays))
    assert found.items == (march(5, 6), march(2, 3), march(9, 9))
    assert found.longest == march(5, 6)
    assert ask(Measured(connection, plays), limit=1).items == (march(5, 6),)


def test_one_item_has_streaks_of_its_own(connection: Connection) -> None:
    plays = [*SIX_DAYS, heard("2024-03-04 12:00", "b", artist="Other")]
    measured = Measured(connection, plays)
    assert ask(measured).longest == march(1, 6)
    assert ask(measured, artist="noite").longest == march(1, 3)
    assert ask(measured, artist="Other").items == (march(4, 4),)


def test_the_link_to_a_streaks_plays_gives_no_parameter_twice(
    sqlite_database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    add_user(sqlite_database, clock)
    insights = Insights(sqlite_database, ColumnStore(tmp_path), clock, most_bytes=1 << 20)
    link = insights.answer("streaks", 1, StreaksQuestion(range="2024-03")).covered.line_plays
    query = link.removeprefix("plays?").split("&")
    assert query[-2:] == ["from={starts_on}", "to={ends_before}"]
    names = [part.partition("=")[0] for part in query]
    assert len(names) == len(set(names))
