"""The names of items, as stored and as corrected."""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, literal, select, true

from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.amendment import Amendment
from tonearm.insights.known import Spelling
from tonearm.insights.library import Library
from tonearm.insights.question import Item
from tonearm.storage.tables import albums, artists, tracks

_NAMES_AT_ONCE = 5_000  # databases bound the parameters of one query
_BETWEEN = "\x1f"  # sorts before whatever a name holds, so that keys sort part by part
_KINDS: dict[Item, ItemKind] = {
    "artists": ItemKind.ARTIST,
    "albums": ItemKind.ALBUM,
    "tracks": ItemKind.TRACK,
}


def load_names(
    connect: Callable[[], Connection],
    user_id: int,
    library: Library,
    item: Item,
    ids: Collection[int],
) -> dict[int, Spelling]:
    """Look up the names of items that are there; those looked up before are kept with the library.

    `connect` is called only where there are others, for it may have to begin a transaction.
    """
    known = library.names[item]
    found = known.find(ids)
    missing = [number for number in ids if number not in found]
    if not missing:
        return found
    read = _read_names(connect(), user_id, library, item, missing)
    known.keep(read)
    return found | read


def _read_names(
    connection: Connection, user_id: int, library: Library, item: Item, wanted: list[int]
) -> dict[int, Spelling]:
    query, asked = _query(item), {"user": user_id, "ids": wanted}
    if len(wanted) > _NAMES_AT_ONCE:
        query, asked = _query(item, is_for_all=True), {"user": user_id}
    among = frozenset(wanted)
    rows = connection.execute(query, asked)
    found = {row[0]: Spelling(*row[1:]) for row in rows if row[0] in among}
    amendment = library.overlay.amendment
    if amendment.moves_plays:
        found |= _corrected(connection, user_id, library, item, wanted, found)
    return found if amendment.is_empty else _renamed(library, item, found)


def _corrected(
    connection: Connection,
    user_id: int,
    library: Library,
    item: Item,
    wanted: list[int],
    stored: dict[int, Spelling],
) -> dict[int, Spelling]:
    """Give names as merges and splits make them."""
    amendment, found = library.overlay.amendment, dict(stored)
    added = amendment.added[_KINDS[item]]
    for number in wanted:
        if number in added:
            what = added[number]
            key = what.kind + _BETWEEN + what.key if item == "artists" else what.key
            found[number] = Spelling(what.name, None, key, 0)
    if item == "artists":
        return found
    owners = {number: _owner(library, amendment, item, number, found[number]) for number in found}
    moved = {number: owner for number, owner in owners.items() if owner != found[number].owner}
    named = load_names(lambda: connection, user_id, library, "artists", set(moved.values()))
    for number, owner in moved.items():
        artist, was = named.get(owner), found[number]
        key = was.key
        if item == "albums" and artist is not None:
            key = artist.key + _BETWEEN + was.key.rpartition(_BETWEEN)[2]
        found[number] = Spelling(was.name, artist.name if artist else None, key, owner)
    return found


def _renamed(library: Library, item: Item, found: dict[int, Spelling]) -> dict[int, Spelling]:
    """Give names as the listener words them."""
    renamed = library.overlay.amendment.renamed
    names, artists = renamed[_KINDS[item]], renamed[ItemKind.ARTIST]
    return {
        number: told._replace(
            name=names.get(number, told.name),
            artist=artists.get(told.owner, told.artist),
            former=told.name if number in names else None,
        )
        for number, told in found.items()
    }


def _owner(
    library: Library, amendment: Amendment, item: Item, number: int, spelling: Spelling
) -> int:
    """Give the artist that an album or track is shown with."""
    if item == "tracks":
        return int(library.columns.track_artist[number])
    added = amendment.added[ItemKind.ALBUM].get(number)
    artist = spelling.owner if added is None else added.artist
    return amendment.shown(ItemKind.ARTIST, artist)


@cache  # making a query takes longer than answering it
def _query(item: Item, *, is_for_all: bool = False) -> Any:  # noqa: ANN401 - three shapes of select
    """Give the query for the names of items: of a `user`, with one of the `ids` unless it is for all."""
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    if item == "artists":
        return select(
            artists.c.id,
            artists.c.name,
            literal(None),
            artists.c.kind + _BETWEEN + artists.c.key,
            literal(0),
        ).where(
            artists.c.user_id == bindparam("user"), true() if is_for_all else artists.c.id.in_(ids)
        )
    table, name = (tracks, tracks.c.title) if item == "tracks" else (albums, albums.c.name)
    owner = (artists.c.user_id == table.c.user_id) & (artists.c.id == table.c.artist_id)
    whose = artists.c.kind + _BETWEEN + artists.c.key
    key = tracks.c.key if item == "tracks" else whose + _BETWEEN + albums.c.key
    return (
        select(table.c.id, name, artists.c.name, key, table.c.artist_id)
        .select_from(table.outerjoin(artists, owner))
        .where(table.c.user_id == bindparam("user"), true() if is_for_all else table.c.id.in_(ids))
    )
