"""The catalogue in the database, and what has to change there."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, select

from tonearm.catalogue.credits import Credits, credited_artists, kinds_of
from tonearm.catalogue.descriptions import Description
from tonearm.catalogue.resolution import Resolution
from tonearm.storage.bulk import delete_rows, insert_rows
from tonearm.storage.poll_tables import track_credits
from tonearm.storage.tables import albums, artists, descriptions, tracks

Stored = Mapping[Any, tuple[Any, ...]]
"""Rows by their natural key; the first value is the id."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a table lacks and what it has too much of."""

    table: Table
    ids: dict[Hashable, int]
    """The id of every wanted row by its natural key."""
    gone: list[int]
    rows: list[tuple[object, ...]]

    def apply(self, connection: Connection, user_id: int) -> None:
        """Make the table as wanted."""
        delete_rows(connection, self.table, user_id, self.gone)
        insert_rows(connection, self.table, self.rows)


def difference(
    user_id: int,
    table: Table,
    stored: Stored,
    wanted: Mapping[Any, tuple[object, ...]],
    *,
    is_compound: bool = True,
) -> Difference:
    """Compare stored rows with wanted ones by natural key; ids of rows that stay are kept.

    `is_compound` says that the natural key is a tuple of several columns.
    """
    following = max((row[0] for row in stored.values()), default=0) + 1
    ids: dict[Hashable, int] = {}
    rows: list[tuple[object, ...]] = []
    gone = [row[0] for key, row in stored.items() if key not in wanted]
    for key, rest in wanted.items():
        known = stored.get(key)
        if known is None:
            ids[key] = following
            following += 1
        else:
            ids[key] = known[0]
            if known[1:] == rest:
                continue
            gone.append(known[0])
        columns = key if is_compound else (key,)
        rows.append((user_id, ids[key], *columns, *rest))
    return Difference(table, ids, gone, rows)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A listener's catalogue as stored."""

    descriptions: Stored
    tracks: Stored
    albums: Stored
    artists: Stored
    credits: Stored = field(default_factory=dict)


def load_catalogue(connection: Connection, user_id: int) -> Catalogue:
    """Read a listener's catalogue."""
    texts: dict[Any, Any] = {}

    def rows(table: Table) -> Iterator[tuple[Any, ...]]:
        columns = [column for column in table.columns if column.name != "user_id"]
        found = connection.execute(
            select(*columns).where(table.c.user_id == user_id).order_by(table.c.id)
        )
        # Descriptions, tracks, albums and artists have many texts in common: each is held once.
        return (tuple(map(texts.setdefault, row, row)) for row in found)

    return Catalogue(
        descriptions={Description(*row[1:6]): (row[0], row[6]) for row in rows(descriptions)},
        tracks={row[1]: (row[0], *row[2:]) for row in rows(tracks)},
        albums={(row[1], row[2]): (row[0], row[3]) for row in rows(albums)},
        artists={(row[1], row[2]): (row[0], row[3]) for row in rows(artists)},
        credits={(row[1], row[2]): (row[0], *row[3:]) for row in rows(track_credits)},
    )


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """What a resolution changes in the catalogue."""

    differences: tuple[Difference, ...]
    description_ids: NDArray[np.uint32]
    """By position of the description in the resolution."""
    track_ids: NDArray[np.uint32]
    """By position of the track in the resolution."""

    @property
    def rewrites_tracks(self) -> bool:
        """Whether tracks that are there already, or their credits, change or go, rather than new ones come."""
        return any(
            change.gone for change in self.differences if change.table in (tracks, track_credits)
        )

    def apply(self, connection: Connection, user_id: int) -> None:
        """Write the changes."""
        for change in self.differences:
            change.apply(connection, user_id)


def plan_catalogue(
    user_id: int,
    catalogue: Catalogue,
    wordings: list[Description],
    resolution: Resolution,
    credited: Credits,
) -> CatalogueChange:
    """Find what has to change for the catalogue to be what a resolution says."""
    artist = difference(
        user_id,
        artists,
        catalogue.artists,
        {
            key: (name,)
            for key, name in (credited_artists(resolution, credited) | resolution.artists).items()
        },
    )
    album = difference(
        user_id,
        albums,
        catalogue.albums,
        {(artist.ids[owner], key): (name,) for (owner, key), name in resolution.albums.items()},
    )
    wanted: dict[str, tuple[object, ...]] = {}
    for item in resolution.tracks:
        artist_id = artist.ids.get(item.artist, 0)
        album_id = 0 if item.album is None else album.ids[artist.ids[item.album[0]], item.album[1]]
        wanted[item.key] = (item.kind, item.title, artist_id, album_id)
    track = difference(user_id, tracks, catalogue.tracks, wanted, is_compound=False)
    track_ids = np.fromiter(
        (track.ids[item.key] for item in resolution.tracks), np.uint32, len(resolution.tracks)
    )
    owners = track_ids[resolution.track_of].tolist()
    description = difference(
        user_id,
        descriptions,
        catalogue.descriptions,
        {wording: (owner,) for wording, owner in zip(wordings, owners, strict=True)},
    )
    description_ids = np.fromiter(
        (description.ids[wording] for wording in wordings), np.uint32, len(wordings)
    )
    kinds = kinds_of(resolution, credited)
    credit = difference(
        user_id,
        track_credits,
        catalogue.credits,
        {
            (key, whose): (name, track.ids[key], artist.ids[kinds[key], whose])
            for (key, whose), name in credited.items()
        },
    )
    return CatalogueChange((artist, album, track, description, credit), description_ids, track_ids)
