"""What the stories of a year and of a month have in common."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.insights.calendar import by_hour_of_week, dates
from tonearm.insights.discoveries import DISCOVERY_TRAITS, discovery_totals, list_rediscovered
from tonearm.insights.favourites import Favourite, list_favourites
from tonearm.insights.firsts import first_plays
from tonearm.insights.question import Item, Question
from tonearm.insights.records import (
    Covered,
    DiscoveryTotals,
    ItemArtist,
    ItemId,
    ItemName,
    MsPlayed,
    Plays,
    Record,
    Rediscovery,
    Session,
)
from tonearm.insights.sessions import list_sessions
from tonearm.insights.streaks import find_active_days
from tonearm.insights.totals import TotalNumbers, TotalRatios, changes, count_totals, ratios
from tonearm.insights.view import EPOCH, View

_FIRST = 10
_REDISCOVERED = 3


REVIEW_PLAYS = {
    **{
        f"{item}.plays": f"{item.removesuffix('s')}=%23{{id}}"
        for item in ("artists", "albums", "tracks")
    },
    **{f"discovery.{name}": f"trait={trait}" for name, trait in DISCOVERY_TRAITS.items()},
    "peak_day.plays": "unit=day&starts_on={day}",
    "longest_session.plays": "session={started_at}",
}
"""What lists the plays behind the numbers of a review; see Chart."""


class PeakDay(Record, frozen=True):
    """The day with most listening time."""

    day: Annotated[date, Meta(description="The local day.")]
    plays: Plays
    ms_played: MsPlayed


class LongestStreak(Record, frozen=True):
    """The longest row of active days in the year or month."""

    days: Annotated[int, Meta(description="How many days in a row.")]
    starts_on: Annotated[date, Meta(description="First day.")]
    ends_on: Annotated[date, Meta(description="Last day.")]


class FirstPlay(Record, frozen=True):
    """The first counted play of the year or month."""

    played_at: Annotated[datetime, Meta(description="When it ended.")]
    id: ItemId
    name: ItemName
    artist: ItemArtist


class Review(Record, frozen=True):
    """A year or a month in review; what needs plays is null in one without any."""

    covered: Covered
    peak_hour: Annotated[
        int | None,
        Meta(description="Hour of the day with most plays, of several the earliest."),
    ]
    totals: TotalNumbers
    previous: Annotated[
        TotalNumbers | None,
        Meta(description="Totals of the one before; null where it has no counted play."),
    ]
    change: Annotated[TotalNumbers | None, Meta(description="The totals less those before.")]
    ratio: Annotated[TotalRatios | None, Meta(description="The totals divided by those before.")]
    first_play: Annotated[FirstPlay | None, Meta(description="The first counted play.")]
    peak_day: Annotated[
        PeakDay | None,
        Meta(description="The day with most listening time, of several the earliest."),
    ]
    longest_session: Annotated[
        Session | None, Meta(description="The longest session that starts in it.")
    ]
    longest_streak: Annotated[
        LongestStreak | None,
        Meta(description="The longest row of active days in it, of several the latest."),
    ]
    discovery: DiscoveryTotals
    rediscovered: tuple[Rediscovery, ...]


def look_back(here: View, before: View) -> Review:
    """Give what is told of a year or a month; `before` looks at the one before it."""
    totals, others = count_totals(here), count_totals(before)
    previous = others if others.plays else None
    if previous is not None:
        here = here.leading({"previous.plays": before.plays_behind()})
    return Review(
        covered=here.covered(),
        peak_hour=_peak_hour(here),
        totals=totals,
        previous=previous,
        change=None if previous is None else changes(totals, previous),
        ratio=None if previous is None else ratios(totals, previous),
        first_play=_first_play(here),
        peak_day=_peak_day(here),
        longest_session=_longest_session(here.at_home()),
        longest_streak=_longest_streak(here),
        discovery=discovery_totals(here),
        rediscovered=list_rediscovered(here, _REDISCOVERED),
    )


def list_leaders(
    here: View, item: Item, starts: NDArray[np.int64], borders: NDArray[np.int32]
) -> Iterator[tuple[Favourite, date, bool]]:
    """Give the first items, each with its best unit of the calendar and whether it is new.

    Args:
        here: the year or month.
        item: what to rank.
        starts: the first day of every unit in it, counted from 1970, and of the one after.
        borders: the rows with which these units begin; see `rows_by_unit`.
    """
    grouping = here.grouping(item)
    where = here.lane.where(grouping, here.rule)
    row_of = first_plays(here.lane, grouping, here.rule).row_of
    days = dates(starts)
    for one in list_favourites(here, item, _FIRST):
        rows = where.within(one.id, int(borders[0]), int(borders[-1]))
        places = rows.searchsorted(borders)
        best = days[int((places[1:] - places[:-1]).argmax())]
        yield one, best, bool(row_of[one.id] >= borders[0])


def find_range(asked: Question) -> tuple[str, str] | None:
    """Give the first parameter that chooses days, and its value; there is no place for any beside a year or month."""
    given = {"range": asked.range, "from": asked.from_ or "all", "to": asked.to or "all"}
    return next(((name, value) for name, value in given.items() if value != "all"), None)


def _peak_hour(here: View) -> int | None:
    plays = by_hour_of_week(here, here.rule).sum(axis=0)
    return int(plays.argmax()) if plays.any() else None


def _first_play(here: View) -> FirstPlay | None:
    start, end = here.counted_rows
    if start == end:
        return None
    label = int(here.lane.plays_by("tracks", here.rule).labels[start])
    named = here.names("tracks", [label])[label]
    played_at = from_ms(int(here.lane.counted_ended_at(here.rule)[start]))
    return FirstPlay(played_at, label, named.name, named.artist)


def _peak_day(here: View) -> PeakDay | None:
    lane = here.lane
    ms_played = lane.days(here.zone, None).sums(*here.rows)
    if not ms_played.any():
        return None
    best = int(ms_played.argmax())
    plays = lane.days(here.zone, here.rule).sums(*here.counted_rows)
    day = EPOCH + timedelta(days=lane.day_span(here.zone)[0] + best)
    return PeakDay(day, int(plays[best]), int(ms_played[best]))


def _longest_session(here: View) -> Session | None:
    sessions = list_sessions(here.lane, here.rule)
    return next(iter(sessions.longest(sessions.within(here.period, here.zone), 1)), None)


def _longest_streak(here: View) -> LongestStreak | None:
    for first, last in find_active_days(here).longest(1):
        starts_on, ends_on = (EPOCH + timedelta(days=day) for day in (first, last))
        return LongestStreak(last - first + 1, starts_on, ends_on)
    return None
