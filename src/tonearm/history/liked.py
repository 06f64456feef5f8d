"""What a listener likes: tracks, kept by their keys, so that a like outlives every import that named its track.

A like keeps what the track was called. A track that only account data knew has a local key, and joins a URI once an
extended export tells of it (docs/explanation/plays.md): its like joins too. Merged tracks are one, here as everywhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from tonearm.accounts.numbering import lock_user, next_id
from tonearm.catalogue.resolution import local_key
from tonearm.domain.errors import NotFoundError
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.amendment import Amendment, load_amendment
from tonearm.history.corrections.stored import load_in_force
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import artists, descriptions, liked, tracks

_NUMBER = re.compile(r"[0-9]{1,9}")
_AT_ONCE = 5_000  # databases bound the parameters of one query


@dataclass(frozen=True, slots=True)
class Like:
    """A track that a listener likes."""

    id: int
    """Number of the like."""
    key: str
    """The track's URI; of a track without one, its local key."""
    track_id: int | None
    """Number of the track; None while no import names it."""
    name: str | None
    artist: str | None
    kind: str
    """`music`, `podcast` or `audiobook`."""
    liked_at: datetime


class Outcome(StrEnum):
    """What became of a wish to like a track."""

    ADDED = "added"
    LIKED_ALREADY = "liked_already"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Named:
    """A track as it is shown."""

    key: str
    kind: str
    name: str | None
    artist: str | None


class Liked:
    """What all listeners like."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, user_id: int, *, before: int | None = None, limit: int = 50) -> list[Like]:
        """List what a listener likes, the newest first: likes with a smaller number than `before`."""
        query = select(liked).where(liked.c.user_id == user_id).order_by(liked.c.id.desc())
        if before is not None:
            query = query.where(liked.c.id < before)
        with self._database.read() as connection:
            amendment = _amendment(connection, user_id)
            doubles = _doubles(connection, user_id, amendment)
            rows = connection.execute(query.limit(limit + len(doubles))).all()
            return _likes(
                connection, user_id, amendment, [row for row in rows if row.id not in doubles]
            )[:limit]

    def add(self, user_id: int, track: str) -> Like:
        """Like a track, by its number or key; one that is liked already stays as it is.

        Raises:
            NotFoundError: no import names such a track.
        """
        with self._database.write() as connection:
            lock_user(connection, user_id)
            amendment = _amendment(connection, user_id)
            if _like(connection, user_id, amendment, track, self._clock()) is Outcome.UNKNOWN:
                raise _unknown(track)
            number = _number(connection, user_id, amendment, track) or 0
            keys = _keys_of(connection, user_id, amendment, number)
            rows = connection.execute(
                select(liked)
                .where(liked.c.user_id == user_id, liked.c.key.in_(keys))
                .order_by(liked.c.id.desc())
            ).all()
            return _likes(connection, user_id, amendment, rows[:1])[0]

    def add_all(self, user_id: int, wanted: Sequence[str]) -> Sequence[Outcome]:
        """Like tracks in their order, each by its number or key, and say what became of each."""
        with self._database.write() as connection:
            lock_user(connection, user_id)
            amendment = _amendment(connection, user_id)
            now = self._clock()
            return [_like(connection, user_id, amendment, track, now) for track in wanted]

    def remove(self, user_id: int, track: str) -> None:
        """Like a track no longer, by its number or key; one that is not liked stays so.

        Raises:
            NotFoundError: there is no track of this number.
        """
        with self._database.write() as connection:
            amendment = _amendment(connection, user_id)
            number = _number(connection, user_id, amendment, track)
            keys = {clean(track) or ""}
            if number is not None:
                keys |= _keys_of(connection, user_id, amendment, number)
            elif _NUMBER.fullmatch(track):
                raise _unknown(track)
            connection.execute(
                delete(liked).where(liked.c.user_id == user_id, liked.c.key.in_(keys))
            )


def _amendment(connection: Connection, user_id: int) -> Amendment:
    return load_amendment(connection, user_id, load_in_force(connection, user_id))[0]


def _like(
    connection: Connection, user_id: int, amendment: Amendment, track: str, now: datetime
) -> Outcome:
    number = _number(connection, user_id, amendment, track)
    if number is None:
        return Outcome.UNKNOWN
    keys = _keys_of(connection, user_id, amendment, number)
    mine = (liked.c.user_id == user_id, liked.c.key.in_(keys))
    if connection.scalar(select(liked.c.id).where(*mine).limit(1)) is not None:
        return Outcome.LIKED_ALREADY
    named = _named(connection, user_id, amendment, [number])[number]
    connection.execute(
        insert(liked).values(
            user_id=user_id,
            id=next_id(connection, liked, user_id),
            key=named.key,
            kind=named.kind,
            title=named.name,
            artist=named.artist,
            liked_at=now,
        )
    )
    return Outcome.ADDED


def _number(connection: Connection, user_id: int, amendment: Amendment, text: str) -> int | None:
    """Give the number of a track as it is shown; None where no import names it."""
    track = clean(text) or ""
    added = amendment.added[ItemKind.TRACK]
    if _NUMBER.fullmatch(track):
        number = int(track)
        is_wanted = tracks.c.id == number
        found = number if number in added else None
    else:
        is_wanted = tracks.c.key == track
        found = next((number for number, one in added.items() if one.key == track), None)
    if found is None:
        found = connection.scalar(select(tracks.c.id).where(tracks.c.user_id == user_id, is_wanted))
    return None if found is None else amendment.shown(ItemKind.TRACK, found)


def _keys_of(connection: Connection, user_id: int, amendment: Amendment, number: int) -> set[str]:
    """Give every key that a like of this track may have."""
    shown_as = amendment.shown_as[ItemKind.TRACK]
    numbers = [number, *(part for part, whole in shown_as.items() if whole == number)]
    added = amendment.added[ItemKind.TRACK]
    keys = {added[part].key for part in numbers if part in added}
    place = (tracks.c.user_id == user_id, tracks.c.id.in_(numbers))
    keys |= set(connection.scalars(select(tracks.c.key).where(*place)))
    # Wordings without a URI were a local track before they joined this one.
    wordings = connection.execute(
        select(descriptions.c.artist, descriptions.c.title).where(
            descriptions.c.user_id == user_id,
            descriptions.c.track_id.in_(numbers),
            descriptions.c.uri.is_(None),
            descriptions.c.title.is_not(None),
        )
    )
    return keys | {local_key(artist, title) for artist, title in wordings}


def _likes(
    connection: Connection, user_id: int, amendment: Amendment, rows: Sequence[Row[Any]]
) -> list[Like]:
    numbers = _numbers_of(connection, user_id, amendment, rows)
    named = _named(connection, user_id, amendment, numbers.values())
    likes: list[Like] = []
    for row in rows:
        number = numbers.get(row.key)
        now = _Named(row.key, row.kind, row.title, row.artist) if number is None else named[number]
        likes.append(Like(row.id, now.key, number, now.name, now.artist, now.kind, row.liked_at))
    return likes


def _numbers_of(
    connection: Connection, user_id: int, amendment: Amendment, rows: Sequence[Row[Any]]
) -> dict[str, int]:
    """Give the numbers of liked tracks as they are shown, by key; a track that no import names has none."""
    added = amendment.added[ItemKind.TRACK].items()
    numbers = {one.key: number for number, one in added}
    for part in _parts([row.key for row in rows]):
        found = connection.execute(
            select(tracks.c.key, tracks.c.id).where(
                tracks.c.user_id == user_id, tracks.c.key.in_(part)
            )
        )
        numbers |= {row.key: row.id for row in found}
    joined = {row.title for row in rows if row.key not in numbers and row.title is not None}
    for part in _parts(sorted(joined)):
        wordings = connection.execute(
            select(descriptions.c.artist, descriptions.c.title, descriptions.c.track_id).where(
                descriptions.c.user_id == user_id,
                descriptions.c.uri.is_(None),
                descriptions.c.title.in_(part),
            )
        )
        for artist, title, number in wordings:
            numbers.setdefault(local_key(artist, title), number)
    return {
        row.key: amendment.shown(ItemKind.TRACK, numbers[row.key])
        for row in rows
        if row.key in numbers
    }


def _named(
    connection: Connection, user_id: int, amendment: Amendment, numbers: Iterable[int]
) -> Mapping[int, _Named]:
    """Give how tracks are called, corrections included."""
    wanted = sorted(set(numbers))
    found: dict[int, tuple[str, str, str | None, int]] = {
        number: (one.key, one.kind, one.name, one.artist)
        for number, one in amendment.added[ItemKind.TRACK].items()
        if number in wanted
    }
    for part in _parts(wanted):
        rows = connection.execute(
            select(
                tracks.c.id, tracks.c.key, tracks.c.kind, tracks.c.title, tracks.c.artist_id
            ).where(tracks.c.user_id == user_id, tracks.c.id.in_(part))
        )
        found |= {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}
    owners = {
        number: amendment.shown(ItemKind.ARTIST, amendment.track_owners.get(number, (artist, 0))[0])
        for number, (_, _, _, artist) in found.items()
    }
    names = {number: one.name for number, one in amendment.added[ItemKind.ARTIST].items()}
    for part in _parts(sorted(set(owners.values()) - set(names))):
        query = select(artists.c.id, artists.c.name)
        rows = connection.execute(query.where(artists.c.user_id == user_id, artists.c.id.in_(part)))
        names |= {row[0]: row[1] for row in rows}
    names |= amendment.renamed[ItemKind.ARTIST]
    titles = amendment.renamed[ItemKind.TRACK]
    return {
        number: _Named(key, kind, titles.get(number, name), names.get(owners[number]))
        for number, (key, kind, name, _) in found.items()
    }


def _doubles(connection: Connection, user_id: int, amendment: Amendment) -> set[int]:
    """Give the numbers of likes that a newer one stands for, since their tracks were merged afterwards."""
    shown_as = amendment.shown_as[ItemKind.TRACK]
    if not shown_as:
        return set()
    named = _named(connection, user_id, amendment, {*shown_as, *shown_as.values()})
    whole_of = {one.key: shown_as.get(number, number) for number, one in named.items()}
    newest: dict[int, int] = {}
    doubles: set[int] = set()
    for part in _parts(list(whole_of)):
        rows = connection.execute(
            select(liked.c.id, liked.c.key).where(liked.c.user_id == user_id, liked.c.key.in_(part))
        )
        for number, key in rows:
            other = newest.get(whole_of[key], number)
            newest[whole_of[key]] = max(number, other)
            if number != other:
                doubles.add(min(number, other))
    return doubles


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _unknown(track: str) -> NotFoundError:
    return NotFoundError(
        f"There is no track {(clean(track) or '')[:60]} in this history. Give its number or its URI."
    )
