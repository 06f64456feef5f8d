"""Plays one by one: those that a question is about, newest first."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.countries import zone_of_country
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.instants import from_ms, to_ms
from tonearm.domain.periods import Period, find_zone
from tonearm.domain.platforms import platform_family
from tonearm.domain.text import fold, quoted
from tonearm.domain.vocabulary import RankBy
from tonearm.history.sightings import Context
from tonearm.history.store import KINDS
from tonearm.insights.aspects import Aspect, has_value
from tonearm.insights.calendar import dates, hour_starts, unit_starts
from tonearm.insights.lane import LaneColumns
from tonearm.insights.question import MOST_ITEMS, Item, Question
from tonearm.insights.records import Covered, ItemId, ItemName, Record
from tonearm.insights.searching import names_of
from tonearm.insights.sessions import rows_of_session
from tonearm.insights.standings import Standings
from tonearm.insights.traits import Trait, has_trait
from tonearm.insights.travel import TravelledColumns
from tonearm.insights.view import Named, View

_HOURS_OF_WEEK = 168
_HOURS = 24
_DAY = timedelta(days=1)
_PLACE = re.compile(rb"([0-9]{1,15})\.([0-9]{1,15})\.([0-9]{1,10})")
_URI = "spotify:"
_Place = tuple[int, int, int]
"""Where a play stands in the order of plays: ended_at, started_at, id."""


class PlaysQuestion(Question, frozen=True, kw_only=True):
    """Which plays to list."""

    counted: Annotated[
        Literal["in", "out", "all"],
        Meta(description="Only plays that the rule counts, only others, or all."),
    ] = "all"
    q: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(
            description=(
                "Words that all have to occur in the names of track, artist and album, in capitals or not."
            )
        ),
    ] = None
    weekday: Annotated[
        Annotated[int, Meta(ge=0, le=6)] | None,
        Meta(description="Only plays of this local weekday; 0 is Monday."),
    ] = None
    hour: Annotated[
        Annotated[int, Meta(ge=0, le=23)] | None, Meta(description="Only plays of this local hour.")
    ] = None
    session: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(
            description=(
                "Only plays of the session in which this instant lies, such as `2024-03-31T01:00:00Z`: all of "
                "them, whatever the range."
            )
        ),
    ] = None
    trait: Annotated[
        Trait | None,
        Meta(
            description=(
                "Only plays in which a measure finds this: how they ended (`judged`, `skipped`, `unjudged`, as skips "
                "have it), the first of an artist, album or track (`new_artist`, `new_album`, `new_track`), of a track "
                "that is new in the range or unit (`of_new_track`), after a long pause (`returned`), `looping` or of "
                "the `longest_run`, as repeats have it, and by its best source (`from_extended` and so on), as "
                "completeness has it."
            )
        ),
    ] = None
    aspect: Annotated[
        Aspect | None, Meta(description="Only plays that have a `value` of this circumstance.")
    ] = None
    value: Annotated[
        Annotated[str, Meta(max_length=20)] | None,
        Meta(
            description="The value, as the measure `context` has it; `unknown` or nothing where it has null."
        ),
    ] = None
    among: Annotated[
        Item | None,
        Meta(description="Only plays of those of these with most plays in the range."),
    ] = None
    places: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="Of how many of them, as concentration has it."),
    ] = None
    unit: Annotated[
        Literal["hour", "day", "week", "month", "year"] | None,
        Meta(description="Only plays of one unit of the calendar, that of `starts_on`."),
    ] = None
    starts_on: Annotated[
        Annotated[str, Meta(max_length=10)] | None,
        Meta(description="A local day of the unit, `YYYY-MM-DD`."),
    ] = None
    starts_at: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(description="An instant of the hour, such as `2024-03-31T01:00:00Z`."),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=MOST_ITEMS, description="Most plays to give.")] = 50
    cursor: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="The `next_cursor` of the page before."),
    ] = None


class PlayedTrack(Record, frozen=True):
    """The track of a play."""

    id: ItemId
    name: ItemName
    uri: Annotated[str | None, Meta(description="Its Spotify URI, where one is known.")]


class PlayedItem(Record, frozen=True):
    """The artist or album of a play."""

    id: ItemId
    name: ItemName


class Play(Record, frozen=True):
    """One listen."""

    id: Annotated[int, Meta(description="Number of the play.")]
    ended_at: Annotated[datetime, Meta(description="When it ended.")]
    started_at: Annotated[datetime, Meta(description="When it began.")]
    ended_local: Annotated[str, Meta(description="When it ended, as local clocks showed it.")]
    ms_played: Annotated[int, Meta(description="How long it was heard, in milliseconds.")]
    is_estimated: Annotated[
        bool,
        Meta(
            description=(
                "Whether that is the length of the track, because only polls tell of the play: it was "
                "heard so long at most."
            )
        ),
    ]
    track: PlayedTrack
    artist: PlayedItem | None
    album: PlayedItem | None
    kind: Annotated[str, Meta(description="The lane: `music`, `podcast` or `audiobook`.")]
    counted: Annotated[bool, Meta(description="Whether the rule counts it.")]
    hidden: Annotated[bool, Meta(description="Whether it is hidden or excluded.")]
    platform: Annotated[str | None, Meta(description="Family of the platform.")]
    platform_name: Annotated[str | None, Meta(description="The platform as Spotify names it.")]
    country: Annotated[str | None, Meta(description="Two letters, ISO 3166.")]
    shuffle: Annotated[bool | None, Meta(description="Whether shuffle was on.")]
    offline: Annotated[bool | None, Meta(description="Whether it was played offline.")]
    private: Annotated[bool | None, Meta(description="Whether the session was private.")]
    skipped: Annotated[bool | None, Meta(description="Whether Spotify says it was skipped.")]
    reason_start: Annotated[str | None, Meta(description="Why it began, in Spotify's words.")]
    reason_end: Annotated[str | None, Meta(description="Why it ended, in Spotify's words.")]


class PlayList(Record, frozen=True):
    """Plays, newest first."""

    covered: Covered
    total: Annotated[int, Meta(description="How many plays fit, on all pages together.")]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of the plays after these; null after the last.")
    ]
    items: tuple[Play, ...]


def list_plays(view: View, asked: PlaysQuestion) -> PlayList:
    """Give a page of the plays that fit; raises InvalidInputError."""
    if asked.unit == "hour" or asked.session is not None:  # of a zone, also for those who travel
        view = view.at_home()
    lane = view.lane
    rows = _fitting(view, asked)
    end = len(rows)
    if asked.cursor is not None:
        place = _read_cursor(asked.cursor)
        end = bisect_left(rows, place, key=lambda row: _place_of(lane, row))
    page = [int(row) for row in rows[max(0, end - asked.limit) : end]][::-1]
    return PlayList(
        covered=view.covered("in" if asked.counted == "in" else "all"),
        total=len(rows),
        next_cursor=_make_cursor(_place_of(lane, page[-1])) if end > asked.limit else None,
        items=plays_at(view, page),
    )


def plays_numbered(view: View, numbers: Sequence[int]) -> tuple[Play, ...]:
    """Tell the plays of some numbers, as far as they are in a view's lane."""
    return plays_at(view, np.flatnonzero(np.isin(view.lane.id, numbers)).tolist())


def plays_at(view: View, rows: Sequence[int]) -> tuple[Play, ...]:
    """Tell the plays at some rows of a view's lane."""
    lane, columns = view.lane, view.lane.columns
    tracks = [int(lane.track[row]) for row in rows]
    owners = {
        track: (int(columns.track_artist[track]), int(columns.track_album[track]))
        for track in tracks
    }
    names = view.names("tracks", owners)
    artists = view.names("artists", {artist for artist, _ in owners.values() if artist})
    albums = view.names("albums", {album for _, album in owners.values() if album})
    counted = _among(lane.counted(view.rule), rows)
    hidden = _hidden(view, rows)
    words, contexts = columns.words, {int(lane.context[row]) for row in rows}
    estimated = _among(view.estimated(), [int(lane.id[row]) for row in rows])
    circumstances = {number: _circumstances(lane, words, number) for number in contexts}
    plays: list[Play] = []
    for row, track in zip(rows, tracks, strict=True):
        artist, album = owners[track]
        told = circumstances[int(lane.context[row])]
        ended_at = from_ms(int(lane.ended_at[row]))
        number = int(lane.id[row])
        plays.append(
            Play(
                id=number,
                ended_at=ended_at,
                started_at=from_ms(int(lane.started_at[row])),
                ended_local=_local(view, ended_at, told.country),
                ms_played=int(lane.ms_played[row]),
                is_estimated=number in estimated,
                track=_track(track, names[track]),
                artist=_item(artist, artists),
                album=_item(album, albums),
                kind=KINDS[columns.track_kind[track]],
                counted=row in counted,
                hidden=number in hidden,
                platform=platform_family(told.platform),
                platform_name=told.platform,
                country=told.country,
                shuffle=told.shuffle,
                offline=told.offline,
                private=told.private,
                skipped=told.skipped,
                reason_start=told.reason_start,
                reason_end=told.reason_end,
            )
        )
    return tuple(plays)


def _fitting(view: View, asked: PlaysQuestion) -> Sequence[int] | NDArray[np.int64]:
    """Give the rows of the plays that fit, by instant."""
    lane = view.lane
    chosen = _of_range(view, asked) if asked.session is None else _of_session(view, asked)
    masks = list(_masks(view, asked, chosen))
    if isinstance(chosen, slice):
        if not masks and not isinstance(lane, TravelledColumns):
            return range(chosen.start, chosen.stop)
        chosen = np.arange(chosen.start, chosen.stop)
    if masks:
        chosen = chosen[np.logical_and.reduce(masks)]
    return _by_instant(lane, chosen) if isinstance(lane, TravelledColumns) else chosen


def _masks(
    view: View, asked: PlaysQuestion, chosen: slice | NDArray[np.int64]
) -> Iterator[NDArray[np.bool_]]:
    """Mark the chosen rows by each filter that is asked for; raises InvalidInputError."""
    lane = view.lane
    words = fold(asked.q).split()
    if words:
        yield names_of(view).holding(words)[lane.track[chosen]]
    if asked.weekday is not None or asked.hour is not None:
        yield _is_hour(asked)[lane.hours(view.zone, None).labels[chosen]]
    if asked.trait is not None:
        yield has_trait(view, asked.trait, *_bounds(view, asked))[chosen]
    _check_pair(asked, "aspect", "value", "aspect=shuffle and value=yes")
    if asked.aspect is not None and asked.value is not None:
        yield has_value(lane, asked.aspect, asked.value)[lane.context[chosen]]
    _check_pair(asked, "among", "places", "among=artists and places=10")
    if asked.among is not None and asked.places is not None:
        leaders, _ = Standings(view, asked.among, RankBy.PLAYS).ranked(asked.places)
        yield np.isin(lane.labels(asked.among)[chosen], leaders)


def _check_pair(asked: PlaysQuestion, one: str, other: str, such: str) -> None:
    given = getattr(asked, one) is not None
    if given != (getattr(asked, other) is not None):
        raise InvalidInputError(
            f"`{one}` and `{other}` belong together: give both, such as {such}.",
            parameter=other if given else one,
        )


def _of_range(view: View, asked: PlaysQuestion) -> slice | NDArray[np.int64]:
    start, end = _bounds(view, asked)
    if asked.counted == "all":
        return slice(start, end)
    rows = view.lane.counted(view.rule) if asked.counted == "in" else _uncounted(view)
    found: NDArray[np.int64] = rows[slice(*np.searchsorted(rows, (start, end)))]
    return found


def _bounds(view: View, asked: PlaysQuestion) -> tuple[int, int]:
    """Give the rows of the range and unit."""
    low, high = _unit_rows(view, asked)
    start, end = view.rows
    start, end = max(start, low), min(end, high)
    return start, max(start, end)


def _of_session(view: View, asked: PlaysQuestion) -> NDArray[np.int64]:
    low, high = _unit_rows(view, asked)
    rows = rows_of_session(view.lane, to_ms(_moment(asked.session, "session")))
    is_wanted = (rows >= low) & (rows < high)
    if asked.counted != "all":
        is_wanted &= view.lane.is_counted(view.rule)[rows] == (asked.counted == "in")
    return rows[is_wanted]


def _uncounted(view: View) -> NDArray[np.int64]:
    lane, rule = view.lane, view.rule
    return lane.once(("uncounted", rule), lambda: np.flatnonzero(~lane.is_counted(rule)))


def _is_hour(asked: PlaysQuestion) -> NDArray[np.bool_]:
    """Mark the hours of the week that are asked for."""
    wanted = np.zeros((_HOURS_OF_WEEK // _HOURS, _HOURS), bool)
    days = slice(None) if asked.weekday is None else asked.weekday
    hours = slice(None) if asked.hour is None else asked.hour
    wanted[days, hours] = True
    return wanted.ravel()


def _by_instant(lane: LaneColumns, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order rows of a lane that is ordered by local day."""
    order = lane.once(
        ("by instant",), lambda: np.lexsort((lane.id, lane.started_at, lane.ended_at))
    )
    is_wanted = np.zeros(len(order), bool)
    is_wanted[rows] = True
    ordered: NDArray[np.int64] = order[is_wanted[order]]
    return ordered


def _unit_rows(view: View, asked: PlaysQuestion) -> tuple[int, int]:
    """Give the rows of the unit that is asked for; all of them without one."""
    if asked.unit is None:
        begins = asked.starts_at if asked.starts_on is None else asked.starts_on
        if begins is not None:
            raise InvalidInputError(
                f"Say with `unit` what begins at {quoted(begins)}: hour, day, week, month or year.",
                parameter="unit",
            )
        return 0, len(view.lane.ended_at)
    if asked.unit == "hour":
        moment = _moment(asked.starts_at, "starts_at")
        day = moment.astimezone(find_zone(view.zone)).date()
        if asked.starts_on and asked.starts_on != day.isoformat():
            raise InvalidInputError(
                f"`starts_on` is {quoted(asked.starts_on)}, and the hour of `starts_at` is on {day}. Leave "
                "one of them out.",
                parameter="starts_on",
            )
        hours = hour_starts(view.zone, day - _DAY, day + 2 * _DAY)
        place = int(np.searchsorted(hours, to_ms(moment), "right"))
        low, high = np.searchsorted(view.lane.ended_at, hours[place - 1 : place + 1]).tolist()
        return low, high
    if asked.starts_at:
        raise InvalidInputError(
            f"`starts_at` is {quoted(asked.starts_at)}, which is for hours. Leave it out, or ask for the `unit` "
            "hour.",
            parameter="starts_at",
        )
    day = _day(asked.starts_on)
    first, end = dates(unit_starts(asked.unit, day, day + _DAY))
    return view.lane.rows(Period(first, end), view.zone)


def _moment(text: str | None, parameter: str) -> datetime:
    try:
        moment = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not _is_near(moment.year):
        raise InvalidInputError(
            f"{quoted(text or '')} is no instant. Give `{parameter}` as one, such as 2024-03-31T01:00:00Z.",
            parameter=parameter,
        )
    return moment


def _day(text: str | None) -> date:
    try:
        day = None if text is None else date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not _is_near(day.year):
        raise InvalidInputError(
            f"{quoted(text or '')} is no day: give one of the unit as `starts_on`, YYYY-MM-DD, from 1971 "
            "to 2199.",
            parameter="starts_on",
        )
    return day


def _is_near(year: int) -> bool:
    return 1971 <= year < 2200  # noqa: PLR2004 - where a range may lie, with room for a unit around it


def _place_of(lane: LaneColumns, row: int) -> _Place:
    return int(lane.ended_at[row]), int(lane.started_at[row]), int(lane.id[row])


def _make_cursor(place: _Place) -> str:
    return urlsafe_b64encode(b"%d.%d.%d" % place).decode().rstrip("=")


def _read_cursor(cursor: str) -> _Place:
    try:
        found = _PLACE.fullmatch(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        found = None
    if found is None:
        raise InvalidInputError(
            f"`cursor` is {quoted(cursor)} and must be the `next_cursor` of a page before.",
            parameter="cursor",
        )
    ended_at, started_at, number = map(int, found.groups())
    return ended_at, started_at, number


def _among(rows: NDArray[np.integer], wanted: Sequence[int]) -> frozenset[int]:
    """Give which of a few rows are among many ascending ones."""
    if not len(rows):
        return frozenset()
    places = np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
    return frozenset(rows[places].tolist()).intersection(wanted)


def _hidden(view: View, rows: Sequence[int]) -> frozenset[int]:
    """Give the numbers of the plays at some rows that are hidden or excluded."""
    if not rows or not view.selection.has_hidden:
        return frozenset()
    ended_at = view.lane.ended_at[np.array(rows)]
    ids = view.lane.id[np.array(rows)].tolist()
    return view.library.hidden_among(ids, int(ended_at.min()), int(ended_at.max()))


def _circumstances(lane: LaneColumns, words: list[str], number: int) -> Context:
    columns = lane.columns

    def word(column: NDArray[np.int32]) -> str | None:
        return words[column[number]] or None

    def flag(column: NDArray[np.int8]) -> bool | None:
        return None if column[number] < 0 else bool(column[number])

    return Context(
        platform=word(columns.context_platform),
        country=word(columns.context_country),
        reason_start=word(columns.context_reason_start),
        reason_end=word(columns.context_reason_end),
        shuffle=flag(columns.context_shuffle),
        skipped=flag(columns.context_skipped),
        offline=flag(columns.context_offline),
        private=flag(columns.context_private),
    )


def _local(view: View, moment: datetime, country: str | None) -> str:
    home = view.selection.home
    zone = zone_of_country(country, home) if home and country else view.zone
    return moment.astimezone(find_zone(zone)).isoformat()


def _track(number: int, named: Named) -> PlayedTrack:
    return PlayedTrack(number, named.name, named.key if named.key.startswith(_URI) else None)


def _item(number: int, names: dict[int, Named]) -> PlayedItem | None:
    return PlayedItem(number, names[number].name) if number in names else None
