"""Hours of the day: against brute force, and by hand."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import ITEMS, AnyQuestion, Measured, bounds
from oracle import measures as oracle
from oracle.examples import heard
from oracle.plays import OraclePlay
from oracle.rhythm import clock as hours_of
from oracle.rhythm import item_clocks
from oracle.strategies import listens
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.clock import Clock, ClockQuestion
from tonearm.insights.question import make_question

NOTHING = [(0, 0, 0.0)] * 24


def ask(measured: Measured, **asked: object) -> Clock:
    found = measured.ask(
        "clock", make_question(ClockQuestion, {"zone": "Europe/Berlin", **asked}), NOW
    )
    assert isinstance(found, Clock)
    assert [line.hour for line in found.items] == list(range(24))
    return found


def shown(found: Clock) -> list[tuple[int, int, float]]:
    return [(line.plays, line.ms_played, line.share) for line in found.items]


@given(
    plays=listens(),
    asked=questions(
        ClockQuestion,
        item=st.sampled_from((None, *ITEMS)),
        by=st.sampled_from(RankBy),
        limit=st.sampled_from((1, 2, 10)),
    ),
)
@QUICK
def test_a_clock_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: ClockQuestion
) -> None:
    measured = Measured(connection, plays)
    found = measured.ask("clock", asked, NOW)
    zone, rule = asked.zone or "", asked.rule
    assert rule
    here, _ = bounds(AnyQuestion(range=asked.range, zone=zone), NOW)
    expected = hours_of(plays, *here, ZoneInfo(zone), rule.value, asked.kind)
    for line, hour in zip(found.items, expected, strict=True):
        assert (line.plays, line.ms_played) == hour[:2]
        assert near(line.share, hour.share)
    if asked.item is None:
        assert found.leaders is None
        return
    leaders = item_clocks(
        plays, *here, ZoneInfo(zone), rule.value, asked.kind,
        item=asked.item, by=asked.by.value, limit=asked.limit,
    )  # fmt: skip
    keys = sorted(oracle.names_of(plays, asked.item), reverse=True)
    assert [
        (line.rank, keys[line.id - 1], list(line.plays_by_hour), list(line.ms_by_hour))
        for line in found.leaders
    ] == [
        (rank, leader.key, leader.plays, leader.ms_played)
        for rank, leader in enumerate(leaders, 1)
    ]  # fmt: skip


def test_nothing_heard_is_24_empty_hours(connection: Connection) -> None:
    assert shown(ask(Measured(connection, []))) == NOTHING
    measured = Measured(connection, [heard("2024-03-01 10:00")])
    nothing = ask(measured, range="2024-02", item="artists")
    assert shown(nothing) == NOTHING
    assert nothing.leaders == ()


def test_a_play_belongs_to_the_hour_in_which_it_ended(connection: Connection) -> None:
    plays = [
        heard("2024-03-30 23:59:59.999"),
        heard("2024-03-31 00:00"),
        heard("2024-03-31 03:00", ms=5_000),  # an hour after 1 o'clock, and it does not count
        heard("2024-04-01 00:00"),
    ]
    found = shown(ask(Measured(connection, plays), range="2024-03-31"))
    assert found[:4] == [(1, 60_000, 1.0), (0, 0, 0.0), (0, 0, 0.0), (0, 5_000, 0.0)]
    assert found[4:] == NOTHING[4:]
    twice = [heard("2024-10-27 02:30"), heard("2024-10-27 02:30+"), heard("2024-10-27 04:00")]
    found = shown(ask(Measured(connection, twice)))
    assert (found[2], found[4]) == ((2, 120_000, 0.666667), (1, 60_000, 0.333333))


def test_leading_items_have_hours_of_their_own(connection: Connection) -> None:
    plays = [
        heard("2024-02-28 10:00", "a", artist="A"),  # before the range
        *[heard("2024-02-29 10:00", "a", 5_000, artist="A") for _ in range(4)],
        heard("2024-03-01 10:00", "a", artist="A"),
        heard("2024-03-02 10:59", "a", 1_000, artist="A"),  # time, but no play
        heard("2024-03-02 11:00", "b", 90_000, artist="B"),
        heard("2024-03-02 23:00", "c", artist=None),
        heard("2024-03-03 12:00", "d", 30_000, artist="B", kind="podcast"),
    ]
    measured = Measured(connection, plays)
    found = ask(measured, range="2024-03", item="artists")
    assert found.leaders is not None
    assert [line.name for line in found.leaders] == ["B", "A"]
    first, second = found.leaders
    assert (first.plays_by_hour[11], first.ms_by_hour[11]) == (1, 90_000)
    assert (second.plays_by_hour[10], second.ms_by_hour[10]) == (1, 61_000)
    assert [sum(line.plays_by_hour) for line in found.leaders] == [1, 1]
    (only,) = ask(measured, item="tracks", limit=1).leaders or ()
    assert (only.name, only.artist, only.plays_by_hour[10]) == ("A", "A", 2)
    assert ask(measured).leaders is None
