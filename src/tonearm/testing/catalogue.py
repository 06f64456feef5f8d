"""The invented catalogue a simulated listener chooses from."""

# ruff: noqa: PLR2004 - shares and sizes of an invented catalogue mean nothing beyond their line

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tonearm.testing.names import TWINS, Namer

if TYPE_CHECKING:
    from numpy.typing import NDArray

MUSIC, PODCAST, AUDIOBOOK = 0, 1, 2
"""Codes of the kinds in `Catalogue.kind`."""

_ALPHABET: Final = np.frombuffer(
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype="S1"
)
_ID_LENGTH: Final = 22


@dataclass(frozen=True, slots=True)
class Item:
    """What one catalogue entry is called in an extended row."""

    title: str | None
    artist: str | None
    album: str | None
    uri: str


class Catalogue:
    """Tracks, episodes and chapters as parallel arrays, indexed by item number.

    Music comes first, album by album, then second URIs of the same recordings (relinked), then
    episodes, then chapters. `title`, `artist` and `album` are None throughout for what was
    withdrawn. A nameless row uses item + size, a row about nothing 2 x size; every text array is
    long enough for both.
    """

    def __init__(self, *, tracks: int, episodes: int, chapters: int, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 1])
        self._namer = Namer(self._rng)
        self._titles: list[str | None] = []
        self._artists: list[str | None] = []
        self._albums: list[str | None] = []
        self._uris: list[str] = []
        self._duration: list[int] = []
        self._album_first: list[int] = []
        self._album_size: list[int] = []
        self._artist_of: list[int] = []
        self._add_music(tracks)
        self.music = len(self._titles)
        self.relinked = self._add_relinked()
        episodes_from = len(self._titles)
        self._add_spoken(episodes, per_work=60, kind="episode")
        chapters_from = len(self._titles)
        self.authors = self._add_spoken(chapters, per_work=24, kind="chapter")
        self.size = len(self._titles)
        self.episodes = range(episodes_from, chapters_from)
        self.chapters = range(chapters_from, self.size)
        self._finish()

    def _uri_ids(self, count: int) -> list[str]:
        drawn = _ALPHABET[self._rng.integers(0, 62, size=(count, _ID_LENGTH))]
        return [raw.decode() for raw in drawn.view(f"S{_ID_LENGTH}").ravel().tolist()]

    def _add_music(self, tracks: int) -> None:
        rng, namer = self._rng, self._namer
        artist = -1
        while len(self._titles) < tracks:
            artist += 1
            # Two artists share one name early on, so that every export holds both.
            name = TWINS if artist in {3, 11} else namer.artist()
            script = _script_of(name)
            for _ in range(int(rng.integers(1, 5))):
                album, first = namer.album(), len(self._titles)
                size = int(rng.integers(1, 15))
                for place in range(size):
                    long = rng.random() < 0.004 or (artist == 5 and place == 0)
                    title = namer.long_title() if long else namer.title(script)
                    self._titles.append(title)
                    self._artists.append(name)
                    self._albums.append(album)
                    short = rng.random() < 0.02 or (artist == 2 and place == 0)
                    self._duration.append(
                        int(rng.integers(1_800, 3_400))
                        if short
                        else int(np.clip(rng.normal(218_000, 55_000), 45_000, 1_100_000))
                    )
                    self._artist_of.append(artist)
                    self._album_first.append(first)
                    self._album_size.append(size)
        count = len(self._titles)
        self._uris = [f"spotify:track:{name}" for name in self._uri_ids(count)]
        # Spotify withdraws recordings: their rows keep the URI and lose every name.
        for item in self._rng.choice(count, size=max(1, count // 150), replace=False).tolist():
            self._titles[item] = self._artists[item] = self._albums[item] = None
        self.artists = artist + 1

    def _add_relinked(self) -> NDArray[np.int64]:
        """Give some recordings a second URI; for each music item its other item, or itself."""
        other = np.arange(self.music, dtype=np.int64)
        chosen = self._rng.choice(self.music, size=max(2, self.music // 25), replace=False)
        for item, name in zip(chosen.tolist(), self._uri_ids(len(chosen)), strict=True):
            if self._titles[item] is None:
                continue
            other[item] = len(self._titles)
            self._titles.append(self._titles[item])
            self._artists.append(self._artists[item])
            self._albums.append(f"{self._albums[item]} (Deluxe Edition)")
            self._uris.append(f"spotify:track:{name}")
            self._duration.append(self._duration[item])
        return other

    def _add_spoken(self, count: int, *, per_work: int, kind: str) -> dict[str, str]:
        namer, authors = self._namer, {}
        work = ""
        for number, name in enumerate(self._uri_ids(count)):
            if number % per_work == 0:
                work = namer.show() if kind == "episode" else namer.book()
                authors[work] = namer.person()
            place = number % per_work + 1
            withdrawn = kind == "episode" and number % 40 == 17
            title = f"{place}: {namer.title()}" if kind == "episode" else f"Chapter {place}"
            self._titles.append(None if withdrawn else title)
            self._artists.append(None if withdrawn else work)
            self._albums.append(None if withdrawn else work)
            self._uris.append(f"spotify:{kind}:{name}")
            low, high = (900_000, 5_400_000) if kind == "episode" else (600_000, 2_400_000)
            self._duration.append(int(self._rng.integers(low, high)))
        return authors

    def _finish(self) -> None:
        rng = self._rng
        self.duration = np.array(self._duration, dtype=np.int64)
        self.album_first = np.array(self._album_first, dtype=np.int64)
        self.album_size = np.array(self._album_size, dtype=np.int64)
        self.artist_of = np.array(self._artist_of, dtype=np.int64)
        self.appeal = rng.lognormal(0.0, 0.9, size=self.music)
        self.short = np.flatnonzero(self.duration[: self.music] < 4_000)
        self.kind = np.full(2 * self.size + 1, MUSIC, dtype=np.int8)
        self.kind[self.episodes.start : self.episodes.stop] = PODCAST
        self.kind[self.chapters.start : self.chapters.stop] = AUDIOBOOK
        self.named = np.array([title is not None for title in self._titles], dtype=np.bool_)
        # The nearest named item before it stands in where a nameless one cannot be told apart.
        places = np.where(self.named, np.arange(self.size), 0)
        self.named_instead = np.maximum.accumulate(places)
        if not self.named[0]:
            self.named_instead[self.named_instead == 0] = int(np.flatnonzero(self.named)[0])
        pairs: dict[tuple[str | None, str | None], int] = {}
        self.pair = np.array(
            [
                pairs.setdefault(pair, len(pairs))
                for pair in zip(self._artists, self._titles, strict=True)
            ],
            dtype=np.int64,
        )
        book_uris = self._uri_ids(self.size // 24 + 1)
        self._book_uri = {
            item: f"spotify:show:{book_uris[(item - self.chapters.start) // 24]}"
            for item in self.chapters
        }

    def item(self, number: int) -> Item:
        """Names and URI of one item."""
        return Item(
            self._titles[number], self._artists[number], self._albums[number], self._uris[number]
        )

    def texts(self) -> dict[str, NDArray[np.object_]]:
        """Text columns of extended rows by key, each 2 x size + 1 long (see the class)."""
        nothing: list[str | None] = [None] * self.size
        columns: dict[str, list[str | None]] = {}

        def column(key: str, source: list[str] | list[str | None], items: range) -> None:
            values = nothing.copy()
            values[items.start : items.stop] = source[items.start : items.stop]
            columns[key] = values

        music = range(self.episodes.start)
        column("track_name", self._titles, music)
        column("album_artist", self._artists, music)
        column("album_name", self._albums, music)
        column("track_uri", self._uris, music)
        column("episode_name", self._titles, self.episodes)
        column("show_name", self._artists, self.episodes)
        column("episode_uri", self._uris, self.episodes)
        column("book_title", self._artists, self.chapters)
        column("chapter_title", self._titles, self.chapters)
        column("chapter_uri", self._uris, self.chapters)
        columns["book_uri"] = [self._book_uri.get(item) for item in range(self.size)]
        for item in self.chapters[::9]:
            # Some chapter rows carry a track URI as well.
            columns["track_uri"][item] = self._uris[item].replace(":chapter:", ":track:")
        whole = range(self.size)
        column("title", self._titles, whole)
        column("artist", self._artists, whole)
        column("album", self._albums, whole)
        column("uri", self._uris, whole)
        return {
            key: np.array(
                [*values, *(values if key.endswith("uri") else nothing), None], dtype=object
            )
            for key, values in columns.items()
        }


def _script_of(name: str) -> str:
    first = ord(name[0])
    if 0x3000 <= first <= 0x9FFF:
        return "japanese"
    if 0x0E00 <= first <= 0x0E7F:
        return "thai"
    if 0x0600 <= first <= 0x06FF:
        return "arabic"
    return "latin"
