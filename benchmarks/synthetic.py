"""Histories that never were an export: columns drawn with numpy, stored through Tonearm's own storage."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, update

from tonearm.domain.vocabulary import Family, ImportState, Kind
from tonearm.history.change import month_of
from tonearm.history.evidence import Lane, list_months, load_months
from tonearm.history.publication import lock_history
from tonearm.history.sightings import SIGHTING_TYPES, Context
from tonearm.history.store import KINDS
from tonearm.importers.records import Counts, Progress
from tonearm.storage.bulk import insert_rows
from tonearm.storage.columns import pack
from tonearm.storage.database import Database
from tonearm.storage.tables import (
    albums,
    artists,
    contexts,
    histories,
    import_members,
    imports,
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
_NO_PROGRESS = Progress(None, 0, 0, 0, 0, 0, 0.0, 0.0, None)
_NO_COUNTS = Counts(0, 0, 0, 0, 0, 0, 0)
_SHORT_SHARE = 0.25
_PAUSED_SHARE = 0.05
_LEAST_BREAK_MS = 4 * 3_600_000
_CONTEXTS = 400
_EXPORTS = 8
_MOST_ACCOUNT_ROWS = 2_000
_LIKELY: dict[str, dict[Any, float]] = {
    "platform": {
        "Android OS 13 API 33 (samsung, SM-G991B)": 0.4,
        "ios": 0.2,
        "iOS 16.1 (iPhone14,2)": 0.05,
        "Windows 10 (10.0.19044; x64)": 0.15,
        "web_player windows 10;chrome 108.0": 0.1,
        "Partner google cast_tv;Chromecast": 0.05,
        None: 0.05,
    },
    "country": {"DE": 0.8, "PT": 0.12, "JP": 0.05, None: 0.03},
    "reason_start": {"trackdone": 0.6, "clickrow": 0.2, "fwdbtn": 0.2},
    "reason_end": {
        "trackdone": 0.65, "fwdbtn": 0.15, "endplay": 0.07, "logout": 0.04, "backbtn": 0.03,
        "clickrow": 0.02, None: 0.04,
    },
    "shuffle": {True: 0.4, False: 0.55, None: 0.05},
    "skipped": {None: 0.5, False: 0.35, True: 0.15},
    "offline": {False: 0.9, True: 0.1},
    "private": {False: 0.93, True: 0.04, None: 0.03},
}  # fmt: skip
_Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class History:
    """Plays, ascending by time, and what was played; all arrays of tracks and the like by id, from 0."""

    ended_at: _Integers
    started_at: _Integers
    ms_played: NDArray[np.int32]
    track: NDArray[np.int32]
    context: NDArray[np.uint32]
    track_artist: NDArray[np.int32]
    """0 stands for nobody known."""
    track_album: NDArray[np.int32]
    track_kind: NDArray[np.uint8]
    contexts: tuple[Context, ...]
    """By id; the first one is nobody's."""


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
    by_popularity = rng.permutation(np.arange(1, count + 1))
    drawn = (count * rng.random(plays) ** 2.5).astype(np.int64)
    is_short = rng.random(plays) < _SHORT_SHARE
    length = np.where(is_short, rng.integers(0, 30_000, plays), rng.normal(215_000, 50_000, plays))
    length = np.clip(length, 0, 3_000_000).astype(np.int32)
    ended_at = _instants(plays, rng)
    paused = np.where(rng.random(plays) < _PAUSED_SHARE, rng.integers(0, 120_000, plays), 0)
    contexts = _contexts(rng)
    # Few circumstances are those of most plays.
    context = 1 + ((len(contexts) - 1) * rng.random(plays) ** 3).astype(np.uint32)
    return History(
        ended_at=ended_at,
        started_at=ended_at - length - paused,
        ms_played=length,
        track=by_popularity[drawn].astype(np.int32),
        context=context,
        track_artist=album_artist[track_album],
        track_album=track_album,
        track_kind=kinds[track_album],
        contexts=contexts,
    )


def _instants(plays: int, rng: np.random.Generator) -> _Integers:
    """Draw when plays ended: one soon after another, then a break of hours; never two together.

    Then first plays settle every tie, in any engine.
    """
    mean = (LAST_AT - FIRST_AT) // plays
    soon = min(200_000, mean // 2)
    together = max(12, _LEAST_BREAK_MS // (mean - soon))
    spaces = rng.integers(1, 2 * soon, plays)
    is_break = rng.random(plays) < 1 / together
    pause = (mean - soon) * together
    spaces[is_break] += rng.integers(pause // 2, pause * 3 // 2, int(is_break.sum()))
    return np.minimum(FIRST_AT + np.cumsum(spaces), LAST_AT + np.arange(plays))


def _contexts(rng: np.random.Generator) -> tuple[Context, ...]:
    drawn = {
        part: rng.choice(len(values), _CONTEXTS, p=list(values.values())).tolist()
        for part, values in _LIKELY.items()
    }
    named = {part: list(values) for part, values in _LIKELY.items()}
    found = {
        Context(**{part: named[part][drawn[part][number]] for part in _LIKELY})
        for number in range(_CONTEXTS)
    }
    return Context(), *sorted(found, key=lambda context: context.order)


def store(database: Database, history: History, user_id: int = USER) -> None:
    """Write a history as version 1 of a listener."""
    months = month_of(history.ended_at)
    with database.write() as connection:
        name = f"listener {user_id}"
        owner = {"id": user_id, "name": name, "name_key": name, "role": "owner"}
        connection.execute(insert(users).values(**owner, zone="Europe/Berlin", created_at=_NOW))
        state = {"user_id": user_id, "version": 1, "revision": 1, "next_sighting": 1}
        connection.execute(insert(histories).values(**state, changed_at=_NOW))
        numbered = list(enumerate(history.contexts))[1:]
        insert_rows(connection, contexts, [(user_id, number, *parts) for number, parts in numbered])
        _store_catalogue(connection, history, user_id)
        for month in np.unique(months).tolist():
            rows = slice(*np.searchsorted(months, (month, month + 1)).tolist())
            place = (user_id, int(Lane.PLAYS), month, 1)
            insert_rows(connection, segments, [(*place, pack(_columns(history, rows)))])
            insert_rows(connection, manifest, [(*place, rows.stop - rows.start)])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the imports of a history vouch for."""

    complete: tuple[tuple[int, int], ...]
    """First and last row of each complete set of files, in Unix milliseconds."""
    account: slice
    """The plays that only account data tells of."""


def vouch(database: Database, history: History, user_id: int = USER) -> Evidence:
    """Write imports that left gaps between them, and a last one of account data."""
    edges = np.linspace(0, len(history.ended_at) - 1, _EXPORTS + 2).astype(int)
    gaps = np.diff(edges) // 20
    spans = [
        (int(history.ended_at[start]), int(history.ended_at[end - gap]))
        for start, end, gap in zip(edges[:-2], edges[1:-1], gaps[:-1], strict=True)
    ]
    account = slice(int(edges[-2]), int(edges[-2]) + min(int(gaps[-1]), _MOST_ACCOUNT_ROWS))
    clock = history.ended_at[account]
    with database.write() as connection:
        for number, (first, last) in enumerate([*spans, (int(clock[0]), int(clock[-1]))], 1):
            is_account = number > len(spans)
            name = (
                "StreamingHistory_music_0.json" if is_account else "Streaming_History_Audio_0.json"
            )
            connection.execute(
                insert(imports).values(
                    user_id=user_id, id=number, state=ImportState.PUBLISHED, is_preview=False,
                    name="my_spotify_data.zip", spool="", created_at=_NOW,
                    progress=asdict(_NO_PROGRESS), counts=asdict(_NO_COUNTS),
                )
            )  # fmt: skip
            connection.execute(
                insert(import_members).values(
                    user_id=user_id, import_id=number, position=0, name=name, digest=str(number),
                    family=Family.ACCOUNT if is_account else Family.EXTENDED, rows=0,
                    first_at=first, last_at=last,
                )
            )  # fmt: skip
        _store_sightings(connection, history.ended_at, account, user_id)
    return Evidence(tuple(spans), account)


def _store_sightings(
    connection: Connection, clock: _Integers, account: slice, user_id: int
) -> None:
    """Write what tells of each play: account data of some, the extended history of all others."""
    columns = {name: np.zeros(len(clock), dtype) for name, dtype in SIGHTING_TYPES.items()}
    columns["id"] += np.arange(1, len(clock) + 1, dtype=np.uint32)
    columns["play"] += columns["id"]
    columns["family"] += np.uint8(Family.EXTENDED)
    columns["family"][account] = Family.ACCOUNT
    columns["clock"] += clock
    months = month_of(clock)
    for month in np.unique(months).tolist():
        rows = slice(*np.searchsorted(months, (month, month + 1)).tolist())
        place = (user_id, int(Lane.SIGHTINGS), month, 1)
        part = {name: column[rows] for name, column in columns.items()}
        insert_rows(connection, segments, [(*place, pack(part))])
        insert_rows(connection, manifest, [(*place, rows.stop - rows.start)])


def append(database: Database, count: int, seed: int, user_id: int = USER) -> None:
    """Publish some more plays of known tracks behind the last one, as a poll does: one month is written anew."""
    rng = np.random.default_rng(seed)
    with database.write() as connection:
        version, revision = lock_history(connection, user_id, _NOW)
        month = max(list_months(connection, user_id, Lane.PLAYS))
        known = load_months(connection, user_id, Lane.PLAYS, [month])[month]
        ended_at = known["ended_at"][-1] + 1_000 * np.arange(1, count + 1)
        more = {
            "id": known["id"].max() + np.arange(1, count + 1),
            "ended_at": ended_at,
            "started_at": ended_at - 60_000,
            "ms_played": np.full(count, 60_000),
            "track": rng.choice(known["track"], count),
            "context": rng.choice(known["context"], count),
        }
        columns = {
            name: np.concatenate([column, more[name].astype(column.dtype)])
            for name, column in known.items()
        }
        place = (user_id, int(Lane.PLAYS), month, revision + 1)
        insert_rows(connection, segments, [(*place, pack(columns))])
        connection.execute(
            update(manifest)
            .where(
                manifest.c.user_id == user_id,
                manifest.c.lane == Lane.PLAYS,
                manifest.c.month == month,
            )
            .values(revision=revision + 1, rows=len(columns["id"]))
        )
        connection.execute(
            update(histories)
            .where(histories.c.user_id == user_id)
            .values(version=version + 1, revision=revision + 1)
        )


def _columns(history: History, rows: slice) -> dict[str, NDArray[np.integer]]:
    ended_at, ms_played = history.ended_at[rows], history.ms_played[rows]
    return {
        "id": np.arange(rows.start + 1, rows.stop + 1, dtype=np.uint32),
        "ended_at": ended_at,
        "started_at": history.started_at[rows],
        "ms_played": ms_played,
        "track": history.track[rows].astype(np.uint32),
        "context": history.context[rows],
    }


def _store_catalogue(connection: Connection, history: History, user_id: int) -> None:
    kind_of_album = np.zeros(int(history.track_album.max()) + 1, np.uint8)
    artist_of_album = np.zeros(len(kind_of_album), np.int32)
    kind_of_album[history.track_album] = history.track_kind
    artist_of_album[history.track_album] = history.track_artist
    used_artists = np.unique(history.track_artist[1:])
    named = [
        (user_id, artist, str(Kind.MUSIC), f"artist {artist}", f"Artist {artist}")
        for artist in used_artists[used_artists > 0].tolist()
    ]
    insert_rows(connection, artists, named)
    used_albums = np.unique(history.track_album[1:])
    insert_rows(
        connection,
        albums,
        [
            (user_id, album, int(artist_of_album[album]), f"album {album}", f"Album {album}")
            for album in used_albums[used_albums > 0].tolist()
        ],
    )
    insert_rows(
        connection,
        tracks,
        [
            (
                user_id,
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
