"""A year in review."""

from datetime import date, datetime, timedelta
from typing import Annotated

import numpy as np
from msgspec import Meta
from msgspec.structs import asdict
from numpy.typing import NDArray

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.instants import from_ms
from tonearm.domain.periods import Period
from tonearm.domain.text import quoted
from tonearm.insights.calendar import (
    by_hour_of_week,
    dates,
    plays_and_time_by_unit,
    rows_by_unit,
    unit_starts,
)
from tonearm.insights.chart import Chart
from tonearm.insights.discoveries import discovery_totals, list_rediscovered
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
    TimelineUnit,
)
from tonearm.insights.sessions import list_sessions
from tonearm.insights.streaks import find_active_days
from tonearm.insights.totals import TotalNumbers, TotalRatios, changes, count_totals, ratios
from tonearm.insights.view import EPOCH, View

_FIRST = 10
_REDISCOVERED = 3


class YearQuestion(Question, frozen=True, kw_only=True):
    """What a year in review is asked."""

    year: Annotated[
        Annotated[int, Meta(ge=2006, le=2200)] | None,
        Meta(description="Which year, instead of a range; without it the present local one."),
    ] = None


class YearItem(Favourite, frozen=True):
    """An item among the first of the year."""

    best_month: Annotated[
        date,
        Meta(description="First day of its month with most plays, of several the earliest."),
    ]
    is_new: Annotated[bool, Meta(description="Whether it was first heard in this year.")]


class YearDay(Record, frozen=True):
    """The day with most listening time."""

    day: Annotated[date, Meta(description="The local day.")]
    plays: Plays
    ms_played: MsPlayed


class YearStreak(Record, frozen=True):
    """The longest row of active days in the year."""

    days: Annotated[int, Meta(description="How many days in a row.")]
    starts_on: Annotated[date, Meta(description="First day.")]
    ends_on: Annotated[date, Meta(description="Last day.")]


class YearPlay(Record, frozen=True):
    """The first counted play of the year."""

    played_at: Annotated[datetime, Meta(description="When it ended.")]
    id: ItemId
    name: ItemName
    artist: ItemArtist


class Year(Record, frozen=True):
    """A year in review; what needs plays is null in a year without any."""

    covered: Covered
    peak_hour: Annotated[
        int | None,
        Meta(description="Hour of the day with most plays, of several the earliest."),
    ]
    totals: TotalNumbers
    previous: Annotated[
        TotalNumbers | None,
        Meta(description="Totals of the year before; null where it has no counted play."),
    ]
    change: Annotated[
        TotalNumbers | None, Meta(description="The totals less those of the year before.")
    ]
    ratio: Annotated[
        TotalRatios | None, Meta(description="The totals divided by those of the year before.")
    ]
    first_play: Annotated[YearPlay | None, Meta(description="The first counted play.")]
    peak_day: Annotated[
        YearDay | None,
        Meta(description="The day with most listening time, of several the earliest."),
    ]
    longest_session: Annotated[
        Session | None, Meta(description="The longest session that starts in the year.")
    ]
    longest_streak: Annotated[
        YearStreak | None,
        Meta(description="The longest row of active days in the year, of several the latest."),
    ]
    discovery: DiscoveryTotals
    rediscovered: tuple[Rediscovery, ...]
    artists: tuple[YearItem, ...]
    albums: tuple[YearItem, ...]
    tracks: tuple[YearItem, ...]
    months: tuple[TimelineUnit, ...]


def _answer(view: View, asked: YearQuestion) -> Year:
    _check_range(asked)
    number = asked.year or view.today.year
    year = _of_year(view, number)
    totals, before = (count_totals(one) for one in (year, _of_year(view, number - 1)))
    previous = before if before.plays else None
    starts = unit_starts("month", date(number, 1, 1), date(number + 1, 1, 1))
    borders = rows_by_unit(year, starts)
    return Year(
        covered=year.covered(),
        peak_hour=_peak_hour(year),
        totals=totals,
        previous=previous,
        change=None if previous is None else changes(totals, previous),
        ratio=None if previous is None else ratios(totals, previous),
        first_play=_first_play(year),
        peak_day=_peak_day(year),
        longest_session=_longest_session(year.at_home()),
        longest_streak=_longest_streak(year),
        discovery=discovery_totals(year),
        rediscovered=list_rediscovered(year, _REDISCOVERED),
        artists=_items(year, "artists", number, borders),
        albums=_items(year, "albums", number, borders),
        tracks=_items(year, "tracks", number, borders),
        months=tuple(map(TimelineUnit, dates(starts[:-1]), *plays_and_time_by_unit(year, starts))),
    )


def _check_range(asked: Question) -> None:
    """Refuse a range of days beside the year; raises InvalidInputError."""
    given = {"range": asked.range, "from": asked.from_ or "all", "to": asked.to or "all"}
    for name, value in given.items():
        if value != "all":
            raise InvalidInputError(
                f"A year in review is about one year: give `year` instead of `{name}`, which is "
                f"{quoted(value)}.",
                parameter=name,
            )


def _of_year(view: View, number: int) -> View:
    return view.shifted(Period(date(number, 1, 1), date(number + 1, 1, 1)), str(number))


def _peak_hour(year: View) -> int | None:
    plays = by_hour_of_week(year, year.rule).sum(axis=0)
    return int(plays.argmax()) if plays.any() else None


def _first_play(year: View) -> YearPlay | None:
    start, end = year.counted_rows
    if start == end:
        return None
    label = int(year.lane.plays_by("tracks", year.rule).labels[start])
    named = year.names("tracks", [label])[label]
    played_at = from_ms(int(year.lane.counted_ended_at(year.rule)[start]))
    return YearPlay(played_at, label, named.name, named.artist)


def _peak_day(year: View) -> YearDay | None:
    lane = year.lane
    ms_played = lane.days(year.zone, None).sums(*year.rows)
    if not ms_played.any():
        return None
    best = int(ms_played.argmax())
    plays = lane.days(year.zone, year.rule).sums(*year.counted_rows)
    day = EPOCH + timedelta(days=lane.day_span(year.zone)[0] + best)
    return YearDay(day, int(plays[best]), int(ms_played[best]))


def _longest_session(year: View) -> Session | None:
    sessions = list_sessions(year.lane, year.rule)
    return next(iter(sessions.longest(sessions.within(year.period, year.zone), 1)), None)


def _longest_streak(year: View) -> YearStreak | None:
    for first, last in find_active_days(year).longest(1):
        starts_on, ends_on = (EPOCH + timedelta(days=day) for day in (first, last))
        return YearStreak(last - first + 1, starts_on, ends_on)
    return None


def _items(year: View, item: Item, number: int, borders: NDArray[np.int32]) -> tuple[YearItem, ...]:
    """Give the first items of the year of a number, whose months begin at the rows `borders`."""
    where = year.lane.occurrences(item, year.rule)
    row_of = first_plays(year.lane, item, year.rule).row_of
    found: list[YearItem] = []
    for one in list_favourites(year, item, _FIRST):
        rows = where.within(one.id, int(borders[0]), int(borders[-1]))
        places = rows.searchsorted(borders)
        best = date(number, 1 + int((places[1:] - places[:-1]).argmax()), 1)
        is_new = bool(row_of[one.id] >= borders[0])
        found.append(YearItem(**asdict(one), best_month=best, is_new=is_new))
    return tuple(found)


CHARTS = (
    Chart(
        name="year",
        title="Year in review",
        description=(
            "A year's story: totals beside those of the year before, tops with their best months, "
            "discovery, peak day and hour, longest session and streak, first play, months."
        ),
        definition=(
            "The year takes the place of the range, which is not asked for. Made of other measures of that "
            "year: totals, tops by plays, discovery of the whole year and its rediscoveries after the "
            "longest pauses, timeline, hours of the day, sessions and streaks. An item is new when its "
            "first counted play of the whole history lies in the year. `change` is a number less that of "
            "the year before, `ratio` the one divided by the other."
        ),
        drawing="story",
        question=YearQuestion,
        record=Year,
        answer=_answer,
        example={"year": "2024"},
    ),
)
