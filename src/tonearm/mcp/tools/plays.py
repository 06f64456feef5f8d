"""Plays one by one."""

from typing import Annotated, Literal

from msgspec import Meta
from pydantic import Field

from tonearm.insights.plays import Play
from tonearm.insights.records import Covered, Record
from tonearm.mcp.arguments import Asked, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class PlaysArguments(Asked):
    """Which plays."""

    q: Annotated[str | None, Field(max_length=200)] = None
    """Words that all occur in the names of track, artist and album."""
    counted: Literal["in", "out", "all"] | None = None
    """Plays that the rule counts, those that it does not, or all; all unless said."""
    weekday: Annotated[int | None, Field(ge=0, le=6)] = None
    """Only this local weekday; 0 is Monday."""
    hour: Annotated[int | None, Field(ge=0, le=23)] = None
    """Only this local hour."""
    session: Annotated[str | None, Field(max_length=40)] = None
    """Only the session in which this instant lies, such as 2024-03-31T01:00:00Z."""
    platform: Annotated[str | None, Field(max_length=20)] = None
    """Only on this family of platforms, such as `android`."""
    country: Annotated[str | None, Field(max_length=2)] = None
    """Only in this country: two letters, such as DE."""
    limit: Annotated[int, Field(ge=1, le=100, description="Most plays.")] = 20
    cursor: Cursor = None


class Called(Record, frozen=True):
    """An artist, album or track."""

    id: Annotated[int, Meta(description="Number of the item here.")]
    name: Annotated[str, Meta(description="Name of the item.")]


class HeardPlay(Record, frozen=True):
    """One listen."""

    id: Annotated[int, Meta(description="Number of the play.")]
    ended_local: Annotated[str, Meta(description="When it ended, by local clocks.")]
    ms_played: Annotated[int, Meta(description="How long it was heard, in milliseconds.")]
    is_estimated: Annotated[
        bool, Meta(description="Whether that is the length of the track: at most so long.")
    ]
    track: Called
    artist: Called | None
    album: Called | None
    kind: Annotated[str, Meta(description="`music`, `podcast` or `audiobook`.")]
    counted: Annotated[bool, Meta(description="Whether the rule counts it.")]
    platform: Annotated[str | None, Meta(description="Family of the platform.")]
    country: Annotated[str | None, Meta(description="Two letters, ISO 3166.")]
    shuffle: Annotated[bool | None, Meta(description="Whether shuffle was on.")]
    skipped: Annotated[bool | None, Meta(description="Whether Spotify says it was skipped.")]


class HeardPlays(Record, frozen=True):
    """Plays, newest first."""

    covered: Covered
    total: Annotated[int, Meta(description="How many plays fit, on all pages together.")]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of earlier plays; null after the last.")
    ]
    items: tuple[HeardPlay, ...]


def heard_play(play: Play) -> HeardPlay:
    """Give of a play what an assistant gets to know."""
    artist, album = (
        None if one is None else Called(one.id, one.name) for one in (play.artist, play.album)
    )
    return HeardPlay(
        id=play.id,
        ended_local=play.ended_local,
        ms_played=play.ms_played,
        is_estimated=play.is_estimated,
        track=Called(play.track.id, play.track.name),
        artist=artist,
        album=album,
        kind=play.kind,
        counted=play.counted,
        platform=play.platform,
        country=play.country,
        shuffle=play.shuffle,
        skipped=play.skipped,
    )


def _answer(desk: Desk, given: PlaysArguments) -> HeardPlays:
    found = desk.plays(**given.given())
    items = tuple(map(heard_play, found.items))
    return HeardPlays(found.covered, found.total, found.next_cursor, items)


TOOLS = (
    Tool(
        name="plays",
        title="Plays one by one",
        description=(
            "Single plays with their local times, newest first: of a range, weekday or hour, of an artist, album or "
            "track, or with words in their names. For what was heard when; `total` counts them all."
        ),
        arguments=PlaysArguments,
        record=HeardPlays,
        answer=_answer,
        example={"range": "2024-03", "limit": 5},
    ),
)
