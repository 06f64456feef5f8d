"""A month in review."""

from datetime import date, timedelta
from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.periods import Period, next_month
from tonearm.domain.text import quoted
from tonearm.insights.calendar import dates, plays_and_time_by_unit, rows_by_unit, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.favourites import Favourite
from tonearm.insights.question import Item, Question
from tonearm.insights.records import TimelineUnit
from tonearm.insights.reviews import REVIEW_PLAYS, Review, find_range, list_leaders, look_back
from tonearm.insights.view import View

# From 2006-01 to 2200-12, as years in review.
_MONTH = "^(200[6-9]|20[1-9][0-9]|21[0-9]{2}|2200)-(0[1-9]|1[0-2])$"


class MonthQuestion(Question, frozen=True, kw_only=True):
    """What a month in review is asked."""

    month: Annotated[
        Annotated[str, Meta(pattern=_MONTH)] | None,
        Meta(
            description=(
                "Which month, `YYYY-MM` from 2006-01 to 2200-12, instead of a range; without it the present local one."
            )
        ),
    ] = None


class MonthItem(Favourite, frozen=True):
    """An item among the first of the month."""

    best_day: Annotated[
        date, Meta(description="Its local day with most plays, of several the earliest.")
    ]
    is_new: Annotated[bool, Meta(description="Whether it was first heard in this month.")]


class Month(Review, frozen=True):
    """A month in review; what needs plays is null in a month without any."""

    artists: tuple[MonthItem, ...]
    albums: tuple[MonthItem, ...]
    tracks: tuple[MonthItem, ...]
    days: tuple[TimelineUnit, ...]


def _answer(view: View, asked: MonthQuestion) -> Month:
    if (given := find_range(asked)) is not None:
        name, value = given
        raise InvalidInputError(
            f"A month in review is about one month: give `month` instead of `{name}`, which is {quoted(value)}.",
            parameter=name,
        )
    first = _first_day(asked.month, view.today)
    month = _of_month(view, first)
    starts = unit_starts("day", first, next_month(first))
    borders = rows_by_unit(month, starts)

    def items(item: Item) -> tuple[MonthItem, ...]:
        return tuple(
            MonthItem(**asdict(one), best_day=best, is_new=is_new)
            for one, best, is_new in list_leaders(month, item, starts, borders)
        )

    return Month(
        **asdict(look_back(month, _of_month(view, first - timedelta(days=1)))),
        artists=items("artists"),
        albums=items("albums"),
        tracks=items("tracks"),
        days=tuple(map(TimelineUnit, dates(starts[:-1]), *plays_and_time_by_unit(month, starts))),
    )


def _first_day(text: str | None, today: date) -> date:
    return today.replace(day=1) if text is None else date(int(text[:4]), int(text[5:7]), 1)


def _of_month(view: View, day: date) -> View:
    first = day.replace(day=1)
    return view.shifted(Period(first, next_month(first)), f"{first:%Y-%m}")


CHARTS = (
    Chart(
        name="month",
        title="Month in review",
        description=(
            "A month's story: totals beside those of the month before, tops with their best days, "
            "discovery, peak day and hour, longest session and streak, first play, days."
        ),
        definition=(
            "The month takes the place of the range, which is not asked for. Made of other measures of that "
            "month, as the year in review is: totals, tops by plays, discovery of the whole month and its "
            "rediscoveries after the longest pauses, timeline, hours of the day, sessions and streaks. An item "
            "is new when its first counted play of the whole history lies in the month. `change` is a number "
            "less that of the month before, `ratio` the one divided by the other."
        ),
        drawing="story",
        question=MonthQuestion,
        record=Month,
        more_plays={**REVIEW_PLAYS, "days.plays": "unit=day&starts_on={starts_on}"},
        answer=_answer,
        example={"month": "2024-03"},
    ),
)
