"""How much is measured: in earnest, or for a quick look at whether the tools work."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes in plays, and how often each pair of measurements is repeated."""

    rounds: int
    small: int
    """The smallest import of the growth curve, and the history small requests are measured on."""
    import_plays: int
    large: int
    """The largest import of the growth curve."""
    histories: tuple[int, ...]
    """Sizes at which measures are asked."""
    questions: int
    tenants: int
    """Listeners that share one process."""
    tenant_questions: int
    tenants_mb: int
    """The memory limit that they share."""
    requests: int
    starts: int

    def with_rounds(self, rounds: int) -> Self:
        """Give the same sizes, measured more or less often."""
        return replace(self, rounds=rounds)


FULL = Scale(
    rounds=3,
    small=100_000,
    import_plays=1_000_000,
    large=5_000_000,
    histories=(100_000, 1_000_000, 10_000_000),
    questions=100,
    tenants=1_000,
    tenant_questions=5_000,
    tenants_mb=512,
    requests=300,
    starts=5,
)
QUICK = Scale(
    rounds=1,
    small=10_000,
    import_plays=50_000,
    large=100_000,
    histories=(100_000,),
    questions=20,
    tenants=100,
    tenant_questions=500,
    tenants_mb=48,
    requests=20,
    starts=1,
)


def spelled(plays: int) -> str:
    """Write a number of plays as the tables do."""
    million = 1_000_000
    return f"{plays / million:g} M" if plays >= million else f"{plays // 1000} k"
