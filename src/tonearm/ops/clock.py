"""The one place that asks the system for the time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A callable that gives the present instant as an aware datetime in UTC."""


def system_clock() -> datetime:
    """Give the present instant in UTC."""
    return datetime.now(UTC)
