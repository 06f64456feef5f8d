"""How one item was heard over time: against brute force, and by hand."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from measuring import ITEMS, AnyQuestion, Measured, bounds, instant
from oracle import measures as oracle
from oracle.examples import HOUR, at, heard
from oracle.habits import loyalty
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.errors import InvalidInputError
from tonearm.insights.charts.loyalty import Loyalty


def ask(measured: Measured, question: AnyQuestion, now: datetime = NOW) -> Loyalty:
    found = measured.ask("loyalty", question, now)
    assert isinstance(found, Loyalty)
    return found


@given(plays=listens(), asked=questions(AnyQuestion), data=st.data())
@QUICK
def test_loyalty_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: AnyQuestion, data: st.DataObject
) -> None:
    measured = Measured(connection, plays)
    item = data.draw(st.sampled_from(ITEMS))
    # Measured numbers items from 1 in the reverse order of their keys.
    keys = sorted(oracle.names_of(plays, item), reverse=True)
    if not keys:
        return
    key = data.draw(st.sampled_from(keys))
    (start, stop), _ = bounds(asked, NOW)
    zone = ZoneInfo(asked.zone)
    today = NOW.astimezone(zone).date()
    expected = loyalty(
        plays, start, stop, zone, asked.rule.value, asked.kind, item=item, key=key, today=today
    )
    found = ask(
        measured,
        replace(asked, **{item.removesuffix("s"): str(keys.index(key) + 1)}),
    )
    assert (
        found.plays, found.ms_played, instant(found.first_play_at), instant(found.last_play_at),
        found.days_since_last_play, found.half_life_days, found.peak_month, found.active_days,
        [(month.starts_on, month.plays, month.ms_played) for month in found.items],
    ) == (*expected[:8], [tuple(month) for month in expected.months])  # fmt: skip
    ever = sum(
        play.ms_played
        for play in oracle.within(plays, None, None, asked.kind)
        if oracle.KEYS[item](play) == key
    )
    assert [subject.id for subject in found.subjects] == ([keys.index(key) + 1] if ever else [])


def test_an_interest_that_falls_off(connection: Connection) -> None:
    plays = [
        heard("2023-12-31 23:59", album="Signals"),
        heard("2024-01-01 00:00", album="Signals"),
        heard("2024-01-01 00:01", ms=5, album="Signals"),  # time, but no play
        heard("2024-01-11 10:00", album="Signals"),
        heard("2024-03-02 10:00", "b"),
        heard("2024-03-02 11:00", "b"),
        heard("2024-03-02 12:00", "c", artist="Other"),
    ]
    measured = Measured(connection, plays)
    asked = AnyQuestion(range="2024", zone="Europe/Berlin", artist="noite")
    found = ask(measured, asked)
    assert (found.plays, found.ms_played, found.active_days) == (4, 240_005, 3)
    assert instant(found.first_play_at) == at("2024-01-01 00:00")
    assert instant(found.last_play_at) == at("2024-03-02 11:00")
    assert found.days_since_last_play == 31  # 2 March to 2 April
    assert found.half_life_days == 10  # the second of four is on 11 January
    assert found.peak_month == date(2024, 1, 1), "of two months with two plays the earlier"
    assert [(month.starts_on.month, month.plays, month.ms_played) for month in found.items] == [
        (1, 2, 120_005), (2, 0, 0), (3, 2, 120_000),
    ]  # fmt: skip
    assert [(one.name, one.artist) for one in found.subjects] == [("Noite", None)]
    assert "artist=noite" in found.covered.plays
    by_title = ask(measured, AnyQuestion(zone="Europe/Berlin", track="a"))
    assert (by_title.plays, by_title.half_life_days) == (3, 1)
    assert [(one.name, one.artist) for one in by_title.subjects] == [("A", "Noite")]
    by_album = ask(measured, AnyQuestion(range="2025", zone="Europe/Berlin", album="SIGNALS"))
    assert (by_album.plays, by_album.ms_played, by_album.items) == (0, 0, ())
    assert (by_album.first_play_at, by_album.half_life_days, by_album.peak_month) == (None,) * 3
    assert [one.name for one in by_album.subjects] == ["Signals"], "named all the same"


def test_one_play_and_one_yet_to_come(connection: Connection) -> None:
    plays = [heard(at("2024-04-02 12:00")), heard(at("2024-04-02 12:00") + 20 * HOUR, "b")]
    measured = Measured(connection, plays)
    one = ask(measured, AnyQuestion(zone="Europe/Berlin", track="A"))
    assert (one.plays, one.half_life_days, one.days_since_last_play) == (1, 0, 0)
    assert one.first_play_at == one.last_play_at
    later = ask(measured, AnyQuestion(zone="Europe/Berlin", track="B"))
    assert later.days_since_last_play == 0, "a clock that was ahead makes no negative days"


def test_a_name_of_several_items_stands_for_all_of_them(connection: Connection) -> None:
    plays = [
        heard("2024-01-01 10:00", "intro", artist="A"),
        heard("2024-01-02 10:00", "intro2", artist="B")._replace(title="Intro"),
        heard("2024-01-03 10:00", "intro2", artist="B")._replace(title="Intro"),
    ]
    found = ask(Measured(connection, plays), AnyQuestion(track="intro"))
    assert found.plays == 3
    assert [(one.name, one.artist) for one in found.subjects] == [("Intro", "B"), ("INTRO", "A")]


@pytest.mark.parametrize("named", [{}, {"artist": "noite", "track": "a"}])
def test_exactly_one_item_has_to_be_named(connection: Connection, named: dict[str, str]) -> None:
    measured = Measured(connection, [heard("2024-01-01 10:00")])
    with pytest.raises(InvalidInputError, match="exactly one") as refused:
        ask(measured, replace(AnyQuestion(), **named))
    assert refused.value.parameter == "artist"
