"""Two ranges side by side: against brute force, and by hand."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple
from sqlalchemy import Connection

from asking import BOUNDED, NOW, QUICK, near, questions
from measuring import ITEMS, AnyQuestion, Measured, bounds, instant
from oracle import measures as oracle
from oracle.comparison import Standing, Tops, compare, previous_range
from oracle.examples import heard
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.compare import ComparedItem, ComparedTop, CompareQuestion, Comparison
from tonearm.insights.question import make_question


def ask(measured: Measured, **asked: object) -> Comparison:
    question = make_question(CompareQuestion, {"zone": "Europe/Berlin", **asked})
    found = measured.ask("compare", question, NOW)
    assert isinstance(found, Comparison)
    return found


@given(
    plays=listens(),
    asked=questions(
        CompareQuestion,
        ranges=(*BOUNDED, "last_year", "this_month", "last_month", "last_30_days"),
        other=st.sampled_from(("previous", "previous", "all", *BOUNDED)),
        by=st.sampled_from(RankBy),
        limit=st.sampled_from((1, 2, 3, 10)),
    ),
)
@QUICK
def test_a_comparison_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: CompareQuestion
) -> None:
    measured = Measured(connection, plays)
    found = measured.ask("compare", asked, NOW)
    zone, rule = asked.zone or "", asked.rule
    assert rule
    here, _ = bounds(AnyQuestion(range=asked.range, zone=zone), NOW)
    start, stop = here
    assert start is not None
    assert stop is not None
    there: oracle.Range = previous_range(start, stop, ZoneInfo(zone), asked.range)
    if asked.other != "previous":
        there, _ = bounds(AnyQuestion(range=asked.other, zone=zone), NOW)
        assert found.other.range == asked.other
    expected = compare(
        plays, *here, ZoneInfo(zone), rule.value, asked.kind,
        other=there, by=asked.by.value, limit=asked.limit,
    )  # fmt: skip
    for totals, exact in ((found.totals, expected.here), (found.other_totals, expected.there)):
        assert astuple(totals)[:6] == exact[:6]
    for name in ("plays", "ms_played", "tracks", "albums", "artists", "active_days"):
        change, ratio = expected.changes[name]
        assert getattr(found.change, name) == change
        assert near(getattr(found.ratio, name), ratio)
    if there[0] is not None:
        assert (instant(found.other.from_at), instant(found.other.to_at)) == there
    for item in ITEMS:
        ids = sorted(oracle.names_of(plays, item), reverse=True)
        check_tops(getattr(found, item), getattr(expected, item), ids)


def check_tops(found: ComparedTop, expected: Tops, keys: list[oracle.Key]) -> None:
    def told(lines: tuple[ComparedItem, ...]) -> list[tuple[object, ...]]:
        return [
            (keys[line.id - 1], line.rank, line.plays, line.other_rank, line.other_plays)
            for line in lines
        ]

    def exact(lines: list[Standing]) -> list[tuple[object, ...]]:
        return [
            (line.key, line.rank, line.plays, line.other_rank, line.other_plays) for line in lines
        ]

    assert told(found.entries) == exact(expected.entries)
    assert told(found.exits) == exact(expected.exits)
    assert told(found.movers) == exact(expected.movers)


def test_a_month_and_the_one_before(connection: Connection) -> None:
    plays = [
        *[heard(f"2024-02-0{day} 10:00", "a", artist="A") for day in (1, 2, 3)],
        heard("2024-02-04 10:00", "b", artist="B"),
        heard("2024-02-05 10:00", "c", artist="C", ms=40_000),
        heard("2024-02-29 23:59", "a", artist="A", ms=5),  # time, but no play
        heard("2024-03-01 00:00", "a", artist="A", ms=90_000),
        heard("2024-03-02 10:00", "b", artist="B", ms=80_000),
        *[heard(f"2024-03-0{day} 10:00", "d", artist="D") for day in (1, 2)],
        heard("2024-04-01 00:00", "e", artist="E"),
    ]
    measured = Measured(connection, plays)
    found = ask(measured, range="2024-03", other="2024-02", limit=2)
    assert (found.totals.plays, found.other_totals.plays, found.change.plays) == (4, 5, -1)
    assert (found.change.ms_played, found.change.active_days) == (9_995, -3)
    assert (found.ratio.plays, found.ratio.active_days) == (0.8, 0.4)
    assert found.ratio.ms_played == round(290_000 / 280_005, 6)
    assert found.ratio.albums is None
    artists = found.artists
    assert (artists.total, artists.other_total) == (3, 3)
    lines = [
        [(line.name, line.rank, line.plays, line.other_rank, line.other_plays) for line in part]
        for part in (artists.entries, artists.exits, artists.movers)
    ]
    moved = [("A", 2, 1, 1, 3), ("D", 1, 2, None, 0)]
    assert lines == [[("D", 1, 2, None, 0)], [("B", 3, 1, 2, 1)], moved]
    assert [line.name for line in ask(measured, range="2024-03", other="2024-02").tracks.movers] == [
        "A", "D", "C",
    ], "B has as many plays here as there"  # fmt: skip
    assert found.albums.movers == ()


def test_the_other_range_is_told(connection: Connection) -> None:
    measured = Measured(connection, [heard("2024-03-01 10:00")])
    found = ask(measured, range="2024-03")
    assert (found.covered.range, found.other.range) == ("2024-03", "2024-02-01..2024-03-01")
    assert "from=2024-02-01&to=2024-03-01" in found.other.plays
    assert "from=2024-03-01&to=2024-04-01" in found.covered.plays
    assert ask(measured, range="2024", other="all").other.range == "all"
    assert ask(measured, range="all", other="2023").other_totals.plays == 0
    split = ask(measured, **{"from": "2024-03-01", "to": "2024-03-02"})
    assert (split.totals.plays, split.other.range) == (1, "2024-02-29..2024-03-01")


@pytest.mark.parametrize(
    ("asked", "before"),
    [
        ("2024", "2023-01-01..2024-01-01"),
        ("2025", "2024-01-01..2025-01-01"),
        ("2024-01", "2023-12-01..2024-01-01"),
        ("2024-05", "2024-04-01..2024-05-01"),
        ("this_year", "2023-01-01..2024-01-01"),
        ("last_year", "2022-01-01..2023-01-01"),
        ("this_month", "2024-03-01..2024-04-01"),
        ("last_month", "2024-02-01..2024-03-01"),
        ("2024-W01", "2023-12-25..2024-01-01"),
        ("2024-03-01", "2024-02-29..2024-03-01"),
        ("2024-03-01..2024-04-01", "2024-01-30..2024-03-01"),
        ("last_30_days", "2024-02-03..2024-03-04"),
    ],
)
def test_without_another_range_a_year_is_compared_with_the_year_before(
    connection: Connection, asked: str, before: str
) -> None:
    assert ask(Measured(connection, []), range=asked).other.range == before


def test_nothing_beside_nothing(connection: Connection) -> None:
    found = ask(Measured(connection, []), range="2024")
    assert (found.totals, found.change) == (found.other_totals, found.totals)
    assert set(astuple(found.ratio)) == {None}
    assert (found.tracks.entries, found.tracks.exits, found.tracks.movers) == ((), (), ())


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "Name what to compare"),
        ({"from": "2024-01-01"}, "Name what to compare"),
        ({"range": "2024", "other": "last_6_days"}, "'last_6_days' is no range"),
        ({"range": "2024", "other": "2024-13"}, "'2024-13' is no range"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    connection: Connection, asked: dict[str, str], told: str
) -> None:
    with pytest.raises(InvalidInputError, match=told) as refused:
        ask(Measured(connection, []), **asked)
    assert refused.value.parameter == "other"
