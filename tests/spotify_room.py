"""A simulated Spotify on a real server, and links to it, for tests of the room by itself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from simulator.simulating import make_simulator
from tonearm.ops.clock import Clock
from tonearm.simulator.accounts import SCOPES
from tonearm.simulator.playlists import Playlist
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Simulator
from tonearm.simulator.world import uri
from tonearm.spotify.client import Reach, Spotify
from tonearm.spotify.pacing import Allowance, Pacer, Purpose
from tonearm.spotify.session import Session
from tonearm.storage.database import Database

JPEG = b"\xff\xd8\xff\xe0 a picture"
NOWHERE = "0" * 22
"""An id of nothing."""
MANY = Allowance(daily_calls=10**6, reserve=0, burst=10**6)


@dataclass
class Link:
    """Lends the tokens of a listener of the simulator, and renews them there."""

    simulator: Simulator
    user: str = "listener1"
    scopes: frozenset[str] = frozenset(SCOPES)
    client_id: str = CLIENT_ID
    refused: list[str] = field(default_factory=list)
    """What was said to be refused."""
    token: str = ""

    def __post_init__(self) -> None:
        self.token = self.token or self._new()

    def access_token(self) -> str:
        return self.token

    def renewed(self, refused: str) -> str:
        self.refused.append(refused)
        self.token = self._new()
        return self.token

    def _new(self) -> str:
        with self.simulator.lock:
            _, tokens = self.simulator.link(self.user, client_id=self.client_id, scopes=self.scopes)
        return tokens.access_token


@dataclass
class Place:
    """A simulator that is served, and a client that calls it."""

    simulator: Simulator
    spotify: Spotify
    origin: str
    slept: list[float]
    """How long each sleep for a pace was; the simulator's time went on meanwhile."""

    def session(
        self,
        purpose: Purpose = Purpose.OTHER,
        user: str = "listener1",
        scopes: Iterable[str] = SCOPES,
    ) -> Session:
        return self.spotify.for_link(Link(self.simulator, user, frozenset(scopes)), purpose)

    def answered(self, status: int | None = None) -> int:
        """Give how many answers there were, or how many of a status."""
        return sum(
            count
            for (_, _, found), count in self.simulator.counts.items()
            if status in (None, found)
        )


@contextmanager
def open_place(
    database: Database,
    allowance: Allowance = MANY,
    *,
    clock: Clock | None = None,
    patience: float = 6.0,
) -> Iterator[Place]:
    """Serve a simulator whose clock stands still, and open a client with an allowance for it."""
    simulator = make_simulator()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        simulator.clock.advance(seconds=seconds)

    pacer = Pacer(database, clock or simulator.clock, allowance, sleep)
    with serving(simulator) as origin:
        spotify = Spotify(pacer, Reach(f"{origin}/v1", patience=patience), "1.2.3")
        try:
            yield Place(simulator, spotify, origin, slept)
        finally:
            spotify.close()


def tracks_of(place: Place) -> list[str]:
    return [uri(track) for track in place.simulator.world.all("track")]


def playlist_of(place: Place, name: str) -> Playlist:
    return next(each for each in place.simulator.users["listener1"].playlists if each.name == name)
