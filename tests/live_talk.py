"""An assistant that asks about a listener's Spotify as it is now, at a simulated one."""

from typing import Any

from mcp import Client

from assisting import ERAS, ask, refusal
from collecting import PLAYBACK, Room
from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Scope
from tonearm.mcp.desk import Desk
from tonearm.mcp.server import create_server
from tonearm.mcp.tool import load_tools
from tonearm.simulator.faults import Fault
from tonearm.simulator.playlists import Playlist
from tonearm.simulator.world import Track, uri

BASE = "https://music.example.org"
READING = "playlist-read-private"
WRITING = "playlist-modify-private"
LIVE = ("now_playing", "playlists", "spotify_lookup", "create_playlist")
EVERYTHING = (PLAYBACK, READING, WRITING, "playlist-modify-public", "user-top-read")
NOWHERE = f"spotify:track:{'0' * 22}"
MANY_CALLS: dict[str, Any] = {
    "spotify_burst": 10_000,
    "spotify_daily_calls": 100_000,
    "spotify_reserve": 0,
}
"""Settings that stop no test for the calls it makes."""


def client(
    room: Room,
    era: str = ERAS[0],
    user: User | None = None,
    scopes: frozenset[Scope] = frozenset(Scope),
) -> Client:
    desk = Desk(room.tonearm.services(), user or room.ada, scopes, BASE)
    return Client(create_server("1", lambda _context: desk), mode=era)


def tell(room: Room, tool: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - any arguments
    return ask(client(room), tool, given)


def refuse(room: Room, tool: str, **given: Any) -> str:  # noqa: ANN401 - any arguments
    return refusal(client(room), tool, given or load_tools()[tool].example)


def hear(room: Room, listener: str = "listener1", number: int = 3) -> Track:
    """Let a listener of the simulator play a track from now on."""
    track = tracks_of(room)[number]
    simulator = room.simulator
    with simulator.lock:
        simulator.users[listener].player.play(simulator.clock.now_ms(), [track], 0, None, 0)
    return track


def tracks_of(room: Room) -> list[Track]:
    return [one for one in room.simulator.world.all("track") if isinstance(one, Track)]


def uris_of(room: Room, number: int) -> list[str]:
    return [uri(track) for track in tracks_of(room)[:number]]


def playlist_of(room: Room, number: str) -> Playlist:
    return room.simulator.playlists[number]


def fail(room: Room, path: str, **more: Any) -> None:  # noqa: ANN401 - any fault
    with room.simulator.lock:
        room.simulator.faults.add(Fault(**{"kind": "status", "path": path, **more}))


def stop_failing(room: Room) -> None:
    with room.simulator.lock:
        room.simulator.faults.clear()
