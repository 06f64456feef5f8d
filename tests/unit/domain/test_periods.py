"""Ranges of time mean what people mean by them, in whole local days of any zone."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.measures import local, resolve_range
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.instants import from_ms, to_ms
from tonearm.domain.periods import NAMED_PERIODS, Period, find_zone, resolve_period

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia",
         "America/Sao_Paulo", "Africa/Casablanca", "Asia/Beirut")  # fmt: skip
MOMENTS = st.datetimes(datetime(2006, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
DAYS = st.dates(date(2006, 1, 1), date(2034, 12, 31))


@st.composite
def texts(draw: st.DrawFn) -> str:
    day = draw(DAYS)
    year, week, _ = day.isocalendar()
    return draw(
        st.sampled_from(
            (*NAMED_PERIODS, f"{day:%Y}", f"{day:%Y-%m}", f"{day}", f"{year}-W{week:02d}")
        )
    )


@given(text=texts(), now=MOMENTS, zone=st.sampled_from(ZONES))
@settings(deadline=None, max_examples=300)
def test_a_range_is_brute_forces(text: str, now: datetime, zone: str) -> None:
    found = resolve_period(text, now, ZoneInfo(zone)).bounds(ZoneInfo(zone))
    expected = resolve_range(text, now, ZoneInfo(zone))
    assert tuple(None if edge is None else to_ms(edge) for edge in found) == expected


@given(
    first=DAYS, length=st.integers(1, 4_000), now=MOMENTS, zone=st.sampled_from(ZONES)
)  # fmt: skip
@settings(deadline=None)
def test_two_days_bound_a_range_and_the_period_before_is_as_long(
    first: date, length: int, now: datetime, zone: str
) -> None:
    end = first + timedelta(days=length)
    period = resolve_period(f"{first}..{end}", now, ZoneInfo(zone))
    assert (period.first, period.end) == (first, end)
    assert period.previous_named == Period(first - timedelta(days=length), first)
    start, stop = period.bounds(ZoneInfo(zone))
    assert start is not None
    assert stop is not None
    assert start <= stop
    # A day begins with the first instant whose date is that day or, where it was skipped, a later one.
    for day, edge in ((first, start), (end, stop)):
        assert local(to_ms(edge), ZoneInfo(zone)).date() >= day
        assert local(to_ms(edge) - 1, ZoneInfo(zone)).date() < day


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "ever", "last_8_days", "All", "2024-13", "2024-00", "2024-1", "24", "2024-W00",
        "2024-W54", "2023-W53", "2024-02-30", "2023-02-29", "2024-01-01..", "..2024-01-01",
        "2024-01-01..2024-01-01", "2024-01-02..2024-01-01", "2024..2025", "2024-01-01...2024-01-02",
        "2024-01-01..today", "2024-01-01T00:00:00Z", "0000", "9999", "9999-12", "9999-12-31",
        "9999-W52", "1969", "1969-12-31..1970-01-02", "2201", "2199-12-31..2201-01-01",
        "\uff12\uff10\uff12\uff14", "2024-01-01\n", "-2024", "99999999999", "x" * 10_000, "1\0",
    ],
)  # fmt: skip
def test_what_is_no_range_names_the_parameter(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        resolve_period(text, datetime(2024, 5, 1, tzinfo=UTC), ZoneInfo("UTC"))
    assert refused.value.parameter == "range"
    assert refused.value.message.endswith(".")
    assert len(refused.value.message) < 500


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "x" * 999, "a\0b"]
)
def test_what_is_no_zone_names_the_parameter(name: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        find_zone(name)
    assert refused.value.parameter == "zone"
    assert len(refused.value.message) < 200


@given(text=texts(), now=MOMENTS)
@settings(deadline=None)
def test_the_year_before_a_year_and_the_month_before_a_month(text: str, now: datetime) -> None:
    found = resolve_period(text, now, ZoneInfo("UTC"))
    if re.fullmatch(r"[0-9]{4}(-[0-9]{2})?|(this|last)_(year|month)", text) is None:
        assert found.previous_named == (
            None
            if found.first is None or found.end is None
            else Period(found.first - (found.end - found.first), found.first)
        )
        return
    before = found.previous_named
    assert found.first is not None
    assert before is not None
    assert before.end == found.first
    eve = found.first - timedelta(days=1)
    is_year = "year" in text or len(text) == 4
    assert before.first == eve.replace(month=1 if is_year else eve.month, day=1)
    assert before.previous_named == Period(
        date(eve.year - 1, 1, 1)
        if is_year
        else (eve.replace(day=1) - timedelta(days=1)).replace(day=1),
        before.first,
    )


def test_all_time_has_no_period_before() -> None:
    assert Period(None, None).previous_named is None


@given(milliseconds=st.integers(-(10**13), 10**14))
def test_instants_go_there_and_back(milliseconds: int) -> None:
    assert to_ms(from_ms(milliseconds)) == milliseconds
    assert from_ms(None) is None
