"""Sightings and contexts as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tonearm.history.aside import set_aside


class Context(NamedTuple):
    """Under which circumstances something was played; each part may be unknown."""

    platform: str | None = None
    country: str | None = None
    reason_start: str | None = None
    reason_end: str | None = None
    shuffle: bool | None = None
    skipped: bool | None = None
    offline: bool | None = None
    private: bool | None = None

    def merged(self, other: "Context") -> "Context":
        """Fill what is unknown here from another context."""
        parts = (
            mine if mine is not None else theirs for mine, theirs in zip(self, other, strict=True)
        )
        return Context(*parts)  # type: ignore[arg-type] # each part keeps its place and type

    @property
    def order(self) -> tuple[tuple[bool, str | bool], ...]:
        """A key that puts absent after present and false before true."""
        return tuple((part is None, "" if part is None else part) for part in self)


def context_ranks(contexts: Sequence[Context]) -> NDArray[np.int64]:
    """Give each of some contexts its rank in the order of the evidence."""
    rank = np.empty(len(contexts), np.int64)
    rank[sorted(range(len(contexts)), key=lambda index: contexts[index].order)] = np.arange(
        len(contexts)
    )
    return rank


@dataclass(slots=True)
class Sightings:
    """Parallel columns, one row a sighting; clock and stamp in Unix milliseconds (stamp 0: none)."""

    id: NDArray[np.uint32]
    family: NDArray[np.uint8]
    description: NDArray[np.uint32]
    clock: NDArray[np.int64]
    ms_played: NDArray[np.int32]
    stamp: NDArray[np.int64]
    context: NDArray[np.uint32]
    play: NDArray[np.uint32]
    """The play each is evidence of, by the lowest id of that play's sightings."""

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def empty(cls) -> Self:
        """Give columns without rows."""
        return cls.concatenated([])

    @classmethod
    def concatenated(cls, parts: "list[Sightings]") -> Self:
        """Put the rows of several tables one after another."""
        return cls(
            **{
                name: np.concatenate(
                    [getattr(part, name) for part in parts] or [np.empty(0, dtype)]
                )
                for name, dtype in SIGHTING_TYPES.items()
            }
        )

    def taken(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> Self:
        """Give the rows chosen by position, mask or slice."""
        return type(self)(**{name: getattr(self, name)[rows] for name in SIGHTING_TYPES})

    def take_over(self, others: Self) -> None:
        """Append the rows of another table, whose columns are used up one by one."""
        for name in SIGHTING_TYPES:
            column = getattr(others, name)
            setattr(others, name, column[:0].copy())
            setattr(self, name, np.concatenate([getattr(self, name), column]))

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the other rows, a column at a time, so that only one is ever held twice."""
        if not mask.all():
            for name in SIGHTING_TYPES:
                setattr(self, name, getattr(self, name)[mask])

    def reorder(self, order: NDArray[np.integer]) -> None:
        """Put the rows into another order, a column at a time."""
        for name in SIGHTING_TYPES:
            setattr(self, name, getattr(self, name)[order])

    def set_aside(self, *names: str) -> None:
        """Keep some columns in files until they are read again."""
        for name in names:
            setattr(self, name, set_aside(getattr(self, name)))

    def columns(self) -> dict[str, NDArray[np.integer]]:
        """Give the columns by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


SIGHTING_TYPES: dict[str, type[np.integer]] = {
    "id": np.uint32,
    "family": np.uint8,
    "description": np.uint32,
    "clock": np.int64,
    "ms_played": np.int32,
    "stamp": np.int64,
    "context": np.uint32,
    "play": np.uint32,
}


@dataclass(slots=True)
class Plays:
    """Parallel columns, one row a play, by time; instants in Unix milliseconds."""

    id: NDArray[np.uint32]
    ended_at: NDArray[np.int64]
    started_at: NDArray[np.int64]
    ms_played: NDArray[np.int32]
    track: NDArray[np.uint32]
    context: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.id)

    def reorder(self, order: NDArray[np.integer]) -> None:
        """Put the rows into another order, a column at a time."""
        for name in PLAY_TYPES:
            setattr(self, name, getattr(self, name)[order])

    def set_aside(self) -> None:
        """Keep the columns in files until they are read again."""
        for name in PLAY_TYPES:
            setattr(self, name, set_aside(getattr(self, name)))

    def columns(self) -> dict[str, NDArray[np.integer]]:
        """Give the columns by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


PLAY_TYPES: dict[str, type[np.integer]] = {
    "id": np.uint32,
    "ended_at": np.int64,
    "started_at": np.int64,
    "ms_played": np.int32,
    "track": np.uint32,
    "context": np.uint32,
}
