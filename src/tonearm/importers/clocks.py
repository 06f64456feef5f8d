"""Clocks of exports, read a column at a time."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.vocabulary import Flaw

EARLIEST_MS = 1_136_073_600_000
"""2006-01-01, before which there was no Spotify to listen to."""
LATEST_STAMP_MS = 4_102_444_800_000
"""2100-01-01: client stamps from then on are broken clocks."""

Clocks = tuple[NDArray[np.int64], NDArray[np.uint8]]
"""Unix milliseconds (0 where unreadable) and a Flaw for each."""

_ZERO = ord("0")


def clock_reader(layout: str) -> Callable[[Sequence[str | None]], Clocks]:
    """Give a reader for texts that follow a layout of the digits `Y M D h m s` and fixed characters.

    Columns that follow it throughout are read at once, others one by one.
    """
    digits = {
        unit: [index for index, letter in enumerate(layout) if letter == unit] for unit in "YMDhms"
    }
    fixed = {index: ord(letter) for index, letter in enumerate(layout) if letter not in "YMDhms"}

    def read_whole(texts: Sequence[str]) -> Clocks | None:
        if set(map(len, texts)) != {len(layout)}:
            return None
        joined = "".join(texts)
        if not joined.isascii():
            return None
        table = np.frombuffer(joined.encode(), np.uint8).reshape(-1, len(layout))
        instants = _read_table(table, digits, fixed)
        return None if instants is None else (instants, np.zeros(len(texts), np.uint8))

    def read(texts: Sequence[str | None]) -> Clocks:
        found = None if None in texts else read_whole(texts)  # type: ignore[arg-type]
        return found or _read_each(texts, read_whole)

    return read


def _read_table(
    table: NDArray[np.uint8], digits: dict[str, list[int]], fixed: dict[int, int]
) -> NDArray[np.int64] | None:
    """Read texts of one layout; None if any of them does not follow it."""
    if any((table[:, index] != letter).any() for index, letter in fixed.items()):
        return None
    units: dict[str, NDArray[np.int64]] = {}
    for unit, places in digits.items():
        value = np.zeros(len(table), np.int64)
        for place in places:
            digit = table[:, place] - np.uint8(_ZERO)
            if (digit > 9).any():  # noqa: PLR2004 - the largest digit
                return None
            value = value * 10 + digit
        units[unit] = value
    month = (units["Y"] - 1970) * 12 + units["M"] - 1
    day = month.astype("datetime64[M]").astype("datetime64[D]") + (units["D"] - 1)
    is_valid = (
        (units["M"] >= 1)
        & (units["M"] <= 12)  # noqa: PLR2004 - months of a year
        & (day.astype("datetime64[M]").astype(np.int64) == month)
        & (units["h"] < 24)  # noqa: PLR2004 - hours of a day
        & (units["m"] < 60)  # noqa: PLR2004 - minutes of an hour
        & (units["s"] < 60)  # noqa: PLR2004 - seconds of a minute
    )
    if not is_valid.all():
        return None
    seconds = ((day.astype(np.int64) * 24 + units["h"]) * 60 + units["m"]) * 60 + units["s"]
    return seconds * 1000


def _read_each(texts: Sequence[str | None], read: Callable[[list[str]], Clocks | None]) -> Clocks:
    instants = np.zeros(len(texts), np.int64)
    flaws = np.zeros(len(texts), np.uint8)
    for index, text in enumerate(texts):
        if text is None:
            flaws[index] = Flaw.CLOCK_MISSING
            continue
        found = read([text])
        if found is None:
            flaws[index] = Flaw.CLOCK_UNREADABLE
        else:
            instants[index] = found[0][0]
    return instants, flaws
