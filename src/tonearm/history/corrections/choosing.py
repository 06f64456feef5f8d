"""From plays and wordings that a listener names to the evidence that is marked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tonearm.catalogue.descriptions import Description
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import CorrectionKind
from tonearm.history.corrections.marks import (
    Mark,
    description_keys,
    load_marks,
    marked_plays,
    sighting_keys,
)
from tonearm.history.corrections.records import Choice, ChosenPlay, Wording, WordingWish
from tonearm.history.evidence import Lane, load_contexts, load_lane
from tonearm.history.sightings import SIGHTING_TYPES, Context, Sightings
from tonearm.storage.tables import artists, descriptions, tracks

_SHOWN = 5
_BATCH = 5_000
_PLAY_COLUMNS: dict[str, type[np.integer]] = {
    "id": np.uint32,
    "ended_at": np.int64,
    "track": np.uint32,
}


def choose_plays(
    connection: Connection, user_id: int, kind: CorrectionKind, plays: Sequence[int]
) -> tuple[Mark, Choice]:
    """Mark the evidence of plays by their ids; the mark has no number yet.

    Raises:
        InvalidInputError: a play is not there, or is deleted already.
    """
    wanted = np.unique(np.array(plays, np.uint32))
    columns = load_lane(connection, user_id, Lane.PLAYS, _PLAY_COLUMNS)
    deleted = marked_plays(load_marks(connection, user_id), CorrectionKind.DELETE)
    is_there = np.isin(wanted, columns["id"]) & ~np.isin(wanted, deleted)
    missing = wanted[~is_there].tolist()
    if missing or not len(wanted):
        which = ", ".join(map(str, missing[:10])) or "none was named"
        raise InvalidInputError(
            f"There are no such plays in this history: {which}. Give the ids of plays as the "
            "list of plays shows them.",
            parameter="plays",
        )
    sightings = Sightings(**load_lane(connection, user_id, Lane.SIGHTINGS, SIGHTING_TYPES))
    evidence = sightings.taken(np.isin(sightings.play, wanted))
    keys = sighting_keys(evidence, *_worded(connection, user_id, evidence))
    mark = Mark(0, kind, np.unique(keys), wanted)
    return mark, Choice(len(wanted), _first_of(connection, user_id, columns, wanted))


def hidden_already(
    connection: Connection, user_id: int, plays: Sequence[int]
) -> dict[int, tuple[int, ...]]:
    """For those of some plays that corrections hide, give these by their ids; what is deleted is not there."""
    marks = load_marks(connection, user_id)
    deleted = marked_plays(marks, CorrectionKind.DELETE)
    there = np.setdiff1d(np.array(plays, np.uint32), deleted)
    found: dict[int, tuple[int, ...]] = {}
    for mark in marks:
        if mark.kind is CorrectionKind.HIDE:
            for play in np.intersect1d(there, mark.plays).tolist():
                found[play] = (*found.get(play, ()), mark.correction_id)
    return found


def choose_wordings(
    connection: Connection, user_id: int, track: int, wish: WordingWish
) -> tuple[Mark, tuple[Wording, ...]]:
    """Mark the wordings of a track that read as wished; the mark has no number yet.

    Raises:
        InvalidInputError: none reads so, or all do.
    """
    columns = descriptions.c
    parts = {name: getattr(wish, name) for name in ("uri", "title", "artist", "album")}
    rows = connection.execute(
        select(columns.id, columns.kind, columns.uri, columns.title, columns.artist, columns.album)
        .where(columns.user_id == user_id, columns.track_id == track)
        .order_by(columns.id)
    ).all()
    chosen = [
        row
        for row in rows
        if all(text is None or getattr(row, name) == text for name, text in parts.items())
    ]
    if not chosen or len(chosen) == len(rows) or not any(parts.values()):
        told = "; ".join(str(tuple(row[2:])) for row in rows[:10])
        raise InvalidInputError(
            "Name by `uri`, `title`, `artist` or `album` some of the track's wordings, word for "
            f"word, but not all. It has {len(rows)} (uri, title, artist, album): {told}.",
            parameter="wording",
        )
    sightings = Sightings(**load_lane(connection, user_id, Lane.SIGHTINGS, SIGHTING_TYPES))
    is_chosen = np.isin(sightings.description, [row.id for row in chosen])
    keys = description_keys([Description(*row[1:]) for row in chosen])
    mark = Mark(0, CorrectionKind.SPLIT, np.unique(keys), np.unique(sightings.play[is_chosen]))
    return mark, tuple(Wording(*row[1:]) for row in chosen)


def _worded(
    connection: Connection, user_id: int, sightings: Sightings
) -> tuple[list[Description], list[Context]]:
    """Give what sightings say in words, and turn their ids into positions there."""
    ids, positions = np.unique(sightings.description, return_inverse=True)
    sightings.description = positions.astype(np.uint32)
    columns = [column for column in descriptions.columns if column.name != "user_id"]
    known: dict[int, Description] = {}
    wanted = ids.tolist()
    for start in range(0, len(wanted), _BATCH):
        rows = connection.execute(
            select(*columns).where(
                descriptions.c.user_id == user_id,
                descriptions.c.id.in_(wanted[start : start + _BATCH]),
            )
        )
        known |= {row[0]: Description(*row[1:6]) for row in rows}
    ids, positions = np.unique(sightings.context, return_inverse=True)
    sightings.context = positions.astype(np.uint32)
    contexts = {number: one for one, (number,) in load_contexts(connection, user_id).items()}
    return [known[number] for number in wanted], [contexts[number] for number in ids.tolist()]


def _first_of(
    connection: Connection, user_id: int, columns: dict[str, Any], wanted: NDArray[np.uint32]
) -> tuple[ChosenPlay, ...]:
    rows = np.flatnonzero(np.isin(columns["id"], wanted))[:_SHOWN]
    numbers = columns["track"][rows].tolist()
    owner = (artists.c.user_id == tracks.c.user_id) & (artists.c.id == tracks.c.artist_id)
    named = {
        row.id: row
        for row in connection.execute(
            select(tracks.c.id, tracks.c.title, artists.c.name)
            .select_from(tracks.outerjoin(artists, owner))
            .where(tracks.c.user_id == user_id, tracks.c.id.in_(numbers))
        )
    }
    return tuple(
        ChosenPlay(from_ms(ended_at), named[number].title, named[number].name)
        for ended_at, number in zip(columns["ended_at"][rows].tolist(), numbers, strict=True)
    )
