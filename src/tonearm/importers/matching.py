"""From staged members to claims, and from what history says of them to a verdict a row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.catalogue.descriptions import Description
from tonearm.domain.vocabulary import Verdict
from tonearm.history.arrays import slices
from tonearm.history.change import Claims, Recorded
from tonearm.history.sightings import Context
from tonearm.importers.records import Counts
from tonearm.importers.staging import Outline, Staged
from tonearm.storage.columns import pack, unpack

_Item = TypeVar("_Item", Description, Context)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The verdicts of one member's rows, in their order."""

    verdict: NDArray[np.uint8]
    flaw: NDArray[np.uint8]
    sighting: NDArray[np.uint32]
    """The id of each row's sighting, 0 where it is none."""

    @classmethod
    def empty(cls) -> "Ledger":
        """Give the ledger of a file without rows."""
        return cls(np.empty(0, np.uint8), np.empty(0, np.uint8), np.empty(0, np.uint32))

    def packed(self) -> bytes:
        """Give it as a blob."""
        return pack({"verdict": self.verdict, "flaw": self.flaw, "sighting": self.sighting})

    @classmethod
    def unpacked(cls, blob: bytes) -> "Ledger":
        """Read it from a blob."""
        columns = unpack(blob)
        return cls(
            columns["verdict"].astype(np.uint8),
            columns["flaw"].astype(np.uint8),
            columns["sighting"].astype(np.uint32),
        )

    def counts(self) -> Counts:
        """Count the verdicts."""
        tally = np.bincount(self.verdict, minlength=len(Verdict)).tolist()
        return Counts(
            rows=len(self.verdict),
            new=tally[Verdict.NEW],
            improved=tally[Verdict.IMPROVED],
            duplicate=tally[Verdict.DUPLICATE],
            no_content=tally[Verdict.NO_CONTENT],
            malformed=tally[Verdict.MALFORMED],
            suppressed=tally[Verdict.SUPPRESSED],
        )

    def again(self) -> "Ledger":
        """Give the ledger of the same rows when they come once more."""
        is_play = self.verdict > Verdict.NO_CONTENT
        verdict = np.where(is_play, np.uint8(Verdict.DUPLICATE), self.verdict)
        return Ledger(verdict, self.flaw, self.sighting)

    def without(self, deleted: NDArray[np.uint32]) -> "Ledger":
        """Give it with the rows suppressed whose sightings are of deleted plays."""
        if not len(deleted):
            return self
        is_deleted = np.isin(self.sighting, deleted)
        verdict = np.where(is_deleted, np.uint8(Verdict.SUPPRESSED), self.verdict)
        return Ledger(verdict, self.flaw, self.sighting)


def claims_of(members: Iterable[Staged], count: int) -> Claims:
    """Put the evidence of several members together, in order; `count` is how many rows of theirs are claims.

    Members are taken one by one and let go, so that a large import is held once.
    """
    claims = Claims(
        family=np.empty(count, np.uint8),
        description=np.empty(count, np.uint32),
        clock=np.empty(count, np.int64),
        ms_played=np.empty(count, np.int32),
        stamp=np.empty(count, np.int64),
        context=np.empty(count, np.uint32),
        descriptions=[],
        contexts=[],
    )
    descriptions: dict[Description, int] = {}
    contexts: dict[Context, int] = {}
    start = 0
    for member in members:
        mask = member.is_claim()
        end = start + int(mask.sum())
        if start == end:
            continue
        rows = slice(start, end)
        columns = {name: column[mask] for name, column in member.columns.items()}
        claims.family[rows] = member.family or 0
        wordings = _numbers(descriptions, member.descriptions)
        claims.description[rows] = wordings[columns["description"]]
        claims.context[rows] = _numbers(contexts, member.contexts)[columns["context"]]
        for name in ("clock", "ms_played", "stamp"):
            getattr(claims, name)[rows] = columns[name]
        start = end
    claims.descriptions, claims.contexts = list(descriptions), list(contexts)
    return claims


def ledgers_of(members: Sequence[Outline], recorded: Recorded) -> list[Ledger]:
    """Judge every row of the members whose claims were recorded."""
    verdicts = np.full(len(recorded.play), Verdict.DUPLICATE, np.uint8)
    improving = recorded.is_changed_play & recorded.is_new_sighting
    for rows in _first_of_each(recorded.play, improving):
        verdicts[rows] = Verdict.IMPROVED
    for rows in _first_of_each(recorded.play, recorded.is_new_play):
        verdicts[rows] = Verdict.NEW
    ledgers: list[Ledger] = []
    start = 0
    for member in members:
        mask = member.is_claim
        end = start + int(mask.sum())
        verdict = np.where(
            member.flaw > 0, np.uint8(Verdict.MALFORMED), np.uint8(Verdict.NO_CONTENT)
        )
        sighting = np.zeros(len(mask), np.uint32)
        verdict[mask] = verdicts[start:end]
        sighting[mask] = recorded.sighting[start:end]
        ledgers.append(Ledger(verdict, member.flaw, sighting))
        start = end
    return ledgers


def _first_of_each(
    values: NDArray[np.uint32], mask: NDArray[np.bool_]
) -> Iterator[NDArray[np.int64]]:
    """Give the places where values first occur under a mask, some at a time to spare memory."""
    first = np.zeros(int(values.max(initial=0)) + 1, np.int32)
    parts = list(slices(len(values)))
    for part in reversed(parts):
        # From the end to the start: of several places given to one value, the last one stays.
        rows = part.start + np.flatnonzero(mask[part])[::-1]
        first[values[rows]] = rows
    for part in parts:
        rows = part.start + np.flatnonzero(mask[part])
        yield rows[first[values[rows]] == rows]


def _numbers(known: dict[_Item, int], items: Sequence[_Item]) -> NDArray[np.uint32]:
    """Give each item's number, numbering new ones as they come."""
    numbers = (known.setdefault(item, len(known)) for item in items)
    return np.fromiter(numbers, np.uint32, len(items))
