"""How collecting stands for every listener: begun and ended with the link, paused, hurried, hindered.

What is written here goes along with what it belongs to: jobs, gaps and links change in the same transaction. Locks are
taken in one order: the listener, the history, the collection, its jobs, the audit log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.link_records import LinkState, find_link
from tonearm.accounts.numbering import lock_user
from tonearm.collector.backfill import BackfillBounds
from tonearm.collector.pace import Pace, affordable, spread
from tonearm.collector.records import (
    BackfillEnd,
    CollectionStatus,
    PausedBy,
    Sampling,
    Standing,
)
from tonearm.collector.rows import (
    backfill_of,
    check_linked,
    check_sampled,
    find_row,
    get_row,
    missing_scope,
    set_row,
    standing_of,
)
from tonearm.domain.errors import ConflictError, ForbiddenError
from tonearm.domain.vocabulary import GapReason
from tonearm.history.gaps import list_gaps, open_gap
from tonearm.jobs.queue import Jobs
from tonearm.jobs.records import JobState
from tonearm.ops.clock import Clock
from tonearm.spotify.client import Spotify
from tonearm.spotify.errors import Cause, RelinkNeededError, SpotifyRefusedError
from tonearm.storage.collector_tables import collections
from tonearm.storage.database import Database
from tonearm.storage.link_tables import links

QUEUE: Final = "collecting"
POLL: Final = "collector.poll"
BACKFILL: Final = "collector.backfill"
FORGET: Final = "collector.forget"
SAMPLE: Final = "collector.sample"
# What is not asked for in time is lost; whoever waits in front of a page comes first. Samples never go before polls.
_WANTED, _DUE, _SOON, _LATER = -20, -10, -5, 0
_OF_LINKS: Final = (POLL, BACKFILL, SAMPLE)
_NOTHING_HELD: Final[dict[str, None]] = {"held": None, "held_at": None}
_PLANNED_FOR = timedelta(minutes=1)
_MOST_POLL_FAILURES = 3
_OF_LINK = (links.c.user_id == collections.c.user_id) & (links.c.id == collections.c.link_id)
_MOST_GAPS = 100


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
            row = find_row(connection, user_id)
            gaps = [gap for gap in list_gaps(connection, user_id, now) if not gap.is_closed]
        app = None if link is None else self._spotify.get_status(link.client_id)
        is_on = link is not None and row is not None and row.link_id == link.id
        told = row if is_on else None
        wants_samples = row is not None and row.samples
        is_blocked = app is not None and app.blocked_until is not None
        standing = standing_of(link, told, is_blocked=is_blocked)
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
            backfill=backfill_of(told) if told else None,
            sampling=Sampling(wants_samples, None if link is None else missing_scope(link)),
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
            row = get_row(connection, user_id, now)
            if row.paused_by in (by, PausedBy.ADMIN):
                return
            if row.paused_at is None:
                self._open_gap(connection, row, GapReason.PAUSED, now)
            set_row(connection, user_id, paused_at=row.paused_at or now, paused_by=by.value)
            self._drop_jobs(connection, user_id)
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
            row = get_row(connection, user_id, now)
            if row.paused_at is None:
                return
            if row.paused_by == PausedBy.ADMIN and by is not PausedBy.ADMIN:
                raise ForbiddenError("An admin has paused this. An admin has to let it go on.")
            set_row(connection, user_id, paused_at=None, paused_by=None, next_at=now)
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
            row = get_row(connection, user_id, now)
            link = find_link(connection, user_id, now)
            if link is not None and link.state is LinkState.RELINK_NEEDED:
                raise RelinkNeededError(link.problem or "Link your account to Spotify again.")
            if row.paused_at is not None:
                raise ConflictError("Collecting is paused. Resume it first.")
            number = self._enqueue_poll(connection, row, now, _WANTED)
            self._jobs.hasten(connection, number)
            self._note(connection, Action.COLLECTING_TRIGGERED, by, row, now)
        return number

    def set_sampling(self, user_id: int, *, is_on: bool) -> None:
        """Look at somebody's player near the end of what they hear, or no more.

        Raises:
            NotFoundError: there is no link.
            SpotifyRefusedError: the link does not allow it.
        """
        now = self._clock()
        with self._database.write() as connection:
            lock_user(connection, user_id)
            row = get_row(connection, user_id, now)
            if not is_on:
                set_row(connection, user_id, samples=False, **_NOTHING_HELD)
                self._jobs.drop(connection, user_id, SAMPLE)
                return
            link = find_link(connection, user_id, now)
            if link is not None and (scope := missing_scope(link)) is not None:
                raise SpotifyRefusedError(
                    f"The link to Spotify does not let Tonearm see what is playing: {scope} was not granted. Allow it "
                    f"on the account page, or link again by /api/auth/spotify/login?scopes={scope}.",
                    Cause.SCOPE,
                )
            if not row.samples:
                set_row(connection, user_id, samples=True, **_NOTHING_HELD)
            if row.paused_at is None:
                self.enqueue_sample(connection, user_id, row.link_id, now)

    def begin(self, connection: Connection, user_id: int, link_id: int, at: datetime) -> None:
        """Begin to collect through a link that was made, or go on with one that was made again: a `LinkHook`."""
        row = find_row(connection, user_id)
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
            **_NOTHING_HELD,
        }
        if row is None:
            values = {"user_id": user_id, "next_at": at, **anew}
            connection.execute(insert(collections).values(values))
        elif row.link_id == link_id:
            set_row(connection, user_id, next_at=at)
        else:
            set_row(connection, user_id, next_at=at, **anew)
        row = find_row(connection, user_id)
        if row is not None and row.paused_at is None:
            self._enqueue_poll(connection, row, at, _WANTED)

    def end(self, connection: Connection, user_id: int, link_id: int, at: datetime) -> None:
        """Collect nothing more through a link that has ended: a `LinkHook`. What an admin paused stays so."""
        row = find_row(connection, user_id)
        if row is None or row.link_id != link_id:
            return
        self._open_gap(connection, row, GapReason.UNLINKED, at)
        set_row(connection, user_id, **_NOTHING_HELD)
        self._drop_jobs(connection, user_id)
        if row.paused_by == PausedBy.LISTENER:
            set_row(connection, user_id, paused_at=None, paused_by=None)

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
            return check_linked(connection, user_id, link_id, self._clock())

    def get_sampled(self, user_id: int, link_id: int) -> Row[Any]:
        """Give the row of a link that is sampled; raises CancelledError where it is not any more."""
        with self._database.read() as connection:
            return check_sampled(connection, user_id, link_id, self._clock())

    def hinder(self, user_id: int, link_id: int, reason: GapReason) -> None:
        """Write down that something is in the way of a link from the last page on."""
        now = self._clock()
        with self._database.read() as connection:
            row = find_row(connection, user_id)
        if row is None or row.link_id != link_id or row.paused_at:
            return
        values: dict[str, Any] = {"obstacle": reason.value}
        if reason is GapReason.REFUSED:  # until somebody mends it, there is no hurry
            values["next_at"] = now + self._pace.most
        elif row.obstacle == reason:
            return
        with self._database.write() as connection:
            self._open_gap(connection, row, reason, now)
            set_row(connection, user_id, **values)

    def note_page(self, connection: Connection, user_id: int, link_id: int, seen: Seen) -> None:
        """Write down, in the transaction that makes a page visible, that it came, and when the next one is due.

        Raises:
            CancelledError: nothing is collected through this link any more; the page is not wanted.
        """
        now = self._clock()
        row = check_linked(connection, user_id, link_id, now)
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
        set_row(connection, user_id, **values)
        link = find_link(connection, user_id, now) if row.samples else None
        if link is not None and missing_scope(link) is None:
            # Instead of the look that is planned: of a long episode that was left meanwhile it would come late.
            self._jobs.drop(connection, user_id, SAMPLE)
            self.enqueue_sample(connection, user_id, link_id, now)

    def note_look(
        self, connection: Connection, user_id: int, link_id: int, at: datetime, held: bytes | None
    ) -> None:
        """Write down what the player is about to end, in the transaction of the look that saw it.

        Raises:
            CancelledError: nothing is sampled through this link any more.
        """
        check_sampled(connection, user_id, link_id, self._clock())
        set_row(connection, user_id, held=held, held_at=None if held is None else at)
        # There are hundreds of looks a day, of which nobody wants to know but the last one.
        self._jobs.drop(connection, user_id, SAMPLE)

    def enqueue_sample(
        self,
        connection: Connection,
        user_id: int,
        link_id: int,
        run_at: datetime,
        **seen: object,
    ) -> int:
        """Queue a look at a player, with what the look before has seen; gives the number of the job."""
        return self._jobs.enqueue(
            connection,
            SAMPLE,
            {"link_id": link_id, **seen},
            queue=QUEUE,
            user_id=user_id,
            priority=_SOON,
            run_at=run_at,
            dedup_key=f"{user_id}:{link_id}",
            most_failures=1,
        )

    def note_backfill(self, connection: Connection, user_id: int, **values: object) -> None:
        """Write down how far a backfill is."""
        set_row(connection, user_id, **values)

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

    def _drop_jobs(self, connection: Connection, user_id: int) -> None:
        for name in _OF_LINKS:
            self._jobs.drop(connection, user_id, name)

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
