"""What polling has seen without a hole, and the gaps where plays may be missing.

A page of Spotify's list shows everything from its oldest play to the moment it was fetched. A gap is written down
when something keeps pages from meeting. What of it is missing still is computed from what vouches for its time now: an
import closes it, and the undo of that import opens it again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from tonearm.accounts.numbering import next_id
from tonearm.domain.instants import from_ms, to_ms
from tonearm.domain.vocabulary import GapReason
from tonearm.history.coverage import Spans, load_polled_spans, load_vouched
from tonearm.history.publication import lock_history, renew
from tonearm.storage.poll_tables import gaps, polled, polled_spans

Span = tuple[datetime, datetime]
Noticed = tuple[int, int | None, GapReason]
"""First instant and end, in Unix milliseconds, and reason of a gap; no end as long as it lasts."""

RESTATED_MS: Final = 30_000
"""How far Spotify moves the instant of a play that it has told of before (docs/explanation/plays.md)."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of which plays may be missing, as it was noticed."""

    id: int
    link_id: int
    reason: GapReason
    from_at: datetime
    to_at: datetime | None
    """None as long as it lasts."""
    opened_at: datetime
    missing: tuple[Span, ...]
    """What of it nothing vouches for, up to now where it lasts."""
    closed_by: str | None
    """`poll` where later pages reached back over it, `import` where it took a complete extended history; else None."""

    @property
    def is_closed(self) -> bool:
        """Whether it has ended and nothing of it is missing."""
        return self.closed_by is not None


def open_gap(
    connection: Connection,
    user_id: int,
    link_id: int,
    reason: GapReason,
    *,
    now: datetime,
    from_at: datetime | None = None,
) -> int:
    """Open a gap that lasts until it is ended, inside a write transaction; give its number.

    It begins where the link has shown everything for the last time, unless `from_at` says otherwise; with a link that
    has shown nothing yet, now. One of the same link that lasts already is given back as it is: what was in the way
    first is why there is a gap.
    """
    lock_history(connection, user_id, now)
    place = (*_of_link(user_id, link_id), gaps.c.to_at.is_(None))
    known: int | None = connection.scalar(select(func.min(gaps.c.id)).where(*place))
    if known is not None:
        return known
    if from_at is None:
        shown = _shown_to(connection, user_id, link_id)
        from_at = now if shown is None else from_ms(shown)
    renew(connection, user_id, now=now)
    return _insert(connection, user_id, link_id, reason, to_ms(from_at), None, now)


def list_gaps(connection: Connection, user_id: int, now: datetime) -> list[Gap]:
    """Give all gaps of a listener, newest first."""
    rows = connection.execute(
        select(gaps).where(gaps.c.user_id == user_id).order_by(gaps.c.from_at.desc(), gaps.c.id)
    ).all()
    if not rows:
        return []
    shown = load_polled_spans(connection, user_id)
    every = load_vouched(connection, user_id).complete.joined(shown)
    return [_gap(row, shown, every, to_ms(now)) for row in rows]


def load_reasons(connection: Connection, user_id: int) -> list[Noticed]:
    """Give all gaps of a listener as they were noticed."""
    rows = connection.execute(
        select(gaps.c.from_at, gaps.c.to_at, gaps.c.reason)
        .where(gaps.c.user_id == user_id)
        .order_by(gaps.c.from_at, gaps.c.id)
    )
    return [(row.from_at, row.to_at, GapReason(row.reason)) for row in rows]


def note_page(
    connection: Connection,
    user_id: int,
    link_id: int,
    *,
    oldest: int | None,
    end: int,
    is_full: bool,
    lost_by: GapReason,
    now: datetime,
) -> tuple[int | None, bool]:
    """Note what a page has shown, before its plays are written: everything from its oldest play up to `end`.

    Gaps that last end with it. Where it does not reach back to the newest play known, there is one: that which has
    ended, or a new one for the reason `lost_by`. Gives its number, and whether anything changed but that the last span
    grew.
    """
    begin = end if oldest is None else min(oldest, end)
    latest = _shown_to(connection, user_id, link_id)
    # What reaches back further than what is known, and no further ahead, ends nothing.
    ended = _end(connection, user_id, link_id, end) if latest is None or end > latest else None
    gap = None
    if latest is not None:
        known = _newest(connection, user_id, link_id) or latest
        if is_full and begin > known + RESTATED_MS:
            # That nothing had been played since the newest play known was wrong, or too early to say.
            _cut_spans(connection, user_id, link_id, known)
            gap = ended
            if gap is None:
                gap = _insert(connection, user_id, link_id, lost_by, known, begin, now)
            else:
                _stretch(connection, user_id, gap, known, begin)
        else:
            begin = min(begin, latest)
    is_new = _add_span(connection, user_id, link_id, begin, end)
    return gap, is_new or ended is not None


def drop_link(connection: Connection, user_id: int, link_id: int) -> None:
    """Remove what a link has shown and lacked."""
    for table in (polled, polled_spans, gaps):
        connection.execute(
            delete(table).where(table.c.user_id == user_id, table.c.link_id == link_id)
        )


def _of_link(user_id: int, link_id: int) -> tuple[ColumnElement[bool], ...]:
    return gaps.c.user_id == user_id, gaps.c.link_id == link_id


def _shown_to(connection: Connection, user_id: int, link_id: int) -> int | None:
    found: int | None = connection.scalar(
        select(func.max(polled_spans.c.to_at)).where(
            polled_spans.c.user_id == user_id, polled_spans.c.link_id == link_id
        )
    )
    return found


def _newest(connection: Connection, user_id: int, link_id: int) -> int | None:
    # A sample is no page: what it knows of says nothing of what else was played.
    found: int | None = connection.scalar(
        select(func.max(polled.c.played_at)).where(
            polled.c.user_id == user_id, polled.c.link_id == link_id, polled.c.is_sample.is_(False)
        )
    )
    return found


def _insert(
    connection: Connection,
    user_id: int,
    link_id: int,
    reason: GapReason,
    begin: int,
    end: int | None,
    now: datetime,
) -> int:
    number = next_id(connection, gaps, user_id)
    connection.execute(
        insert(gaps).values(
            user_id=user_id, id=number, link_id=link_id, reason=reason, from_at=begin, to_at=end,
            opened_at=now,
        )
    )  # fmt: skip
    return number


def _end(connection: Connection, user_id: int, link_id: int, end: int) -> int | None:
    """End the gap of a link that lasts; give its number."""
    row = connection.execute(
        select(gaps.c.id, gaps.c.from_at)
        .where(*_of_link(user_id, link_id), gaps.c.to_at.is_(None))
        .order_by(gaps.c.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    _stretch(connection, user_id, row.id, row.from_at, max(end, row.from_at))
    return int(row.id)


def _stretch(connection: Connection, user_id: int, number: int, begin: int, end: int) -> None:
    connection.execute(
        update(gaps)
        .where(gaps.c.user_id == user_id, gaps.c.id == number)
        .values(from_at=begin, to_at=end)
    )


def _cut_spans(connection: Connection, user_id: int, link_id: int, end: int) -> None:
    """Take back what lies behind an instant."""
    behind = (
        polled_spans.c.user_id == user_id,
        polled_spans.c.link_id == link_id,
        polled_spans.c.to_at > end,
    )
    connection.execute(delete(polled_spans).where(*behind, polled_spans.c.from_at > end))
    connection.execute(update(polled_spans).where(*behind).values(to_at=end))


def _add_span(connection: Connection, user_id: int, link_id: int, begin: int, end: int) -> bool:
    """Write that everything of a span was seen, as one with those that it meets; tell whether it meets none."""
    mine = (polled_spans.c.user_id == user_id, polled_spans.c.link_id == link_id)
    meeting = connection.execute(
        select(polled_spans.c.from_at, polled_spans.c.to_at).where(
            *mine, polled_spans.c.from_at <= end, polled_spans.c.to_at >= begin
        )
    ).all()
    first = min([begin, *(row.from_at for row in meeting)])
    last = max([end, *(row.to_at for row in meeting)])
    for row in meeting:
        connection.execute(delete(polled_spans).where(*mine, polled_spans.c.from_at == row.from_at))
    connection.execute(
        insert(polled_spans).values(user_id=user_id, link_id=link_id, from_at=first, to_at=last)
    )
    return not meeting


def _gap(row: Row[Any], shown: Spans, every: Spans, now: int) -> Gap:
    end = now if row.to_at is None else row.to_at
    missing = every.missing_within(row.from_at, end)
    closed_by = None
    if row.to_at is not None and not missing:
        closed_by = "import" if shown.missing_within(row.from_at, end) else "poll"
    return Gap(
        id=row.id,
        link_id=row.link_id,
        reason=GapReason(row.reason),
        from_at=from_ms(row.from_at),
        to_at=from_ms(row.to_at),
        opened_at=row.opened_at,
        missing=tuple((from_ms(begin), from_ms(stop)) for begin, stop in missing),
        closed_by=closed_by,
    )
