"""Listening at a stretch: against brute force, and by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import AnyQuestion, Measured, bounds, instant
from oracle.examples import DAY, HOUR, MINUTE, at, heard
from oracle.plays import OraclePlay
from oracle.rhythm import sessions
from oracle.strategies import listens
from tonearm.domain.preferences import Preferences
from tonearm.insights.charts.sessions import SessionsAnswer, SessionsQuestion
from tonearm.insights.question import Question

BERLIN = "Europe/Berlin"


def ask(measured: Measured, question: Question, now: datetime = NOW) -> SessionsAnswer:
    found = measured.ask("sessions", question, now)
    assert isinstance(found, SessionsAnswer)
    return found


def longest_of(found: SessionsAnswer) -> list[tuple[int | None, int | None, int, int, int]]:
    return [
        (
            instant(line.started_at), instant(line.ended_at), line.ms_length, line.ms_played,
            line.plays,
        )
        for line in found.longest
    ]  # fmt: skip


@given(
    plays=listens(),
    asked=st.lists(
        questions(AnyQuestion, limit=st.sampled_from((1, 2, 10))), min_size=4, max_size=4
    ),
)
@QUICK
def test_sessions_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: list[AnyQuestion]
) -> None:
    measured = Measured(connection, plays)
    for question in asked:
        (start, stop), _ = bounds(question, NOW)
        expected = sessions(
            measured.plays, start, stop, ZoneInfo(question.zone), question.rule.value,
            question.kind, limit=question.limit,
        )  # fmt: skip
        found = ask(measured, question)
        assert (found.sessions, found.ms_median, found.ms_played) == (
            expected.sessions, expected.ms_median, expected.ms_played,
        )  # fmt: skip
        assert abs(found.ms_mean - expected.ms_mean) <= 0.5
        assert near(found.plays_mean, expected.plays_mean)
        assert [line.sessions for line in found.hours] == expected.hours
        assert [line.hour for line in found.hours] == list(range(24))
        assert longest_of(found) == [tuple(session) for session in expected.longest]


def test_of_nothing_there_are_no_sessions(connection: Connection) -> None:
    found = ask(Measured(connection, []), SessionsQuestion())
    assert (found.sessions, found.ms_mean, found.ms_median, found.plays_mean) == (0, 0, 0, 0.0)
    assert (found.ms_played, found.longest, len(found.hours)) == (0, (), 24)


def test_half_an_hour_of_silence_ends_a_session(connection: Connection) -> None:
    noon = at("2024-03-05 12:00")
    plays = [
        heard(noon, "a", 10 * MINUTE),
        heard(noon + 31 * MINUTE - 1, "b", MINUTE),  # a millisecond less than half an hour later
        heard(noon + 2 * HOUR, "c", 5_000),  # counts for nothing, alone as it is
        heard(noon + 5 * HOUR, "d", MINUTE),
        heard(noon + 5 * HOUR + 31 * MINUTE, "e", MINUTE),
    ]
    found = ask(Measured(connection, plays), SessionsQuestion(zone=BERLIN, limit=2))
    assert found.sessions == 3
    assert longest_of(found) == [
        (noon - 10 * MINUTE, noon + 31 * MINUTE - 1, 41 * MINUTE - 1, 11 * MINUTE, 2),
        (noon + 5 * HOUR - MINUTE, noon + 5 * HOUR, MINUTE, MINUTE, 1),
    ]
    assert (found.ms_median, found.ms_mean) == (MINUTE, round((43 * MINUTE - 1) / 3))
    assert (found.plays_mean, found.ms_played) == (1.333333, 13 * MINUTE)
    starts = {line.hour: line.sessions for line in found.hours if line.sessions}
    assert starts == {11: 1, 16: 1, 17: 1}


def test_the_latest_end_so_far_decides(connection: Connection) -> None:
    """A play that was paused for hours has the short ones beside it in its session."""
    noon = at("2024-03-05 12:00")
    paused = heard(noon + 3 * HOUR, "a", MINUTE)._replace(started_at=noon)
    plays = [paused, heard(noon + HOUR, "b"), heard(noon + 3 * HOUR + 20 * MINUTE, "c")]
    found = ask(Measured(connection, plays), SessionsQuestion())
    assert longest_of(found) == [
        (noon, noon + 3 * HOUR + 20 * MINUTE, 3 * HOUR + 20 * MINUTE, 3 * MINUTE, 3)
    ]


def test_a_session_belongs_to_the_day_it_starts_on(connection: Connection) -> None:
    midnight = at("2024-03-06 00:00")
    plays = [
        heard(midnight + 5 * MINUTE, "a", 5 * MINUTE + 1),
        heard(midnight + 10 * MINUTE, "b"),
        heard(midnight + DAY + 5 * MINUTE, "c", 5 * MINUTE),
    ]
    measured = Measured(connection, plays)

    def plays_on(day: str) -> list[int]:
        found = ask(measured, SessionsQuestion(range=day, zone=BERLIN))
        return [session.plays for session in found.longest]

    assert [plays_on(f"2024-03-0{day}") for day in (5, 6, 7)] == [[2], [], [1]]


def test_whoever_travels_has_sessions_by_the_clock_at_home(connection: Connection) -> None:
    noon = at("2024-03-05 12:00")
    plays = [
        heard(noon, "a", country="DE"),
        heard(noon + 20 * MINUTE, "b", country="JP"),
        heard(noon + 40 * MINUTE, "c", country="US"),
    ]
    travels = Preferences(zone=BERLIN, travels=True)
    found = ask(Measured(connection, plays, preferences=travels), SessionsQuestion(range="2024"))
    assert [session.plays for session in found.longest] == [3]
    assert [line.hour for line in found.hours if line.sessions] == [11]
