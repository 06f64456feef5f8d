"""The simulator's clock: stands still until it is moved, or runs with the machine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tonearm.ops.clock import Clock, system_clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SimulatorClock:
    """Says what time it really is, and what time the service believes it is.

    With `start` it stands still until `advance` or `move_to`; without, it follows `system`, ahead of it
    by whatever it was advanced. `skew` is how far the service's own clock is ahead of the true time:
    it shifts every instant that the service states, and nothing else.
    """

    def __init__(self, start: datetime | None = None, system: Clock = system_clock) -> None:
        self._system = system
        self._standing = start
        self._ahead = timedelta(0)
        self.skew = timedelta(0)

    def __call__(self) -> datetime:
        """The true present instant, UTC."""
        return (self._standing or self._system()) + self._ahead

    def advance(self, **span: float) -> None:
        """Move on by the keyword arguments of a `timedelta`; raises ValueError for a step back."""
        step = timedelta(**span)
        if step < timedelta(0):
            raise ValueError("time does not run backwards")
        self._ahead += step

    def move_to(self, instant: datetime) -> None:
        """Move on to an aware instant; raises ValueError if it has passed."""
        self.advance(seconds=(instant - self()).total_seconds())

    def now_ms(self) -> int:
        """The true present instant in milliseconds since 1970."""
        return to_ms(self())

    def stated_ms(self, true_ms: int) -> int:
        """What the service says of a true instant; both in milliseconds since 1970."""
        return true_ms + self.skew // timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 of an aware instant."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The UTC instant of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


def iso_ms(ms: int) -> str:
    """An instant as Spotify writes `played_at`: 2026-05-01T12:00:00.123Z."""
    return from_ms(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_seconds(ms: int) -> str:
    """An instant as Spotify writes `added_at`: 2026-05-01T12:00:00Z."""
    return from_ms(ms).isoformat(timespec="seconds").replace("+00:00", "Z")
