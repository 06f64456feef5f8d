"""How collecting stands for every listener: begun and ended with the link, paused, hurried, hindered.

What is written here goes along with what it belongs to: jobs, gaps and links change in the same transaction. Locks are
taken in one order: the listener, the history, the collection, the audit log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.link_records import Link, LinkState, find_link, no_link
from tonearm.accounts.numbering import lock_user
from tonearm.collector.backfill import BackfillBounds
from tonearm.collector.pace import Pace, affordable, spread
from tonearm.collector.records import (
    Backfill,
    BackfillEnd,
    CollectionStatus,
    PausedBy,
    Standing,
)
from tonearm.domain.errors import CancelledError, ConflictError, ForbiddenError
from tonearm.domain.vocabulary import GapReason
from tonearm.history.gaps import list_gaps, open_gap
from tonearm.jobs.queue import Jobs
from tonearm.jobs.records import JobState
from tonearm.ops.clock import Clock
from tonearm.spotify.client import Spotify
from tonearm.spotify.errors import RelinkNeededError
from tonearm.storage.collector_tables import collections
from tonearm.storage.database import Database
from tonearm.storage.link_tables import links

QUEUE: Final = "collecting"
POLL: Final = "collector.poll"
BACKFILL: Final = "collector.backfill"
FORGET: Final = "collector.forget"
# What is not asked for in time is lost; whoever waits in front of a page comes first.
_WANTED, _DUE, _LATER = -20, -10, 0
_PLANNED_FOR = timedelta(minutes=1)
_MOST_POLL_FAILURES = 3
_OF_LINK = (links.c.user_id == collections.c.user_id) & (links.c.id == collections.c.link_id)
_MOST_GAPS = 100
_HINDRANCES = {
    GapReason.OUTAGE: Standing.OUTAGE,
    GapReason.BLOCKED: Standing.BLOCKED,
    GapReason.REFUSED: Standing.REFUSED,
    GapReason.RELINK_NEEDED: Standing.RELINK_NEEDED,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page of recent plays brought."""

    fetched: int
    new: int
    played: tuple[datetime, ...]
    is_full: bool
    before_ms: int | None
    """The cursor for older plays."""
    fetched_at: datetime


class Collections:
    """The collections of all listeners."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        spotify: Spotify,
        pace: Pace,
        bounds: BackfillBounds,
        *,
        daily_calls: int,
    ) -> None:
        """Collect at a pace that the calls of a day allow, which each app has."""
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._spotify = spotify
        self._pace = pace
        self._bounds = bounds
        self._daily_calls = daily_calls

    def status(self, user_id: int) -> CollectionStatus:
        """Give how collecting somebody's plays stands."""
        now = self._clock()
        with self._database.read() as connection:
            link = find_link(connection, user_id, now)
            row = _find(connection, user_id)
            gaps = [gap for gap in list_gaps(connection, user_id, now) if not gap.is_closed]
        app = None if link is None else self._spotify.get_status(link.client_id)
        is_on = link is not None and row is not None and row.link_id == link.id
        told = row if is_on else None
        is_blocked = app is not None and app.blocked_until is not None
        standing = _standing(link, told, is_blocked=is_blocked)
        asks = standing not in {Standing.NOT_LINKED, Standing.PAUSED, Standing.RELINK_NEEDED}
        return CollectionStatus(
            standing=standing,
            problem=link.problem if link is not None and standing is not Standing.PAUSED else None,
            link_id=None if link is None else link.id,
            begun_at=told and told.begun_at,
            polled_at=told and told.polled_at,
            next_at=told.next_at if told and asks else None,
            interval_minutes=told.interval_seconds / 60 if told and asks else None,
            fetched=told.fetched if told else 0,
            new=told.new if told else 0,
            paused_at=told and told.paused_at,
            paused_by=PausedBy(told.paused_by) if told and told.paused_by else None,
            backfill=_backfill_of(told) if told else None,
            app=app,
            gaps=tuple(gaps[:_MOST_GAPS]),
        )

    def is_polling(self, user_id: int) -> bool:
        """Tell whether Spotify is being asked for somebody's recent plays, or is about to be."""
        states = (JobState.QUEUED, JobState.RUNNING)
        found = self._jobs.list_jobs(user_id=user_id, states=states, name=POLL, limit=1)
        return any(job.run_at <= self._clock() for job in found)

    def pause(self, user_id: int, by: PausedBy) -> None:
        """Ask Spotify for nothing of somebody's until they go on; raises NotFoundError."""
        now = self._clock()
        with self._database.write() as connection:
            lock_user(connection, user_id)
            row = _get(connection, user_id, now)
            if row.paused_by in (by, PausedBy.ADMIN):
                return
            if row.paused_at is None:
                self._open_gap(connection, row, GapReason.PAUSED, now)
                for name in (POLL, BACKFILL):
                    self._jobs.drop(connection, user_id, name)
            _set(connection, user_id, paused_at=row.paused_at or now, paused_by=by.value)
            self._note(connection, Action.COLLECTING_PAUSED, by, row, now)

    def resume(self, user_id: int, by: PausedBy) -> None:
        """Let collecting go on, and ask at once.

        Raises:
            NotFoundError: there is no link.
            ForbiddenError: an admin has paused it.
        """
        now = self._clock()
        with self._database.write() as connection:
            lock_user(connection, user_id)
            row = _get(connection, user_id, now)
            if row.paused_at is None:
                return
            if row.paused_by == PausedBy.ADMIN and by is not PausedBy.ADMIN:
                raise ForbiddenError("An admin has paused this. An admin has to let it go on.")
            _set(connection, user_id, paused_at=None, paused_by=None, next_at=now)
            self._enqueue_poll(connection, row, now, _WANTED)
            self._note(connection, Action.COLLECTING_RESUMED, by, row, now)

    def trigger(self, user_id: int, by: PausedBy) -> int:
        """Ask Spotify for somebody's recent plays now; gives the number of the job that does.

        Raises:
            NotFoundError: there is no link.
            RelinkNeededError: it has to be made again.
            ConflictError: collecting is paused.
        """
        now = self._clock()
        with self._database.write() as connection:
            lock_user(connection, user_id)
            row = _get(connection, user_id, now)
            link = find_link(connection, user_id, now)
            if link is not None and link.state is LinkState.RELINK_NEEDED:
                raise RelinkNeededError(link.problem or "Link your account to Spotify again.")
            if row.paused_at is not None:
                raise ConflictError("Collecting is paused. Resume it first.")
            number = self._enqueue_poll(connection, row, now, _WANTED)
            self._jobs.hasten(connection, number)
            self._note(connection, Action.COLLECTING_TRIGGERED, by, row, now)
        return number

    def begin(self, connection: Connection, user_id: int, link_id: int, at: datetime) -> None:
        """Begin to collect through a link that was made, or go on with one that was made again: a `LinkHook`."""
        row = _find(connection, user_id)
        anew = {
            "link_id": link_id,
            "begun_at": at,
            "interval_seconds": self._pace.within(self._pace.usual).total_seconds(),
            "polled_at": None,
            "fetched": 0,
            "new": 0,
            "obstacle": None,
            "backfill_requests": 0,
            "backfill_blocks": 0,
            "backfill_ended": None,
            "backfilled_at": None,
        }
        if row is None:
            values = {"user_id": user_id, "next_at": at, **anew}
            connection.execute(insert(collections).values(values))
        elif row.link_id == link_id:
            _set(connection, user_id, next_at=at)
        else:
            _set(connection, user_id, next_at=at, **anew)
        row = _find(connection, user_id)
        if row is not None and row.paused_at is None:
            self._enqueue_poll(connection, row, at, _WANTED)

    def end(self, connection: Connection, user_id: int, link_id: int, at: datetime) -> None:
        """Collect nothing more through a link that has ended: a `LinkHook`. What an admin paused stays so."""
        row = _find(connection, user_id)
        if row is None or row.link_id != link_id:
            return
        self._open_gap(connection, row, GapReason.UNLINKED, at)
        for name in (POLL, BACKFILL):
            self._jobs.drop(connection, user_id, name)
        if row.paused_by == PausedBy.LISTENER:
            _set(connection, user_id, paused_at=None, paused_by=None)

    def forget(self, connection: Connection, user_id: int, link_id: int) -> Callable[[], None]:
        """Let a job erase what a link has brought: a `Forgetting`, which leaves nothing to do after it."""
        self._jobs.enqueue(
            connection,
            FORGET,
            {"link_id": link_id},
            queue=QUEUE,
            user_id=user_id,
            dedup_key=f"{user_id}:{link_id}",
        )
        return lambda: None

    def plan(self) -> int:
        """Queue a poll for everybody whose time has come, spread over a minute; gives how many.

        Links that have ended meanwhile, whoever noticed, leave a gap from here on.
        """
        now = self._clock()
        is_on = collections.c.paused_at.is_(None)
        query = select(collections).join(links, _OF_LINK).where(is_on)
        is_due = (collections.c.next_at <= now) & (links.c.state == LinkState.LINKED.value)
        is_news = or_(
            collections.c.obstacle.is_(None), collections.c.obstacle != GapReason.RELINK_NEEDED
        )
        with self._database.read() as connection:
            due = connection.execute(
                query.where(is_due).order_by(collections.c.next_at, collections.c.user_id)
            ).all()
            ended = connection.execute(
                query.where(links.c.state == LinkState.RELINK_NEEDED.value, is_news)
            ).all()
        for place, row in enumerate(due):
            with self._database.write() as connection:
                run_at = spread(now, _PLANNED_FOR, place, len(due))
                wait = timedelta(seconds=row.interval_seconds)
                # Of several that plan, one moves it on.
                moved = connection.execute(
                    update(collections)
                    .where(collections.c.user_id == row.user_id)
                    .where(collections.c.next_at == row.next_at)
                    .values(next_at=run_at + wait)
                )
                if moved.rowcount:
                    self._enqueue_poll(connection, row, run_at, _DUE)
        for row in ended:
            self.hinder(row.user_id, row.link_id, GapReason.RELINK_NEEDED)
        return len(due)

    def get(self, user_id: int, link_id: int) -> Row[Any]:
        """Give the row of a link that is collected from; raises CancelledError where it is not any more."""
        with self._database.read() as connection:
            return _check(_find(connection, user_id), link_id)

    def hinder(self, user_id: int, link_id: int, reason: GapReason) -> None:
        """Write down that something is in the way of a link from the last page on."""
        now = self._clock()
        with self._database.read() as connection:
            row = _find(connection, user_id)
        if row is None or row.link_id != link_id or row.paused_at:
            return
        values: dict[str, Any] = {"obstacle": reason.value}
        if reason is GapReason.REFUSED:  # until somebody mends it, there is no hurry
            values["next_at"] = now + self._pace.most
        elif row.obstacle == reason:
            return
        with self._database.write() as connection:
            self._open_gap(connection, row, reason, now)
            _set(connection, user_id, **values)

    def note_page(self, connection: Connection, user_id: int, link_id: int, seen: Seen) -> None:
        """Write down, in the transaction that makes a page visible, that it came, and when the next one is due.

        Raises:
            CancelledError: nothing is collected through this link any more; the page is not wanted.
        """
        now = self._clock()
        row = _check(_find(connection, user_id), link_id)
        before = timedelta(seconds=row.interval_seconds)
        wait = self._pace.after(now, seen.played, before, rests=not seen.new)
        wait = max(wait, self._affordable(connection, user_id))
        values: dict[str, Any] = {
            "polled_at": seen.fetched_at,
            "next_at": now + wait,
            "interval_seconds": round(wait.total_seconds()),
            "fetched": seen.fetched,
            "new": seen.new,
            "obstacle": None,
        }
        is_whole = not seen.is_full or seen.before_ms is None
        if row.backfill_ended is None and is_whole:
            values |= {"backfill_ended": BackfillEnd.EMPTY.value, "backfilled_at": now}
        elif row.backfill_ended is None:  # also where a pause has cut it short
            self._enqueue_backfill(connection, row, seen)
        _set(connection, user_id, **values)

    def note_backfill(self, connection: Connection, user_id: int, **values: object) -> None:
        """Write down how far a backfill is."""
        _set(connection, user_id, **values)

    def _affordable(self, connection: Connection, user_id: int) -> timedelta:
        """Give how often a link can be polled, with all that share its app."""
        mine = select(links.c.client_id).join(collections, _OF_LINK)
        client_id = connection.scalar(mine.where(collections.c.user_id == user_id))
        count = connection.scalar(
            select(func.count())
            .select_from(collections)
            .join(links, _OF_LINK)
            .where(links.c.client_id == client_id, collections.c.paused_at.is_(None))
        )
        return affordable(count or 1, self._daily_calls)

    def _enqueue_poll(
        self, connection: Connection, row: Row[Any], run_at: datetime, priority: int
    ) -> int:
        return self._jobs.enqueue(
            connection,
            POLL,
            {"link_id": row.link_id},
            queue=QUEUE,
            user_id=row.user_id,
            priority=priority,
            run_at=run_at,
            dedup_key=f"{row.user_id}:{row.link_id}",
            most_failures=_MOST_POLL_FAILURES,
        )

    def _enqueue_backfill(self, connection: Connection, row: Row[Any], seen: Seen) -> None:
        shown_at = seen.fetched_at.isoformat()
        self._jobs.enqueue(
            connection,
            BACKFILL,
            {"link_id": row.link_id, "before_ms": seen.before_ms, "shows_until": shown_at},
            queue=QUEUE,
            user_id=row.user_id,
            priority=_LATER,
            dedup_key=f"{row.user_id}:{row.link_id}",
            exclusive_key=f"{BACKFILL}:{row.user_id % self._bounds.at_once}",
        )

    def _open_gap(
        self, connection: Connection, row: Row[Any], reason: GapReason, now: datetime
    ) -> None:
        # Before the first page nothing is known that could lack something.
        if row.polled_at is not None:
            open_gap(connection, row.user_id, row.link_id, reason, now=now)

    def _note(
        self, connection: Connection, action: Action, by: PausedBy, row: Row[Any], now: datetime
    ) -> None:
        if by is PausedBy.ADMIN:
            record(connection, now, action, subject_id=row.user_id, link=row.link_id)


def _find(connection: Connection, user_id: int) -> Row[Any] | None:
    return connection.execute(
        select(collections).where(collections.c.user_id == user_id)
    ).one_or_none()


def _get(connection: Connection, user_id: int, now: datetime) -> Row[Any]:
    row, link = _find(connection, user_id), find_link(connection, user_id, now)
    if row is None or link is None or link.id != row.link_id:
        raise no_link()
    return row


def _set(connection: Connection, user_id: int, **values: object) -> None:
    connection.execute(update(collections).where(collections.c.user_id == user_id).values(**values))


def _check(row: Row[Any] | None, link_id: int) -> Row[Any]:
    if row is None or row.link_id != link_id or row.paused_at is not None:
        raise CancelledError("Nothing is collected through this link any more, or it was paused.")
    return row


def _standing(link: Link | None, row: Row[Any] | None, *, is_blocked: bool) -> Standing:
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


def _backfill_of(row: Row[Any]) -> Backfill:
    ended_by = BackfillEnd(row.backfill_ended) if row.backfill_ended else None
    return Backfill(row.backfilled_at, ended_by, row.backfill_requests)
