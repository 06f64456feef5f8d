"""Instants as Unix milliseconds and back."""

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def from_ms(milliseconds: int) -> datetime: ...
@overload
def from_ms(milliseconds: None) -> None: ...
def from_ms(milliseconds: int | None) -> datetime | None:
    """Give the instant that lies so many milliseconds after 1970; None for None."""
    return None if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)


def to_ms(instant: datetime) -> int:
    """Give the milliseconds from 1970 to an aware instant."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)
