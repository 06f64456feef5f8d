"""Places year by year: against brute force, and by hand."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from measuring import ITEMS, AnyQuestion, Measured, bounds
from oracle import measures as oracle
from oracle.company import ranks
from oracle.examples import heard
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.ranks import Ranks


def ask(measured: Measured, question: AnyQuestion) -> Ranks:
    found = measured.ask("ranks", question, NOW)
    assert isinstance(found, Ranks)
    return found


@given(
    plays=listens(),
    asked=questions(AnyQuestion, by=st.sampled_from(list(RankBy))),
    item=st.sampled_from(ITEMS),
)
@QUICK
def test_ranks_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: AnyQuestion, item: oracle.Item
) -> None:
    measured = Measured(connection, plays)
    # Measured numbers items from 1 in the reverse order of their keys.
    keys = sorted(oracle.names_of(plays, item), reverse=True)
    for number, key in enumerate(keys, 1):
        (start, stop), _ = bounds(asked, NOW)
        expected = ranks(
            measured.plays, start, stop, ZoneInfo(asked.zone), asked.rule.value, asked.kind,
            item=item, key=key, by=asked.by.value,
        )  # fmt: skip
        found = ask(measured, replace(asked, **{item.removesuffix("s"): str(number)}))
        assert [(line.starts_on, line.rank, line.ranked) for line in found.items] == expected


def test_a_band_that_came_and_went(connection: Connection) -> None:
    plays = [
        heard("2021-05-01 10:00", artist="Noite"),
        heard("2021-05-02 10:00", "b", artist="Other"),
        heard("2021-05-02 11:00", "b", artist="Other"),
        heard("2022-01-01 00:00", "b", artist="Other"),
        heard("2023-12-31 23:59", artist="Noite"),
        heard("2024-01-01 00:00", artist="Noite", ms=5),  # time, but no play
    ]
    measured = Measured(connection, plays)
    asked = AnyQuestion(zone="Europe/Berlin", artist="noite")

    assert [
        (line.starts_on, line.rank, line.ranked, line.plays) for line in ask(measured, asked).items
    ] == [
        (date(2021, 1, 1), 2, 2, 1),
        (date(2022, 1, 1), None, 1, 0),
        (date(2023, 1, 1), 1, 1, 1),
    ]
    in_may = ask(measured, replace(asked, range="2021-05-01"))
    assert [(line.rank, line.ranked) for line in in_may.items] == [(1, 1)], "of that day alone"
    assert ask(measured, replace(asked, range="2024")).items == ()


def test_a_place_is_that_of_one(connection: Connection) -> None:
    plays = [
        heard("2024-01-01 10:00", "intro", artist="A"),
        heard("2024-01-02 10:00", "intro2", artist="B")._replace(title="Intro"),
    ]
    measured = Measured(connection, plays)
    with pytest.raises(InvalidInputError, match=r"1 \(B\), 2 \(A\)|2 \(A\), 1 \(B\)") as refused:
        ask(measured, AnyQuestion(track="intro"))
    assert refused.value.parameter == "track"
    with pytest.raises(InvalidInputError, match="exactly one"):
        ask(measured, AnyQuestion())


def test_places_are_those_of_the_ranking_also_where_plays_are_level(connection: Connection) -> None:
    plays = [
        heard(f"2024-0{month}-01 10:00", name, artist=name, ms=ms)
        for month, name, ms in (
            (1, "C", 60_000),
            (1, "B", 60_000),
            (2, "A", 60_000),
            (3, "D", 90_000),
        )
    ]
    measured = Measured(connection, plays)
    places = {
        name: [line.rank for line in ask(measured, AnyQuestion(artist=name)).items]
        for name in "ABCD"
    }

    assert places == {"D": [1], "B": [2], "C": [3], "A": [4]}, "by time, by first play, by name"
