"""When the look back ends: five conditions, four of which a page shows."""

from datetime import UTC, datetime, timedelta

import pytest

from tonearm.collector.backfill import BackfillBounds
from tonearm.collector.records import BackfillEnd

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("oldest", "before", "requests", "ended_by"),
    [
        (NOW - HOUR * 2, NOW - HOUR, 1, None),
        (None, NOW - HOUR, 1, BackfillEnd.EMPTY),
        (NOW - HOUR, NOW - HOUR, 1, BackfillEnd.NO_PROGRESS),
        (NOW, NOW - HOUR, 1, BackfillEnd.NO_PROGRESS),
        (NOW - DAY * 30, NOW - HOUR, 1, None),
        (NOW - DAY * 30 - HOUR, NOW - HOUR, 1, BackfillEnd.MAX_DAYS),
        (NOW - HOUR * 2, NOW - HOUR, 9, None),
        (NOW - HOUR * 2, NOW - HOUR, 10, BackfillEnd.MAX_REQUESTS),
    ],
)
def test_the_first_condition_that_holds_ends_it(
    oldest: datetime | None, before: datetime, requests: int, ended_by: BackfillEnd | None
) -> None:
    found = BackfillBounds().ended_by(oldest=oldest, before=before, requests=requests, now=NOW)
    assert found is ended_by
