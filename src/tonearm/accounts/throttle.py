"""A brake on guessing passwords, kept in this process."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from tonearm.accounts.errors import TooManyAttemptsError
from tonearm.ops.clock import Clock

FREE_FAILURES = 5
LONGEST_WAIT = timedelta(seconds=60)
_FORGET_AFTER = timedelta(minutes=15)
_MOST_NAMES = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: datetime


class Throttle:
    """Makes a name wait after five failed log-ins: 1, 2, 4 … up to 60 seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, _Failures] = {}
        self._lock = threading.Lock()

    def begin(self, name: str) -> None:
        """Let a name try, and count the attempt as failed until `succeeded` says otherwise.

        Counting comes first: many guesses at the same time must not all pass before one has failed.

        Raises:
            TooManyAttemptsError: it has to wait.
        """
        now = self._clock()
        with self._lock:
            failures = self._failures.pop(name, None)
            if failures is None or now - failures.last_at > _FORGET_AFTER:
                failures = _Failures(0, now)
            # Put back at the end, so that room is made among names that nobody tries any more.
            self._make_room()
            self._failures[name] = failures
            if failures.count >= FREE_FAILURES:
                doublings = min(failures.count - FREE_FAILURES, 10)
                wait = min(timedelta(seconds=2**doublings), LONGEST_WAIT)
                seconds = (failures.last_at + wait - now).total_seconds()
                if seconds > 0:
                    raise TooManyAttemptsError(
                        f"Too many failed log-ins. Try again in {int(seconds) + 1} s."
                    )
            failures.count += 1
            failures.last_at = now

    def succeeded(self, name: str) -> None:
        """Forget a name's failures."""
        with self._lock:
            self._failures.pop(name, None)

    def _make_room(self) -> None:
        while len(self._failures) >= _MOST_NAMES:
            del self._failures[next(iter(self._failures))]
