"""The rows of collections: found, checked and changed in their owner's transaction, and what they come to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from tonearm.accounts.link_records import Link, LinkState, find_link, no_link
from tonearm.collector.records import Backfill, BackfillEnd, Standing
from tonearm.domain.errors import CancelledError
from tonearm.domain.vocabulary import GapReason
from tonearm.spotify.login import SpotifyScope
from tonearm.storage.collector_tables import collections

_HINDRANCES: Final[Mapping[GapReason, Standing]] = {
    GapReason.OUTAGE: Standing.OUTAGE,
    GapReason.BLOCKED: Standing.BLOCKED,
    GapReason.REFUSED: Standing.REFUSED,
    GapReason.RELINK_NEEDED: Standing.RELINK_NEEDED,
}


def find_row(connection: Connection, user_id: int) -> Row[Any] | None:
    """Give the row of a listener; None where nothing was ever collected."""
    return connection.execute(
        select(collections).where(collections.c.user_id == user_id)
    ).one_or_none()


def get_row(connection: Connection, user_id: int, now: datetime) -> Row[Any]:
    """Give the row of a listener who is linked; raises NotFoundError."""
    row, link = find_row(connection, user_id), find_link(connection, user_id, now)
    if row is None or link is None or link.id != row.link_id:
        raise no_link()
    return row


def set_row(connection: Connection, user_id: int, **values: object) -> None:
    """Change the row of a listener."""
    connection.execute(update(collections).where(collections.c.user_id == user_id).values(**values))


def check_linked(connection: Connection, user_id: int, link_id: int, now: datetime) -> Row[Any]:
    """Give the row of a listener if something is collected through a link; raises CancelledError."""
    row, link = find_row(connection, user_id), find_link(connection, user_id, now)
    is_there = link is not None and link.id == link_id
    if row is None or not is_there or row.link_id != link_id or row.paused_at is not None:
        raise CancelledError("Nothing is collected through this link any more, or it was paused.")
    return row


def check_sampled(connection: Connection, user_id: int, link_id: int, now: datetime) -> Row[Any]:
    """Give the row of a listener whose link is sampled; raises CancelledError."""
    row = check_linked(connection, user_id, link_id, now)
    if not row.samples:
        raise CancelledError("Nothing is sampled through this link any more.")
    return row


def missing_scope(link: Link) -> str | None:
    """Give the scope that samples need and the link has not."""
    scope = SpotifyScope.PLAYBACK.value
    return None if scope in link.scopes else scope


def standing_of(link: Link | None, row: Row[Any] | None, *, is_blocked: bool) -> Standing:
    """Give how collecting stands by a link and its row."""
    if link is None or row is None:
        return Standing.NOT_LINKED
    if link.state is LinkState.RELINK_NEEDED:
        return Standing.RELINK_NEEDED
    if row.paused_at is not None:
        return Standing.PAUSED
    if is_blocked:
        return Standing.BLOCKED
    if row.obstacle is not None:
        return _HINDRANCES[GapReason(row.obstacle)]
    return Standing.BEGINNING if row.polled_at is None else Standing.COLLECTING


def backfill_of(row: Row[Any]) -> Backfill:
    """Give how the backfill of a link stands."""
    ended_by = BackfillEnd(row.backfill_ended) if row.backfill_ended else None
    return Backfill(row.backfilled_at, ended_by, row.backfill_requests)
