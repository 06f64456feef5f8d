"""The catalogue as corrected: which items are shown as others, which are added, and who owns the tracks that moved.

Corrections name items by their keys. An item that is not there is left alone until it is there again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from tonearm.domain.text import normalise
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.records import Exclusion, ItemKey, Merge, Rename, Split
from tonearm.history.corrections.rules import Rule
from tonearm.history.corrections.stored import InForce
from tonearm.storage.tables import albums, artists, tracks

TABLES: Mapping[ItemKind, Table] = {
    ItemKind.ARTIST: artists,
    ItemKind.ALBUM: albums,
    ItemKind.TRACK: tracks,
}
_VALUES_AT_ONCE = 5_000  # databases bound the parameters of one query
_Identity = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """An item that only a correction knows."""

    name: str
    kind: str
    key: str
    """As the catalogue keys such an item."""
    artist: int = 0
    """Of an album or track, before any merge."""


def _by_item() -> dict[ItemKind, dict[int, Any]]:
    return {item: {} for item in ItemKind}


@dataclass(frozen=True, slots=True)
class Amendment:
    """What merges and splits make of the numbers of a catalogue."""

    shown_as: dict[ItemKind, dict[int, int]] = field(default_factory=_by_item)
    """For items that are part of another one, that one."""
    added: dict[ItemKind, dict[int, Added]] = field(default_factory=_by_item)
    track_owners: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Artist and album, before any merge, of tracks that moved or were added."""
    renamed: dict[ItemKind, dict[int, str]] = field(default_factory=_by_item)
    split_tracks: dict[int, int] = field(default_factory=dict)
    """For each correction that split wordings off a track, the track they are."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is merged, split or renamed."""
        return not (self.moves_plays or any(self.renamed.values()))

    @property
    def moves_plays(self) -> bool:
        """Whether anything is merged or split: names alone move no play."""
        return bool(self.track_owners or any(self.shown_as.values()))

    def shown(self, item: ItemKind, number: int) -> int:
        """Give the item that a number is shown as."""
        return self.shown_as[item].get(number, number)


UNAMENDED = Amendment()


def load_amendment(
    connection: Connection, user_id: int, in_force: InForce
) -> tuple[Amendment, tuple[Rule, ...]]:
    """Find what merges and splits come to in a listener's catalogue, and the items that rules name."""
    rules = in_force.exclusions
    named = [(item, key) for _, exclusion in rules for item, key in _named_by(exclusion)]
    if not (named or in_force.merges or in_force.splits or in_force.renames):
        return UNAMENDED, tuple(Rule(*rule) for rule in rules)
    names = _Names(connection, user_id)
    names.look_up(in_force, named)
    for number, split in in_force.splits:
        names.split(number, split)
    amendment = names.amendment
    for item in ItemKind:
        merges = [merge for _, merge in in_force.merges if merge.item is item]
        amendment.shown_as[item].update(names.merged(item, merges))
    names.join_albums()
    for rename in in_force.renames:
        names.rename(rename)
    found = [names.rule(*rule) for rule in rules]
    return amendment, tuple(rule for rule in found if rule is not None)


def roots(item: ItemKind, merges: Iterable[Merge]) -> dict[_Identity, list[_Identity]]:
    """For each merged item give those it goes into, one after another along its chain."""
    into = {
        key.identity(item): merge.into.identity(item) for merge in merges for key in merge.items
    }
    chains: dict[_Identity, list[_Identity]] = {}
    for start in into:
        chain: list[_Identity] = []
        place = start
        while place in into:
            place = into[place]
            chain.append(place)
        chains[start] = chain
    return chains


def _named_by(exclusion: Exclusion) -> list[tuple[ItemKind, ItemKey]]:
    named = ((item, getattr(exclusion, item.value)) for item in ItemKind)
    return [(item, key) for item, key in named if key is not None]


class _Names:
    """The rows of a catalogue that corrections speak of, by what they are called."""

    def __init__(self, connection: Connection, user_id: int) -> None:
        self._connection = connection
        self._user_id = user_id
        self.amendment = Amendment()
        self._following: dict[ItemKind, int] = {}
        self._artists: dict[tuple[str, str], int] = {}
        self._albums: dict[tuple[int, str], int] = {}
        self._tracks: dict[str, _Track] = {}
        self._album_names: dict[int, str] = {}

    def look_up(self, in_force: InForce, named: Iterable[tuple[ItemKind, ItemKey]]) -> None:
        """Read every row that something in force may name."""
        keys = list(named)
        for _, merge in in_force.merges:
            keys += [(merge.item, key) for key in (merge.into, *merge.items)]
        for _, split in in_force.splits:
            keys += [(ItemKind.TRACK, key) for key in split.tracks]
        keys += [(rename.item, rename.of) for rename in in_force.renames]
        track_keys = {key.key for item, key in keys if item is ItemKind.TRACK}
        for row in self._rows(tracks, "key", track_keys):
            self._tracks[row.key] = _Track(row.id, row.kind, row.artist_id, row.album_id)
        held = {track.album for track in self._tracks.values()}
        album_keys = {key.key for item, key in keys if item is ItemKind.ALBUM}
        for row in self._rows(albums, "id", held):
            self._album_names[row.id] = row.name
            album_keys.add(row.key)
        names = {key.key for item, key in keys if item is ItemKind.ARTIST}
        names |= {key.artist for item, key in keys if item is ItemKind.ALBUM and key.artist}
        for _, split in in_force.splits:
            album_keys |= {normalise(split.album)} | {
                normalise(one.album) for one in split.wordings
            }
            names |= {normalise(split.artist)} | {normalise(one.artist) for one in split.wordings}
        for row in self._rows(albums, "key", album_keys):
            self._albums[row.artist_id, row.key] = row.id
        for row in self._rows(artists, "key", names):
            self._artists[row.kind, row.key] = row.id

    def split(self, correction_id: int, split: Split) -> None:
        """Move tracks to another artist or album, or make a track of some wordings of one."""
        for key in split.tracks:
            track = self._tracks.get(key.key)
            if track is None:
                continue
            if split.wordings:
                self._split_wordings(correction_id, key.key, track, split)
                continue
            artist, album_name = track.artist, self._album_names.get(track.album)
            if split.artist is not None:
                artist = self._artist(track.kind, split.artist)
            if split.album is not None:
                album_name = split.album
            self._own(key.key, track, artist, album_name)

    def _split_wordings(self, correction_id: int, key: str, track: "_Track", split: Split) -> None:
        said = split.wordings[0]
        number = self._new_number(ItemKind.TRACK)
        key = f"{key}#{correction_id}"
        artist = 0 if said.artist is None else self._artist(track.kind, said.artist)
        name = said.title or said.uri or key
        self.amendment.added[ItemKind.TRACK][number] = Added(name, track.kind, key, artist)
        self.amendment.split_tracks[correction_id] = number
        self._tracks[key] = _Track(number, track.kind, artist, 0)
        self._own(key, self._tracks[key], artist, said.album)

    def _own(self, key: str, track: "_Track", artist: int, album_name: str | None) -> None:
        # What has no artist has no album.
        album = 0 if not artist or album_name is None else self._album(artist, album_name)
        self.amendment.track_owners[track.id] = artist, album
        self._tracks[key] = _Track(track.id, track.kind, artist, album)

    def _artist(self, kind: str, name: str) -> int:
        key = normalise(name)
        found = self._artists.get((kind, key))
        if found is None:
            found = self._artists[kind, key] = self._new_number(ItemKind.ARTIST)
            self.amendment.added[ItemKind.ARTIST][found] = Added(name, kind, key)
        return found

    def _album(self, artist: int, name: str) -> int:
        key = normalise(name)
        found = self._albums.get((artist, key))
        if found is None:
            found = self._albums[artist, key] = self._new_number(ItemKind.ALBUM)
            self.amendment.added[ItemKind.ALBUM][found] = Added(name, "", key, artist)
        self._album_names[found] = name
        return found

    def _new_number(self, item: ItemKind) -> int:
        if item not in self._following:
            table = TABLES[item]
            largest = select(func.max(table.c.id)).where(table.c.user_id == self._user_id)
            self._following[item] = self._connection.scalar(largest) or 0
        self._following[item] += 1
        return self._following[item]

    def _find(self, item: ItemKind, identity: _Identity) -> int | None:
        """Give the number of an item by what tells it from the others."""
        if item is ItemKind.TRACK:
            track = self._tracks.get(identity[0])
            return None if track is None else track.id
        kind, owner, key = identity
        if item is ItemKind.ARTIST:
            return self._artists.get((kind, key))
        return self._albums.get((self._artists.get((kind, owner), 0), key))

    def merged(self, item: ItemKind, merges: Iterable[Merge]) -> dict[int, int]:
        """Give what items are shown as after merges; the last one of a chain that is there stands for all."""
        shown: dict[int, int] = {}
        for identity, chain in roots(item, merges).items():
            number = self._find(item, identity)
            there = [found for link in chain if (found := self._find(item, link)) is not None]
            if number is not None and there:
                shown[number] = there[-1]
        return shown

    def join_albums(self) -> None:
        """Make one of the albums which merged artists have by the same name."""
        amendment = self.amendment
        artist_of = amendment.shown_as[ItemKind.ARTIST]
        held: dict[int, tuple[int, str]] = {}
        if artist_of:
            touched = set(artist_of) | set(artist_of.values())
            for row in self._rows(albums, "artist_id", touched):
                held[row.id] = row.artist_id, row.key
            for number, added in amendment.added[ItemKind.ALBUM].items():
                if added.artist in touched:
                    held[number] = added.artist, added.key
        shown_as = amendment.shown_as[ItemKind.ALBUM]
        chosen: dict[tuple[int, str], int] = {}
        # The album that the artist itself has comes first, then the lowest number.
        for number, (artist, key) in sorted(
            held.items(), key=lambda album: (album[1][0] in artist_of, album[0])
        ):
            if number not in shown_as:
                chosen.setdefault((artist_of.get(artist, artist), key), number)
        joined = {
            number: chosen[artist_of.get(artist, artist), key]
            for number, (artist, key) in held.items()
            if number not in shown_as
        }
        for number, into in shown_as.items():
            shown_as[number] = joined.get(into, into)
        shown_as |= {number: into for number, into in joined.items() if number != into}

    def rename(self, rename: Rename) -> None:
        """Call an item otherwise; of several names the last one holds."""
        number = self._find(rename.item, rename.of.identity(rename.item))
        if number is not None:
            self.amendment.renamed[rename.item][number] = rename.name

    def rule(self, correction_id: int, exclusion: Exclusion) -> Rule | None:
        """Give a rule with numbers; None where an item it names is not there."""
        found: dict[str, int] = {}
        for item, key in _named_by(exclusion):
            number = self._find(item, key.identity(item))
            if number is None:
                return None
            found[item.value] = self.amendment.shown(item, number)
        return Rule(correction_id, exclusion, **found)

    def _rows(self, table: Table, column: str, values: Iterable[object]) -> list[Row[Any]]:
        wanted = list(values)
        found: list[Row[Any]] = []
        for start in range(0, len(wanted), _VALUES_AT_ONCE):
            part = wanted[start : start + _VALUES_AT_ONCE]
            found += self._connection.execute(
                select(table).where(table.c.user_id == self._user_id, table.c[column].in_(part))
            )
        return found


@dataclass(frozen=True, slots=True)
class _Track:
    id: int
    kind: str
    artist: int
    album: int
