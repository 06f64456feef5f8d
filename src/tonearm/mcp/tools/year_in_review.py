"""One year, or one month of it, as a story."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict
from pydantic import Field

from tonearm.domain.errors import InvalidInputError
from tonearm.insights.charts.month import Month, MonthItem
from tonearm.insights.charts.year import Year, YearItem
from tonearm.insights.favourites import Favourite
from tonearm.insights.records import TimelineUnit
from tonearm.insights.reviews import Review
from tonearm.mcp.arguments import Judged, Lane
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class YearArguments(Judged):
    """Which year, or which month."""

    year: Annotated[int | None, Field(ge=2006, le=2200)] = None
    """The present one unless said."""
    month: Annotated[int | None, Field(ge=1, le=12)] = None
    """The story of this month of the year instead, 1 to 12; it needs `year`."""
    kind: Lane | None = None
    """Music unless said."""


class StoryItem(Favourite, frozen=True):
    """An item among the first of the year or month."""

    best_month: Annotated[
        date | None, Meta(description="Of a year: first day of its month with most plays.")
    ]
    best_day: Annotated[date | None, Meta(description="Of a month: its day with most plays.")]
    is_new: Annotated[bool, Meta(description="Whether it was first heard in this year or month.")]


class Story(Review, frozen=True):
    """A year or a month in review; what needs plays is null in one without any."""

    artists: tuple[StoryItem, ...]
    albums: tuple[StoryItem, ...]
    tracks: tuple[StoryItem, ...]
    months: Annotated[tuple[TimelineUnit, ...], Meta(description="Of a year; else none.")]
    days: Annotated[tuple[TimelineUnit, ...], Meta(description="Of a month; else none.")]


def _answer(desk: Desk, given: YearArguments) -> Story:
    values = given.given()
    if given.month is None:
        return _story(desk.ask("year", **values))
    if given.year is None:
        raise InvalidInputError(
            "year_in_review needs the year of that month: give `year` too.", parameter="year"
        )
    values |= {"month": f"{values.pop('year')}-{given.month:02}"}
    return _story(desk.ask("month", **values))


def _story(review: Year | Month) -> Story:
    return Story(
        **{name: getattr(review, name) for name in Review.__struct_fields__},
        artists=_items(review.artists),
        albums=_items(review.albums),
        tracks=_items(review.tracks),
        months=review.months if isinstance(review, Year) else (),
        days=review.days if isinstance(review, Month) else (),
    )


def _items(found: Iterable[YearItem | MonthItem]) -> tuple[StoryItem, ...]:
    return tuple(
        StoryItem(**({"best_month": None, "best_day": None} | asdict(one))) for one in found
    )


TOOLS = (
    Tool(
        name="year_in_review",
        title="A year or a month in review",
        description=(
            "A year's story, or with `month` that of a month: totals beside those of the one before, first artists, "
            "albums and tracks with their best months or days, what was new, peak day and hour, longest session and "
            "streak, first play, months or days."
        ),
        arguments=YearArguments,
        record=Story,
        answer=_answer,
        example={"year": 2024},
    ),
)
