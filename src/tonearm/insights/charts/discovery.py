"""What was heard for the first time, and what again after long."""

from typing import Annotated

from msgspec import Meta

from tonearm.insights.calendar import dates, rows_by_unit, span_of, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.discoveries import (
    DISCOVERY_TRAITS,
    discovery_columns,
    discovery_totals,
    list_rediscovered,
)
from tonearm.insights.firsts import LONG_PAUSE_DAYS, plays_of_new_by_unit
from tonearm.insights.paging import ListQuestion
from tonearm.insights.question import Units
from tonearm.insights.records import (
    Covered,
    DiscoveryTotals,
    NewAlbums,
    NewArtists,
    NewShare,
    NewTracks,
    Plays,
    PlaysOfNew,
    Record,
    Rediscoveries,
    Rediscovery,
    StartsOn,
)
from tonearm.insights.view import View


class DiscoveryQuestion(ListQuestion, frozen=True, kw_only=True):
    """What discovery is asked."""

    unit: Units = "month"


class DiscoveryUnit(Record, frozen=True):
    """One calendar unit, as far as it lies in the range."""

    starts_on: StartsOn
    plays: Plays
    new_artists: NewArtists
    new_albums: NewAlbums
    new_tracks: NewTracks
    plays_of_new: PlaysOfNew
    new_share: NewShare
    rediscoveries: Rediscoveries


class Discovery(Record, frozen=True):
    """What was new, and what came back: in the range, in every unit of it, and after the longest pauses."""

    covered: Covered
    unit: Annotated[str, Meta(description="Unit of the calendar.")]
    totals: DiscoveryTotals
    items: tuple[DiscoveryUnit, ...]
    next_cursor: Annotated[
        str | None,
        Meta(description="The `cursor` of what came back sooner; null after the last."),
    ]
    rediscovered: tuple[Rediscovery, ...]


def _answer(view: View, asked: DiscoveryQuestion) -> Discovery:
    span = span_of(view)
    items: tuple[DiscoveryUnit, ...] = ()
    if span is not None:
        starts = unit_starts(asked.unit, *span)
        rows = rows_by_unit(view, starts)
        of_new = plays_of_new_by_unit(view, asked.unit, starts, rows)
        columns = discovery_columns(view, rows, of_new)
        items = tuple(map(DiscoveryUnit, dates(starts[:-1]), *columns))
    totals = discovery_totals(view)
    return Discovery(
        covered=view.covered(),
        unit=asked.unit,
        totals=totals,
        items=items,
        next_cursor=asked.next_cursor(totals.rediscoveries),
        rediscovered=list_rediscovered(view, asked.end)[asked.begin :],
    )


CHARTS = (
    Chart(
        name="discovery",
        title="Discovery",
        description=(
            "Artists, albums and tracks heard for the first time, the share of plays that goes to new "
            "tracks, and tracks heard again after long, by day, ISO week, month or year."
        ),
        definition=(
            "An artist, album or track is new where its first counted play lies: the first of the whole "
            "history, of the plays that the question looks at. The new share of a unit is the share of its "
            "counted plays that are of tracks new in this unit; that of the totals looks at tracks new in "
            "the range. A rediscovery is a counted play of a track whose play before it ended at least "
            f"{LONG_PAUSE_DAYS} times 24 hours earlier; listed are those after the longest pauses, and `next_cursor` "
            "leads to those after shorter ones."
        ),
        drawing="bars",
        question=DiscoveryQuestion,
        record=Discovery,
        answer=_answer,
        example={"unit": "year", "limit": "5"},
        line_plays="unit={unit}&starts_on={starts_on}",
        more_plays={
            **{f"totals.{name}": f"trait={trait}" for name, trait in DISCOVERY_TRAITS.items()},
            **{
                f"items.{name}": f"unit={{unit}}&starts_on={{starts_on}}&trait={trait}"
                for name, trait in DISCOVERY_TRAITS.items()
            },
        },
    ),
)
