"""What answers of Spotify tell, by the words of docs/explanation/plays.md and nothing else; always well formed here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Told(NamedTuple):
    """What is told of one play; clock and stamp in milliseconds."""

    clock: int
    ms: int
    kind: str
    uri: str
    title: str
    artist: str | None
    album: str | None
    stamp: int | None = None
    platform: str | None = None
    shuffle: bool | None = None
    private: bool | None = None


def told_by_poll(row: dict[str, Any]) -> Told:
    """An item of the list of recently played tracks."""
    track = row["track"]
    return Told(ms_of(row["played_at"]), track["duration_ms"], "music", *music_names(track))


def told_by_sample(row: dict[str, Any]) -> Told:
    """A state of the player near the end of what it plays."""
    state = row["state"]
    item, device = state["item"], state["device"]
    stamp = ms_of(row["sampled_at"]) - state["progress_ms"]
    kind, names = "music", music_names(item)
    for key, its_kind in (("show", "podcast"), ("audiobook", "audiobook")):
        if key in item:
            kind, work = its_kind, item[key]["name"]
            names = item["uri"], item["name"], work, work
    platform = private = None
    if device is not None:
        private = device["is_private_session"]
        platform = f"{device['name']} ({device['type']})" if device["name"] else device["type"]
    clock, ms = stamp + item["duration_ms"], item["duration_ms"]
    return Told(clock, ms, kind, *names, stamp, platform, state["shuffle_state"], private)


def music_names(track: dict[str, Any]) -> tuple[str, str, str | None, str | None]:
    """URI, title, artist and album of a track: the first artist of the album, else the track's own."""
    album = track.get("album", {})
    artists = [artist["name"] for artist in [*album.get("artists", ()), *track.get("artists", ())]]
    return track["uri"], track["name"], next(iter(artists), None), album.get("name")


def ms_of(moment: str) -> int:
    """Milliseconds of a moment that is written out."""
    return (datetime.fromisoformat(moment) - EPOCH) // timedelta(milliseconds=1)
