"""What is heard for the first time, and again after long: against brute force, and by hand."""

from datetime import date, datetime
from itertools import dropwhile
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from measuring import AnyQuestion, Measured, bounds, instant
from oracle.discovery import DiscoveryLine, discovery
from oracle.examples import DAY, at, heard
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import Rule
from tonearm.insights.charts.discovery import Discovery, DiscoveryQuestion
from tonearm.insights.question import Question


def ask(measured: Measured, question: Question, now: datetime = NOW) -> Discovery:
    found = measured.ask("discovery", question, now)
    assert isinstance(found, Discovery)
    return found


def lines_of(found: Discovery) -> list[DiscoveryLine]:
    return [DiscoveryLine(*astuple(line)) for line in found.items]


def trimmed(lines: list[DiscoveryLine]) -> list[DiscoveryLine]:
    """Leave out what is empty at either end: how far all time reaches is the timeline's matter."""
    for _ in range(2):
        lines = list(dropwhile(lambda line: not line.plays, lines))[::-1]
    return [line._replace(new_share=round(line.new_share, 6)) for line in lines]


def check(measured: Measured, asked: AnyQuestion) -> None:
    (start, stop), _ = bounds(asked, NOW)
    found = ask(measured, asked)
    expected = discovery(
        measured.plays, start, stop, ZoneInfo(asked.zone), asked.rule.value, asked.kind,
        unit=asked.unit, limit=asked.limit,
    )  # fmt: skip
    assert trimmed(lines_of(found)) == trimmed(expected.items)
    assert trimmed([DiscoveryLine(None, *astuple(found.totals))]) == trimmed([expected.whole])
    assert found.totals.rediscoveries == expected.whole.rediscoveries
    assert [
        (line.name, instant(line.played_at), line.pause_days) for line in found.rediscovered
    ] == [
        (line.name or line.key[0], line.played_at, line.pause_days)
        for line in expected.rediscovered
    ]
    timeline = measured.ask("timeline", asked, NOW)
    assert [line.starts_on for line in found.items] == [line.starts_on for line in timeline.items]


@given(
    plays=listens(),
    asked=st.lists(
        questions(
            AnyQuestion,
            unit=st.sampled_from(("day", "week", "month", "year")),
            limit=st.sampled_from((1, 2, 10)),
        ),
        min_size=4, max_size=4,
    ),
)  # fmt: skip
@QUICK
def test_discovery_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: list[AnyQuestion]
) -> None:
    measured = Measured(connection, plays)
    for question in asked:
        check(measured, question)


def test_of_nothing_there_is_nothing_new(connection: Connection) -> None:
    found = ask(Measured(connection, []), DiscoveryQuestion(range="2024-01", unit="week"))
    assert astuple(found.totals) == (0, 0, 0, 0, 0, 0.0, 0)
    assert len(found.items) == 5
    assert found.rediscovered == ()
    assert ask(Measured(connection, []), DiscoveryQuestion()).items == ()


def test_a_range_has_its_first_instant_and_not_its_last(connection: Connection) -> None:
    plays = [
        heard("2024-02-29 23:59:59", "a"),
        heard("2024-03-01 00:00", "b", artist=None),
        heard("2024-03-31 23:59:59", "a"),
        heard("2024-04-01 00:00", "c", album="Signals"),
    ]
    measured = Measured(connection, plays)
    found = ask(measured, DiscoveryQuestion(range="2024-03", zone="Europe/Berlin"))
    # Noite was heard the day before, and whom nobody knows is no new artist.
    assert astuple(found.totals) == (2, 0, 0, 1, 1, 0.5, 0)
    assert [astuple(line) for line in found.items] == [(date(2024, 3, 1), *astuple(found.totals))]
    asked = DiscoveryQuestion(from_="2024-02-29", to="2024-04-02", zone="Europe/Berlin")
    found = ask(measured, asked)
    # Every play is one of a track that is new in the range, but not each in the month of the first.
    assert astuple(found.totals) == (4, 1, 1, 3, 4, 1.0, 0)
    assert [line.plays_of_new for line in found.items] == [1, 1, 1]
    assert [line.new_albums for line in found.items] == [0, 0, 1]


def test_a_unit_is_looked_at_as_far_as_it_lies_in_the_range(connection: Connection) -> None:
    days = (1, 10, 20, 28)
    plays = [heard(f"2024-03-{day:02} 12:00", "ab"[day > 5]) for day in days]
    plays += [heard("2024-03-15 12:00", "a"), heard("2024-03-16 12:00", "c")]
    found = ask(Measured(connection, plays), DiscoveryQuestion(from_="2024-03-02", to="2024-03-21"))
    (march,) = found.items
    assert (march.plays, march.new_tracks, march.plays_of_new) == (4, 2, 3)
    plays = [
        heard("2024-03-05 12:00", "a"), heard("2024-03-15 12:00", "a"),  # new before the range
        heard("2024-04-05 12:00", "b"), heard("2024-04-06 12:00", "b"),
        heard("2024-05-05 12:00", "c"), heard("2024-05-20 12:00", "c"),  # the last one after it
    ]  # fmt: skip
    found = ask(Measured(connection, plays), DiscoveryQuestion(from_="2024-03-10", to="2024-05-10"))
    assert [(line.plays, line.plays_of_new) for line in found.items] == [(1, 0), (2, 2), (1, 1)]


def test_only_what_counts_is_a_first_play(connection: Connection) -> None:
    plays = [heard("2024-01-10 12:00", ms=29_999), heard("2024-02-10 12:00", ms=30_000)]
    measured = Measured(connection, plays)
    found = ask(measured, DiscoveryQuestion(from_="2024-01-01", to="2024-03-01"))
    assert [line.new_tracks for line in found.items] == [0, 1]
    found = ask(measured, DiscoveryQuestion(from_="2024-01-01", to="2024-03-01", rule=Rule.ANY))
    assert [line.new_tracks for line in found.items] == [1, 0]
    assert [line.plays_of_new for line in found.items] == [1, 0]
    assert found.totals.plays_of_new == 2


def test_a_rediscovery_comes_after_180_days(connection: Connection) -> None:
    long_ago = at("2023-01-01 12:00")
    plays = [
        heard(long_ago, "a"), heard(long_ago + 180 * DAY - 1, "a"),
        heard(long_ago, "b"), heard(long_ago + 180 * DAY, "b"), heard(long_ago + 181 * DAY, "b"),
        heard(long_ago, "d"), heard(long_ago + 181 * DAY - 1, "d"),
        heard(long_ago, "c"), heard(long_ago + 180 * DAY, "c"),
    ]  # fmt: skip
    found = ask(Measured(connection, plays), DiscoveryQuestion(range="2023", limit=2))
    assert found.totals.rediscoveries == 3
    # d paused longest; of two level ones the key decides.
    assert [(line.name, line.pause_days) for line in found.rediscovered] == [("D", 180), ("B", 180)]
    assert instant(found.rediscovered[1].played_at) == long_ago + 180 * DAY
    assert [line.rediscoveries for line in found.items] == [0] * 5 + [2, 1] + [0] * 5


def test_whoever_travels_discovers_on_the_days_they_had(connection: Connection) -> None:
    plays = [
        heard("2024-02-29 20:00", "a", country="JP"),  # 1 March there
        heard("2024-02-29 21:00", "b", country="DE"),
    ]
    travels = Preferences(zone="Europe/Berlin", travels=True)
    found = ask(Measured(connection, plays, preferences=travels), DiscoveryQuestion())
    assert [(line.new_tracks, line.plays_of_new) for line in found.items] == [(1, 1), (1, 1)]
    assert [line.new_artists for line in found.items] == [1, 0]
