"""Playlists that change: entries, snapshots, and who may see and write them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonearm.simulator.identifiers import digest, spotify_id
from tonearm.simulator.world import Album, Part, Track, World, uri

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY_MS = 86_400_000
_SCRIPTED_TRACKS = 130  # more than one page
LOCAL_URI = "spotify:local:Somebody:Kitchen+Tapes:Rain:184"


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of a playlist; very old ones know neither when nor by whom they were added."""

    uri: str
    added_at: int | None
    added_by: str | None


@dataclass(slots=True)
class Playlist:
    """A playlist; `owner` is a user's id, `collaborators` may see and write its entries too."""

    id: str
    owner: str
    name: str
    description: str | None = None
    public: bool | None = True
    collaborative: bool = False
    collaborators: set[str] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)
    picture: str | None = None
    changes: int = 1
    snapshots: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.snapshots.add(self.snapshot_id)

    @property
    def snapshot_id(self) -> str:
        """Names the present state; another one after every change."""
        told = f"{self.changes},{digest(self.id, self.changes) % 16**40:040x}"
        return base64.b64encode(told.encode()).decode()

    @property
    def uri(self) -> str:
        """Its Spotify URI."""
        return f"spotify:playlist:{self.id}"

    def changed(self) -> str:
        """Note a change and name the new state."""
        self.changes += 1
        self.snapshots.add(self.snapshot_id)
        return self.snapshot_id

    def is_open_to(self, user_id: str) -> bool:
        """Whether a user sees the entries: the owner, and whoever works on it with them."""
        return user_id == self.owner or (self.collaborative and user_id in self.collaborators)

    def insert(self, uris: Sequence[str], place: int | None, *, now: int, by: str) -> str:
        """Add entries at a place, at the end without one."""
        entries = [Entry(uri, now, by) for uri in uris]
        place = len(self.entries) if place is None else place
        self.entries[place:place] = entries
        return self.changed()

    def replace(self, uris: Sequence[str], *, now: int, by: str) -> str:
        """Put these entries in the place of all."""
        self.entries = [Entry(uri, now, by) for uri in uris]
        return self.changed()

    def move(self, first: int, before: int, length: int) -> str:
        """Move `length` entries from `first` on to before the entry that is now at `before`."""
        block = self.entries[first : first + length]
        rest = self.entries[:first] + self.entries[first + length :]
        place = before if before <= first else before - len(block)
        place = max(place, first) if first < before < first + length else place
        self.entries = rest[:place] + block + rest[place:]
        return self.changed()

    def remove(self, uris: set[str]) -> str:
        """Take out every occurrence of the URIs."""
        self.entries = [entry for entry in self.entries if entry.uri not in uris]
        return self.changed()


def script_playlists(
    world: World, user_id: str, other_id: str, now: int, seed: int
) -> list[Playlist]:
    """The playlists a listener begins with: every kind there is, and every oddity of entries."""
    tracks = [track for track in world.all("track") if isinstance(track, Track)]
    episodes = [part for part in world.all("episode") if isinstance(part, Part)]
    albums = [album for album in world.all("album") if isinstance(album, Album)]

    def new(number: int, name: str, owner: str = user_id) -> Playlist:
        return Playlist(spotify_id(seed, "playlist", user_id, number), owner, name)

    def entries(number: int, count: int) -> list[Entry]:
        first = digest(seed, "entries", user_id, number)
        return [
            Entry(
                uri(tracks[(first + 7 * place) % len(tracks)]),
                now - (count - place) * _DAY_MS,
                user_id,
            )
            for place in range(count)
        ]

    loved = new(1, "All of it")
    loved.description, loved.entries = (
        "Everything, in the order it came.",
        entries(1, _SCRIPTED_TRACKS),
    )
    secret = new(2, "Nobody's business")
    secret.public, secret.entries = False, entries(2, 12)
    odd = new(3, "Odds & ends")
    withdrawn = spotify_id(seed, "withdrawn", user_id)
    odd.entries = [
        *(Entry(uri(track), None, None) for track in albums[0].tracks[:2]),
        Entry(LOCAL_URI, now - 40 * _DAY_MS, user_id),
        Entry(f"spotify:track:{withdrawn}", now - 30 * _DAY_MS, user_id),
        Entry(uri(episodes[0]), now - 20 * _DAY_MS, user_id),
        *entries(3, 3),
    ]
    shared = new(4, "Road trip", other_id)
    shared.public, shared.collaborative = False, True
    shared.collaborators, shared.entries = {user_id}, entries(4, 9)
    foreign = new(5, "Somebody else's taste", other_id)
    foreign.entries = entries(5, 25)
    empty = new(6, "For later")
    empty.public = None
    return [loved, secret, odd, shared, foreign, empty]
