"""A year in review."""

from datetime import date
from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.periods import Period
from tonearm.domain.text import quoted
from tonearm.insights.calendar import dates, plays_and_time_by_unit, rows_by_unit, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.favourites import Favourite
from tonearm.insights.question import Item, Question
from tonearm.insights.records import TimelineUnit
from tonearm.insights.reviews import REVIEW_PLAYS, Review, find_range, list_leaders, look_back
from tonearm.insights.view import View


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


class Year(Review, frozen=True):
    """A year in review; what needs plays is null in a year without any."""

    artists: tuple[YearItem, ...]
    albums: tuple[YearItem, ...]
    tracks: tuple[YearItem, ...]
    months: tuple[TimelineUnit, ...]


def _answer(view: View, asked: YearQuestion) -> Year:
    if (given := find_range(asked)) is not None:
        name, value = given
        raise InvalidInputError(
            f"A year in review is about one year: give `year` instead of `{name}`, which is {quoted(value)}.",
            parameter=name,
        )
    number = asked.year or view.today.year
    year = _of_year(view, number)
    starts = unit_starts("month", date(number, 1, 1), date(number + 1, 1, 1))
    borders = rows_by_unit(year, starts)

    def items(item: Item) -> tuple[YearItem, ...]:
        return tuple(
            YearItem(**asdict(one), best_month=best, is_new=is_new)
            for one, best, is_new in list_leaders(year, item, starts, borders)
        )

    return Year(
        **asdict(look_back(year, _of_year(view, number - 1))),
        artists=items("artists"),
        albums=items("albums"),
        tracks=items("tracks"),
        months=tuple(map(TimelineUnit, dates(starts[:-1]), *plays_and_time_by_unit(year, starts))),
    )


def _of_year(view: View, number: int) -> View:
    return view.shifted(Period(date(number, 1, 1), date(number + 1, 1, 1)), str(number))


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
        more_plays={**REVIEW_PLAYS, "months.plays": "unit=month&starts_on={starts_on}"},
        answer=_answer,
        example={"year": "2024"},
    ),
)
