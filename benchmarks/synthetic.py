"""Histories that never were an export: columns drawn with numpy, stored through Tonearm's own storage."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert

from tonearm.domain.vocabulary import Kind
from tonearm.history.change import month_of
from tonearm.history.evidence import Lane
from tonearm.history.store import KINDS
from tonearm.storage.bulk import insert_rows
from tonearm.storage.columns import pack
from tonearm.storage.database import Database
from tonearm.storage.tables import (
    albums,
    artists,
    contexts,
    histories,
    manifest,
    segments,
    tracks,
    users,
)

USER = 1
FIRST_AT, LAST_AT = (
    int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in (2011, 2026)
)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DONE, _SKIPPED, _UNKNOWN = 1, 2, 3
_SHORT_SHARE = 0.25
_REASONS = {_DONE: "trackdone", _SKIPPED: "fwdbtn", _UNKNOWN: None}
_Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class History:
    """Plays, ascending by time, and what was played; all arrays of tracks and the like by id, from 0."""

    ended_at: _Integers
    ms_played: NDArray[np.int32]
    track: NDArray[np.int32]
    context: NDArray[np.uint32]
    track_artist: NDArray[np.int32]
    """0 stands for nobody known."""
    track_album: NDArray[np.int32]
    track_kind: NDArray[np.uint8]

    @property
    def is_done(self) -> NDArray[np.bool_]:
        """Whether each play ended with its track."""
        is_done: NDArray[np.bool_] = self.context == _DONE
        return is_done


def draw(plays: int, seed: int) -> History:
    """Draw a history of 15 years: popularity falls off as a power, one play in four is short."""
    rng = np.random.default_rng(seed)
    count = int(4_600 * (plays / 120_000) ** 0.58) + 40  # as large as a generated export's
    album_artist = np.sort(rng.integers(1, count // 12 + 2, count // 4 + 1)).astype(np.int32)
    album_artist[0] = 0
    track_album = np.sort(rng.integers(1, len(album_artist), count + 1)).astype(np.int32)
    track_album[:1] = track_album[-count // 150 :] = 0  # the last ones were withdrawn
    kinds = rng.choice(len(KINDS), len(album_artist), p=[0.94, 0.05, 0.01]).astype(np.uint8)
    kinds[0] = KINDS.index(Kind.MUSIC)
    # No two plays end together: then first plays settle every tie, in any engine.
    spaces = rng.integers(1, 2 * (LAST_AT - FIRST_AT) // plays, plays)
    by_popularity = rng.permutation(np.arange(1, count + 1))
    drawn = (count * rng.random(plays) ** 2.5).astype(np.int64)
    is_short = rng.random(plays) < _SHORT_SHARE
    length = np.where(is_short, rng.integers(0, 30_000, plays), rng.normal(215_000, 50_000, plays))
    return History(
        ended_at=np.minimum(FIRST_AT + np.cumsum(spaces), LAST_AT + np.arange(plays)),
        ms_played=np.clip(length, 0, 3_000_000).astype(np.int32),
        track=by_popularity[drawn].astype(np.int32),
        context=rng.choice([_DONE, _SKIPPED, _UNKNOWN], plays, p=[0.7, 0.25, 0.05]).astype(
            np.uint32
        ),
        track_artist=album_artist[track_album],
        track_album=track_album,
        track_kind=kinds[track_album],
    )


def store(database: Database, history: History) -> None:
    """Write a history as version 1 of the first listener."""
    with database.write() as connection:
        owner = {"id": USER, "name": "listener", "name_key": "listener", "role": "owner"}
        connection.execute(insert(users).values(**owner, zone="Europe/Berlin", created_at=_NOW))
        state = {"user_id": USER, "version": 1, "revision": 1, "next_sighting": 1}
        connection.execute(insert(histories).values(**state, changed_at=_NOW))
        spare = [None] * 4
        insert_rows(
            connection,
            contexts,
            [
                (USER, number, "android", "DE", "clickrow", reason, *spare)
                for number, reason in _REASONS.items()
            ],
        )
        _store_catalogue(connection, history)
    months = month_of(history.ended_at)
    for month in np.unique(months).tolist():
        rows = slice(*np.searchsorted(months, (month, month + 1)).tolist())
        with database.write() as connection:
            place = (USER, int(Lane.PLAYS), month, 1)
            insert_rows(connection, segments, [(*place, pack(_columns(history, rows)))])
            insert_rows(connection, manifest, [(*place, rows.stop - rows.start)])


def _columns(history: History, rows: slice) -> dict[str, NDArray[np.integer]]:
    ended_at, ms_played = history.ended_at[rows], history.ms_played[rows]
    return {
        "id": np.arange(rows.start + 1, rows.stop + 1, dtype=np.uint32),
        "ended_at": ended_at,
        "started_at": ended_at - ms_played,
        "ms_played": ms_played,
        "track": history.track[rows].astype(np.uint32),
        "context": history.context[rows],
    }


def _store_catalogue(connection: Connection, history: History) -> None:
    kind_of_album = np.zeros(int(history.track_album.max()) + 1, np.uint8)
    artist_of_album = np.zeros(len(kind_of_album), np.int32)
    kind_of_album[history.track_album] = history.track_kind
    artist_of_album[history.track_album] = history.track_artist
    used_artists = np.unique(history.track_artist[1:])
    named = [
        (USER, artist, str(Kind.MUSIC), f"artist {artist}", f"Artist {artist}")
        for artist in used_artists[used_artists > 0].tolist()
    ]
    insert_rows(connection, artists, named)
    used_albums = np.unique(history.track_album[1:])
    insert_rows(
        connection,
        albums,
        [
            (USER, album, int(artist_of_album[album]), f"album {album}", f"Album {album}")
            for album in used_albums[used_albums > 0].tolist()
        ],
    )
    insert_rows(
        connection,
        tracks,
        [
            (
                USER,
                track,
                f"spotify:track:{track:022}",
                str(KINDS[kind]),
                _title(track, album),
                artist,
                album,
            )
            for track, (kind, artist, album) in enumerate(
                zip(
                    history.track_kind.tolist(),
                    history.track_artist.tolist(),
                    history.track_album.tolist(),
                    strict=True,
                )
            )
            if track
        ],
    )


def _title(track: int, album: int) -> str | None:
    return f"Track {track}" if album else None
