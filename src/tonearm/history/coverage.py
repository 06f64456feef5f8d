"""Which spans of time a listener's imports and polls vouch for.

A complete set of extended files vouches from its first to its last row. Any other history file may leave something
out: it vouches, in part, for the local days that have rows of it. A page of polled plays vouches from its oldest play
to the moment it was fetched, for music: Spotify lists nothing else there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select, tuple_

from tonearm.domain.instants import to_ms
from tonearm.domain.offsets import local_days
from tonearm.domain.periods import find_zone, start_of_day
from tonearm.domain.vocabulary import Family, ImportState, Kind
from tonearm.history.change import month_of
from tonearm.history.evidence import Lane, load_months
from tonearm.storage.columns import unpack
from tonearm.storage.poll_tables import polled_spans
from tonearm.storage.tables import import_members, imports

# Extended files are numbered from 0 within a series; the only one, or the first, may go without a number.
_NAME = re.compile(
    r"(endsong|endvideo|streaming_history_(?:audio|video))(?:_\d{4}(?:-\d{4})?)?(?:_(\d{1,3}))?\.json",
    re.IGNORECASE,
)
_EPOCH = date(1970, 1, 1)
# Local days begin on quarters of an hour UTC: they have in every zone since exports exist.
_QUARTER_MS = 900_000
_TWO_DAYS_MS = 172_800_000
_ACCOUNT = "account data can leave out whole weeks"
_UNNAMED = "its files do not have Spotify's names, so that nothing tells whether one is missing"
_MEMBERS_AT_ONCE = 100
_Instants = NDArray[np.int64]
_Columns = Mapping[str, NDArray[Any]]
_Rows = NDArray[np.bool_] | slice


class Spans:
    """Spans of instants in Unix milliseconds, apart and in order; the end of one is no part of it."""

    def __init__(self, starts: _Instants, ends: _Instants) -> None:
        """Join spans that touch or overlap."""
        order = np.argsort(starts, kind="stable")
        starts, reached = starts[order], np.maximum.accumulate(ends[order])
        is_apart = starts[1:] > reached[:-1]
        self.starts = starts[np.append(True, is_apart)] if len(starts) else starts
        self.ends = reached[np.append(is_apart, True)] if len(starts) else starts
        self._before = np.concatenate([[0], np.cumsum(self.ends - self.starts)])

    def length_within(self, start: int, end: int) -> int:
        """Give how many milliseconds from `start` to before `end` lie in a span."""
        return int(self.lengths_between(np.array([start, end], np.int64))[0])

    def lengths_between(self, edges: _Instants) -> _Instants:
        """Give how many milliseconds lie in a span between each of some ascending instants and the next."""
        places = np.searchsorted(self.starts, edges)
        ends = np.concatenate([edges[:1], self.ends])  # before the first span nothing lies beyond
        beyond = np.where(places > 0, np.maximum(ends[places] - edges, 0), 0)
        lengths: _Instants = np.diff(self._before[places] - beyond)
        return lengths

    def missing_within(self, start: int, end: int) -> list[tuple[int, int]]:
        """Give what lies in no span from `start` to before `end`, in order."""
        first = int(np.searchsorted(self.ends, start, "right"))
        last = int(np.searchsorted(self.starts, end))
        begins = [start, *self.ends[first:last].tolist()]
        stops = [*self.starts[first:last].tolist(), end]
        return [(begin, stop) for begin, stop in zip(begins, stops, strict=True) if begin < stop]

    def joined(self, other: "Spans") -> "Spans":
        """Give what lies in a span of either."""
        return Spans(
            np.concatenate([self.starts, other.starts]), np.concatenate([self.ends, other.ends])
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """What vouches for a listener's plays, by the local days of one zone."""

    complete: Spans
    every: Spans
    """What is vouched for in part among it."""
    is_polled: bool
    """Whether polls vouch for anything: their spans grow without a new version of the history."""

    @classmethod
    def of(cls, vouched: "Vouched", zone: str) -> "Coverage":
        """Add the local days of the zone to what imports vouch for wholly."""
        every = vouched.complete.joined(Spans(*_days_of(vouched.partly_at, zone)))
        return cls(vouched.complete, every, vouched.is_polled)

    def with_polls(self, spans: Spans, kind: str) -> "Coverage":
        """Add what polls vouch for: all of the music, so part of everything, and nothing spoken."""
        if kind not in (Kind.MUSIC, "all"):
            return self
        complete = self.complete.joined(spans) if kind == Kind.MUSIC else self.complete
        return replace(self, complete=complete, every=self.every.joined(spans))


@dataclass(frozen=True, slots=True)
class Vouched:
    """What vouches for a listener's plays in one version, whatever the zone."""

    complete: Spans
    """Those of complete sets."""
    partly_at: _Instants
    """The quarters of an hour with rows that vouch for their days only."""
    is_polled: bool
    """Whether there are polls."""


@dataclass(frozen=True, slots=True)
class FileSet:
    """The history files of one import that stand or fall together."""

    import_id: int
    flaw: str | None
    """Why it does not vouch for all that lies between its rows, in words; None for a complete set."""
    is_account: bool
    first_at: int
    last_at: int
    positions: tuple[int, ...]


def load_file_sets(connection: Connection, user_id: int) -> list[FileSet]:
    """Read which history files a listener's published imports had, but for those without valid rows."""
    columns = import_members.c
    rows = connection.execute(
        select(
            columns.import_id,
            columns.position,
            columns.name,
            columns.family,
            columns.note,
            columns.first_at,
            columns.last_at,
        )
        .join(
            imports,
            (imports.c.user_id == columns.user_id) & (imports.c.id == columns.import_id),
        )
        .where(columns.user_id == user_id, imports.c.state == ImportState.PUBLISHED)
        .order_by(columns.import_id, columns.position)
    ).all()
    members: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        members[row.import_id].append(row)
    return [found for own in members.values() for found in _sets_of(own)]


def load_vouched(connection: Connection, user_id: int) -> Vouched:
    """Find out what vouches for a listener's plays; rows are looked at only where that cannot be told without."""
    sets = load_file_sets(connection, user_id)
    query = select(polled_spans.c.link_id).where(polled_spans.c.user_id == user_id).limit(1)
    is_polled = connection.scalar(query) is not None
    whole = [found for found in sets if found.flaw is None]
    complete = Spans(
        np.array([found.first_at for found in whole], np.int64),
        np.array([found.last_at + 1 for found in whole], np.int64),
    )
    # Days wholly inside a complete span are vouched for already.
    partial = [
        found
        for found in sets
        if found.flaw is not None
        and complete.missing_within(found.first_at - _TWO_DAYS_MS, found.last_at + _TWO_DAYS_MS)
    ]
    if not partial:
        return Vouched(complete, np.empty(0, np.int64), is_polled)
    # A month of sightings is read column by column: what every row has to be asked is most of the cost.
    is_partial: _IsPartial
    if not whole:
        is_partial = _AnyRow()
    elif all(found.is_account for found in partial):
        is_partial = _AccountRow()
    else:
        is_partial = _SupportedRow(connection, user_id, partial)
    return Vouched(complete, _quarters_of(connection, user_id, partial, is_partial), is_polled)


def load_polled_spans(connection: Connection, user_id: int) -> Spans:
    """Read of which spans polls have shown everything, by any link."""
    rows = connection.execute(
        select(polled_spans.c.from_at, polled_spans.c.to_at)
        .where(polled_spans.c.user_id == user_id, polled_spans.c.from_at < polled_spans.c.to_at)
        .order_by(polled_spans.c.from_at)
    ).all()
    return Spans(
        np.array([row.from_at for row in rows], np.int64),
        np.array([row.to_at for row in rows], np.int64),
    )


def _sets_of(members: Sequence[Any]) -> Iterable[FileSet]:
    named: list[Any] = []
    numbers: dict[str, set[int]] = defaultdict(set)
    others: dict[str, list[Any]] = {_UNNAMED: [], _ACCOUNT: []}
    for member in members:
        match = _NAME.fullmatch(member.name.rpartition("/")[2])
        if member.family == Family.ACCOUNT:
            others[_ACCOUNT].append(member)
        elif match is not None:
            # One that could not be read at all has no family, but its place.
            named.append(member)
            numbers[match[1]].add(int(match[2] or 0))
        elif member.family is not None:
            others[_UNNAMED].append(member)
    for flaw, own in ((_flaw_of(named, numbers), named), *others.items()):
        firsts = [member.first_at for member in own if member.first_at is not None]
        lasts = [member.last_at for member in own if member.last_at is not None]
        if firsts:
            yield FileSet(
                import_id=own[0].import_id,
                flaw=flaw,
                is_account=flaw == _ACCOUNT,
                first_at=min(firsts),
                last_at=max(lasts),
                positions=tuple(member.position for member in own),
            )


def _flaw_of(members: Sequence[Any], numbers: dict[str, set[int]]) -> str | None:
    for member in members:
        if member.note is not None:
            return f"{member.name.rpartition('/')[2]} was not read to its end"
    for series, found in numbers.items():
        for number in range(max(found)):
            if number not in found:
                return f"number {number} of the files {series} is missing"
    return None


class _AnyRow:
    names: tuple[str, ...] = ()

    def __call__(self, part: _Columns) -> _Rows:
        del part
        return slice(None)


class _AccountRow:
    names = ("family",)

    def __call__(self, part: _Columns) -> _Rows:
        is_account: NDArray[np.bool_] = part["family"] == Family.ACCOUNT
        return is_account


class _SupportedRow:
    """Knows the rows of some files by their ledgers."""

    names = ("id",)

    def __init__(self, connection: Connection, user_id: int, sets: Sequence[FileSet]) -> None:
        places = [(found.import_id, position) for found in sets for position in found.positions]
        columns = import_members.c
        references: list[NDArray[np.integer]] = []
        for start in range(0, len(places), _MEMBERS_AT_ONCE):
            blobs = connection.scalars(
                select(columns.ledger).where(
                    columns.user_id == user_id,
                    columns.ledger.is_not(None),
                    tuple_(columns.import_id, columns.position).in_(
                        places[start : start + _MEMBERS_AT_ONCE]
                    ),
                )
            )
            references += [unpack(blob, ("sighting",))["sighting"] for blob in blobs]
        size = max((int(own.max(initial=0)) for own in references), default=0) + 1
        self._is_wanted = np.zeros(size, bool)
        for own in references:
            self._is_wanted[own] = True
        self._is_wanted[0] = False  # rows that are no evidence

    def __call__(self, part: _Columns) -> _Rows:
        number = part["id"]
        known = number < len(self._is_wanted)
        return known & self._is_wanted[np.where(known, number, 0)]


_IsPartial = _AnyRow | _AccountRow | _SupportedRow


def _quarters_of(
    connection: Connection, user_id: int, sets: Sequence[FileSet], is_partial: _IsPartial
) -> _Instants:
    """Give the quarters of an hour that have rows of some files, ascending."""
    edges = np.array([[found.first_at, found.last_at] for found in sets], np.int64)
    months = {
        month
        for first, last in month_of(edges.ravel()).reshape(-1, 2).tolist()
        for month in range(first, last + 1)
    }
    quarters: list[_Instants] = [np.empty(0, np.int64)]
    names = (*is_partial.names, "clock")
    for part in load_months(connection, user_id, Lane.SIGHTINGS, months, names).values():
        own = part["clock"][is_partial(part)].astype(np.int64) // _QUARTER_MS
        is_first = np.append(True, own[1:] != own[:-1])[: len(own)]
        quarters.append(own[is_first] * _QUARTER_MS)
    return np.concatenate(quarters)


def _days_of(instants: _Instants, zone: str) -> tuple[_Instants, _Instants]:
    """Give first and end of every run of local days with one of some ascending instants."""
    if not len(instants):
        return instants, instants
    days = np.unique(local_days(instants, zone))
    is_apart = np.diff(days) > 1
    firsts, lasts = days[np.append(True, is_apart)], days[np.append(is_apart, True)]
    place = find_zone(zone)

    def start(day: int) -> int:
        return to_ms(start_of_day(_EPOCH + timedelta(days=day), place))

    return (
        np.array([start(day) for day in firsts.tolist()], np.int64),
        np.array([start(day + 1) for day in lasts.tolist()], np.int64),
    )
