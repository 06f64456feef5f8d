"""One play with everything it is known from."""

from datetime import datetime
from typing import Annotated

import numpy as np
from msgspec import Meta

from tonearm.domain.errors import NotFoundError
from tonearm.domain.instants import from_ms
from tonearm.history.provenance import Sighting, load_sightings
from tonearm.insights.plays import Play, plays_at
from tonearm.insights.records import Record
from tonearm.insights.view import View


class Support(Record, frozen=True):
    """Rows of one imported file."""

    import_id: Annotated[int, Meta(description="Number of the import.")]
    imported_at: Annotated[datetime, Meta(description="When it was published.")]
    file: Annotated[str, Meta(description="Name of the file.")]
    rows: Annotated[
        tuple[int, ...], Meta(description="Positions in the file's list of rows, from 0.")
    ]


class Polled(Record, frozen=True):
    """An answer of Spotify that tells of a play; what it said word for word is kept."""

    link_id: Annotated[int, Meta(description="Number of the link to Spotify that was asked.")]
    fetched_at: Annotated[datetime, Meta(description="When Spotify answered.")]


class Told(Record, frozen=True):
    """What one distinct row, or answer of Spotify, says of a play, in its own words."""

    source: Annotated[
        str,
        Meta(
            description="What it comes from: `extended` or `account`, a file; `poll`; or `manual`: by hand."
        ),
    ]
    uri: Annotated[str | None, Meta(description="Spotify URI.")]
    title: Annotated[str | None, Meta(description="Title.")]
    artist: Annotated[str | None, Meta(description="Artist, show or audiobook.")]
    album: Annotated[str | None, Meta(description="Album, show or audiobook.")]
    kind: Annotated[str, Meta(description="The lane: `music`, `podcast` or `audiobook`.")]
    clock_at: Annotated[
        datetime,
        Meta(
            description=(
                "When the play ended: by Spotify's clock, or by the client's to the minute (`account`)."
            )
        ),
    ]
    stamped_at: Annotated[
        datetime | None,
        Meta(description="When it began by the client's clock, if the row says so."),
    ]
    ms_played: Annotated[
        int,
        Meta(
            description=(
                "How long it was heard, in milliseconds; with a `poll` the length of the track, which it "
                "was at most."
            )
        ),
    ]
    platform: Annotated[str | None, Meta(description="The platform as Spotify names it.")]
    country: Annotated[str | None, Meta(description="Two letters, ISO 3166.")]
    shuffle: Annotated[bool | None, Meta(description="Whether shuffle was on.")]
    offline: Annotated[bool | None, Meta(description="Whether it was played offline.")]
    private: Annotated[bool | None, Meta(description="Whether the session was private.")]
    skipped: Annotated[bool | None, Meta(description="Whether Spotify says it was skipped.")]
    reason_start: Annotated[str | None, Meta(description="Why it began, in Spotify's words.")]
    reason_end: Annotated[str | None, Meta(description="Why it ended, in Spotify's words.")]
    supports: tuple[Support, ...]
    polls: tuple[Polled, ...]


class PlayEvidence(Record, frozen=True):
    """A play, and what tells of it; best evidence first."""

    play: Play
    sightings: tuple[Told, ...]


def get_play(view: View, play_id: int) -> PlayEvidence:
    """Give a play of a view's lane; raises NotFoundError."""
    rows = np.flatnonzero(view.lane.id == play_id).tolist()
    if not rows:
        raise NotFoundError(f"There is no play {play_id}.")
    (play,) = plays_at(view, rows)
    sightings = load_sightings(view.connection, view.user_id, play_id)
    return PlayEvidence(play, tuple(map(_told, sightings)))


def _told(sighting: Sighting) -> Told:
    description, context = sighting.description, sighting.context
    return Told(
        source=sighting.family.name.lower(),
        uri=description.uri,
        title=description.title,
        artist=description.artist,
        album=description.album,
        kind=description.kind,
        clock_at=from_ms(sighting.clock),
        stamped_at=from_ms(sighting.stamp or None),
        ms_played=sighting.ms_played,
        platform=context.platform,
        country=context.country,
        shuffle=context.shuffle,
        offline=context.offline,
        private=context.private,
        skipped=context.skipped,
        reason_start=context.reason_start,
        reason_end=context.reason_end,
        supports=tuple(
            Support(own.import_id, own.imported_at, own.file, own.rows) for own in sighting.supports
        ),
        polls=tuple(Polled(own.link_id, own.fetched_at) for own in sighting.polls),
    )
