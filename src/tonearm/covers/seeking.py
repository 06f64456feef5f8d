"""The job that looks for covers: those that a listener's pages lacked, the most-played first, and nothing else."""

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, select, update

from tonearm.accounts.links import Links
from tonearm.covers.covers import Covers, Outcome
from tonearm.covers.pictures import Pictures
from tonearm.domain.errors import CancelledError, NotFoundError
from tonearm.domain.vocabulary import ItemKind
from tonearm.jobs.errors import ThrottledError, TransientError
from tonearm.jobs.work import Task
from tonearm.ops.clock import Clock
from tonearm.ops.outgoing import UnansweredError, UnusableAnswerError
from tonearm.spotify.client import Spotify
from tonearm.spotify.errors import (
    RelinkNeededError,
    SpotifyBlockedError,
    SpotifyError,
    SpotifyRefusedError,
)
from tonearm.spotify.pacing import Purpose
from tonearm.storage.cover_tables import covers
from tonearm.storage.database import Database

if TYPE_CHECKING:
    from tonearm.covers.telling import Telling

_RESTS: Final = {
    Outcome.FOUND: timedelta(0),
    Outcome.NOTHING: timedelta(days=90),
    Outcome.UNANSWERED: timedelta(days=1),
}
"""How long pages are content with what looking came to; with a cover they always are."""
_UNTIL_MENDED: Final = timedelta(hours=6)


class Seeking:
    """Looks for the covers that listeners' pages lacked."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        links: Links,
        spotify: Spotify,
        covers: Covers,
        pictures: Pictures,
    ) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._spotify = spotify
        self._covers = covers
        self._pictures = pictures

    def seek(self, task: Task) -> dict[str, int] | None:
        """Look for one cover after the other until none is wanted; the result counts what that came to.

        Raises:
            CancelledError: covers are off, or there is no link any more.
            ThrottledError: nothing may be asked of Spotify before an instant.
            TransientError: it may work later.
        """
        user_id = task.job.user_id
        link = None if user_id is None else self._links.find(user_id)
        if user_id is None or link is None or not self._covers.is_on:
            raise CancelledError("There is no link to look for covers through, or covers are off.")
        # What answers look like takes a tenth of a second to load, and a process may never need it.
        from tonearm.covers.telling import Telling  # noqa: PLC0415 - see above

        session = self._spotify.for_link(self._links.lend(user_id, link.id), Purpose.COVER)
        telling = Telling(self._database, user_id, session, self._pictures)
        counts: Counter[str] = Counter()
        while True:
            task.check()
            with self._database.read() as connection:
                row = _next(connection, user_id)
            if row is None:
                with self._database.write() as connection:
                    # A page may have wanted another one this very moment.
                    if _next(connection, user_id) is None:
                        task.hand_in(connection, dict(counts))
                        return None
                continue
            counts[self._look(telling, row)] += 1

    def _look(self, telling: "Telling", row: Row[Any]) -> Outcome:
        """Look for one cover, and write down what that came to."""
        outcome, address, digest = self._try(row.address)
        if outcome is Outcome.NOTHING:
            outcome, address, digest = self._try(self._ask(telling, row))
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(
                update(covers)
                .where(
                    covers.c.user_id == row.user_id,
                    covers.c.item == row.item,
                    covers.c.item_id == row.item_id,
                    covers.c.key == row.key,
                )
                .values(
                    outcome=outcome.value,
                    address=address,
                    digest=digest,
                    fetched_at=now,
                    again_at=now + _RESTS[outcome],
                )
            )
        return outcome

    def _try(self, address: str | None) -> tuple[Outcome, str | None, str | None]:
        """Fetch what is at an address; gives what that came to, the address if it is good, and the picture's digest."""
        if address is None:
            return Outcome.NOTHING, None, None
        try:
            return Outcome.FOUND, address, self._pictures.fetch(address).digest
        except UnansweredError:
            return Outcome.UNANSWERED, address, None
        except UnusableAnswerError:
            return Outcome.NOTHING, None, None

    def _ask(self, telling: "Telling", row: Row[Any]) -> str | None:
        try:
            return telling.find(ItemKind(row.item), row.item_id)
        except NotFoundError as error:
            raise CancelledError(error.message) from None
        except SpotifyBlockedError as error:
            raise ThrottledError(error.message, error.not_before) from None
        except (RelinkNeededError, SpotifyRefusedError) as error:
            # A poll tells the listener what is in the way; covers wait until it is mended.
            raise ThrottledError(error.message, self._clock() + _UNTIL_MENDED) from None
        except SpotifyError as error:
            raise TransientError(error.message) from None


def _next(connection: Connection, user_id: int) -> Row[Any] | None:
    """Give what is wanted of a listener and was played most."""
    wanted = select(covers).where(covers.c.user_id == user_id, covers.c.outcome.is_(None))
    return connection.execute(
        wanted.order_by(covers.c.plays.desc(), covers.c.item, covers.c.item_id).limit(1)
    ).first()
