"""The six steps by which charts show amounts."""

from collections.abc import Iterable

STEPS = 6
_TYPICAL_MOST = 0.97


def ceiling(values: Iterable[int]) -> int:
    """Give the amount that reaches the top step; a few outliers may lie above it."""
    present = sorted(value for value in values if value > 0)
    if not present:
        return 0
    return present[min(len(present) - 1, int(len(present) * _TYPICAL_MOST))]


def step(value: int, most: int) -> int:
    """Give the step of an amount: 0 for nothing, else 1 to 6."""
    if value <= 0 or most <= 0:
        return 0
    return min(STEPS, max(1, -(-value * STEPS // most)))
