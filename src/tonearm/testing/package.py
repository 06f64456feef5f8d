"""The ZIP around the rows: members of the usual size, and everything that lies beside history."""

from __future__ import annotations

import tempfile
import zipfile
from typing import TYPE_CHECKING, Final, Self

import msgspec

from tonearm.testing.rows import PRIVATE_NETWORK, PRIVATE_USER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

    import numpy as np

    from tonearm.testing.catalogue import Catalogue
    from tonearm.testing.rows import EndsongRow, ExtendedRow, HistoryRow

EXTENDED_FOLDER: Final = "Spotify Extended Streaming History"
ACCOUNT_FOLDER: Final = "Spotify Account Data"
OLD_FOLDER: Final = "MyData"
_OVERLAP: Final = 25
_ACCOUNT_ROWS: Final = 10_000
_PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
_RESOURCE_FORK: Final = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(96)


class Package:
    """A ZIP written member by member, with the same bytes for the same members."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.members = 0
        self.rows = 0
        self.nothing_repeated = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def add(self, name: str, content: bytes) -> None:
        """Write one member."""
        # A fixed date keeps the bytes equal from run to run.
        entry = zipfile.ZipInfo(name, date_time=(2025, 11, 3, 9, 30, 0))
        entry.external_attr = 0o644 << 16
        self._zip.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=3)
        self.members += 1

    def add_rows(self, name: str, rows: Sequence[HistoryRow], *, pretty: bool = False) -> None:
        """Write one history member."""
        content = msgspec.json.encode(rows)
        self.add(name, msgspec.json.format(content, indent=2) if pretty else content)
        self.rows += len(rows)


class ExtendedFiles:
    """Files of the new extended history, cut as Spotify cuts them and named by their years."""

    def __init__(self, package: Package, lane: str, *, rows_a_file: int = 17_500) -> None:
        self._package, self._lane, self._limit = package, lane, rows_a_file
        self._rows: list[ExtendedRow] = []
        self._number = 0

    def write(self, rows: list[ExtendedRow]) -> None:
        """Take rows in order of `ts`; full files go into the package."""
        self._rows.extend(rows)
        while len(self._rows) > self._limit:
            # The next file repeats the end of this one, as real exports do.
            self._flush(self._rows[: self._limit])
            del self._rows[: self._limit - _OVERLAP]
            self._package.nothing_repeated += sum(map(_about_nothing, self._rows[:_OVERLAP]))

    def close(self) -> None:
        """Write what is left."""
        if self._rows:
            self._flush(self._rows)

    def _flush(self, rows: list[ExtendedRow]) -> None:
        first, last = rows[0].ts[:4], rows[-1].ts[:4]
        years = first if first == last else f"{first}-{last}"
        number = f"_{self._number}" if self._lane == "Audio" or self._number else ""
        name = f"Streaming_History_{self._lane}_{years}{number}.json"
        self._package.add_rows(f"{EXTENDED_FOLDER}/{name}", rows)
        self._number += 1


def _about_nothing(row: ExtendedRow) -> bool:
    uris = (row.spotify_track_uri, row.spotify_episode_uri, row.audiobook_chapter_uri)
    return uris == (None, None, None)


class EndsongFiles:
    """Old `endsong_N.json` files: unsorted, each spanning the whole life.

    Rows wait in temporary files, so that memory stays that of one file.
    """

    def __init__(self, package: Package, rng: np.random.Generator, *, files: int) -> None:
        self._package, self._rng = package, rng
        # They live until close(), longer than any block here.
        self._spools: list[BinaryIO] = [
            tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
            for _ in range(files)
        ]

    def write(self, rows: list[EndsongRow]) -> None:
        """Deal rows out to the files."""
        target = self._rng.integers(0, len(self._spools), size=len(rows)).tolist()
        dealt: list[list[EndsongRow]] = [[] for _ in self._spools]
        for row, number in zip(rows, target, strict=True):
            dealt[number].append(row)
        encoder = msgspec.json.Encoder()
        for spool, part in zip(self._spools, dealt, strict=True):
            spool.write(encoder.encode_lines(part))

    def close(self) -> None:
        """Shuffle each file and write it into the package."""
        for number, spool in enumerate(self._spools):
            spool.seek(0)
            lines = spool.read().splitlines()
            spool.close()
            order = self._rng.permutation(len(lines)).tolist()
            content = b"[" + b",".join(lines[place] for place in order) + b"]"
            self._package.add(f"{OLD_FOLDER}/endsong_{number}.json", content)
            self._package.rows += len(lines)


class AccountFiles:
    """Account-data files of one lane, 10,000 rows each and pretty-printed."""

    def __init__(self, package: Package, stem: str) -> None:
        self._package, self._stem = package, stem
        self._rows: list[HistoryRow] = []
        self._number = 0

    def write(self, rows: Sequence[HistoryRow]) -> None:
        """Take rows in order of `endTime`; full files go into the package."""
        self._rows.extend(rows)
        while len(self._rows) > _ACCOUNT_ROWS:
            self._flush(self._rows[:_ACCOUNT_ROWS])
            del self._rows[:_ACCOUNT_ROWS]

    def close(self) -> None:
        """Write the last file; a lane without rows has an empty first file."""
        if self._rows or self._number == 0:
            self._flush(self._rows)

    def _flush(self, rows: Sequence[HistoryRow]) -> None:
        self._package.add_rows(f"{self._stem}{self._number}.json", rows, pretty=True)
        self._number += 1


def add_extended_company(package: Package) -> None:
    """Add what lies beside the extended history: the PDF and what macOS leaves behind."""
    package.add(f"{EXTENDED_FOLDER}/ReadMeFirst_ExtendedStreamingHistory.pdf", _PDF)


def add_macos_leftovers(package: Package) -> None:
    """Add the resource forks of a ZIP that was packed again on macOS."""
    package.add(f"__MACOSX/{EXTENDED_FOLDER}/._Streaming_History_Audio_2016_0.json", _RESOURCE_FORK)
    package.add(f"{EXTENDED_FOLDER}/.DS_Store", bytes(64))


def add_account_company(package: Package, catalogue: Catalogue, folder: str) -> None:
    """Add library, playlists and the private members of the account package."""
    items = [catalogue.item(number) for number in range(min(60, catalogue.music))]
    named = [item for item in items if item.title is not None]
    tracks = [
        {"artist": item.artist, "album": item.album, "track": item.title, "uri": item.uri}
        for item in named
    ]
    library = {
        "tracks": tracks, "albums": [], "shows": [], "episodes": [], "bannedTracks": [],
        "artists": [], "bannedArtists": [], "other": [],
    }  # fmt: skip
    entries = [
        {
            "track": {
                "trackName": item.title,
                "artistName": item.artist,
                "albumName": item.album,
                "trackUri": item.uri,
            },
            "episode": None,
            "localTrack": None,
            "addedDate": "2025-04-02",
        }
        for item in named[:20]
    ]
    playlists = [
        {
            "name": "Late trains",
            "lastModifiedDate": "2025-04-02",
            "items": entries,
            "description": None,
            "numberOfFollowers": 0,
        }
    ]
    for name, content in {
        "YourLibrary": library,
        "Playlist1": {"playlists": playlists},
        "Payments": {},
        "Identity": {"displayName": PRIVATE_USER, "imageUrl": None, "tasteMaker": False},
        "Userdata": {"username": PRIVATE_USER, "email": f"{PRIVATE_USER}@example.org"},
        "SearchQueries": [{"searchQuery": PRIVATE_USER, "searchTime": "2025-10-01T08:00:00Z"}],
        "Inferences": {"inferences": [f"lives near {PRIVATE_NETWORK}7"]},
    }.items():
        package.add(f"{folder}/{name}.json", msgspec.json.encode(content))
    # Not JSON in real packages either.
    package.add(f"{folder}/UserAddress.json", f"street : {PRIVATE_USER}\n{{]".encode())
