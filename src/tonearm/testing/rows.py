"""Listens written as rows, in the shapes Spotify's packages have had."""

# ruff: noqa: N815 - fields carry the names of Spotify's keys

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
import numpy as np

from tonearm.testing.catalogue import AUDIOBOOK, MUSIC, PODCAST, Catalogue
from tonearm.testing.listener import (
    COUNTRIES,
    MILLISECONDS,
    NO_STAMP,
    PLATFORMS,
    REASONS,
    RESET_STAMP,
    SECONDS,
    ZERO_STAMP,
    Listens,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIVATE_USER: Final = "private-user-31"
"""Stands in every field that names the listener."""
PRIVATE_AGENTS: Final = (
    "PrivateAgent%2F8.5.7%20iOS%2F15.1 (iPhone12,8)",
    "PrivateAgent/111 (Windows NT 10.0; Win64; x64)",
    None,
)
PRIVATE_NETWORK: Final = "203.0.113."
"""Every address begins with this."""

_ADDRESSES: Final = np.array([f"{PRIVATE_NETWORK}{host}" for host in range(1, 255)], dtype=object)
_SKIPPED_KNOWN_MS: Final = int(datetime(2022, 10, 1, tzinfo=UTC).timestamp() * 1000)
_SKIPPED_FALSE_MS: Final = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp() * 1000)
_DAYS_30_MS: Final = 30 * 86_400_000
_MINUTES_5_MS: Final = 300_000
_FLAGS: Final = np.array([False, True, None, msgspec.UNSET], dtype=object)
_KINDS: Final = {MUSIC: "music", PODCAST: "podcast", AUDIOBOOK: "audiobook"}


class ExtendedRow(msgspec.Struct, gc=False):
    """A row of the extended history as written since 2024."""

    ts: str
    platform: str
    ms_played: int
    conn_country: str
    ip_addr: str
    master_metadata_track_name: str | None
    master_metadata_album_artist_name: str | None
    master_metadata_album_album_name: str | None
    spotify_track_uri: str | None
    episode_name: str | None
    episode_show_name: str | None
    spotify_episode_uri: str | None
    audiobook_title: str | None
    audiobook_uri: str | None
    audiobook_chapter_uri: str | None
    audiobook_chapter_title: str | None
    reason_start: str | None
    reason_end: str | None
    shuffle: bool | msgspec.UnsetType | None
    skipped: bool | None
    offline: bool
    offline_timestamp: int | None
    incognito_mode: bool


class EndsongRow(msgspec.Struct, gc=False):
    """A row of the extended history as written to 2023."""

    ts: str
    username: str
    platform: str
    ms_played: int
    conn_country: str
    ip_addr_decrypted: str
    user_agent_decrypted: str | None
    master_metadata_track_name: str | None
    master_metadata_album_artist_name: str | None
    master_metadata_album_album_name: str | None
    spotify_track_uri: str | None
    episode_name: str | None
    episode_show_name: str | None
    spotify_episode_uri: str | None
    reason_start: str | None
    reason_end: str | None
    shuffle: bool | msgspec.UnsetType | None
    skipped: None
    offline: bool
    offline_timestamp: int
    incognito_mode: bool


class AccountMusicRow(msgspec.Struct, gc=False):
    """A music row of the account data; in the old shape podcasts look like this too."""

    endTime: str
    artistName: str
    trackName: str
    msPlayed: int


class AccountPodcastRow(msgspec.Struct, gc=False):
    """A podcast row of the account data."""

    endTime: str
    podcastName: str
    episodeName: str
    msPlayed: int


class AccountAudiobookRow(msgspec.Struct, gc=False):
    """An audiobook row of the account data."""

    endTime: str
    audiobookName: str
    chapterName: str
    authorName: str
    msPlayed: int


AccountRow = AccountMusicRow | AccountPodcastRow | AccountAudiobookRow
HistoryRow = ExtendedRow | EndsongRow | AccountMusicRow | AccountPodcastRow | AccountAudiobookRow


class TruthRow(msgspec.Struct, gc=False):
    """One true listen, as an import of the export must show it."""

    ended_at: str
    started_at: str
    ms_played: int
    uri: str | None
    title: str | None
    artist: str | None
    album: str | None
    kind: str
    platform: str | None = None
    country: str | None = None
    reason_start: str | None = None
    reason_end: str | None = None
    shuffle: bool | None = None
    skipped: bool | None = None
    offline: bool | None = None
    private: bool | None = None


class RowWriter:
    """Turns listens into rows of any shape; one for an export."""

    def __init__(self, catalogue: Catalogue, *, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 3])
        self._catalogue = catalogue
        self._texts = catalogue.texts()
        self._platforms = np.array(PLATFORMS, dtype=object)
        self._countries = np.array(COUNTRIES, dtype=object)
        self._reasons = np.array(REASONS, dtype=object)
        self._agents = np.array(PRIVATE_AGENTS, dtype=object)

    def _columns(self, listens: Listens, *keys: str) -> list[list[Any]]:
        return [self._texts[key][listens.item].tolist() for key in keys]

    def extended(self, listens: Listens) -> list[ExtendedRow]:
        """Rows as written since 2024."""
        stamp = np.where(listens.unit == MILLISECONDS, listens.stamp, listens.stamp // 1000)
        stamp[listens.unit == ZERO_STAMP] = 0
        stamp[listens.unit == RESET_STAMP] %= 1_000_000
        written = stamp.astype(object)
        written[listens.unit == NO_STAMP] = None
        return list(
            map(
                ExtendedRow,
                _iso(listens.ended, "s"),
                self._platforms[listens.platform].tolist(),
                listens.ms.tolist(),
                self._countries[listens.country].tolist(),
                self._addresses(listens),
                *self._columns(
                    listens, "track_name", "album_artist", "album_name", "track_uri",
                    "episode_name", "show_name", "episode_uri", "book_title", "book_uri",
                    "chapter_uri", "chapter_title",
                ),
                self._reasons[listens.reason_start].tolist(),
                self._reasons[listens.reason_end].tolist(),
                _FLAGS[listens.shuffle].tolist(),
                self._skipped(listens).tolist(),
                listens.offline.tolist(),
                written.tolist(),
                listens.private.tolist(),
            )
        )  # fmt: skip

    def endsong(self, listens: Listens) -> list[EndsongRow]:
        """Rows as written to 2023: stamps in seconds, `skipped` unknown, no audiobooks."""
        stamp = np.where(_stamped(listens), listens.stamp // 1000, 0)
        agents = self._agents[self._rng.integers(0, len(self._agents), size=len(listens))]
        return list(
            map(
                EndsongRow,
                _iso(listens.ended, "s"),
                [PRIVATE_USER] * len(listens),
                self._platforms[listens.platform].tolist(),
                listens.ms.tolist(),
                self._countries[listens.country].tolist(),
                self._addresses(listens),
                agents.tolist(),
                *self._columns(
                    listens, "track_name", "album_artist", "album_name", "track_uri",
                    "episode_name", "show_name", "episode_uri",
                ),
                self._reasons[listens.reason_start].tolist(),
                self._reasons[listens.reason_end].tolist(),
                _FLAGS[listens.shuffle].tolist(),
                [None] * len(listens),
                listens.offline.tolist(),
                stamp.tolist(),
                listens.private.tolist(),
            )
        )  # fmt: skip

    def account(self, listens: Listens, shape: Literal["old", "new"]) -> list[AccountRow]:
        """Rows of the account data by the client's clock, identical ones within a minute once."""
        minute = (listens.stamp + listens.ms) // 60_000
        order = np.argsort(minute, kind="stable")
        listens, minute = listens.take(order), minute[order]
        times = [text[:16].replace("T", " ") for text in _iso(minute * 60, "s")]
        kinds = self._catalogue.kind[listens.item].tolist()
        authors = self._catalogue.authors
        rows: list[AccountRow] = []
        seen: set[tuple[str, str, str, int]] = set()
        for kind, *row in zip(
            kinds, times, *self._columns(listens, "artist", "title"), listens.ms.tolist(),
            strict=True,
        ):  # fmt: skip
            time, artist, title, ms = row
            if (time, artist, title, ms) in seen:
                continue
            seen.add((time, artist, title, ms))
            if kind == MUSIC or (kind == PODCAST and shape == "old"):
                rows.append(AccountMusicRow(time, artist, title, ms))
            elif kind == PODCAST:
                rows.append(AccountPodcastRow(time, artist, title, ms))
            elif shape == "new":
                rows.append(AccountAudiobookRow(time, artist, title, authors[artist], ms))
        return rows

    def truth(
        self, listens: Listens, *, seconds: NDArray[np.bool_], skipped: NDArray[np.bool_]
    ) -> list[TruthRow]:
        """What extended rows can tell of each listen.

        `seconds` marks listens whose rows all write the stamp in seconds, `skipped` those of which
        a row has the key `skipped` filled in.
        """
        coarse = seconds | (listens.unit == SECONDS)
        stamp = np.where(coarse, listens.stamp // 1000 * 1000, listens.stamp)
        end, server = stamp + listens.ms, listens.ended * 1000
        sane = _stamped(listens) & (end >= server - _DAYS_30_MS) & (end <= server + _MINUTES_5_MS)
        ended = np.where(sane & listens.offline, end, server)
        started = np.where(sane, stamp, ended - listens.ms)
        known = self._skipped(listens)
        known[~skipped] = None
        columns = self._columns(listens, "uri", "title", "artist", "album")
        return list(
            map(
                TruthRow,
                _iso(ended, "ms"),
                _iso(started, "ms"),
                listens.ms.tolist(),
                *columns,
                [_KINDS[kind] for kind in self._catalogue.kind[listens.item].tolist()],
                [text or None for text in self._platforms[listens.platform].tolist()],
                [_known(text) for text in self._countries[listens.country].tolist()],
                [text or None for text in self._reasons[listens.reason_start].tolist()],
                [text or None for text in self._reasons[listens.reason_end].tolist()],
                [None if code < 0 else bool(code) for code in listens.shuffle.tolist()],
                known.tolist(),
                listens.offline.tolist(),
                listens.private.tolist(),
            )
        )

    def account_truth(self, listens: Listens) -> list[TruthRow]:
        """What account data alone can tell: names, length, and the minute in which it ended."""
        ended = (listens.stamp + listens.ms) // 60_000 * 60_000
        kinds = [_KINDS[kind] for kind in self._catalogue.kind[listens.item].tolist()]
        names = self._columns(listens, "title", "artist")
        return [
            TruthRow(end, start, ms, None, title, artist, _work(kind, artist), kind)
            for end, start, ms, title, artist, kind in zip(
                _iso(ended, "ms"), _iso(ended - listens.ms, "ms"), listens.ms.tolist(), *names,
                kinds, strict=True,
            )
        ]  # fmt: skip

    def _skipped(self, listens: Listens) -> NDArray[np.object_]:
        """Null in the early years, false in the middle ones, and true or false since Oct 2022."""
        forwarded = np.array([reason == "fwdbtn" for reason in REASONS])
        values: NDArray[np.object_] = _FLAGS[forwarded[listens.reason_end].astype(np.int8)]
        values[listens.start < _SKIPPED_KNOWN_MS] = False
        values[listens.start < _SKIPPED_FALSE_MS] = None
        return values

    def _addresses(self, listens: Listens) -> list[Any]:
        hosts = self._rng.integers(0, len(_ADDRESSES), size=len(listens))
        addresses: list[Any] = _ADDRESSES[hosts].tolist()
        return addresses


def _stamped(listens: Listens) -> NDArray[np.bool_]:
    stamped: NDArray[np.bool_] = (listens.unit == SECONDS) | (listens.unit == MILLISECONDS)
    return stamped


def _iso(values: NDArray[np.int64], unit: Literal["s", "ms"]) -> list[str]:
    texts = np.datetime_as_string(values.astype(f"datetime64[{unit}]"), unit=unit)
    return [f"{text}Z" for text in texts.tolist()]


def _known(country: str) -> str | None:
    return None if country == "ZZ" else country


def _work(kind: str, artist: str) -> str | None:
    return None if kind == "music" else artist
