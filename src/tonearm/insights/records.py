"""What several measures answer with: the same frozen records on REST, pages and the command line.

Times are aware UTC instants, listening time is in milliseconds, shares lie between 0 and 1. What only one measure
answers with stands in that measure's file.
"""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct


class Record(Struct, frozen=True, gc=False):
    """An answer, or a part of one."""


Plays = Annotated[int, Meta(description="Plays that the rule counts.")]
MsPlayed = Annotated[
    int, Meta(description="Listening time of all plays, counted or not, in milliseconds.")
]
Share = Annotated[float, Meta(description="Share, from 0 to 1.")]
ItemId = Annotated[
    int, Meta(description="Number of the item here; another instance has other numbers.")
]
ItemName = Annotated[str, Meta(description="Name of the item.")]
ItemArtist = Annotated[
    str | None, Meta(description="The artist of an album or track; null for artists.")
]
Rank = Annotated[int, Meta(description="Place, from 1.")]
StartsOn = Annotated[date, Meta(description="First local day of the unit.")]
NewArtists = Annotated[int, Meta(description="Artists heard for the first time.")]
NewAlbums = Annotated[int, Meta(description="Albums heard for the first time.")]
NewTracks = Annotated[int, Meta(description="Tracks heard for the first time.")]
PlaysOfNew = Annotated[int, Meta(description="Plays of the new tracks.")]
NewShare = Annotated[float, Meta(description="Share of the plays that are plays of new tracks.")]
Rediscoveries = Annotated[int, Meta(description="Plays of a track after a long pause.")]
Hour = Annotated[int, Meta(description="Local hour, from 0 to 23.")]


class Covered(Record, frozen=True):
    """What a result speaks of, and by which rules."""

    range: Annotated[str, Meta(description="The range as it was asked for.")]
    from_at: Annotated[
        datetime | None,
        Meta(description="First instant of the range; null where it is open and there is no play."),
    ]
    to_at: Annotated[datetime | None, Meta(description="First instant after the range.")]
    from_local: Annotated[
        str | None, Meta(description="The first instant as local clocks show it.")
    ]
    to_local: Annotated[
        str | None, Meta(description="The first instant after, as local clocks show it.")
    ]
    zone: Annotated[str, Meta(description="Time zone of days and hours.")]
    rule: Annotated[str, Meta(description="What counts as a play.")]
    kind: Annotated[str, Meta(description="Which lane.")]
    credit: Annotated[
        str,
        Meta(
            description=(
                "Whom a play counts for: `primary`, its first artist, or `all` artists of its track. It is `primary` "
                "also where `all` was asked for and nothing names further artists, as with exports alone."
            )
        ),
    ]
    first_play_at: Annotated[
        datetime | None, Meta(description="First play in the range, counted or not.")
    ]
    last_play_at: Annotated[
        datetime | None, Meta(description="Last play in the range, counted or not.")
    ]
    coverage: Annotated[
        float | None,
        Meta(
            description=(
                "Share of the range that imports vouch for, of what lies between the first play of all "
                "and now; null where nothing of it does. See the measure `completeness`."
            )
        ),
    ]
    estimated_share: Annotated[
        float, Meta(description="Share of the listening time whose length is estimated.")
    ]
    undecided_share: Annotated[
        float,
        Meta(
            description=(
                "Share of the plays which the rule could not judge for want of a duration (rule "
                "`done` only)."
            )
        ),
    ]
    history_version: Annotated[int, Meta(description="Grows with every change of the history.")]
    corrections_version: Annotated[
        int, Meta(description="Grows with every correction made or undone.")
    ]
    plays: Annotated[
        str,
        Meta(
            description=(
                "Address of the plays behind the answer, relative to the answer's own. With "
                "`counted=in` it lists those behind the numbers of plays; listening time is that of all."
            )
        ),
    ]
    line_plays: Annotated[
        str | None,
        Meta(
            description=(
                "The same for one line of the answer: a template, each name in braces stands for that "
                "field of the line, or else of the answer; null is written as nothing."
            )
        ),
    ]
    more_plays: Annotated[
        dict[str, str] | None,
        Meta(
            description=(
                "The same for other numbers, by where they stand: `tracks.skips` is the field `skips` of a line of "
                "`tracks`. Of a list of numbers `{index}` is the place, from 0, and `{value}` that of `values` there."
            )
        ),
    ] = None


class Subject(Record, frozen=True):
    """An item that was asked about."""

    id: ItemId
    name: ItemName
    artist: ItemArtist


class Totals(Record, frozen=True):
    """Totals of a range."""

    covered: Covered
    plays: Plays
    ms_played: MsPlayed
    tracks: Annotated[int, Meta(description="Distinct tracks among the counted plays.")]
    albums: Annotated[int, Meta(description="Distinct albums among the counted plays.")]
    artists: Annotated[int, Meta(description="Distinct artists among the counted plays.")]
    active_days: Annotated[int, Meta(description="Local days with a counted play.")]
    ms_per_active_day: Annotated[
        int, Meta(description="Listening time by active day, in milliseconds.")
    ]


class TopItem(Record, frozen=True):
    """One line of a ranking."""

    rank: Annotated[int, Meta(description="Place, from 1.")]
    id: ItemId
    name: ItemName
    artist: ItemArtist
    plays: Plays
    ms_played: MsPlayed
    share: Annotated[
        float,
        Meta(description="Share of all plays, or of all listening time when ranked by time."),
    ]
    first_play_at: Annotated[
        datetime | None,
        Meta(description="First counted play in the range; null where only uncounted ones are."),
    ]
    last_play_at: Annotated[datetime | None, Meta(description="Last such play.")]
    previous_rank: Annotated[
        int | None,
        Meta(
            description=(
                "Rank in the period before: the year before a year, the month before a month, else as "
                "many days directly before; null where it had no place there."
            )
        ),
    ]
    is_new: Annotated[
        bool,
        Meta(description="Whether its first counted play of the whole history lies in the range."),
    ]


class Top(Record, frozen=True):
    """A ranking."""

    covered: Covered
    by: Annotated[str, Meta(description="What it is ordered by.")]
    total: Annotated[
        int,
        Meta(
            description="How many items have a place at all; with `q`, how many of them are called so."
        ),
    ]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of the lines after these; null after the last.")
    ]
    items: tuple[TopItem, ...]


class HeatmapCell(Record, frozen=True):
    """One hour of the week."""

    weekday: Annotated[int, Meta(description="0 is Monday.")]
    hour: Hour
    plays: Plays
    ms_played: MsPlayed


class Heatmap(Record, frozen=True):
    """Plays and time by weekday and hour: always 168 cells, Monday 0 h first."""

    covered: Covered
    items: tuple[HeatmapCell, ...]


class TimelineUnit(Record, frozen=True):
    """One calendar unit of a timeline."""

    starts_on: StartsOn
    plays: Plays
    ms_played: MsPlayed
    starts_at: Annotated[
        datetime | None, Meta(description="First instant of the hour; null for longer units.")
    ] = None


class Timeline(Record, frozen=True):
    """Plays and time by hour, day, week, month or year: every unit of the covered span, zero or not."""

    covered: Covered
    unit: Annotated[str, Meta(description="Unit of the calendar.")]
    items: tuple[TimelineUnit, ...]


class DiscoveryTotals(Record, frozen=True):
    """What was new in a range, and what came back."""

    plays: Plays
    new_artists: NewArtists
    new_albums: NewAlbums
    new_tracks: NewTracks
    plays_of_new: PlaysOfNew
    new_share: NewShare
    rediscoveries: Rediscoveries


class Rediscovery(Record, frozen=True):
    """A play of a track that had not been heard for long."""

    id: ItemId
    name: ItemName
    artist: ItemArtist
    played_at: Annotated[datetime, Meta(description="When that play ended.")]
    play: Annotated[int, Meta(description="Number of that play.")]
    pause_days: Annotated[
        int, Meta(description="Whole days of 24 hours since the track's play before.")
    ]


class Session(Record, frozen=True):
    """Plays in a row without a long pause."""

    started_at: Annotated[datetime, Meta(description="When its first play started.")]
    ended_at: Annotated[datetime, Meta(description="When its last play ended.")]
    ms_length: Annotated[
        int, Meta(description="From its start to its end, pauses included, in milliseconds.")
    ]
    ms_played: MsPlayed
    plays: Plays
