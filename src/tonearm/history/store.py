"""The column store: a listener's plays as memory-mapped arrays, one file a version, on each host.

The files are a cache: they may be deleted at any time and are made again from the segments.
"""

import os
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tonearm.domain.vocabulary import Kind
from tonearm.history.evidence import Lane, load_contexts, load_lane
from tonearm.history.sightings import PLAY_TYPES, Context, Plays
from tonearm.storage.tables import tracks

_MAGIC = b"TNSTORE3"
_ALIGN = 64
KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True)
class PlayColumns:
    """A listener's plays in one version, ascending by time; instants in Unix milliseconds.

    What begins with `track_` is looked up by track id, what begins with `context_` by context id.
    """

    id: NDArray[np.uint32]
    ended_at: NDArray[np.int64]
    started_at: NDArray[np.int64]
    ms_played: NDArray[np.int32]
    track: NDArray[np.int32]
    context: NDArray[np.int32]
    track_artist: NDArray[np.int32]
    """0 where unknown."""
    track_album: NDArray[np.int32]
    track_kind: NDArray[np.uint8]
    """A position in KINDS."""
    context_platform: NDArray[np.int32]
    """A number of `words`, 0 where unknown; so are country and reasons."""
    context_country: NDArray[np.int32]
    context_reason_start: NDArray[np.int32]
    context_reason_end: NDArray[np.int32]
    context_shuffle: NDArray[np.int8]
    """1 yes, 0 no, -1 unknown; so are the flags below."""
    context_skipped: NDArray[np.int8]
    context_offline: NDArray[np.int8]
    context_private: NDArray[np.int8]
    word_bytes: NDArray[np.uint8]
    """The words as a JSON list, in UTF-8."""

    @property
    def nbytes(self) -> int:
        """Size of all columns in bytes."""
        return sum(int(getattr(self, field.name).nbytes) for field in fields(self))

    @property
    def words(self) -> list[str]:
        """The words of contexts by number; the first one, empty, stands for unknown."""
        return msgspec.json.decode(self.word_bytes.tobytes(), type=list[str])

    def is_context(self, part: str, *wanted: str) -> NDArray[np.bool_]:
        """For each context, whether a part of it (`reason_end`, `platform`, …) is one of the wanted words."""
        words = self.words
        numbers = [words.index(word) for word in wanted if word in words]
        mask: NDArray[np.bool_] = np.isin(getattr(self, f"context_{part}"), numbers)
        return mask


class _Entry(msgspec.Struct, array_like=True):
    name: str
    dtype: str
    length: int
    offset: int


class ColumnStore:
    """Opens the columns of listeners; keeps the most recently used ones within a byte limit."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Keep files in `folder`, and at most `most_bytes` of open columns."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._open: OrderedDict[tuple[int, int], PlayColumns] = OrderedDict()
        self._lock = Lock()

    def columns(self, connection: Connection, user_id: int, version: int) -> PlayColumns:
        """Give the columns of a version, which has to be the one the transaction sees."""
        key = (user_id, version)
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
        path = self._folder / f"{user_id}-{version}.columns"
        columns = _map(path)
        if columns is None:
            columns = _load(connection, user_id)
            with suppress(OSError):  # a full disk costs the cache, not the answer
                _save(path, columns)
                self._forget_older(user_id, version)
        with self._lock:
            for old in [known for known in self._open if known[0] == user_id]:
                del self._open[old]
            self._open[key] = columns
            while len(self._open) > 1 and self._held() > self._most_bytes:
                self._open.popitem(last=False)
        return columns

    def _held(self) -> int:
        return sum(columns.nbytes for columns in self._open.values())

    def _forget_older(self, user_id: int, version: int) -> None:
        for path in self._folder.glob(f"{user_id}-*.columns"):
            number = path.stem.partition("-")[2]
            if number.isdigit() and int(number) < version:
                path.unlink(missing_ok=True)


def _load(connection: Connection, user_id: int) -> PlayColumns:
    plays = Plays(**load_lane(connection, user_id, Lane.PLAYS, PLAY_TYPES))
    catalogue = connection.execute(
        select(tracks.c.id, tracks.c.artist_id, tracks.c.album_id, tracks.c.kind).where(
            tracks.c.user_id == user_id
        )
    ).all()
    size = max((row.id for row in catalogue), default=0) + 1
    artist, album = np.zeros(size, np.int32), np.zeros(size, np.int32)
    kind = np.zeros(size, np.uint8)
    codes = {value.value: code for code, value in enumerate(KINDS)}
    for row in catalogue:
        artist[row.id], album[row.id], kind[row.id] = row.artist_id, row.album_id, codes[row.kind]
    return PlayColumns(
        id=plays.id,
        ended_at=plays.ended_at,
        started_at=plays.started_at,
        ms_played=plays.ms_played,
        track=plays.track.astype(np.int32),
        context=plays.context.astype(np.int32),
        track_artist=artist,
        track_album=album,
        track_kind=kind,
        **context_columns(
            {number: context for context, (number,) in load_contexts(connection, user_id).items()}
        ),
    )


def context_columns(contexts: Mapping[int, Context]) -> dict[str, NDArray[Any]]:
    """Make the columns that are looked up by context id."""
    size = max(contexts, default=0) + 1
    words = {"": 0}
    columns: dict[str, NDArray[Any]] = {}
    for part in ("platform", "country", "reason_start", "reason_end"):
        column = columns[f"context_{part}"] = np.zeros(size, np.int32)
        for number, context in contexts.items():
            word = getattr(context, part)
            column[number] = words.setdefault(word or "", len(words))
    for part in ("shuffle", "skipped", "offline", "private"):
        flags = columns[f"context_{part}"] = np.full(size, -1, np.int8)
        for number, context in contexts.items():
            flag = getattr(context, part)
            flags[number] = -1 if flag is None else int(flag)
    columns["word_bytes"] = np.frombuffer(msgspec.json.encode(list(words)), np.uint8)
    return columns


def _save(path: Path, columns: PlayColumns) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    entries: list[_Entry] = []
    offset = 0
    for field in fields(columns):
        column = getattr(columns, field.name)
        entries.append(_Entry(field.name, column.dtype.str, len(column), offset))
        offset += -(-column.nbytes // _ALIGN) * _ALIGN
    header = msgspec.msgpack.encode(entries)
    start = _data_start(len(header))
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with partial.open("wb") as file:
        file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
        for entry in entries:
            file.seek(start + entry.offset)
            file.write(np.ascontiguousarray(getattr(columns, entry.name)).data)
        file.truncate(start + offset)
    partial.replace(path)


def _map(path: Path) -> PlayColumns | None:
    try:
        with path.open("rb") as file:
            head = file.read(16)
            header = file.read(int.from_bytes(head[8:], "little"))
            size = os.fstat(file.fileno()).st_size
        if not head.startswith(_MAGIC):
            return None
        entries = msgspec.msgpack.decode(header, type=list[_Entry])
        whole = np.memmap(path, np.uint8, mode="r", shape=(size,))
    except (OSError, ValueError, msgspec.DecodeError):
        return None
    start = _data_start(len(header))
    columns: dict[str, NDArray[np.generic]] = {}
    for entry in entries:
        dtype = np.dtype(entry.dtype)
        begin = start + entry.offset
        columns[entry.name] = whole[begin : begin + entry.length * dtype.itemsize].view(dtype)
    return PlayColumns(**columns)  # type: ignore[arg-type] # the names are the fields it was saved by


def _data_start(header: int) -> int:
    return -(-(16 + header) // _ALIGN) * _ALIGN
