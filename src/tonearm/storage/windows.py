"""How often somebody came in a window of time: counted in memory on SQLite, in the database on PostgreSQL.

SQLite has one server process; several share a PostgreSQL, and a limit that each kept for itself would be none.
"""

import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, select, update

from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import rate_windows

_MOST_IN_MEMORY = 50_000
_CLEAN_EVERY = timedelta(minutes=1)

_Place = tuple[str, int]
"""The caller's key, and when the window ends, in seconds since 1970."""


class Windows:
    """Counts by caller and window; windows of one length begin at the same moment for everybody."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[_Place, int] = {}
        self._cleaned_at: datetime | None = None

    def count(self, caller: str, window: timedelta, times: int = 1) -> tuple[int, datetime]:
        """Count a caller once more, or several times; gives the count in the present window, and when that ends.

        A caller is any text that tells one from the others, whatever its length; it is kept as a hash.

        Raises:
            UnavailableError: the database cannot count.
        """
        place = self._place(caller, window)
        if not self._database.is_sqlite:
            return self._count_shared(place, times), _end(place)
        with self._lock:
            # Put at the end, so that room is made among callers who come no more.
            count = self._counts.pop(place, 0) + times
            self._make_room()
            self._counts[place] = count
        return count, _end(place)

    def peek(self, caller: str, window: timedelta) -> tuple[int, datetime]:
        """Give the count in the present window, and when that ends, without counting."""
        place = self._place(caller, window)
        if self._database.is_sqlite:
            with self._lock:
                return self._counts.get(place, 0), _end(place)
        with self._database.read() as connection:
            count = connection.scalar(select(rate_windows.c.count).where(_is_at(place)))
        return count or 0, _end(place)

    def take_back(self, caller: str, window: timedelta) -> None:
        """Count a caller once less, since what was counted turned out to be no harm."""
        place = self._place(caller, window)
        if self._database.is_sqlite:
            with self._lock:
                if place in self._counts:
                    self._counts[place] = max(self._counts[place] - 1, 0)
            return
        fewer = update(rate_windows).where(_is_at(place), rate_windows.c.count > 0)
        with self._database.write() as connection:
            connection.execute(fewer.values(count=rate_windows.c.count - 1))

    def forget(self, caller: str, window: timedelta) -> None:
        """Let a caller begin anew in the present window."""
        place = self._place(caller, window)
        if self._database.is_sqlite:
            with self._lock:
                self._counts.pop(place, None)
            return
        with self._database.write() as connection:
            connection.execute(delete(rate_windows).where(_is_at(place)))

    def _place(self, caller: str, window: timedelta) -> _Place:
        seconds = int(window.total_seconds())
        name = sha256(f"{seconds} {caller}".encode("utf-8", "replace")).hexdigest()
        return name, (int(self._clock().timestamp()) // seconds + 1) * seconds

    def _count_shared(self, place: _Place, times: int) -> int:
        # Only where it is used: it takes 50 ms and 2 MB to load.
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - see above

        name, end = place
        counted = (
            insert(rate_windows)
            .values(caller=name, window=end, count=times)
            .on_conflict_do_update(
                index_elements=[rate_windows.c.caller, rate_windows.c.window],
                set_={"count": rate_windows.c.count + times},
            )
            .returning(rate_windows.c.count)
        )
        with self._database.write() as connection:
            count = int(connection.execute(counted).scalar_one())
        self._clean()
        return count

    def _clean(self) -> None:
        """Remove windows that have ended, once a minute."""
        now = self._clock()
        with self._lock:
            if self._cleaned_at is not None and now - self._cleaned_at < _CLEAN_EVERY:
                return
            self._cleaned_at = now
        ended = (
            select(rate_windows.c.caller, rate_windows.c.window)
            .where(rate_windows.c.window <= int(now.timestamp()))
            .with_for_update(skip_locked=True)  # another process may be at it
            .cte()
        )
        with self._database.write() as connection:
            connection.execute(
                delete(rate_windows).where(
                    rate_windows.c.caller == ended.c.caller,
                    rate_windows.c.window == ended.c.window,
                )
            )

    def _make_room(self) -> None:
        if len(self._counts) < _MOST_IN_MEMORY:
            return
        now = int(self._clock().timestamp())
        self._counts = {place: count for place, count in self._counts.items() if place[1] > now}
        while len(self._counts) >= _MOST_IN_MEMORY:
            del self._counts[next(iter(self._counts))]


def _end(place: _Place) -> datetime:
    return datetime.fromtimestamp(place[1], UTC)


def _is_at(place: _Place) -> ColumnElement[bool]:
    return (rate_windows.c.caller == place[0]) & (rate_windows.c.window == place[1])
