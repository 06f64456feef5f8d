"""Round numbers reached and days that return: against brute force, and by hand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from measuring import AnyQuestion, Measured, bounds, instant
from oracle import discovery as oracle
from oracle.examples import HOUR, at, heard
from oracle.measures import names_of
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.vocabulary import Rule
from tonearm.insights.charts.milestones import Milestones, MilestonesQuestion
from tonearm.insights.question import make_question


def ask(measured: Measured, now: datetime = NOW, **asked: object) -> Milestones:
    question = make_question(MilestonesQuestion, {"zone": "Europe/Berlin", **asked})
    found = measured.ask("milestones", question, now)
    assert isinstance(found, Milestones)
    return found


@given(plays=listens(), asked=questions(MilestonesQuestion, limit=st.sampled_from((1, 2, 3, 10))))
@QUICK
def test_milestones_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: MilestonesQuestion
) -> None:
    check(Measured(connection, plays), asked)


def check(measured: Measured, asked: MilestonesQuestion) -> None:
    found = measured.ask("milestones", asked, NOW)
    assert asked.zone
    assert asked.rule
    zone, plays = ZoneInfo(asked.zone), measured.plays
    (start, stop), _ = bounds(AnyQuestion(range=asked.range, zone=asked.zone), NOW)
    expected = oracle.milestones(
        plays, start, stop, zone, asked.rule.value, asked.kind, limit=asked.limit
    )
    tracks = sorted(names_of(plays, "tracks"), reverse=True)
    artists = sorted(names_of(plays, "artists"), reverse=True)
    assert [
        (one.kind, one.number, instant(one.played_at), tracks[one.id - 1], one.artist)
        for one in found.items
    ] == [(one.kind, one.number, one.at, one.track, one.artist) for one in expected]
    today = NOW.astimezone(zone).date()
    returns = oracle.anniversaries(
        plays, zone, asked.rule.value, asked.kind, today=today, limit=asked.limit
    )
    assert [
        (one.on, one.years, instant(one.first_play_at), one.id and artists[one.id - 1], one.name)
        for one in found.anniversaries
    ] == [tuple(one) for one in returns]


def test_a_hundred_plays_by_hand(connection: Connection) -> None:
    begin = at("2024-01-01 00:00")
    # Ten tracks in turn, a minute each, of which every one has its artist.
    plays = [
        heard(begin + number * HOUR, f"t{number % 10}", artist=f"A{number % 10}")
        for number in range(100)
    ]
    plays.append(heard(begin - HOUR, "x", 10_000, artist="X"))  # time, but no play
    measured = Measured(connection, plays)
    found = ask(measured)
    assert [
        (one.kind, one.number, (at_ms(one.played_at) - begin) / HOUR) for one in found.items
    ] == [
        ("plays", 1, 0), ("artists", 1, 0), ("tracks", 1, 0), ("artists", 10, 9), ("tracks", 10, 9),
        ("hours", 1, 59), ("plays", 100, 99),
    ]  # fmt: skip
    assert (found.items[-1].name, found.items[-1].artist) == ("T9", "A9")
    assert ask(measured, limit=2).items == found.items[-2:]
    first_day = ask(measured, range="2024-01-01")
    assert [one.kind for one in first_day.items] == [
        "plays", "artists", "tracks", "artists", "tracks",
    ]  # fmt: skip
    assert ask(measured, range="2023").items == ()


def at_ms(moment: datetime) -> int:
    found = instant(moment)
    assert found is not None
    return found


def test_an_hour_is_full_at_its_last_millisecond(connection: Connection) -> None:
    begin = at("2024-01-01 00:00")
    plays = [heard(begin, "a", HOUR - 1), heard(begin + 1, "b", 1, artist=None)]
    found = ask(Measured(connection, plays)).items[-1]
    assert (found.kind, found.number, found.name, found.artist) == ("hours", 1, "B", None)
    ten = ask(Measured(connection, [heard(begin, ms=10 * HOUR)])).items
    assert [one.number for one in ten if one.kind == "hours"] == [1, 10]


def test_many_plays_pass_every_number(connection: Connection) -> None:
    begin = at("2015-01-01 00:00")
    plays = [
        heard(
            begin + number * HOUR,
            f"t{number * number % 611}",
            artist=f"A{number * number % 611 % 127}",
        )
        for number in range(5_003)
    ]
    measured = Measured(connection, plays)
    check(measured, MilestonesQuestion(zone="Europe/Berlin", rule=Rule.THIRTY_SECONDS, limit=100))
    check(measured, MilestonesQuestion(zone="Asia/Kolkata", rule=Rule.ANY, range="2015", limit=7))


@pytest.mark.parametrize(
    ("now", "on", "years"),
    [
        (datetime(2024, 2, 29, 12, tzinfo=UTC), date(2024, 2, 29), 4),
        (datetime(2024, 2, 29, 23, 30, tzinfo=UTC), date(2025, 2, 28), 5),  # 1 March in Berlin
        (datetime(2023, 2, 28, 12, tzinfo=UTC), date(2023, 2, 28), 3),
        (datetime(2020, 2, 29, 12, tzinfo=UTC), date(2021, 2, 28), 1),
        (datetime(2019, 5, 1, tzinfo=UTC), date(2021, 2, 28), 1),
    ],
)
def test_a_leap_day_returns(connection: Connection, now: datetime, on: date, years: int) -> None:
    measured = Measured(connection, [heard("2020-02-29 12:00", artist=None)])
    (found,) = ask(measured, now).anniversaries
    assert (found.on, found.years, found.id, found.name) == (on, years, None, None)


def test_artists_return_in_the_order_of_their_plays(connection: Connection) -> None:
    plays = [
        heard("2020-02-29 12:00", "u", artist=None),
        heard("2020-06-01 12:00"),
        heard("2021-04-02 12:00", "b", artist="B"),
        heard("2021-04-02 13:00", "b", artist="B"),
    ]
    measured = Measured(connection, plays)
    found = ask(measured, range="2023")
    assert [(one.on, one.years, one.name) for one in found.anniversaries] == [
        (date(2025, 2, 28), 5, None), (date(2024, 4, 2), 3, "B"), (date(2024, 6, 1), 4, "Noite"),
    ]  # fmt: skip
    assert ask(measured, limit=1).anniversaries == found.anniversaries[:2]
    assert found.items == ()


def test_nothing_was_reached_yet(connection: Connection) -> None:
    found = ask(Measured(connection, []))
    assert (found.items, found.anniversaries) == ((), ())
    unheard = ask(Measured(connection, [heard("2024-01-01 10:00", ms=5)]))
    assert (unheard.items, unheard.anniversaries) == ((), ())


def test_a_round_number_is_near_once_a_tenth_of_it_is_missing(connection: Connection) -> None:
    begin = at("2023-04-01 12:00")
    plays = [heard(begin + place * HOUR, ms=HOUR) for place in range(90)]
    found = ask(Measured(connection, plays), range="2022", limit="10")
    assert [(one.kind, one.number, one.missing) for one in found.near] == [
        ("plays", 100, 10),
        ("hours", 100, 10),
    ]
    assert not ask(Measured(connection, plays[:89])).near
