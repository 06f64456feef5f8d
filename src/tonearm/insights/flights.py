"""Slow work that several threads want at once: one does it, the others wait for that one alone."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock


class Flights:
    """Locks by name, each there only as long as somebody wants it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = Lock()
        self._flights: dict[Hashable, _Flight] = {}

    @contextmanager
    def one(self, name: Hashable) -> Iterator[None]:
        """Let no other thread into the block for the same name."""
        with self._lock:
            flight = self._flights.setdefault(name, _Flight())
            flight.threads += 1
        try:
            with flight.lock:
                yield
        finally:
            with self._lock:
                flight.threads -= 1
                if not flight.threads:
                    del self._flights[name]


class _Flight:
    def __init__(self) -> None:
        self.lock = Lock()
        self.threads = 0
