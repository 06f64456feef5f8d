"""The column store: a listener's plays as arrays, mapped from one file a listener, on each host.

The files are a cache: they may be deleted at any time and are made again from the segments. They may be of an older
version: whatever is not in force any more is read from the segments.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tonearm.domain.vocabulary import Kind
from tonearm.history.columnfile import Header, map_columns, save_columns
from tonearm.history.evidence import Lane, Month, list_months, load_contexts, load_months
from tonearm.history.growing import Growing
from tonearm.history.sightings import PLAY_TYPES, Context
from tonearm.storage.poll_tables import track_credits
from tonearm.storage.tables import histories, tracks

KINDS = tuple(Kind)
_STALE_ROWS = 1 << 16
_STALE_PART = 8
_PAIR_BITS = 32
PLAY_COLUMNS: dict[str, type[np.integer]] = PLAY_TYPES | {"track": np.int32, "context": np.int32}
"""The columns with a row a play, in the types they have here."""


@dataclass(frozen=True, slots=True)
class PlayColumns:
    """A listener's plays in one version, ascending by time; instants in Unix milliseconds.

    What begins with `track_` is looked up by track id, what begins with `context_` by context id, what begins with
    `credit_` by the id of the credit.
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
    credit_track: NDArray[np.int32]
    """By credit, the track that it is of; 0 where there is none."""
    credit_artist: NDArray[np.int32]
    """By credit, whom it names; whom the track has anyway is among them."""
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

    def further_artists(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give tracks, ascending, and whom they credit beside their own artist, each pair once."""
        is_further = self.credit_artist != self.track_artist[self.credit_track]
        is_further &= (self.credit_track > 0) & (self.credit_artist > 0)
        pairs = self.credit_track[is_further].astype(np.int64) << _PAIR_BITS
        pairs = np.unique(pairs | self.credit_artist[is_further])
        return (pairs >> _PAIR_BITS).astype(np.int32), pairs.astype(np.int32)

    def begins_with(self, shorter: "PlayColumns") -> bool:
        """Tell whether these are some other columns with more behind them."""
        names = (field.name for field in fields(self) if field.name != "word_bytes")
        return all(_begins(getattr(self, name), getattr(shorter, name)) for name in names)

    def at(self, rows: slice | NDArray[np.int64]) -> Self:
        """Give the same with the plays of some rows alone."""
        return replace(self, **{name: getattr(self, name)[rows] for name in PLAY_COLUMNS})


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """A listener's columns in one version, with what it takes to make those of another from them."""

    columns: PlayColumns
    plays: dict[str, Growing[Any]]
    """The columns of plays, by name."""
    months: dict[int, Month]
    """The segments that they came from."""
    filed: dict[int, Month]
    """The segments that the file came from."""
    rewritten: int
    """See the table of histories."""
    line: object = field(default_factory=object)
    """Of two that share it, the longer begins with the plays of the shorter, and says the same of their tracks."""

    @property
    def is_stale(self) -> bool:
        """Whether it takes a good deal of reading to bring the file up to these columns."""
        if not self.filed:
            return bool(self.months)
        rows = sum(month.rows for _, month in self.months.items() ^ self.filed.items())
        return rows > max(_STALE_ROWS, len(self.columns.id) // _STALE_PART)


class ColumnStore:
    """Makes the columns of listeners from those of another version, from a file, or from the database."""

    def __init__(self, folder: Path) -> None:
        """Keep files in `folder`."""
        self._folder = folder

    def columns(
        self, connection: Connection, user_id: int, before: StoredColumns | None = None
    ) -> StoredColumns:
        """Give the columns of the version that the transaction sees; `before` are the same listener's of any other."""
        path = self._path(user_id)
        months = list_months(connection, user_id, Lane.PLAYS)
        rewritten = connection.scalar(
            select(histories.c.rewritten).where(histories.c.user_id == user_id)
        )
        known = before or _map(path) or _nothing()
        stored = _moved(connection, user_id, known, months, rewritten or 0)
        with suppress(OSError):  # a full disk costs the cache, not the answer
            if not months:
                path.unlink(missing_ok=True)
                stored = replace(stored, filed={})
            elif stored.is_stale:
                names = (part.name for part in fields(PlayColumns))
                arrays = {name: getattr(stored.columns, name) for name in names}
                save_columns(path, Header(months, stored.rewritten), arrays)
                # Mapped memory is the system's to take back, and has room to grow.
                mapped = _map(path)
                if mapped is not None and mapped.months == months:
                    stored = replace(mapped, line=stored.line)
        return stored

    def forget(self, user_id: int) -> None:
        """Remove a listener's file; what is mapped of it stays readable for whoever has it open."""
        with suppress(
            OSError
        ):  # such as a system that keeps what is open: the next question removes it
            self._path(user_id).unlink(missing_ok=True)

    def _path(self, user_id: int) -> Path:
        return self._folder / f"{user_id}.columns"


def has_plays(connection: Connection, user_id: int) -> bool:
    """Tell whether a listener has any plays."""
    return bool(list_months(connection, user_id, Lane.PLAYS))


def _map(path: Path) -> StoredColumns | None:
    found = map_columns(path)
    if found is None:
        return None
    header, columns = found
    rows = sum(month.rows for month in header.months.values())
    if any(len(columns[name].values) != rows for name in PLAY_COLUMNS):
        return None
    return StoredColumns(
        columns=PlayColumns(**{name: column.values for name, column in columns.items()}),
        plays={name: columns[name] for name in PLAY_COLUMNS},
        months=header.months,
        filed=header.months,
        rewritten=header.rewritten,
    )


def _nothing() -> StoredColumns:
    plays = {name: Growing(np.empty(0, dtype), 0) for name, dtype in PLAY_COLUMNS.items()}
    described: dict[str, NDArray[Any]] = {
        "track_artist": np.zeros(1, np.int32),
        "track_album": np.zeros(1, np.int32),
        "track_kind": np.zeros(1, np.uint8),
        "credit_track": np.zeros(1, np.int32),
        "credit_artist": np.zeros(1, np.int32),
        **context_columns({}),
    }
    columns = PlayColumns(**{name: part.values for name, part in plays.items()}, **described)
    return StoredColumns(columns, plays, months={}, filed={}, rewritten=0)


def _moved(
    connection: Connection,
    user_id: int,
    known: StoredColumns,
    months: dict[int, Month],
    rewritten: int,
) -> StoredColumns:
    """Make the columns of a version from those of another; only months that differ are read."""
    plays, is_longer = _plays(connection, user_id, known, months)
    old = known.columns
    is_rewritten = rewritten != known.rewritten
    described = _track_columns(connection, user_id, old, is_rewritten=is_rewritten)
    described |= _credit_columns(connection, user_id, old, is_rewritten=is_rewritten)
    first = 0 if is_rewritten else len(old.context_shuffle)
    contexts = load_contexts(connection, user_id, first).items()
    described |= context_columns(
        {number: context for context, (number,) in contexts}, old, is_rewritten=is_rewritten
    )
    for name, column in described.items():
        if name != "word_bytes":  # words keep their numbers
            is_longer = is_longer and _begins(column, getattr(old, name))
    return StoredColumns(
        columns=PlayColumns(**{name: part.values for name, part in plays.items()}, **described),
        plays=plays,
        months=months,
        filed=known.filed,
        rewritten=rewritten,
        line=known.line if is_longer else object(),
    )


def _plays(
    connection: Connection, user_id: int, known: StoredColumns, months: dict[int, Month]
) -> tuple[dict[str, Growing[Any]], bool]:
    """Give the columns of plays, and whether they begin with those known."""
    same = 0
    for old, new in zip(known.months.items(), months.items(), strict=False):
        if old != new:
            break
        same += 1
    rest = dict(list(months.items())[same:])
    start = sum(month.rows for month in list(months.values())[:same])
    left = len(known.columns.id) - start
    parts = _parts(connection, user_id, known, rest)
    if left and not (
        parts
        and all(_begins(parts[0][name], known.plays[name].values[start:]) for name in parts[0])
    ):
        return {
            name: Growing.joined([column.values[:start], *(part[name] for part in parts)])
            for name, column in known.plays.items()
        }, False
    if left:
        parts[0] = {name: column[left:] for name, column in parts[0].items()}
    return {
        name: column.grown(*(part[name] for part in parts)) if parts else column
        for name, column in known.plays.items()
    }, True


def _parts(
    connection: Connection, user_id: int, known: StoredColumns, months: dict[int, Month]
) -> list[dict[str, NDArray[Any]]]:
    """Give the plays of months, from what is known where it is still in force."""
    starts: dict[int, int] = {}
    count = 0
    for number, month in known.months.items():
        starts[number] = count
        count += month.rows
    different = [number for number, month in months.items() if known.months.get(number) != month]
    read = load_months(connection, user_id, Lane.PLAYS, different) if different else {}
    parts: list[dict[str, NDArray[Any]]] = []
    for number, month in months.items():
        if number in read:
            part = read[number]
            parts.append({name: part[name].astype(PLAY_COLUMNS[name]) for name in PLAY_COLUMNS})
        else:
            rows = slice(starts[number], starts[number] + month.rows)
            parts.append({name: column.values[rows] for name, column in known.plays.items()})
    return parts


def _begins(column: NDArray[Any], shorter: NDArray[Any]) -> bool:
    return np.array_equal(column[: len(shorter)], shorter)


def _track_columns(
    connection: Connection, user_id: int, old: PlayColumns, *, is_rewritten: bool
) -> dict[str, NDArray[Any]]:
    """Make the columns that are looked up by track id; unless rows were rewritten, only new ones are read."""
    known = 0 if is_rewritten else len(old.track_kind)
    rows = connection.execute(
        select(tracks.c.id, tracks.c.artist_id, tracks.c.album_id, tracks.c.kind).where(
            tracks.c.user_id == user_id, tracks.c.id >= known
        )
    ).all()
    codes = {value.value: code for code, value in enumerate(KINDS)}
    # A track is a row here: whole columns take a tenth of the time that it takes to ask each row.
    ids, artists, albums, kinds = zip(*rows, strict=True) if rows else ((), (), (), ())
    places = np.array(ids, np.int64)
    size = int(places.max(initial=max(known, 1) - 1)) + 1
    columns: dict[str, NDArray[Any]] = {}
    for name, values in (
        ("track_artist", artists),
        ("track_album", albums),
        ("track_kind", [codes[kind] for kind in kinds]),
    ):
        column = getattr(old, name)
        columns[name] = np.zeros(size, column.dtype)
        columns[name][:known] = column[:known]
        columns[name][places] = values
    return columns


def _credit_columns(
    connection: Connection, user_id: int, old: PlayColumns, *, is_rewritten: bool
) -> dict[str, NDArray[Any]]:
    """Do the same for those that are looked up by the id of a credit."""
    known = 0 if is_rewritten else len(old.credit_track)
    rows = connection.execute(
        select(track_credits.c.id, track_credits.c.track_id, track_credits.c.artist_id).where(
            track_credits.c.user_id == user_id, track_credits.c.id >= known
        )
    ).all()
    found = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 3)
    size = int(found[:, 0].max(initial=max(known, 1) - 1)) + 1
    columns: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(("credit_track", "credit_artist"), 1):
        column = columns[name] = np.zeros(size, np.int32)
        column[:known] = getattr(old, name)[:known]
        column[found[:, 0]] = found[:, place]
    return columns


def context_columns(
    contexts: Mapping[int, Context], old: PlayColumns | None = None, *, is_rewritten: bool = False
) -> dict[str, NDArray[Any]]:
    """Make the columns that are looked up by context id, behind the old ones unless those were rewritten."""
    words = {"": 0} if old is None else {word: number for number, word in enumerate(old.words)}
    known = 0 if old is None or is_rewritten else len(old.context_shuffle)
    size = max((number + 1 for number in contexts), default=max(known, 1))
    columns: dict[str, NDArray[Any]] = {}
    for part in ("platform", "country", "reason_start", "reason_end"):
        name = f"context_{part}"
        column = columns[name] = np.zeros(size, np.int32)
        column[:known] = getattr(old, name, column)[:known]
        for number, context in contexts.items():
            word = getattr(context, part)
            column[number] = words.setdefault(word or "", len(words))
    for part in ("shuffle", "skipped", "offline", "private"):
        name = f"context_{part}"
        flags = columns[name] = np.full(size, -1, np.int8)
        flags[:known] = getattr(old, name, flags)[:known]
        for number, context in contexts.items():
            flag = getattr(context, part)
            flags[number] = -1 if flag is None else int(flag)
    columns["word_bytes"] = np.frombuffer(msgspec.json.encode(list(words)), np.uint8)
    return columns
