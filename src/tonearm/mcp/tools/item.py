"""One artist, album or track."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.portrait import Portrait
from tonearm.insights.records import Covered, Record, Top
from tonearm.mcp.arguments import ItemName, Ranged
from tonearm.mcp.desk import Desk
from tonearm.mcp.telling import shown_name
from tonearm.mcp.tool import Tool
from tonearm.mcp.tools.plays import HeardPlay, heard_play

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonearm.insights.charts.loyalty import Loyalty
    from tonearm.insights.records import Subject
    from tonearm.insights.searching import FoundItem

_MOST_NAMED = 10


class ItemArguments(Ranged):
    """Which item; exactly one of the three."""

    artist: ItemName | None = None
    """An artist or show: name or number."""
    album: ItemName | None = None
    """An album: name or number."""
    track: ItemName | None = None
    """A track or episode: title, URI or number."""


class ItemTotals(Record, frozen=True):
    """What was heard of an item."""

    plays: Annotated[int, Meta(description="Plays that the rule counts.")]
    ms_played: Annotated[int, Meta(description="Listening time, in milliseconds.")]
    active_days: Annotated[int, Meta(description="Local days with a counted play.")]


class ItemYear(Record, frozen=True):
    """One year of an item."""

    year: Annotated[int, Meta(description="The year.")]
    plays: Annotated[int, Meta(description="Plays that the rule counts.")]
    ms_played: Annotated[int, Meta(description="Listening time, in milliseconds.")]


class ItemPart(Record, frozen=True):
    """An album or track of an item."""

    id: Annotated[int, Meta(description="Number of the item here.")]
    name: Annotated[str, Meta(description="Name of the item.")]
    plays: Annotated[int, Meta(description="Plays that the rule counts.")]
    ms_played: Annotated[int, Meta(description="Listening time, in milliseconds.")]


class ItemSkips(Record, frozen=True):
    """How often an item was skipped."""

    judged: Annotated[int, Meta(description="Plays of which it is known how they ended.")]
    skips: Annotated[int, Meta(description="Judged plays that were skipped before half.")]
    share: Annotated[float, Meta(description="Share of the judged plays that were skipped.")]


class ItemDetail(Record, frozen=True):
    """An artist, album or track in a range, and over all the years."""

    covered: Covered
    item: Annotated[str, Meta(description="`artist`, `album` or `track`.")]
    id: Annotated[int, Meta(description="Number of the item here.")]
    name: Annotated[str, Meta(description="Name of the item.")]
    artist: Annotated[str | None, Meta(description="The artist of an album or track.")]
    url: Annotated[str, Meta(description="Its page.")]
    cover: Annotated[
        str | None,
        Meta(
            description="Address of its picture for whoever is logged in; null where none is known."
        ),
    ]
    totals: Annotated[ItemTotals, Meta(description="Of the range.")]
    ever: Annotated[ItemTotals, Meta(description="Of all years, whatever the range.")]
    first_play_local: Annotated[str | None, Meta(description="First counted play of all years.")]
    last_play_local: Annotated[str | None, Meta(description="Last counted play of all years.")]
    days_since_last_play: Annotated[int | None, Meta(description="Local days.")]
    half_life_days: Annotated[
        int | None, Meta(description="Days from the first play until half of them were over.")
    ]
    peak_month: Annotated[
        str | None, Meta(description="The month with most plays of all, YYYY-MM.")
    ]
    peak_hour: Annotated[
        int | None, Meta(description="Local hour with most plays of the range, 0 to 23.")
    ]
    skips: ItemSkips
    years: Annotated[tuple[ItemYear, ...], Meta(description="Years with a play, of all years.")]
    albums: Annotated[
        tuple[ItemPart, ...], Meta(description="First albums of an artist in the range.")
    ]
    tracks: Annotated[
        tuple[ItemPart, ...], Meta(description="First tracks of an artist or album in the range.")
    ]
    latest: Annotated[
        tuple[HeardPlay, ...], Meta(description="Latest plays of the range, newest first.")
    ]


def _answer(desk: Desk, given: ItemArguments) -> ItemDetail:
    values = given.given()
    named = [item for item in ItemKind if item.value in values]
    if len(named) != 1:
        raise InvalidInputError("item needs exactly one of artist, album and track.")
    item = named[0]
    text = values.pop(item.value)
    return detail_of(desk, item, _number_of(desk, item, text), values)


def detail_of(desk: Desk, item: ItemKind, number: int, values: dict[str, str]) -> ItemDetail:
    """Give everything of an item; raises NotFoundError."""
    portrait = desk.portrait(item, number, **values)
    subject, ever, totals = portrait.ever.subjects[:1], portrait.ever, portrait.totals
    name, artist = (subject[0].name, subject[0].artist) if subject else _called(item, portrait)
    first, last = (
        None if moment is None else desk.local(moment, ever.covered.zone)
        for moment in (ever.first_play_at, ever.last_play_at)
    )
    busiest = max(portrait.clock.items, key=lambda hour: (hour.plays, -hour.hour))
    return ItemDetail(
        covered=totals.covered,
        item=item.value,
        id=number,
        name=name,
        artist=artist,
        url=desk.item_page(item, number),
        cover=desk.cover(item, number),
        totals=ItemTotals(totals.plays, totals.ms_played, totals.active_days),
        ever=ItemTotals(ever.plays, ever.ms_played, ever.active_days),
        first_play_local=first,
        last_play_local=last,
        days_since_last_play=ever.days_since_last_play,
        half_life_days=ever.half_life_days,
        peak_month=None if ever.peak_month is None else f"{ever.peak_month:%Y-%m}",
        peak_hour=busiest.hour if busiest.plays else None,
        skips=ItemSkips(portrait.skips.judged, portrait.skips.skips, portrait.skips.share),
        years=_years(portrait),
        albums=_parts(portrait.albums),
        tracks=_parts(portrait.tracks),
        latest=tuple(map(heard_play, portrait.latest)),
    )


def _number_of(desk: Desk, item: ItemKind, text: str) -> int:
    """Give the number of the item that a text names; raises InvalidInputError where that is more than one."""
    if text.removeprefix("#").isdecimal():
        named = desk.services.insights.numbers_of(desk.caller.id, item, text)
        if len(named) == 1:  # there, although no play of it may count
            return named[0]
    try:
        loyalty: Loyalty = desk.ask("loyalty", kind="all", hidden="in", **{item.value: text})
    except InvalidInputError as error:
        alike = [one for one in desk.find(text, _MOST_NAMED).items if one.item == item.value]
        if not alike:
            raise
        message = f"{error.message} Called alike are {_listed(alike)}."
        raise InvalidInputError(message, parameter=item.value) from None
    found = loyalty.subjects
    if len(found) == 1:
        return found[0].id
    if not found:
        raise InvalidInputError(f"There are no plays of this {item.value}.", parameter=item.value)
    raise InvalidInputError(
        f"{len(found)} {item.value}s are called that. Give the number of one, those with most listening time "
        f"first: {_listed(found[:_MOST_NAMED])}.",
        parameter=item.value,
    )


def _listed(items: "Sequence[FoundItem | Subject]") -> str:
    return "; ".join(
        f"{one.id}: “{shown_name(one.name)}”"
        + (f" by “{shown_name(one.artist)}”" if one.artist else "")
        for one in items
    )


def _called(item: ItemKind, portrait: Portrait) -> tuple[str, str | None]:
    """Name an item by its newest play, where nothing of it counts."""
    play = portrait.newest
    called = {ItemKind.ARTIST: play.artist, ItemKind.ALBUM: play.album, ItemKind.TRACK: play.track}
    own = called[item]
    artist = None if item is ItemKind.ARTIST or play.artist is None else play.artist.name
    return "" if own is None else own.name, artist


def _years(portrait: Portrait) -> tuple[ItemYear, ...]:
    plays, ms_played = Counter[int](), Counter[int]()
    for month in portrait.months.items:
        plays[month.starts_on.year] += month.plays
        ms_played[month.starts_on.year] += month.ms_played
    return tuple(
        ItemYear(year, plays[year], ms_played[year]) for year in sorted(plays) if ms_played[year]
    )


def _parts(top: Top | None) -> tuple[ItemPart, ...]:
    return tuple(
        ItemPart(one.id, one.name, one.plays, one.ms_played) for one in (top.items if top else ())
    )


TOOLS = (
    Tool(
        name="item",
        title="One artist, album or track",
        description=(
            "Everything about one artist, album or track, by name or number: totals of the range and of all "
            "years, first and last play, years, peak month and hour, loyalty, skips, its albums and tracks, "
            "latest plays."
        ),
        arguments=ItemArguments,
        record=ItemDetail,
        answer=_answer,
        example={"artist": "1"},
    ),
)
