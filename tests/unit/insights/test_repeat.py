"""Repeats, runs and loops: against brute force, and by hand."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import AnyQuestion, Measured, bounds, instant
from oracle import measures as oracle
from oracle.examples import DAY, HOUR, MINUTE, at, heard
from oracle.habits import repeat
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.instants import to_ms
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import Rule
from tonearm.insights.charts.repeat import Repeat, RepeatQuestion
from tonearm.insights.question import make_question

NOON = at("2024-03-10 12:00")


def ask(measured: Measured, **asked: object) -> Repeat:
    found = measured.ask(
        "repeat", make_question(RepeatQuestion, {"zone": "Europe/Berlin", **asked}), NOW
    )
    assert isinstance(found, Repeat)
    return found


def looped(found: Repeat) -> list[tuple[str, int, int]]:
    assert sum(line.loops for line in found.looped_tracks) <= found.loops
    return [(line.name, line.loops, line.loop_plays) for line in found.looped_tracks]


def check(measured: Measured, asked: RepeatQuestion) -> None:
    found = measured.ask("repeat", asked, NOW)
    plays, zone, rule = measured.plays, asked.zone or "", asked.rule
    assert rule
    here, _ = bounds(AnyQuestion(range=asked.range, zone=zone), NOW)
    expected = repeat(plays, *here, ZoneInfo(zone), rule.value, asked.kind, limit=asked.limit)
    assert (found.plays, found.tracks) == (expected.plays, expected.tracks)
    assert near(found.repeat_share, expected.repeat_share)
    assert near(found.plays_per_track, expected.plays_per_track)
    assert (found.loops, found.loop_plays) == (expected.loops, expected.loop_plays)
    keys = sorted(oracle.names_of(plays, "tracks"), reverse=True)
    run = found.longest_run
    assert expected.longest_run == (
        run
        and (
            keys[run.id - 1], expected.longest_run and expected.longest_run.name, run.length,
            instant(run.first_play_at), instant(run.last_play_at),
        )
    )  # fmt: skip
    assert [
        (line.rank, keys[line.id - 1], line.plays, line.ms_played) for line in found.items
    ] == [
        (rank, place.key, place.plays, place.ms_played)
        for rank, place in enumerate(expected.most_repeated, 1)
    ]  # fmt: skip
    assert [
        (line.rank, keys[line.id - 1], line.loops, line.loop_plays) for line in found.looped_tracks
    ] == [
        (rank, track.key, track.loops, track.loop_plays)
        for rank, track in enumerate(expected.looped_tracks, 1)
    ]  # fmt: skip


@given(plays=listens(), asked=questions(RepeatQuestion, limit=st.sampled_from((1, 2, 10))))
@QUICK
def test_repeats_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: RepeatQuestion
) -> None:
    check(Measured(connection, plays), asked)


@given(
    shifts=st.lists(
        st.tuples(st.sampled_from((0, 1, 8, 12, 24)), st.sampled_from("aab")), max_size=30
    ),
    asked=questions(
        RepeatQuestion,
        ranges=("all", "2024-03", "2024-03-11", "2024-03-12", "2024-03-11..2024-03-14"),
        limit=st.sampled_from((1, 10)),
    ),
)
@QUICK
def test_loops_at_the_edges_of_a_range_are_brute_forces(
    connection: Connection, shifts: list[tuple[int, str]], asked: RepeatQuestion
) -> None:
    """Plays hours apart, so that ranges begin and end within loops."""
    plays, moment = [], NOON
    for hours, track in shifts:
        moment += hours * HOUR
        plays.append(heard(moment, track))
    check(Measured(connection, plays), asked)


def test_a_long_history_is_brute_forces(connection: Connection) -> None:
    """Ties without number: most tracks loop once."""
    rng = random.Random(3)  # noqa: S311 - repeatable, not secret
    plays = [
        heard(NOON - rng.randrange(60 * 24 * 20) * MINUTE, f"{int(300 * rng.random() ** 2)}")
        for _ in range(4_000)
    ]
    measured = Measured(connection, plays)
    for named in ("all", "2024", "2024-03-01..2024-03-05", "2024-02-25", "2024-02-25..2024-03-30"):
        for limit in (1, 7, 60, 500):
            question = RepeatQuestion(
                range=named, limit=limit, zone="Asia/Kolkata", rule=Rule.ANY, kind="music"
            )
            check(measured, question)


def test_nothing_heard_repeats_nothing(connection: Connection) -> None:
    found = ask(Measured(connection, []))
    assert (found.plays, found.tracks, found.repeat_share, found.plays_per_track) == (0, 0, 0, 0)
    assert (found.loops, found.loop_plays, found.longest_run) == (0, 0, None)
    assert (found.items, found.looped_tracks) == ((), ())


def test_a_single_play_is_a_run_of_one(connection: Connection) -> None:
    plays = [heard(NOON), heard(NOON + HOUR, "b", ms=5_000)]
    found = ask(Measured(connection, plays))
    assert (found.plays, found.tracks, found.repeat_share, found.plays_per_track) == (1, 1, 0, 1)
    run = found.longest_run
    assert run is not None
    assert (run.name, run.artist, run.length) == ("A", "Noite", 1)
    assert instant(run.first_play_at) == instant(run.last_play_at) == NOON


def run_of(measured: Measured, **asked: object) -> tuple[str, int, int | None, int | None]:
    run = ask(measured, **asked).longest_run
    assert run is not None
    return run.name, run.length, instant(run.first_play_at), instant(run.last_play_at)


def play_row(tracks: str, start: int = NOON, step: int = HOUR) -> list[OraclePlay]:
    return [heard(start + place * step, track) for place, track in enumerate(tracks)]


def test_the_longest_run_has_nothing_counted_between(connection: Connection) -> None:
    plays = [
        *play_row("abbaaab"),
        heard(NOON + 4 * HOUR + MINUTE, "b", ms=5_000),  # between two of a, but it does not count
        heard(NOON + 5 * HOUR + MINUTE, "b", kind="podcast"),
    ]
    measured = Measured(connection, plays)
    assert run_of(measured) == ("A", 3, NOON + 3 * HOUR, NOON + 5 * HOUR)
    assert run_of(measured, rule=Rule.ANY) == ("B", 2, NOON + HOUR, NOON + 2 * HOUR)


def test_of_equal_runs_the_earliest_counts_and_a_range_cuts_them(connection: Connection) -> None:
    plays = play_row("aaabbbcccc", at("2024-03-10 21:30"))  # midnight comes within a's run
    measured = Measured(connection, plays)
    first = plays[0].ended_at
    assert run_of(measured, range="2024-03-10") == ("A", 3, first, first + 2 * HOUR)
    assert run_of(measured, range="2024-03-11") == ("C", 4, first + 6 * HOUR, first + 9 * HOUR)
    edge = play_row("aaabb", at("2024-03-10 22:00"))
    measured = Measured(connection, edge)
    first = edge[0].ended_at
    assert run_of(measured, range="2024-03-10") == ("A", 2, first, first + HOUR)
    assert run_of(measured, range="2024-03-11") == ("B", 2, first + 3 * HOUR, first + 4 * HOUR)
    measured = Measured(connection, edge[:3])
    assert run_of(measured, range="2024-03-11") == ("A", 1, first + 2 * HOUR, first + 2 * HOUR)


@pytest.mark.parametrize(
    ("moments", "loops", "loop_plays"),
    [
        ((0, HOUR), 0, 0),
        ((0, HOUR, DAY), 1, 1),
        ((0, HOUR, DAY + 1), 0, 0),
        ((0, 1, 2, 3), 1, 2),
        ((0, 0, 0), 1, 1),
        ((0, 1, 2, DAY + 2, DAY + 3, DAY + 4), 2, 2),  # the two plays between do not loop
        ((0, 10 * HOUR, 20 * HOUR, 30 * HOUR, 40 * HOUR), 1, 3),
    ],
)
def test_the_third_play_within_24_hours_loops(
    connection: Connection, moments: Sequence[int], loops: int, loop_plays: int
) -> None:
    plays = [heard(NOON + moment) for moment in moments]
    plays += [heard(NOON + moment + 1, "b", artist="B") for moment in moments[:2]]
    found = ask(Measured(connection, plays))
    assert (found.loops, found.loop_plays) == (loops, loop_plays)
    assert looped(found) == ([("A", loops, loop_plays)] if loops else [])


def test_a_loop_begins_anew_with_the_range(connection: Connection) -> None:
    plays = play_row("aaaaaa", at("2024-03-10 21:30"))  # the first three on one day
    measured = Measured(connection, plays)
    assert looped(ask(measured)) == [("A", 1, 4)]
    assert looped(ask(measured, range="2024-03-10")) == [("A", 1, 1)]
    assert looped(ask(measured, range="2024-03-11")) == [("A", 1, 1)]


def test_looped_tracks_are_ordered_as_defined(connection: Connection) -> None:
    week = 7 * DAY
    plays = [
        *play_row("aaa", NOON + MINUTE),
        *play_row("bbb", NOON),  # begins to loop before a does
        *play_row("cccc", NOON + week),  # one looping play more
        *play_row("ddd", NOON + 2 * week),
        *play_row("ddd", NOON + 3 * week),
        *play_row("fff", NOON),  # level with b but for the name
    ]
    measured = Measured(connection, plays)
    assert looped(ask(measured)) == [
        ("D", 2, 2), ("C", 1, 2), ("B", 1, 1), ("F", 1, 1), ("A", 1, 1)
    ]  # fmt: skip
    assert looped(ask(measured, limit=3)) == [("D", 2, 2), ("C", 1, 2), ("B", 1, 1)]
    found = ask(measured, limit=3)
    assert (found.loops, found.loop_plays) == (6, 7)


def test_a_traveller_across_the_date_line_loops_only_within_24_hours(
    connection: Connection,
) -> None:
    """The last play by local clocks is the first one, by more than a day."""
    moments = (
        (datetime(2020, 1, 10, 9, tzinfo=UTC), "WS"),  # 23:00 of the 10th in Apia
        (datetime(2020, 1, 11, 9, 50, tzinfo=UTC), "AS"),  # 22:50 of the 10th in Pago Pago
        (datetime(2020, 1, 11, 9, 55, tzinfo=UTC), "AS"),
    )
    plays = [heard(to_ms(moment), country=country) for moment, country in moments]
    traveller = Preferences(zone="Europe/Berlin", travels=True)
    measured = Measured(connection, plays, preferences=traveller)
    found = measured.ask("repeat", RepeatQuestion(range="2020-01-10"), NOW)
    assert (found.plays, found.loops) == (3, 0)
    assert measured.ask("repeat", RepeatQuestion(range="2020-01-11"), NOW).plays == 0
