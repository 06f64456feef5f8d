"""Plays that were ended before half: against brute force, and by hand."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import AnyQuestion, Measured, bounds
from oracle import habits
from oracle.examples import heard
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.preferences import Preferences
from tonearm.insights.charts.skips import SkippedItem, Skips, SkipsQuestion
from tonearm.insights.question import Question

BERLIN = "Europe/Berlin"


def ask(measured: Measured, question: Question, now: datetime = NOW) -> Skips:
    found = measured.ask("skips", question, now)
    assert isinstance(found, Skips)
    return found


def check_items(found: Sequence[SkippedItem], expected: Sequence[habits.SkippedItem]) -> None:
    assert [(line.name, line.judged, line.skips) for line in found] == [
        (line.name or line.key[0], line.judged, line.skips) for line in expected
    ]
    assert all(near(line.share, other.share) for line, other in zip(found, expected, strict=True))


@given(
    plays=listens(),
    asked=st.lists(
        questions(AnyQuestion, limit=st.sampled_from((1, 2, 10))), min_size=4, max_size=4
    ),
)
@QUICK
def test_skips_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: list[AnyQuestion]
) -> None:
    measured = Measured(connection, plays)
    for question in asked:
        (start, stop), _ = bounds(question, NOW)
        expected = habits.skips(
            measured.plays, start, stop, ZoneInfo(question.zone), question.rule.value,
            question.kind, limit=question.limit,
        )  # fmt: skip
        found = ask(measured, question)
        assert (found.plays, found.judged, found.skips, found.unknown) == (
            expected.plays, expected.judged, expected.skips, expected.unknown,
        )  # fmt: skip
        assert near(found.share, expected.share)
        assert [(line.judged, line.skips) for line in found.items] == [
            line[:2] for line in expected.hours
        ]
        assert [line.hour for line in found.items] == list(range(24))
        assert all(
            near(line.share, other.share)
            for line, other in zip(found.items, expected.hours, strict=True)
        )
        check_items(found.tracks, expected.tracks)
        check_items(found.artists, expected.artists)


def test_of_nothing_nothing_is_skipped(connection: Connection) -> None:
    found = ask(Measured(connection, []), SkipsQuestion())
    assert (found.plays, found.judged, found.skips, found.share, found.unknown) == (0, 0, 0, 0.0, 0)
    assert (len(found.items), found.tracks, found.artists) == (24, (), ())


def test_half_of_the_longest_whole_play_is_the_bar(connection: Connection) -> None:
    plays = [
        heard("2023-01-01 12:00", "a", 200_000, reason_end="trackdone"),  # before the range
        heard("2024-03-01 10:00", "a", 99_999, reason_end="fwdbtn"),
        heard("2024-03-01 10:30", "a", 100_000, reason_end="fwdbtn"),
        heard("2024-03-01 11:00", "a", 99_999, reason_end="logout"),
        heard("2024-03-01 11:10", "a", 50_000, reason_end="logout", skipped=True),
        heard("2024-03-01 11:20", "a", 50_000, skipped=True),
        heard("2024-03-01 11:30", "a", 50_000, skipped=False),  # nobody knows how it ended
        heard("2024-03-02 10:00", "b", 29_999, reason_end="backbtn", artist=None),
        heard("2024-03-02 10:30", "b", 30_000, reason_end="backbtn", artist=None),
    ]
    found = ask(Measured(connection, plays), SkipsQuestion(range="2024-03", zone=BERLIN))
    assert (found.plays, found.judged, found.skips, found.unknown) == (8, 7, 4, 1)
    assert found.share == round(4 / 7, 6)
    hours = {
        line.hour: (line.judged, line.skips, line.share) for line in found.items if line.judged
    }
    assert hours == {10: (4, 2, 0.5), 11: (3, 2, 0.666667)}
    assert [(line.name, line.judged, line.skips, line.share) for line in found.tracks] == [
        ("A", 5, 3, 0.6), ("B", 2, 1, 0.5),
    ]  # fmt: skip
    assert [(line.name, line.artist, line.skips) for line in found.artists] == [("Noite", None, 3)]


def test_level_tracks_are_settled_by_share_then_first_skip_then_name(
    connection: Connection,
) -> None:
    def skip(ended: str, track: str) -> OraclePlay:
        return heard(ended, track, 1_000, reason_end="fwdbtn", artist=f"By {track}")

    plays = [
        skip("2024-02-29 23:59:59", "e"),  # just before the range
        skip("2024-03-01 00:00", "d"),
        heard("2024-03-01 09:00", "d", artist="By d", reason_end="trackdone"),
        skip("2024-03-02 10:00", "c"),
        skip("2024-03-02 10:00", "b"),
        skip("2024-03-02 09:59", "f"),
        skip("2024-04-01 00:00", "f"),  # just after it
    ]
    measured = Measured(connection, plays)
    found = ask(measured, SkipsQuestion(range="2024-03", zone=BERLIN))
    assert [line.name for line in found.tracks] == ["F", "B", "C", "D"]
    assert [line.name for line in found.artists] == ["By f", "By b", "By c", "By d"]
    found = ask(measured, SkipsQuestion(range="2024-03", zone=BERLIN, limit=2))
    assert [line.name for line in found.tracks] == ["F", "B"]


def test_whoever_travels_skips_at_the_hours_they_had(connection: Connection) -> None:
    plays = [
        heard("2024-03-05 12:00", "a", 1_000, reason_end="fwdbtn", country="JP"),
        heard("2024-03-05 12:00", "a", 1_000, reason_end="fwdbtn", country="DE"),
    ]
    travels = Preferences(zone=BERLIN, travels=True)
    found = ask(Measured(connection, plays, preferences=travels), SkipsQuestion())
    assert [line.hour for line in found.items if line.skips] == [12, 20]
