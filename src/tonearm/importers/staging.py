"""Stage a member: its rows as columns in one small file, without anything private."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from tonearm.catalogue.descriptions import Description
from tonearm.domain.errors import TooLargeError
from tonearm.domain.vocabulary import Family, Flaw
from tonearm.history.sightings import Context
from tonearm.importers.archive import Member, MemberReader
from tonearm.importers.clocks import EARLIEST_MS, LATEST_STAMP_MS
from tonearm.importers.elements import BLOCK_BYTES, ElementReader
from tonearm.importers.format import Format
from tonearm.importers.limits import Limits
from tonearm.storage.columns import pack, unpack

NO_CONTENT = -1
_DAY_MS = 86_400_000
_MILLISECONDS_FROM = 100_000_000_000
_Value = TypeVar("_Value", Description, Context)

Report = Callable[[int, int], None]
"""Told of progress: bytes and rows since the last time; raises to stop."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Which rows of a member are flawed, and which are evidence."""

    flaw: NDArray[np.uint8]
    is_claim: NDArray[np.bool_]


@dataclass(slots=True)
class Staged:
    """A member's rows: parallel columns, and the values they point to."""

    name: str
    digest: str
    family: Family | None
    note: str | None
    rows: int
    columns: dict[str, NDArray[np.integer]]
    """flaw, description (-1: no content), clock, ms_played, stamp, context"""
    descriptions: list[Description]
    contexts: list[Context]

    def save(self, path: Path) -> None:
        """Write it so that it is there wholly or not at all."""
        encoded = msgspec.msgpack.encode(
            (
                self.name,
                self.digest,
                self.family,
                self.note,
                self.rows,
                pack(self.columns),
                self.descriptions,
                self.contexts,
            )
        )
        partial = path.with_suffix(".partial")
        partial.write_bytes(encoded)
        partial.replace(path)

    def is_claim(self) -> NDArray[np.bool_]:
        """Tell which rows are evidence."""
        mask: NDArray[np.bool_] = (self.columns["flaw"] == 0) & (
            self.columns["description"] != NO_CONTENT
        )
        return mask

    def outline(self) -> "Outline":
        """Give what a ledger needs once the rest is let go."""
        return Outline(self.columns["flaw"].astype(np.uint8), self.is_claim())

    @classmethod
    def load(cls, path: Path, values: "Values | None" = None) -> "Staged | None":
        """Read what `save` wrote; None where it was not, or where a power cut left half of it.

        Members loaded with the same `values` share theirs.
        """
        values = values or Values()
        try:
            name, digest, family, note, rows, packed, descriptions, contexts = _DECODER.decode(
                path.read_bytes()
            )
            return cls(
                name,
                digest,
                family,
                note,
                rows,
                unpack(packed),
                values.decode(Description, descriptions),
                values.decode(Context, contexts),
            )
        except (FileNotFoundError, msgspec.DecodeError):
            return None


_DECODER = msgspec.msgpack.Decoder(
    tuple[str, str, Family | None, str | None, int, bytes, list[msgspec.Raw], list[msgspec.Raw]]
)


class Values:
    """Descriptions and contexts of several members, each held once, and so is each text in them."""

    def __init__(self) -> None:
        self._by_code: defaultdict[type, dict[bytes, Any]] = defaultdict(dict)
        self._texts: dict[Any, Any] = {}

    def decode(self, kind: type[_Value], encoded: Sequence[msgspec.Raw]) -> list[_Value]:
        """Decode values, of which most are known from the members before."""
        by_code = self._by_code[kind]
        found: list[_Value] = []
        for raw in encoded:
            code = bytes(raw)
            value = by_code.get(code)
            if value is None:
                parts = msgspec.msgpack.decode(code, type=kind)
                # Many tracks are of one artist, many contexts of one platform.
                value = by_code[code] = kind(*map(self._texts.setdefault, parts, parts))
            found.append(value)
        return found


class _Numbers(dict[tuple[Any, ...], int], Generic[_Value]):
    """Numbers distinct raw values as they come, once for all members of an import.

    A value is made of a raw one the first time it is seen; `made` holds them by number.
    """

    def __init__(self, make: Callable[..., _Value | None]) -> None:
        super().__init__()
        self._make: Callable[..., _Value | None] = make
        self._known: dict[_Value, int] = {}
        self.made: list[_Value] = []

    def __missing__(self, raw: tuple[Any, ...]) -> int:
        value = self._make(*raw)
        if value is None:
            number = NO_CONTENT
        else:
            number = self._known.setdefault(value, len(self.made))
            if number == len(self.made):
                self.made.append(value)
        self[raw] = number
        return number

    def own(self, numbers: NDArray[np.integer]) -> tuple[list[_Value], NDArray[np.int32]]:
        """Give the values that some rows have, and those rows' numbers among them."""
        distinct, places = np.unique(numbers, return_inverse=True)
        skipped = int(len(distinct) > 0 and distinct[0] == NO_CONTENT)
        values = [self.made[number] for number in distinct[skipped:].tolist()]
        return values, (places - skipped).astype(np.int32)


def recognise(reader: MemberReader, formats: Sequence[Format], limits: Limits) -> Format | None:
    """Look into a file for the keys of a known format, and leave it as it was."""
    head = reader.read(BLOCK_BYTES)
    found = None
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").startswith(b"["):
        tells = {format_: re.compile(rb'"%b"\s*:' % format_.tell.encode()) for format_ in formats}
        while True:
            found = _earliest(tells, head)
            if found is not None or len(head) > limits.element_bytes:
                break
            block = reader.read(BLOCK_BYTES)
            if not block:
                break
            head += block
    reader.unread(head)
    return found


def _earliest(tells: dict[Format, re.Pattern[bytes]], head: bytes) -> Format | None:
    """Give the format whose key comes first: a stray row of another family decides nothing."""
    places = {
        format_: match.start() for format_, tell in tells.items() if (match := tell.search(head))
    }
    return min(places, key=lambda format_: places[format_], default=None)


class Stager:
    """Stages the members of one import."""

    def __init__(
        self, formats: Sequence[Format], limits: Limits, latest_ms: int, report: Report
    ) -> None:
        """Refuse clocks after `latest_ms`; tell `report` of progress."""
        self._formats = formats
        self._limits = limits
        self._latest_ms = latest_ms
        self._report = report
        self._numbers = {
            format_.name: (_Numbers(format_.describe), _Numbers(format_.circumstances))
            for format_ in formats
        }
        self._rows = 0

    def stage(self, member: Member) -> Staged:
        """Read a member wholly; a file that holds no history is staged without rows."""
        reader = member.open()
        format_ = recognise(reader, self._formats, self._limits)
        if format_ is None:
            return Staged(
                member.name, member.digest, None, reader.problem, 0, _no_columns(), [], []
            )
        elements = ElementReader(reader.read, format_.element, self._limits.element_bytes)
        columns = _ColumnBuilder(format_, self._latest_ms, *self._numbers[format_.name])
        position = 0
        for rows in elements.batches():
            columns.add(rows)
            self._report(reader.position - position, len(rows))
            position = reader.position
            self._count(len(rows))
        found, descriptions, contexts = columns.finished()
        return Staged(
            member.name,
            member.digest,
            format_.family,
            reader.problem or elements.note,
            columns.rows,
            found,
            descriptions,
            contexts,
        )

    def _count(self, rows: int) -> None:
        self._rows += rows
        if self._rows > self._limits.rows:
            raise TooLargeError(
                f"There are more than {self._limits.rows:,} rows (TONEARM_IMPORT_ROWS)."
            )


_TYPES: dict[str, type[np.integer]] = {
    "flaw": np.uint8,
    "description": np.int32,
    "clock": np.int64,
    "ms_played": np.int32,
    "stamp": np.int64,
    "context": np.int32,
}


def _no_columns() -> dict[str, NDArray[np.integer]]:
    return {name: np.empty(0, dtype) for name, dtype in _TYPES.items()}


class _ColumnBuilder:
    def __init__(
        self,
        format_: Format,
        latest_ms: int,
        descriptions: _Numbers[Description],
        contexts: _Numbers[Context],
    ) -> None:
        self._format = format_
        self._latest_ms = latest_ms
        self._blank = format_.element()
        self._wording = attrgetter(*format_.description_fields)
        self._circumstances = format_.getter(format_.context_fields)
        self._clock = attrgetter(format_.clock)
        self._ms_played = attrgetter(format_.ms_played)
        self._stamp = attrgetter(format_.stamp) if format_.stamp else None
        self._batches: list[dict[str, NDArray[np.integer]]] = []
        self._descriptions = descriptions
        self._contexts = contexts
        self.rows = 0

    def add(self, elements: list[Any]) -> None:
        """Append decoded elements, or Flaws in their places."""
        count = len(elements)
        self.rows += count
        flaws = np.zeros(count, np.uint8)
        if Flaw in set(map(type, elements)):
            for index, element in enumerate(elements):
                if isinstance(element, Flaw):
                    flaws[index] = element
                    elements[index] = self._blank
        clock, clock_flaws = self._format.read_clocks(list(map(self._clock, elements)))
        ms_played, is_missing = _integers(list(map(self._ms_played, elements)))
        checks = (
            (clock_flaws > 0, clock_flaws),
            (clock < EARLIEST_MS, Flaw.CLOCK_BEFORE_2006),
            (clock > self._latest_ms, Flaw.CLOCK_IN_FUTURE),
            (is_missing, Flaw.MS_PLAYED_MISSING),
            ((ms_played < 0) | (ms_played > _DAY_MS), Flaw.MS_PLAYED_OUT_OF_RANGE),
        )
        for is_flawed, flaw in checks:
            flaws = np.where((flaws == 0) & is_flawed, flaw, flaws).astype(np.uint8)
        self._batches.append(
            {
                "flaw": flaws,
                "description": np.fromiter(
                    map(self._descriptions.__getitem__, map(self._wording, elements)),
                    np.int32,
                    count,
                ),
                "clock": clock,
                "ms_played": np.where(flaws == 0, ms_played, 0).astype(np.int32),
                "stamp": self._stamps(elements),
                "context": np.fromiter(
                    map(self._contexts.__getitem__, map(self._circumstances, elements)),
                    np.int32,
                    count,
                ),
            }
        )

    def finished(
        self,
    ) -> tuple[dict[str, NDArray[np.integer]], list[Description], list[Context]]:
        """Give the columns of all rows added, and the values that they point to."""
        columns = {
            name: np.concatenate([batch[name] for batch in self._batches] or [np.empty(0, dtype)])
            for name, dtype in _TYPES.items()
        }
        descriptions, columns["description"] = self._descriptions.own(columns["description"])
        contexts, columns["context"] = self._contexts.own(columns["context"])
        return columns, descriptions, contexts

    def _stamps(self, elements: list[Any]) -> NDArray[np.int64]:
        if self._stamp is None:
            return np.zeros(len(elements), np.int64)
        stamp, _ = _integers(list(map(self._stamp, elements)))
        in_seconds = (stamp > 0) & (stamp < _MILLISECONDS_FROM)
        stamp = np.where(in_seconds, stamp * 1000, stamp)
        return np.where((stamp >= EARLIEST_MS) & (stamp < LATEST_STAMP_MS), stamp, 0)


def _integers(values: list[int | None]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give integers (0 where absent) and which are absent."""
    if None not in values:
        return np.array(values, np.int64), np.zeros(len(values), bool)
    is_missing = np.fromiter((value is None for value in values), bool, len(values))
    return np.array([value or 0 for value in values], np.int64), is_missing
