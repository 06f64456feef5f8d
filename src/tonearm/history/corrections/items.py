"""Items as people name them: a number, a key or a name, merged and added ones included."""

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, func, or_, select, true

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import clean, normalise
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.amendment import TABLES, Amendment
from tonearm.history.corrections.records import ItemKey
from tonearm.storage.tables import albums, artists, tracks

_MOST_LISTED = 10
_ASCII = string.ascii_letters + string.digits
_NUMBER = re.compile(r"(#?)([0-9]{1,9})")
_QUOTED = re.compile('["“„](.+)["”“]')


def by_number(number: int) -> str:
    """Give the text that stands for the item of a number, whatever any item is called."""
    return f"#{number}"


def find_items(
    connection: Connection,
    user_id: int,
    amendment: Amendment,
    item: ItemKind,
    text: str,
    *,
    parameter: str,
) -> tuple[int, ...]:
    """Give the numbers of the items that a text stands for, as they are shown.

    A text may be a name, or a number; `#25` is a number whatever is called that, and a name in quotes is a name.

    Raises:
        InvalidInputError: there is none, or a number is the name of others; it names the parameter.
    """
    text = clean(text) or ""  # as names are stored: no database is asked for what it cannot hold
    if not text:
        raise _unknown(item, text, parameter)
    asked = connection, user_id, amendment, item
    number, quoted = _NUMBER.fullmatch(text), _QUOTED.fullmatch(text)
    if number is None:
        found = _called(*asked, text) or (_called(*asked, quoted[1]) if quoted else frozenset())
    else:
        numbered = _numbered(*asked, int(number[2]))
        called = frozenset() if number[1] else _called(*asked, text)
        if numbered and called and numbered != called:
            raise _ambiguous(*asked, text, numbered, called, parameter)
        found = numbered or called
    if not found:
        raise _unknown(item, text, parameter)
    return tuple(sorted(found))


def _numbered(
    connection: Connection, user_id: int, amendment: Amendment, item: ItemKind, number: int
) -> frozenset[int]:
    """Give what the item of a number is shown as; nothing where there is none."""
    table = TABLES[item]
    is_there = select(table.c.id).where(table.c.user_id == user_id, table.c.id == number)
    if number not in amendment.added[item] and connection.scalar(is_there) is None:
        return frozenset()
    return frozenset({amendment.shown(item, number)})


def _called(
    connection: Connection, user_id: int, amendment: Amendment, item: ItemKind, name: str
) -> frozenset[int]:
    """Give what the items of a name, or a track's key, are shown as."""
    table, key = TABLES[item], normalise(name)
    if not key:
        return frozenset()
    found = {
        number for number, renamed in amendment.renamed[item].items() if normalise(renamed) == key
    }
    if item is ItemKind.TRACK:
        # Titles are kept as they are written, and no database compares them as `normalise` does.
        titles = select(tracks.c.id, tracks.c.title).where(
            tracks.c.user_id == user_id, _may_begin(tracks.c.title, key)
        )
        found |= {number for number, title in connection.execute(titles) if normalise(title) == key}
        wanted = tracks.c.key == name
        found |= {
            number
            for number, added in amendment.added[item].items()
            if added.key == name or normalise(added.name) == key
        }
    else:
        wanted = table.c.key == key
        found |= {number for number, added in amendment.added[item].items() if added.key == key}
    found |= set(connection.scalars(select(table.c.id).where(table.c.user_id == user_id, wanted)))
    return frozenset(amendment.shown(item, number) for number in found)


def _may_begin(title: ColumnElement[str | None], key: str) -> ColumnElement[bool]:
    """Leave out titles that begin with another letter than a normalised name, so that few have to be normalised.

    A letter of ASCII that is not the key's first one never becomes it, whatever follows.
    """
    if key[0] not in _ASCII:
        return true()
    first = func.substr(title, 1, 1)
    return or_(first.in_([key[0], key[0].upper()]), first.not_in(list(_ASCII)))


def _ambiguous(
    connection: Connection,
    user_id: int,
    amendment: Amendment,
    item: ItemKind,
    text: str,
    numbered: frozenset[int],
    called: frozenset[int],
    parameter: str,
) -> InvalidInputError:
    numbers = [*sorted(numbered), *sorted(called - numbered)][:_MOST_LISTED]
    keys = item_keys(connection, user_id, amendment, item, numbers)
    listed = ", ".join(
        f"{by_number(number)} '{key.name[:60]}'" for number, key in zip(numbers, keys, strict=True)
    )
    return InvalidInputError(
        f"'{text}' is the number of one {item} and the name of another: {listed}. Write "
        f'{by_number(int(text))} for the number, or "{text}", in quotes, for the name.',
        parameter=parameter,
    )


def _unknown(item: ItemKind, text: str, parameter: str) -> InvalidInputError:
    return InvalidInputError(
        f"There is no {item} '{text[:60]}' in this history. Give its name as it is written "
        "there, or its number.",
        parameter=parameter,
    )


def find_item(
    connection: Connection,
    user_id: int,
    amendment: Amendment,
    item: ItemKind,
    text: str,
    *,
    parameter: str,
) -> ItemKey:
    """Give the one item that a text stands for; raises InvalidInputError as `find_number` does."""
    number = find_number(connection, user_id, amendment, item, text, parameter=parameter)
    return item_keys(connection, user_id, amendment, item, [number])[0]


def find_number(
    connection: Connection,
    user_id: int,
    amendment: Amendment,
    item: ItemKind,
    text: str,
    *,
    parameter: str,
) -> int:
    """Give the number of the one item that a text stands for.

    Raises:
        InvalidInputError: there is none, or more than one; it names the parameter.
    """
    numbers = find_items(connection, user_id, amendment, item, text, parameter=parameter)
    if len(numbers) > 1:
        shown = ", ".join(map(by_number, numbers[:_MOST_LISTED]))
        raise InvalidInputError(
            f"'{text[:60]}' names {len(numbers)} {item}s. Give the number of one: {shown}.",
            parameter=parameter,
        )
    return numbers[0]


def item_keys(
    connection: Connection,
    user_id: int,
    amendment: Amendment,
    item: ItemKind,
    numbers: Sequence[int],
) -> list[ItemKey]:
    """Give the keys of items, each of which is there."""
    added = amendment.added[item]
    stored = [number for number in numbers if number not in added]
    known = _stored_keys(connection, user_id, item, stored)
    for number in numbers:
        if number not in added:
            continue
        what = added[number]
        kind, artist = what.kind, None
        if item is ItemKind.ALBUM:
            owner = item_keys(connection, user_id, amendment, ItemKind.ARTIST, [what.artist])[0]
            kind, artist = owner.kind, owner.key
        known[number] = ItemKey(what.name, kind, what.key, artist)
    names = amendment.renamed[item]
    return [
        replace(known[number], name=names.get(number, known[number].name)) for number in numbers
    ]


def _stored_keys(
    connection: Connection, user_id: int, item: ItemKind, numbers: Iterable[int]
) -> dict[int, ItemKey]:
    table = TABLES[item]
    place = (table.c.user_id == user_id, table.c.id.in_(list(numbers)))
    if item is ItemKind.ALBUM:
        query = (
            select(albums.c.id, albums.c.name, artists.c.kind, albums.c.key, artists.c.key)
            .join(
                artists,
                (artists.c.user_id == albums.c.user_id) & (artists.c.id == albums.c.artist_id),
            )
            .where(*place)
        )
    elif item is ItemKind.ARTIST:
        query = select(artists.c.id, artists.c.name, artists.c.kind, artists.c.key).where(*place)
    else:
        name = func.coalesce(tracks.c.title, tracks.c.key)
        query = select(tracks.c.id, name, tracks.c.kind, tracks.c.key).where(*place)
    return {row[0]: ItemKey(*row[1:]) for row in connection.execute(query)}
