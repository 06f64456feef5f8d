"""Ranges of time as people name them, in whole local days."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted

NAMED_PERIODS = (
    "today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year",
    "last_year", "last_7_days", "last_30_days", "last_90_days", "last_365_days", "all",
)  # fmt: skip
_ROLLING = re.compile(r"last_(7|30|90|365)_days")
_YEAR = re.compile(r"\d{4}", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2200
_HINT = (
    f"Use one of {', '.join(NAMED_PERIODS)}, or YYYY, YYYY-MM, YYYY-Www, YYYY-MM-DD, or FROM..TO with two "
    "days, the second one not included."
)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to before `end`; None where open, as both are for all time."""

    first: date | None
    end: date | None
    months: int = field(default=0, compare=False)
    """How many months it has where it was named as a year or a month of the calendar; else 0."""

    @property
    def previous_named(self) -> "Period | None":
        """The period before, as every measure means it; None where one end is open.

        The year before a year and the month before a month of the calendar; else as many days directly before.
        """
        if self.first is None or self.end is None:
            return None
        if not self.months:
            return Period(self.first - (self.end - self.first), self.first)
        year, month = divmod(12 * self.first.year + self.first.month - 1 - self.months, 12)
        return Period(date(year, month + 1, 1), self.first, self.months)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Give the first instant and the first instant after, in UTC."""
        return (
            None if self.first is None else start_of_day(self.first, zone),
            None if self.end is None else start_of_day(self.end, zone),
        )


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Give the first instant of a local day, also where clocks skip its midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@cache
def _zone_names() -> frozenset[str]:
    # Names that mean something else on every machine are no zones to keep a history by.
    return frozenset(available_timezones() - {"localtime", "Factory"})


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo:
    """Give the zone of an IANA name; raises InvalidInputError."""
    if name not in _zone_names():
        raise InvalidInputError(
            f"{quoted(name)} is no time zone. Use an IANA name such as Europe/Berlin.",
            parameter="zone",
        )
    return ZoneInfo(name)


def resolve_period(text: str, now: datetime, zone: ZoneInfo) -> Period:
    """Give the local days that a range names; raises InvalidInputError."""
    today = now.astimezone(zone).date()
    named = _named(text, today)
    if named is not None:
        return named
    try:
        period = _calendar(text)
    except (ValueError, OverflowError):
        raise InvalidInputError(f"{quoted(text)} is no range. {_HINT}", parameter="range") from None
    _check_span(period, "range", text)
    return period


def resolve_days(first: str | None, end: str | None) -> Period:
    """Give the days from `first` to before `end`, either of which may be open; raises InvalidInputError."""
    days: list[date | None] = []
    for name, text in (("from", first), ("to", end)):
        try:
            days.append(None if text is None else _day(text))
        except ValueError:
            raise InvalidInputError(
                f"{quoted(text)} is no day of the calendar. Write it as YYYY-MM-DD.", parameter=name
            ) from None
    period = Period(days[0], days[1])
    if None not in days and days[0] >= days[1]:  # type: ignore[operator] # neither is None
        raise InvalidInputError(
            f"`to` is {end} and must be later than `from`, {first}.", parameter="to"
        )
    _check_span(period, *(("from", first) if end is None else ("to", end)))
    return period


def _check_span(period: Period, parameter: str, text: str | None) -> None:
    if period.first is not None and period.end is not None and period.first >= period.end:
        raise InvalidInputError(
            f"{quoted(text)} ends before it has begun. Give the earlier day first.",
            parameter=parameter,
        )
    years = [day.year for day in (period.first, period.end) if day is not None]
    if any(not _EARLIEST_YEAR <= year <= _LATEST_YEAR for year in years):
        raise InvalidInputError(
            f"{quoted(text)} is out of reach: a range lies between {_EARLIEST_YEAR} and {_LATEST_YEAR}.",
            parameter=parameter,
        )


def _named(text: str, today: date) -> Period | None:
    if text not in NAMED_PERIODS:
        return None
    tomorrow = today + timedelta(days=1)
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    year = date(today.year, 1, 1)
    rolling = _ROLLING.fullmatch(text)
    if rolling:
        return Period(tomorrow - timedelta(days=int(rolling[1])), tomorrow)
    return {
        "all": Period(None, None),
        "today": Period(today, tomorrow),
        "yesterday": Period(today - timedelta(days=1), today),
        "this_week": Period(monday, monday + timedelta(days=7)),
        "last_week": Period(monday - timedelta(days=7), monday),
        "this_month": Period(month, next_month(month), 1),
        "last_month": Period((month - timedelta(days=1)).replace(day=1), month, 1),
        "this_year": Period(year, date(today.year + 1, 1, 1), 12),
        "last_year": Period(date(today.year - 1, 1, 1), year, 12),
    }.get(text)


def _calendar(text: str) -> Period:
    if span := _SPAN.fullmatch(text):
        return Period(date.fromisoformat(span[1]), date.fromisoformat(span[2]))
    if _YEAR.fullmatch(text):
        return Period(date(int(text), 1, 1), date(int(text) + 1, 1, 1), 12)
    if month := _MONTH.fullmatch(text):
        first = date(int(month[1]), int(month[2]), 1)
        return Period(first, next_month(first), 1)
    if week := _WEEK.fullmatch(text):
        first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        return Period(first, first + timedelta(days=7))
    day = _day(text)
    return Period(day, day + timedelta(days=1))


def _day(text: str) -> date:
    """Read a day; raises ValueError. Python itself would read more forms than this one."""
    if not _DAY.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def next_month(first: date) -> date:
    """Give the first day of the month after the one that begins on `first`."""
    return (first + timedelta(days=32)).replace(day=1)
