"""The player: what is heard now, devices, the queue, and the commands, for which Spotify wants Premium."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from tonearm.domain.errors import InvalidInputError
from tonearm.spotify.asking import Ask, check_number
from tonearm.spotify.ids import check_uris, kind_of
from tonearm.spotify.models import Device, Playback, Queue
from tonearm.spotify.operation import Resource, Scope, operation
from tonearm.spotify.reading import read

MOST_URIS: Final = 100
_LOUDEST: Final = 100
_PLAYABLE: Final = frozenset({"track", "episode", "chapter"})
_CONTEXTS: Final = frozenset({"album", "artist", "playlist", "show", "audiobook"})
# Without it an episode looks like an advert.
_KINDS: Final = {"additional_types": "track,episode"}


class Repeat(StrEnum):
    """What is played again."""

    TRACK = "track"
    CONTEXT = "context"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class PlayerState:
    """What is heard now, on what and in which mode."""

    playback: Playback
    raw: bytes = field(repr=False)
    """What it was read from: JSON."""


def read_state(raw: bytes) -> PlayerState:
    """Read what Spotify said of a player; raises SpotifyUnavailableError for what is something else."""
    return PlayerState(read(Playback, raw), raw)


class _Devices(msgspec.Struct, frozen=True):
    devices: tuple[Device, ...] = ()


class Player(Resource):
    """The listener's player; commands go to the active device unless one is named."""

    @operation(
        "get-the-users-currently-playing-track",
        "GET",
        "/me/player/currently-playing",
        Scope.READ_CURRENT,
    )
    def current(self, ask: Ask) -> Playback | None:
        """Give what is heard now; None while nothing is."""
        return ask.find(Playback, query=_KINDS)

    @operation(
        "get-information-about-the-users-current-playback",
        "GET",
        "/me/player",
        Scope.READ_PLAYBACK,
    )
    def state(self, ask: Ask) -> PlayerState | None:
        """Give what is heard now, on what and in which mode; None while nothing is."""
        body = ask.body(query=_KINDS)
        return read_state(body) if body else None

    @operation("get-a-users-available-devices", "GET", "/me/player/devices", Scope.READ_PLAYBACK)
    def devices(self, ask: Ask) -> tuple[Device, ...]:
        """List the devices on which Spotify runs."""
        return ask.one(_Devices).devices

    @operation("get-queue", "GET", "/me/player/queue", Scope.READ_CURRENT, Scope.READ_PLAYBACK)
    def queue(self, ask: Ask) -> Queue:
        """Give what is heard now and next."""
        return ask.one(Queue)

    @operation("transfer-a-users-playback", "PUT", "/me/player", Scope.MODIFY_PLAYBACK)
    def transfer(self, ask: Ask, device_id: str, *, play: bool = False) -> None:
        """Go on on another device; with `play` also if nothing plays now."""
        ask.do(document={"device_ids": [device_id], "play": play})

    @operation("start-a-users-playback", "PUT", "/me/player/play", Scope.MODIFY_PLAYBACK)
    def play(
        self,
        ask: Ask,
        *,
        context_uri: str | None = None,
        uris: Sequence[str] = (),
        offset: int | str | None = None,
        position_ms: int | None = None,
        device_id: str | None = None,
    ) -> None:
        """Go on, or play an album, artist, playlist, show or audiobook, or a list of URIs.

        `offset` says where in it to begin: a place, counted from 0, or a URI.
        """
        document: dict[str, object] = {}
        if context_uri is not None and uris:
            raise InvalidInputError("Name a context to play or a list of URIs, not both.")
        if context_uri is not None:
            kind_of(context_uri, _CONTEXTS)
            document["context_uri"] = context_uri
        if uris:
            document["uris"] = check_uris(uris, _PLAYABLE, MOST_URIS)
        if isinstance(offset, int):
            check_number("offset", offset, 0)
            document["offset"] = {"position": offset}
        elif offset is not None:
            kind_of(offset, _PLAYABLE)
            document["offset"] = {"uri": offset}
        if position_ms is not None:
            check_number("position_ms", position_ms, 0)
            document["position_ms"] = position_ms
        ask.do(query={"device_id": device_id}, document=document or None)

    @operation("pause-a-users-playback", "PUT", "/me/player/pause", Scope.MODIFY_PLAYBACK)
    def pause(self, ask: Ask, *, device_id: str | None = None) -> None:
        """Stop for now."""
        ask.do(query={"device_id": device_id})

    @operation(
        "skip-users-playback-to-next-track", "POST", "/me/player/next", Scope.MODIFY_PLAYBACK
    )
    def next(self, ask: Ask, *, device_id: str | None = None) -> None:
        """Go to what comes next."""
        ask.do(query={"device_id": device_id})

    @operation(
        "skip-users-playback-to-previous-track",
        "POST",
        "/me/player/previous",
        Scope.MODIFY_PLAYBACK,
    )
    def previous(self, ask: Ask, *, device_id: str | None = None) -> None:
        """Go to what was before."""
        ask.do(query={"device_id": device_id})

    @operation(
        "seek-to-position-in-currently-playing-track",
        "PUT",
        "/me/player/seek",
        Scope.MODIFY_PLAYBACK,
    )
    def seek(self, ask: Ask, position_ms: int, *, device_id: str | None = None) -> None:
        """Go to a place in what plays; behind its end means to the next."""
        check_number("position_ms", position_ms, 0)
        ask.do(query={"position_ms": position_ms, "device_id": device_id})

    @operation(
        "set-repeat-mode-on-users-playback", "PUT", "/me/player/repeat", Scope.MODIFY_PLAYBACK
    )
    def repeat(self, ask: Ask, mode: Repeat, *, device_id: str | None = None) -> None:
        """Choose what is played again."""
        ask.do(query={"state": Repeat(mode).value, "device_id": device_id})

    @operation(
        "toggle-shuffle-for-users-playback", "PUT", "/me/player/shuffle", Scope.MODIFY_PLAYBACK
    )
    def shuffle(self, ask: Ask, *, on: bool, device_id: str | None = None) -> None:
        """Play in any order, or not."""
        ask.do(query={"state": on, "device_id": device_id})

    @operation("set-volume-for-users-playback", "PUT", "/me/player/volume", Scope.MODIFY_PLAYBACK)
    def volume(self, ask: Ask, percent: int, *, device_id: str | None = None) -> None:
        """Set how loud it is, from 0 to 100."""
        check_number("percent", percent, 0, _LOUDEST)
        ask.do(query={"volume_percent": percent, "device_id": device_id})

    @operation("add-to-queue", "POST", "/me/player/queue", Scope.MODIFY_PLAYBACK)
    def enqueue(self, ask: Ask, uri: str, *, device_id: str | None = None) -> None:
        """Let a track, episode or chapter come next."""
        kind_of(uri, _PLAYABLE)
        ask.do(query={"uri": uri, "device_id": device_id})
