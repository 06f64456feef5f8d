"""How much may be asked of Spotify: a budget a day, a bound in any 30 seconds, and lock-outs, each by client id.

Calls of a day and lock-outs are kept in the database: they survive a restart and hold for every process. The bound is
kept by each process for itself; the windows of `tonearm.storage.windows` begin for everybody at the same moment, and
would let twice as much through around it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module

from sqlalchemy import ColumnElement, Row, case, literal, or_, select

from tonearm.ops.clock import Clock
from tonearm.spotify.errors import SpotifyBlockedError
from tonearm.storage.database import Database
from tonearm.storage.spotify_tables import spotify_apps
from tonearm.storage.tables import Instant

LONGEST_SLEEP = timedelta(seconds=3)
"""What is worth waiting for in a thread; whatever takes longer is for later."""
LONGEST_BLOCK = timedelta(hours=24)
_SPAN = timedelta(seconds=30)
_DAY = timedelta(hours=24)
# Clocks of machines differ by less; a day that begins later than that was written by one that was wrong.
_SKEW = timedelta(hours=1)


class Purpose(StrEnum):
    """What a call is for; the first goes first where not all can be made."""

    POLL = "poll"
    """Recent plays: what is not asked for in time is lost."""
    BACKFILL = "backfill"
    """What makes the history whole and can wait."""
    OTHER = "other"
    COVER = "cover"
    """Where a cover is; a small part of a day's calls, which nobody waits for."""


class BlockReason(StrEnum):
    """What Spotify had too much of."""

    RATE = "rate"
    """Calls within half a minute."""
    QUOTA = "quota"
    """Calls of a day, of all apps of one developer."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls are made for one client id."""

    daily_calls: int = 1_000
    """In the 24 hours that begin with the first call."""
    reserve: int = 500
    """How many of them are kept for polls; backfill may use half of these."""
    burst: int = 60
    """In any 30 seconds, half of them at once; polls may use all, others leave a quarter of them, covers two thirds."""
    covers: int = 100
    """How many of those of a day may look for covers, if polls can spare them."""

    def daily(self, purpose: Purpose) -> int:
        """Give how many calls of a day may have been made, this one included."""
        kept = {Purpose.POLL: 0, Purpose.BACKFILL: self.reserve // 2}.get(purpose, self.reserve)
        return max(self.daily_calls - kept, 0)

    def at_once(self, purpose: Purpose) -> int:
        """Give how many calls may be made within 30 seconds, this one included."""
        if purpose is Purpose.COVER:
            return max(self.burst // 3, 1)
        return self.burst if purpose is Purpose.POLL else max(self.burst * 3 // 4, 1)


@dataclass(frozen=True, slots=True)
class AppStatus:
    """How an app stands with Spotify, for whoever wants to know why nothing comes in."""

    client_id: str
    blocked_until: datetime | None
    """None unless nothing may be asked now."""
    reason: BlockReason | None
    calls_today: int
    day_ends_at: datetime | None
    """When the budget is whole again; None while nothing of it is used."""
    budget: int
    reserve: int
    """How many calls of the budget are kept for polls."""


class Pacer:
    """Lets calls go, or says from when on they may; for any number of threads and processes.

    It writes to the database by itself: nobody calls Spotify within a transaction.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        allowance: Allowance,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Count in a database; `sleep` is how a thread waits, in seconds."""
        self._database = database
        self._clock = clock
        self._allowance = allowance
        self._sleep = sleep
        self._lock = threading.Lock()
        self._recent: dict[str, deque[datetime]] = {}

    def admit(self, client_id: str, purpose: Purpose) -> None:
        """Count a call that is about to be made, and sleep for it for three seconds at most.

        Raises:
            SpotifyBlockedError: it may not be made before an instant.
            UnavailableError: the database cannot count.
        """
        with self._place(client_id, purpose):
            self._count(client_id, purpose)

    def pause(self, wait: timedelta) -> None:
        """Sleep."""
        self._sleep(max(wait.total_seconds(), 0.0))

    def block(self, client_id: str, wait: timedelta, reason: BlockReason) -> datetime:
        """Keep everybody from calling for a time, of which a day counts at most; gives when that ends.

        A lock-out that lasts longer stays as it is.
        """
        now = self._clock()
        until = now + min(wait, LONGEST_BLOCK)
        table = spotify_apps.c
        with self._database.write() as connection:
            # Only the one in use: those of PostgreSQL take 50 ms and 2 MB to load.
            dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
            new = dialect.insert(spotify_apps).values(
                client_id=client_id,
                day_began_at=now,
                blocked_until=until,
                blocked_for=reason.value,
            )
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=[table.client_id],
                    set_={
                        "blocked_until": new.excluded.blocked_until,
                        "blocked_for": new.excluded.blocked_for,
                    },
                    where=or_(
                        table.blocked_until.is_(None),
                        table.blocked_until < until,
                        table.blocked_until > now + LONGEST_BLOCK,
                    ),
                )
            )
            kept = connection.scalar(
                select(table.blocked_until).where(table.client_id == client_id)
            )
        return kept or until

    def get_status(self, client_id: str) -> AppStatus:
        """Give how an app stands; one that was never called stands well."""
        with self._database.read() as connection:
            row = connection.execute(
                select(spotify_apps).where(spotify_apps.c.client_id == client_id)
            ).first()
        return self._status(client_id, row)

    def list_statuses(self) -> tuple[AppStatus, ...]:
        """Give how each app stands that was ever called."""
        with self._database.read() as connection:
            rows = connection.execute(select(spotify_apps).order_by(spotify_apps.c.client_id)).all()
        return tuple(self._status(row.client_id, row) for row in rows)

    def _status(self, client_id: str, row: Row[tuple[object, ...]] | None) -> AppStatus:
        now, allowance = self._clock(), self._allowance
        is_blocked = row is not None and _holds(row.blocked_until, now)
        is_counting = row is not None and now - _DAY < row.day_began_at <= now + _SKEW
        return AppStatus(
            client_id=client_id,
            blocked_until=row.blocked_until if row is not None and is_blocked else None,
            reason=BlockReason(row.blocked_for) if row is not None and is_blocked else None,
            calls_today=row.calls if row is not None and is_counting else 0,
            day_ends_at=row.day_began_at + _DAY if row is not None and is_counting else None,
            budget=allowance.daily_calls,
            reserve=allowance.reserve,
        )

    def _count(self, client_id: str, purpose: Purpose) -> None:
        now, table = self._clock(), spotify_apps.c
        covers = int(purpose is Purpose.COVER)
        is_over: ColumnElement[bool] = or_(
            table.day_began_at <= now - _DAY, table.day_began_at > now + _SKEW
        )
        with self._database.write() as connection:
            dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
            row = connection.execute(
                dialect.insert(spotify_apps)
                .values(client_id=client_id, day_began_at=now, calls=1, cover_calls=covers)
                .on_conflict_do_update(
                    index_elements=[table.client_id],
                    set_={
                        "calls": case((is_over, 1), else_=table.calls + 1),
                        "cover_calls": case((is_over, covers), else_=table.cover_calls + covers),
                        "day_began_at": case(
                            (is_over, literal(now, Instant)), else_=table.day_began_at
                        ),
                    },
                )
                .returning(*table)
            ).one()
            # What is refused is not counted: an error takes the transaction back.
            if _holds(row.blocked_until, now):
                raise blocked(BlockReason(row.blocked_for), row.blocked_until)
            if row.calls > self._allowance.daily(purpose):
                raise _used_up(purpose, row.day_began_at + _DAY)
            if covers and row.cover_calls > self._allowance.covers:
                raise SpotifyBlockedError(
                    "The calls to Spotify that look for covers in a day are used up. It goes on "
                    f"{_spoken(row.day_began_at + _DAY)}; whoever runs Tonearm can raise TONEARM_COVERS_DAILY_CALLS.",
                    row.day_began_at + _DAY,
                )

    @contextmanager
    def _place(self, client_id: str, purpose: Purpose) -> Iterator[None]:
        """Take a place among the calls of the last 30 seconds; it is free again if the call is refused."""
        give_up_at = self._clock() + LONGEST_SLEEP
        while (free_at := self._take(client_id, purpose)) is not None:
            if free_at > give_up_at:
                raise SpotifyBlockedError(
                    "Tonearm asks Spotify for many things at once right now. Try again in half a minute.",
                    free_at,
                )
            self.pause(free_at - self._clock())
        try:
            yield
        except BaseException:
            with self._lock:
                if self._recent[client_id]:
                    self._recent[client_id].pop()
            raise

    def _take(self, client_id: str, purpose: Purpose) -> datetime | None:
        """Take a place; gives when one is free if there is none."""
        with self._lock:
            now, most = self._clock(), self._allowance.at_once(purpose)
            recent = self._recent.setdefault(client_id, deque())
            while recent and not now - _SPAN < recent[0] <= now:
                recent.popleft()
            if len(recent) >= most:
                return recent[-most] + _SPAN
            # The second half is spread evenly: whoever reads a long list is slowed down, and not stopped.
            if len(recent) >= (most + 1) // 2 and now < recent[-1] + 2 * _SPAN / most:
                return recent[-1] + 2 * _SPAN / most
            recent.append(now)
            return None


def blocked(reason: BlockReason, until: datetime) -> SpotifyBlockedError:
    """Say that Spotify has had too much, and until when."""
    if reason is BlockReason.QUOTA:
        sentence = (
            "Spotify's quota for this app, and for all apps of whoever registered it, is used up. "
            f"Nothing is lost by waiting; it goes on {_spoken(until)}."
        )
    else:
        sentence = f"Spotify was asked too often. It goes on {_spoken(until)}."
    return SpotifyBlockedError(sentence, until)


def _used_up(purpose: Purpose, until: datetime) -> SpotifyBlockedError:
    kept = "" if purpose is Purpose.POLL else ", but for those that are kept for recent plays"
    return SpotifyBlockedError(
        f"The calls to Spotify that Tonearm makes in a day are used up{kept}. It goes on "
        f"{_spoken(until)}; whoever runs Tonearm can raise TONEARM_SPOTIFY_DAILY_CALLS.",
        until,
    )


def _holds(until: datetime | None, now: datetime) -> bool:
    """Whether a lock-out is in force; none lasts longer than a day unless a clock was wrong."""
    return until is not None and now < until <= now + LONGEST_BLOCK


def _spoken(instant: datetime) -> str:
    return f"on {instant:%d %B %Y at %H:%M} UTC"
