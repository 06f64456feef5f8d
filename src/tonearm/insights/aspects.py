"""Circumstances of plays, and the values that they have."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.countries import is_country
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.platforms import FAMILIES, platform_family
from tonearm.domain.text import quoted
from tonearm.history.store import PlayColumns
from tonearm.insights.lane import LaneColumns

Aspect = Literal["platform", "country", "shuffle", "offline", "private"]
FLAGS = ("no", "yes")
UNKNOWN = "unknown"


class Values:
    """The values of an aspect that contexts have, by number; 0 is unknown."""

    def __init__(self, columns: PlayColumns, aspect: Aspect) -> None:
        """Number the values, and look up that of each context."""
        told: NDArray[np.integer] = getattr(columns, f"context_{aspect}")
        words = [None, *FLAGS]
        if aspect in ("platform", "country"):
            words = [word or None for word in columns.words]
            if aspect == "platform":
                words = [platform_family(word) for word in words]
        else:
            told = told + 1
        self.names: list[str | None] = [None]
        numbers: dict[str | None, int] = {None: 0}
        number_of_word = np.zeros(len(words), np.int32)
        for word in np.unique(told).tolist():
            if words[word] not in numbers:
                numbers[words[word]] = len(self.names)
                self.names.append(words[word])
            number_of_word[word] = numbers[words[word]]
        # Small numbers are sorted many times faster.
        self.of_context = number_of_word[told].astype(np.min_scalar_type(len(self.names)))

    @property
    def nbytes(self) -> int:
        """Memory of the numbers."""
        return int(self.of_context.nbytes)


def values_of(lane: LaneColumns, aspect: Aspect) -> Values:
    """Give the values of an aspect that the contexts of a lane have."""
    return lane.once(("values", aspect), lambda: Values(lane.columns, aspect))


def has_value(lane: LaneColumns, aspect: Aspect, value: str) -> NDArray[np.bool_]:
    """Mark the contexts of a lane that have a value; `unknown` or nothing is none. Raises InvalidInputError."""
    found = values_of(lane, aspect)
    wanted = None if value in ("", UNKNOWN) else value
    if wanted in found.names:
        has: NDArray[np.bool_] = found.of_context == found.names.index(wanted)
        return has
    if aspect == "country":
        known, such = is_country(value), "two letters, such as DE"
    else:
        allowed = FAMILIES if aspect == "platform" else FLAGS
        known, such = value in allowed, ", ".join(allowed)
    if not known:
        raise InvalidInputError(
            f"`value` is {quoted(value)}, and of the aspect {aspect} it is one of {such}, or {UNKNOWN}.",
            parameter="value",
        )
    return np.zeros(len(found.of_context), bool)
