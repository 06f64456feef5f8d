"""What a look at the player comes to: what has ended since the look before, what ends soon, and when to look again.

What is about to end is recorded only once it has: somebody may pause in its last seconds and hear them tomorrow, and
Spotify tells for hours of a player that has lost its network in the midst of something.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from tonearm.domain.vocabulary import Kind
from tonearm.history.answers import Sample, artist_of
from tonearm.spotify.models import Device, Playable
from tonearm.spotify.player import PlayerState

# Whoever skips what has so little to go ends it within 30 s of its end, also if Spotify moves that by 20 s: one listen.
_NEAR: Final = timedelta(seconds=10)
_BEFORE_END: Final = timedelta(seconds=8)
_AFTER_END: Final = timedelta(seconds=5)
_ADVERT: Final = timedelta(seconds=30)


class Found(StrEnum):
    """What a look has found."""

    NOTHING = "nothing"
    PAUSED = "paused"
    ADVERT = "advert"
    UNKNOWN = "unknown"
    """Something plays of which Spotify does not tell what, how long it is or how far; or it stands still."""
    UNDER_WAY = "under_way"
    ENDING = "ending"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Before:
    """The look before, of the same chain."""

    at: datetime
    progress_ms: int | None

    @classmethod
    def of(cls, payload: dict[str, Any]) -> "Before | None":
        """Read what the job before has left; None in the first one of a chain."""
        if "looked_at" not in payload:
            return None
        return cls(datetime.fromisoformat(payload["looked_at"]), payload["progress_ms"])

    @property
    def payload(self) -> dict[str, Any]:
        """What the next job is told."""
        return {"looked_at": self.at.isoformat(), "progress_ms": self.progress_ms}


@dataclass(frozen=True, slots=True)
class Look:
    """What one look comes to."""

    at: datetime
    found: Found
    ended: Sample | None
    """What was about to end, and has ended since."""
    held: PlayerState | None
    """What is about to end."""
    again_at: datetime | None
    """When to look again; None until the next poll."""
    progress_ms: int | None


def look(
    state: PlayerState | None, at: datetime, held: Sample | None, before: Before | None
) -> Look:
    """Judge what was seen at a moment; `held` is what was about to end when something last was."""
    sample = None if state is None else sample_of(state, at)
    progress_ms = None if state is None else state.playback.progress_ms
    found = _found(state, sample, at, before)
    is_over = held is not None and _is_over(held, sample)
    return Look(
        at=at,
        found=found,
        ended=held if is_over else None,
        held=state if found is Found.ENDING else None,
        again_at=_again_at(found, sample, at),
        progress_ms=progress_ms,
    )


def sample_of(state: PlayerState, at: datetime) -> Sample | None:
    """Give what a player is at as exports would name it; None where Spotify does not tell all of it."""
    playback, item = state.playback, state.playback.item
    if item is None or not item.duration_ms or playback.progress_ms is None:
        return None
    kind, artist, album = _named(item)
    device = playback.device
    return Sample(
        kind=kind,
        uri=item.uri or None,
        title=item.name or None,
        artist=artist,
        artists=tuple(one.name for one in item.artists),
        album=album,
        begun_at=at - timedelta(milliseconds=playback.progress_ms),
        duration_ms=item.duration_ms,
        platform=None if device is None else _platform_of(device),
        shuffle=playback.shuffle_state,
        private=None if device is None else device.is_private_session,
        sampled_at=at,
        answer=state.raw,
    )


def _named(item: Playable) -> tuple[Kind, str | None, str | None]:
    """Give kind, artist and album: those of a podcast are its show, those of an audiobook its title."""
    if item.audiobook is not None or item.uri.startswith("spotify:chapter:"):
        book = None if item.audiobook is None else item.audiobook.name
        return Kind.AUDIOBOOK, book, book
    if item.type == "episode":
        show = None if item.show is None else item.show.name
        return Kind.PODCAST, show, show
    album = item.album
    of_album = () if album is None else tuple(artist.name for artist in album.artists)
    artist = artist_of(of_album, [artist.name for artist in item.artists])
    return Kind.MUSIC, artist, None if album is None else album.name


def _platform_of(device: Device) -> str | None:
    """Give name and type of a device: exports name platforms otherwise, but the same words sort them."""
    if device.name and device.type:
        return f"{device.name} ({device.type})"
    return device.name or device.type or None


def _found(
    state: PlayerState | None, sample: Sample | None, at: datetime, before: Before | None
) -> Found:
    if state is None:
        return Found.NOTHING
    playback = state.playback
    if not playback.is_playing:
        return Found.PAUSED
    if playback.currently_playing_type == "ad":
        return Found.ADVERT
    if sample is None or at > sample.ends_at or _stands_still(playback.progress_ms, at, before):
        return Found.UNKNOWN
    return Found.UNDER_WAY if sample.ends_at - at > _NEAR else Found.ENDING


def _stands_still(progress_ms: int | None, at: datetime, before: Before | None) -> bool:
    return before is not None and before.progress_ms == progress_ms and before.at < at


def _is_over(held: Sample, seen: Sample | None) -> bool:
    """Tell whether something else is there now, or the same from its beginning."""
    return seen is None or seen.uri != held.uri or seen.begun_at >= held.ends_at - _NEAR


def _again_at(found: Found, sample: Sample | None, at: datetime) -> datetime | None:
    if found is Found.ADVERT:
        return at + _ADVERT
    if sample is not None and found is Found.UNDER_WAY:
        return sample.ends_at - _BEFORE_END
    if sample is not None and found is Found.ENDING:
        return sample.ends_at + _AFTER_END
    return None
