"""Listeners: who they are, what they have saved, what they hear and with which devices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonearm.simulator.identifiers import digest, spotify_id
from tonearm.simulator.world import uri

if TYPE_CHECKING:
    from tonearm.simulator.listening import Script
    from tonearm.simulator.player import Player
    from tonearm.simulator.playlists import Playlist
    from tonearm.simulator.world import World

_DAY_MS = 86_400_000
_SHELVES = {"track": 64, "album": 23, "episode": 9, "show": 2, "audiobook": 2, "artist": 26}
SAVED_KINDS = (*_SHELVES, "playlist", "user")


@dataclass(slots=True)
class User:
    """A listener of the simulator; `account_id` never changes, unlike what people call themselves."""

    id: str
    account_id: str
    display_name: str | None
    has_picture: bool
    premium: bool
    script: Script
    player: Player
    saved: dict[str, dict[str, int]]
    """URI to the instant it was saved (milliseconds), by kind, in the order of saving."""
    playlists: list[Playlist] = field(default_factory=list)
    """Own and followed ones, in the order the listener sees them."""

    def save(self, kind: str, its_uri: str, now: int) -> None:
        """Put something into the library; what is there keeps its instant."""
        self.saved[kind].setdefault(its_uri, now)

    def unsave(self, kind: str, its_uri: str) -> None:
        """Take something out of the library."""
        self.saved[kind].pop(its_uri, None)

    def newest_saved(self, kind: str) -> list[tuple[str, int]]:
        """URIs of a kind with the instant of saving, the newest first."""
        return sorted(self.saved[kind].items(), key=lambda row: row[1])[::-1]


def fill_library(world: World, user_id: str, now: int, seed: int) -> dict[str, dict[str, int]]:
    """What a listener has saved before the simulator begins."""
    saved: dict[str, dict[str, int]] = {kind: {} for kind in SAVED_KINDS}
    for kind, most in _SHELVES.items():
        shelf = list(world.all(kind))
        count = min(most, max(1, len(shelf) * 2 // 3))  # something is left to be saved
        step = max(1, len(shelf) // count)
        first = digest(seed, "saved", user_id, kind) % len(shelf)
        for place in range(count):
            entity = shelf[(first + place * step) % len(shelf)]
            saved[kind][uri(entity)] = now - (count - place) * 3 * _DAY_MS
    return saved


def account_of(seed: int, number: int) -> str:
    """The immutable account id of the listener with a number."""
    return spotify_id(seed, "account", number)
