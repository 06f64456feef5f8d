"""A listener in one answer: against brute force, and by hand."""

from zoneinfo import ZoneInfo

from hypothesis import given
from msgspec.structs import astuple
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import ITEMS, AnyQuestion, Measured, bounds, instant
from oracle.examples import MINUTE, at, heard
from oracle.measures import names_of
from oracle.plays import OraclePlay
from oracle.stories import taste
from oracle.strategies import listens
from tonearm.insights.charts.taste import Taste
from tonearm.insights.question import Question


def ask(measured: Measured, question: Question) -> Taste:
    found = measured.ask("taste", question, NOW)
    assert isinstance(found, Taste)
    return found


@given(plays=listens(), asked=questions(Question))
@QUICK
def test_taste_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: Question
) -> None:
    found = ask(Measured(connection, plays), asked)
    assert asked.zone
    assert asked.rule
    (start, stop), _ = bounds(AnyQuestion(range=asked.range, zone=asked.zone), NOW)
    expected = taste(plays, start, stop, ZoneInfo(asked.zone), asked.rule.value, asked.kind)
    assert astuple(found.totals)[:6] == expected.totals[:6]
    for item in ITEMS:
        keys = sorted(names_of(plays, item), reverse=True)
        lines = getattr(found, item)
        assert [
            (line.rank, keys[line.id - 1], line.plays, line.ms_played) for line in lines
        ] == [
            (rank, place.key, place.plays, place.ms_played)
            for rank, place in enumerate(getattr(expected, item), 1)
        ]  # fmt: skip
        assert all(near(line.share, line.plays / expected.totals.plays) for line in lines)
    assert [hour.hour for hour in found.peak_hours] == expected.peak_hours
    assert found.peak_weekday == expected.peak_weekday
    for name in ("repeat_share", "plays_per_track", "new_share"):
        assert near(getattr(found, name), getattr(expected, name))
    assert (found.new_artists, found.new_tracks) == (expected.new_artists, expected.new_tracks)
    assert instant(found.first_play_at) == expected.first_ms


def test_a_taste_by_hand(connection: Connection) -> None:
    plays = [
        heard("2023-05-01 10:00", ms=5),
        heard("2024-01-01 10:00"),  # a Monday
        heard("2024-01-02 10:30"),
        heard("2024-01-09 09:00", "b"),
        heard("2024-01-03 22:00", "c", artist="C"),
        heard("2024-01-04 23:00", "c", artist="C"),
    ]
    found = ask(Measured(connection, plays), Question(range="2024", zone="Europe/Berlin"))
    assert (found.totals.plays, found.totals.ms_played, found.totals.active_days) == (5, 300_000, 5)
    assert [(one.name, one.plays, one.share) for one in found.artists] == [
        ("Noite", 3, 0.6), ("C", 2, 0.4),
    ]  # fmt: skip
    assert (found.tracks[0].name, found.tracks[0].artist, found.albums) == ("A", "Noite", ())
    assert [(one.hour, one.plays, one.share) for one in found.peak_hours] == [
        (10, 2, 0.4), (9, 1, 0.2), (22, 1, 0.2),
    ]  # fmt: skip
    assert found.peak_weekday == 1
    assert (found.repeat_share, found.plays_per_track) == (0.4, round(5 / 3, 6))
    assert (found.new_artists, found.new_tracks, found.new_share) == (2, 3, 1.0)
    assert instant(found.first_play_at) == at("2023-05-01 10:00"), "of all, not of the range"
    assert found.covered.range == "2024"


def test_of_equal_days_and_hours_the_earlier_leads(connection: Connection) -> None:
    plays = [heard("2024-01-01 10:00"), heard("2024-01-02 09:00", "b", 30 * MINUTE)]
    found = ask(Measured(connection, plays), Question(zone="Europe/Berlin"))
    assert found.peak_weekday == 0, "by plays, not by time"
    assert [one.hour for one in found.peak_hours] == [9, 10]


def test_a_taste_of_nothing(connection: Connection) -> None:
    found = ask(Measured(connection, []), Question())
    assert (found.totals.plays, found.artists, found.peak_hours) == (0, (), ())
    assert (found.peak_weekday, found.first_play_at) == (None, None)
    assert (found.repeat_share, found.new_share) == (0.0, 0.0)


def test_a_taste_stays_small(connection: Connection) -> None:
    begin = at("2024-01-01 00:00")
    plays = [
        heard(begin + number * 3_600_000, f"t{number}", artist=f"A{number}", album=f"B{number}")
        for number in range(300)
    ]
    found = ask(Measured(connection, plays), Question(zone="Europe/Berlin"))
    assert [len(part) for part in (found.artists, found.albums, found.tracks)] == [10] * 3
    assert len(found.peak_hours) == 3
