"""What a page asks for: the question in its address, and the addresses of other questions."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Self, get_args
from urllib.parse import urlencode

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import RankBy, Rule
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.question import Lane, period_of
from tonearm.insights.records import Covered
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats

NAMED_RANGES: Mapping[str, str] = {
    "today": N_("Today"),
    "this_week": N_("This week"),
    "this_month": N_("This month"),
    "this_year": N_("This year"),
    "last_30_days": N_("Last 30 days"),
    "last_90_days": N_("Last 90 days"),
    "last_365_days": N_("Last 365 days"),
    "last_year": N_("Last year"),
    "all": N_("All time"),
}
_OTHER_RANGES: Mapping[str, str] = {
    "yesterday": N_("Yesterday"),
    "last_7_days": N_("Last 7 days"),
    "last_week": N_("Last week"),
    "last_month": N_("Last month"),
}
"""Ranges that addresses can have, and no page offers."""
LANES: Mapping[str, str] = {
    "music": N_("Music"),
    "podcast": N_("Podcasts"),
    "audiobook": N_("Audiobooks"),
    "all": N_("Everything"),
}
RULES: Mapping[str, str] = {
    "30s": N_("30 s and more"),
    "half": N_("half of it or 4 min"),
    "done": N_("played to the end"),
    "any": N_("anything at all"),
}
_UNSTEPPED = ("all", "last_7_days", "last_30_days", "last_90_days", "last_365_days")
_YEAR = 4
_MONTH = 7


@dataclass(frozen=True, slots=True)
class Ask:
    """The parameters of a page, as its address carries them."""

    range: str = "all"
    kind: str = "music"
    rule: str = "30s"
    by: str = "plays"
    usual_rule: str = "30s"
    """What the listener prefers, which needs no mention."""
    usual_kind: str = "music"
    """What the page looks at unless it is told otherwise."""
    more: tuple[tuple[str, str], ...] = ()
    """What else the page was asked, which goes along to every address of it."""

    def question(self, limit: int) -> TopQuestion:
        """Give the question.

        Raises:
            InvalidInputError: a parameter has a value that is not offered.
        """
        return TopQuestion(
            range=self.range,
            rule=rule_of(self.rule),
            kind=_lane(self.kind),
            by=RankBy(_one_of("by", self.by, ("plays", "time"))),
            limit=limit,
        )

    def address(self, path: str, **changes: str | int) -> str:
        """Give the address of a page for this question with some parameters changed.

        The range is always in it, other parameters only where they differ from the usual ones; an empty text takes
        one out.
        """
        own: dict[str, Any] = {
            name: str(value) for name, value in changes.items() if name in _FIELDS
        }
        more = {name: value for name, value in changes.items() if name not in _FIELDS}
        wanted = replace(self, **own)
        usual = Ask(rule=self.usual_rule, kind=self.usual_kind)
        query: dict[str, str | int] = {"range": wanted.range} if wanted.range else {}
        for name in _FIELDS[1:]:
            if getattr(wanted, name) != getattr(usual, name):
                query[name] = getattr(wanted, name)
        query |= {name: value for name, value in (dict(self.more) | more).items() if value != ""}
        return f"{path}?{urlencode(query, safe='.')}" if query else path

    def elsewhere(self, usual_kind: str = "music") -> Self:
        """Give the same question for another kind of page, without what only this one is asked."""
        return replace(self, usual_kind=usual_kind, more=())

    def range_link(self, path: str) -> str:
        """Give the start of addresses that end with a range, for the marks of charts."""
        others = self.address(path, range="all")
        head, _, rest = others.partition("range=all")
        return f"{head}{rest.removeprefix('&')}{'&' if rest else ''}range="


_FIELDS = ("range", "kind", "rule", "by")


def range_of_days(first: str, last: str) -> str:
    """Give the range from a first to a last day, both part of it, as a date form sends them.

    Raises:
        InvalidInputError: one of them is no day, or they are the wrong way around.
    """
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        if end < start:
            start, end = end, start
        return f"{start.isoformat()}..{(end + timedelta(days=1)).isoformat()}"
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(
            "From and to must both be days, such as 2024-03-04.", parameter="range"
        ) from error


def range_name(text: str, covered: Covered) -> str:
    """Name a range as a heading does: "2024 so far", "March 2024", "4 to 6 Mar 2024"."""
    days = formats.local_days(covered.from_at, covered.to_at, covered.zone)
    if text == "all" or days is None:
        return _(NAMED_RANGES[text]) if text in NAMED_RANGES else text
    first, last = days
    if text in ("this_year", "this_month"):
        named = formats.month(first) if text == "this_month" else first.year
        return _("{period} so far").format(period=named)
    if text in NAMED_RANGES and text != "last_year":
        return _(NAMED_RANGES[text])
    if "W" in text:
        week = first.isocalendar()
        return _("Week {week} of {year}").format(week=week.week, year=week.year)
    return _calendar_name(first, last)


def said_range(text: str, zone: str, at: datetime) -> str:
    """Name a range where nothing in it is counted: "This month", "March 2024"; `at` is when it was chosen."""
    named = NAMED_RANGES.get(text) or _OTHER_RANGES.get(text)
    if named is not None:
        return _(named)
    period = period_of(TopQuestion(range=text, zone=zone), at)
    if period.first is None or period.end is None:
        return text
    return _calendar_name(period.first, period.end - timedelta(days=1))


def _calendar_name(first: date, last: date) -> str:
    """Name days by the years or the month they fill; else by their ends."""
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        is_one = first.year == last.year
        return str(first.year) if is_one else f"{first.year}{formats.TO}{last.year}"
    is_whole = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    if is_whole and (first.year, first.month) == (last.year, last.month):
        return formats.month(first)
    return formats.span(first, last)


def neighbours(covered: Covered, today: date) -> tuple[str | None, str | None]:
    """Give the ranges just before and just after one, None where stepping has no sense.

    Years and months step by calendar, weeks and other spans by their length; never into the future.
    """
    days = formats.local_days(covered.from_at, covered.to_at, covered.zone)
    if days is None or covered.range in _UNSTEPPED:
        return None, None
    first, last = days
    if covered.range in ("this_year", "last_year") or len(covered.range) == _YEAR:
        return str(first.year - 1), str(first.year + 1) if first.year < today.year else None
    if covered.range == "this_month" or (len(covered.range) == _MONTH and "W" not in covered.range):
        before = first.replace(day=1) - timedelta(days=1)
        after = first.replace(day=28) + timedelta(days=4)
        return f"{before:%Y-%m}", f"{after:%Y-%m}" if after.replace(day=1) <= today else None
    length = timedelta(days=7) if "week" in covered.range else last - first + timedelta(days=1)
    try:
        before, after = first - length, first + length
        end = after + length
    except OverflowError:
        return None, None
    later = _days_range(after, end) if after <= today else None
    return _days_range(before, first), later


def _days_range(first: date, end: date) -> str:
    if end - first == timedelta(days=1):
        return first.isoformat()
    return f"{first.isoformat()}..{end.isoformat()}"


def rule_of(text: str) -> Rule:
    """Give the rule of a name.

    Raises:
        InvalidInputError: there is no such rule.
    """
    return Rule(_one_of("rule", text, RULES))


def _one_of(name: str, value: str, allowed: Mapping[str, str] | tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidInputError(f"{name} must be one of {', '.join(allowed)}.", parameter=name)
    return value


def _lane(value: str) -> Lane:
    for lane in get_args(Lane):
        if lane == value:
            found: Lane = lane
            return found
    raise InvalidInputError(f"kind must be one of {', '.join(LANES)}.", parameter="kind")
