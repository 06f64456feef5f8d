"""A listener who travels: each play has the clock of the country it was played in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from measuring import AnyQuestion, Measured
from oracle import measures as oracle
from oracle.plays import OraclePlay
from tonearm.domain.countries import zone_of_country
from tonearm.domain.instants import to_ms
from tonearm.domain.preferences import Preferences

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME = "America/Los_Angeles"
ZONES = {
    "US": HOME, "JP": "Asia/Tokyo", "WS": "Pacific/Apia", "AS": "Pacific/Pago_Pago", "DE": "Europe/Berlin",
    "XX": HOME, None: HOME,
}  # fmt: skip
"""By hand: at home in one zone of the United States, everywhere else by the country's own or largest."""
EDGES = [datetime(2024, 3, 10, 9, tzinfo=UTC), datetime(2023, 12, 31, 20, tzinfo=UTC)]


def play_in(country: str | None, moment: datetime, track: int = 1) -> OraclePlay:
    ended = to_ms(moment)
    return OraclePlay(
        ended, f"spotify:track:{track:022d}", ended - 200_000, 200_000, f"Song {track}", "Artist", "Album",
        "music", None, country, None, "trackdone", None, None, None, None,
    )  # fmt: skip


def own_day(play: OraclePlay) -> date:
    return oracle.day_of(play.ended_at, ZoneInfo(ZONES[play.country]))


def own_hour(play: OraclePlay) -> int:
    return oracle.local(play.ended_at, ZoneInfo(ZONES[play.country])).hour


@given(
    told=st.lists(
        st.tuples(
            st.sampled_from(sorted(ZONES, key=str)),
            st.sampled_from(EDGES),
            st.integers(-3 * 1_440, 3 * 1_440),
        ),
        max_size=25,
    ),
    begin=st.dates(date(2023, 12, 27), date(2024, 3, 14)),
    length=st.integers(1, 90),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_days_and_hours_are_those_of_the_country(
    connection: Connection,
    told: list[tuple[str | None, datetime, int]],
    begin: date,
    length: int,
) -> None:
    plays = [play_in(where, edge + timedelta(minutes=shift)) for where, edge, shift in told]
    measured = Measured(connection, plays, preferences=Preferences(HOME, travels=True))
    end = begin + timedelta(days=length)
    asked = AnyQuestion(range=f"{begin}..{end}", zone=None, unit="day")  # type: ignore[arg-type] # as if not given

    inside = [play for play in plays if begin <= own_day(play) < end]
    totals = measured.ask("totals", asked, NOW)
    assert totals.plays == len(inside)
    assert totals.active_days == len(set(map(own_day, inside)))
    assert totals.ms_played == 200_000 * len(inside)
    moments = [play.ended_at for play in inside]
    found = totals.covered.first_play_at, totals.covered.last_play_at
    told_at = tuple(None if at is None else to_ms(at) for at in found)
    assert told_at == (min(moments, default=None), max(moments, default=None))
    days = measured.ask("timeline", asked, NOW).items
    for unit in days:
        assert unit.plays == sum(own_day(play) == unit.starts_on for play in inside)
    assert sum(unit.plays for unit in days) == len(inside)
    for cell in measured.ask("heatmap", asked, NOW).items:
        assert cell.plays == sum(
            own_day(play).weekday() == cell.weekday and own_hour(play) == cell.hour
            for play in inside
        )


def test_a_zone_that_is_asked_for_holds_everywhere(connection: Connection) -> None:
    plays = [play_in("JP", datetime(2024, 1, 1, 20, tzinfo=UTC))]
    measured = Measured(connection, plays, preferences=Preferences(HOME, travels=True))
    own_zone = AnyQuestion(range="2024-01-02", zone=None)  # type: ignore[arg-type] # as if not given
    assert measured.ask("totals", own_zone, NOW).plays == 1
    assert measured.ask("totals", AnyQuestion(range="2024-01-02", zone="UTC"), NOW).plays == 0


@pytest.mark.parametrize(
    ("country", "home", "zone"),
    [
        ("US", "America/Los_Angeles", "America/Los_Angeles"),
        ("US", "US/Pacific", "US/Pacific"),
        ("US", "Europe/Berlin", "America/New_York"),
        ("RU", "UTC", "Europe/Moscow"),
        ("IN", "Asia/Calcutta", "Asia/Calcutta"),
        ("IN", "Europe/Berlin", "Asia/Kolkata"),
        ("JP", "Europe/Berlin", "Asia/Tokyo"),
        ("XK", "Europe/Berlin", "Europe/Berlin"),
        ("", "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_the_zone_of_a_country(country: str, home: str, zone: str) -> None:
    assert zone_of_country(country, home) == zone
