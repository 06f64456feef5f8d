"""When to ask for no older plays: the five conditions that end a backfill."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tonearm.collector.records import BackfillEnd


@dataclass(frozen=True, slots=True)
class BackfillBounds:
    """How far a backfill goes; Spotify itself has no more than the last 50 plays for it."""

    days: int = 30
    requests: int = 10
    blocks: int = 3
    """Lock-outs after which it gives up."""
    at_once: int = 1
    """How many listeners' backfills run at a time."""

    def ended_by(
        self, *, oldest: datetime | None, before: datetime, requests: int, now: datetime
    ) -> BackfillEnd | None:
        """Give why a page was the last: `oldest` of it, which `before` was of the one newer than it."""
        if oldest is None:
            return BackfillEnd.EMPTY
        if oldest >= before:
            return BackfillEnd.NO_PROGRESS
        if oldest < now - timedelta(days=self.days):
            return BackfillEnd.MAX_DAYS
        if requests >= self.requests:
            return BackfillEnd.MAX_REQUESTS
        return None
