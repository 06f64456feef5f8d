"""Read one thing that a search has found, in the shape that deep research expects."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta
from pydantic import Field

from tonearm.domain.errors import NotFoundError
from tonearm.domain.text import quoted
from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.periods import find_period
from tonearm.mcp.telling import WEEKDAYS, duration, percent, shown_name, tell
from tonearm.mcp.tool import Tool
from tonearm.mcp.tools.item import detail_of
from tonearm.mcp.tools.plays import HeardPlay, heard_play
from tonearm.mcp.tools.search import PROFILE

if TYPE_CHECKING:
    from tonearm.insights.charts.taste import Taste

_MOST_PLAYS = 100
_LARGEST = 9


class FetchArguments(Arguments):
    """What to read."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    """An id that `search` gave, such as `artist:12` or `year:2024`."""


class Document(Record, frozen=True):
    """Something of the history in words."""

    id: Annotated[str, Meta(description="What was asked for.")]
    title: Annotated[str, Meta(description="What it is called.")]
    text: Annotated[str, Meta(description="What there is to say of it.")]
    url: Annotated[str, Meta(description="Its page.")]
    metadata: Annotated[dict[str, str], Meta(description="Range, zone, rule and completeness.")]


def _answer(desk: Desk, given: FetchArguments) -> Document:
    kind, _, name = given.id.partition(":")
    if given.id == PROFILE:
        return _taste(desk, given.id, "The listener's whole history", "all", desk.page("/"))
    if kind in {*ItemKind} and name.isascii() and name.isdigit() and len(name) <= _LARGEST:
        return _item(desk, given.id, ItemKind(kind), int(name))
    period = find_period(name)
    if period is None or period.unit != kind:
        raise NotFoundError(f"There is nothing with the id {quoted(given.id)}. Use search first.")
    url = desk.page(period.path, range=period.range)
    if kind == "day":
        return _day(desk, given.id, period.title, period.range, url)
    return _taste(desk, given.id, period.title, period.range, url)


def _item(desk: Desk, key: str, kind: ItemKind, number: int) -> Document:
    detail = detail_of(desk, kind, number, {})
    about = tell(detail, desk)["about"]
    by = f" by {_named(detail.artist)}" if detail.artist else ""
    heard = f"{detail.ever.plays:,} times, {duration(detail.ever.ms_played)}"
    first, last = detail.first_play_local, detail.last_play_local
    month, skips = detail.peak_month, detail.skips
    lines = [
        f"The {kind} {_named(detail.name)}{by} was played {heard}, on {detail.ever.active_days:,} days.",
        f"First play: {first or 'none that counts'}. Last play: {last or 'none that counts'}.",
        f"Month with most plays: {month or 'none'}.",
        f"Skipped: {percent(skips.share)} of {skips.judged:,} plays of which it is known.",
        *(f"{one.year}: {one.plays:,} plays, {duration(one.ms_played)}" for one in detail.years),
        *_ranking("Albums by plays", ((one.name, None, one.plays) for one in detail.albums)),
        *_ranking("Tracks by plays", ((one.name, None, one.plays) for one in detail.tracks)),
        "Latest plays:",
        *map(_play, detail.latest),
    ]
    return _document(key, shown_name(detail.name), lines, detail.url, about)


def _taste(desk: Desk, key: str, title: str, asked: str, url: str) -> Document:
    taste: Taste = desk.ask("taste", range=asked)
    about, totals = tell(taste, desk)["about"], taste.totals
    hours = ", ".join(f"{one.hour}:00" for one in taste.peak_hours)
    day = "none" if taste.peak_weekday is None else WEEKDAYS[taste.peak_weekday]
    heard = f"{totals.plays:,} plays, {duration(totals.ms_played)}"
    lines = [
        f"{heard}, on {totals.active_days:,} days.",
        f"{totals.artists:,} artists, {totals.albums:,} albums, {totals.tracks:,} tracks.",
        f"{percent(taste.repeat_share)} of the plays are repeats.",
        f"New: {taste.new_artists:,} artists, {taste.new_tracks:,} tracks, {percent(taste.new_share)} of the plays.",
        f"Weekday with most plays: {day}. Hours with most plays: {hours or 'none'}.",
        *_ranking("Artists by plays", ((one.name, None, one.plays) for one in taste.artists)),
        *_ranking("Albums by plays", ((one.name, one.artist, one.plays) for one in taste.albums)),
        *_ranking("Tracks by plays", ((one.name, one.artist, one.plays) for one in taste.tracks)),
    ]
    return _document(key, title, lines, url, about)


def _day(desk: Desk, key: str, title: str, asked: str, url: str) -> Document:
    found = desk.plays(range=asked, kind="all", limit=_MOST_PLAYS)
    about = tell(found, desk)["about"]
    shown = len(found.items)
    lines = [
        f"{found.total:,} plays, counted or not"
        + (f"; the last {shown}:" if found.total > shown else ":"),
        *(_play(heard_play(play)) for play in found.items),
    ]
    return _document(key, title, lines, url, about)


def _document(
    key: str, title: str, lines: Iterable[str], url: str, about: Mapping[str, Any]
) -> Document:
    told = {name: str(about[name]) for name in ("range", "zone", "rule", "kind", "words")}
    share = about["completeness"]
    told["completeness"] = "unknown" if share is None else str(share)
    return Document(key, title, "\n".join((*lines, about["words"])), url, told)


def _ranking(title: str, lines: Iterable[tuple[str, str | None, int]]) -> list[str]:
    told = [
        f"{place}. {_named(name)}"
        + (f" by {_named(artist)}" if artist else "")
        + f", {plays:,} plays"
        for place, (name, artist, plays) in enumerate(lines, 1)
    ]
    return [f"{title}:", *told] if told else []


def _play(play: HeardPlay) -> str:
    by = f" by {_named(play.artist.name)}" if play.artist else ""
    return f"{play.ended_local}: {_named(play.track.name)}{by}, {duration(play.ms_played)}"


def _named(name: str) -> str:
    """Give a name as what it is: data, between quotation marks."""
    return f"“{shown_name(name)}”"


TOOLS = (
    Tool(
        name="fetch",
        title="Read something of the history",
        description=(
            "Read what `search` found, in words: an artist, album or track with its plays, years and latest "
            "listens; a year or month with totals and rankings; a day with its plays."
        ),
        arguments=FetchArguments,
        record=Document,
        answer=_answer,
        example={"id": "year:2024"},
    ),
)
