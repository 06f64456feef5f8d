"""Links that Spotify ends soon: their listeners are told 30, 14 and 3 days before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, or_, select, update

from tonearm.accounts.link_records import LinkState, relink_by
from tonearm.accounts.numbering import lock_user
from tonearm.domain.events import LinkExpiring
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.link_tables import links
from tonearm.storage.outbox import emit

TOLD_BEFORE: Final[Sequence[int]] = (3, 14, 30)
"""Days before the end, the last one first."""
# Six months have no fewer days than this.
_SHORTEST = timedelta(days=181)
_GOES_ON = links.c.state == LinkState.LINKED.value


def announce_link_endings(database: Database, clock: Clock) -> None:
    """Emit an event for each link that has come closer to its end than was told, whoever else looks at the same time.

    Who was away over two of the days is told once.
    """
    now = clock()
    may_be_due = links.c.authorised_at <= now + timedelta(days=TOLD_BEFORE[-1]) - _SHORTEST
    with database.read() as connection:
        found = connection.execute(
            select(links).where(_GOES_ON, may_be_due).order_by(links.c.user_id, links.c.id)
        ).all()
    for link in found:
        days = _due(link, now)
        if days is None:
            continue
        with database.write() as connection:
            lock_user(connection, link.user_id)
            is_untold = or_(links.c.warned_days.is_(None), links.c.warned_days > days)
            told = connection.execute(
                update(links)
                .where(
                    links.c.user_id == link.user_id,
                    links.c.id == link.id,
                    links.c.authorised_at == link.authorised_at,
                    _GOES_ON,
                    is_untold,
                )
                .values(warned_days=days)
            )
            if told.rowcount:
                name = link.display_name or link.account_id
                event = LinkExpiring(link.id, name, relink_by(link.authorised_at))
                emit(connection, link.user_id, event, now)


def _due(link: Row[Any], now: datetime) -> int | None:
    """Give the smallest number of days before which a link is that it was not told of; None for none."""
    left = relink_by(link.authorised_at) - now
    if left <= timedelta(0):
        return None
    days = next((days for days in TOLD_BEFORE if left <= timedelta(days=days)), None)
    if days is None or (link.warned_days is not None and link.warned_days <= days):
        return None
    return days
