"""Which artists and albums of a listener have a cover, and which ones their pages would like to have one of."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    delete,
    literal,
    or_,
    select,
    union_all,
    update,
)

from tonearm.accounts.link_records import LinkState, find_link
from tonearm.covers.pictures import Picture, Pictures
from tonearm.domain.errors import NotFoundError
from tonearm.domain.vocabulary import ItemKind
from tonearm.jobs.queue import Jobs
from tonearm.ops.clock import Clock
from tonearm.ops.outgoing import UnansweredError, UnusableAnswerError
from tonearm.storage.cover_tables import covers
from tonearm.storage.database import Database
from tonearm.storage.tables import albums, artists, tracks

QUEUE: Final = "covers"
SEEK: Final = "covers.seek"
_LAST: Final = 20
"""Behind whatever else waits for a worker."""
_ASKED_AGAIN: Final = timedelta(hours=1)
_AT_ONCE: Final = 500

Shown = tuple[ItemKind, int]
"""An artist, album or track that a page shows, by its number."""


class Outcome(StrEnum):
    """What looking for a cover came to."""

    FOUND = "found"
    NOTHING = "nothing"
    """Spotify has none, or nothing that could be taken for one."""
    UNANSWERED = "unanswered"
    """Spotify says where it is; nobody answers there."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The cover of an artist or album."""

    item: ItemKind
    item_id: int
    digest: str
    """Of the picture, which changes with it."""


@dataclass(frozen=True, slots=True)
class Hung:
    """What is known of the covers of a page."""

    covers: Mapping[Shown, Cover]
    """Those that there are."""
    lacking: frozenset[Shown]
    """Those that were never looked for, or not for a while."""


class Covers:
    """The covers of all listeners."""

    def __init__(
        self, database: Database, clock: Clock, jobs: Jobs, pictures: Pictures, *, is_on: bool
    ) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._pictures = pictures
        self.is_on = is_on

    def find(self, user_id: int, shown: Collection[Shown]) -> Hung:
        """Give the covers of what a page shows; a track has that of its album."""
        if not shown or not self.is_on:
            return Hung({}, frozenset())
        now = self._clock()
        with self._database.read() as connection:
            rows = connection.execute(_known(user_id, shown)).all()
        found = {
            (ItemKind(row.shown), row.id): Cover(ItemKind(row.item), row.item_id, row.digest)
            for row in rows
            if row.digest is not None
        }
        rests = {(ItemKind(row.shown), row.id) for row in rows if row.again_at > now}
        return Hung(found, frozenset(shown) - found.keys() - rests)

    def want(self, user_id: int, lacking: Mapping[Shown, int]) -> bool:
        """Have covers looked for, most-played items first; tells whether that was of use.

        It is not where the listener has no link to Spotify that works.
        """
        now = self._clock()
        with self._database.read() as connection:
            link = find_link(connection, user_id, now)
            if not self.is_on or link is None or link.state is not LinkState.LINKED:
                return False
            rows = _wishes(connection, user_id, lacking, now)
        if not rows:
            return False
        with self._database.write() as connection:
            _write(connection, rows, now)
            self._jobs.enqueue(
                connection,
                SEEK,
                {},
                queue=QUEUE,
                user_id=user_id,
                priority=_LAST,
                dedup_key=f"covers:{user_id}",
                # One call after the other, whoever they are for.
                exclusive_key="covers",
            )
        return True

    def get(self, user_id: int, item: ItemKind, item_id: int) -> Picture:
        """Give the picture of an artist or album of a listener; one that is not on this machine is fetched again.

        Raises:
            NotFoundError: the listener has no such item, or there is no cover of it.
        """
        cover = self.find(user_id, [(item, item_id)]).covers.get((item, item_id))
        if cover is None:
            raise _no_cover(item, item_id)
        picture = self._pictures.find(cover.digest)
        return self._fetch_again(user_id, cover) if picture is None else picture

    def sweep(self) -> int:
        """Remove the pictures that no listener has a row of; gives how many."""
        return self._pictures.sweep(self._named)

    def _fetch_again(self, user_id: int, cover: Cover) -> Picture:
        place = _place(user_id, cover.item, cover.item_id)
        with self._database.read() as connection:
            address = connection.scalar(select(covers.c.address).where(place))
        try:
            picture = self._pictures.fetch(address or "")
        except UnansweredError:
            raise _no_cover(cover.item, cover.item_id) from None
        except UnusableAnswerError:
            # It is there no more: the next page that lacks it has another one looked for.
            values: dict[str, Any] = {"outcome": None, "address": None, "digest": None}
            self._set(place, **values, again_at=self._clock())
            raise _no_cover(cover.item, cover.item_id) from None
        if picture.digest != cover.digest:
            self._set(place, digest=picture.digest, fetched_at=self._clock())
        return picture

    def _set(self, place: Any, **values: object) -> None:  # noqa: ANN401 - a condition
        with self._database.write() as connection:
            connection.execute(update(covers).where(place).values(**values))

    def _named(self, digests: list[str]) -> set[str]:
        found: set[str] = set()
        with self._database.read() as connection:
            for start in range(0, len(digests), _AT_ONCE):
                some = digests[start : start + _AT_ONCE]
                query = select(covers.c.digest).where(covers.c.digest.in_(some))
                found.update(connection.scalars(query))
        return found


def forget_covers(connection: Connection, user_id: int, _link_id: int, _now: datetime) -> None:
    """Forget the covers of a listener whose link has ended: they came through it."""
    connection.execute(delete(covers).where(covers.c.user_id == user_id))


def _place(user_id: int, item: str, item_id: int) -> Any:  # noqa: ANN401 - a condition
    return and_(covers.c.user_id == user_id, covers.c.item == item, covers.c.item_id == item_id)


def _known(user_id: int, shown: Iterable[Shown]) -> Any:  # noqa: ANN401 - a union of queries
    """Ask for the rows of what is shown, each only if its number still is the same item's."""
    numbers: dict[ItemKind, list[int]] = {item: [] for item in ItemKind}
    for item, number in shown:
        numbers[item].append(number)
    told = (covers.c.item, covers.c.item_id, covers.c.digest, covers.c.again_at)

    def about(item: ItemKind, number: Any, item_kind: ItemKind, table: Any) -> Select[Any]:  # noqa: ANN401 - a column and a table
        is_its = and_(
            covers.c.user_id == user_id,
            covers.c.item == item_kind.value,
            covers.c.item_id == table.c.id,
            covers.c.key == table.c.key,
            table.c.user_id == user_id,
        )
        wanted = select(literal(item.value).label("shown"), number.label("id"), *told)
        return wanted.where(is_its, number.in_(numbers[item]))

    of_tracks = about(ItemKind.TRACK, tracks.c.id, ItemKind.ALBUM, albums)
    parts = {
        ItemKind.ARTIST: about(ItemKind.ARTIST, artists.c.id, ItemKind.ARTIST, artists),
        ItemKind.ALBUM: about(ItemKind.ALBUM, albums.c.id, ItemKind.ALBUM, albums),
        ItemKind.TRACK: of_tracks.where(
            tracks.c.user_id == user_id, tracks.c.album_id == albums.c.id
        ),
    }
    return union_all(*(parts[item] for item, some in numbers.items() if some))


def _wishes(
    connection: Connection, user_id: int, lacking: Mapping[Shown, int], now: datetime
) -> list[dict[str, Any]]:
    """Give the rows of artists and albums that covers are wanted of; a number that nobody has is left out."""
    plays: dict[Shown, int] = {}
    numbers = [number for item, number in lacking if item is ItemKind.TRACK]
    theirs = select(tracks.c.id, tracks.c.album_id).where(
        tracks.c.user_id == user_id, tracks.c.id.in_(numbers)
    )
    album_of = {row.id: row.album_id for row in connection.execute(theirs)} if numbers else {}
    for (item, number), count in lacking.items():
        place = (item, number)
        if item is ItemKind.TRACK:
            place = (ItemKind.ALBUM, album_of.get(number, 0))
        plays[place] = max(count, plays.get(place, 0))
    rows: list[dict[str, Any]] = []
    for kind, table in ((ItemKind.ARTIST, artists), (ItemKind.ALBUM, albums)):
        wanted = [number for item, number in plays if item is kind]
        known = select(table.c.id, table.c.key).where(
            table.c.user_id == user_id, table.c.id.in_(wanted)
        )
        found = connection.execute(known).all() if wanted else ()
        rows += [
            {
                "user_id": user_id,
                "item": kind.value,
                "item_id": row.id,
                "key": row.key,
                "plays": plays[kind, row.id],
                "again_at": now + _ASKED_AGAIN,
            }
            for row in found
        ]
    # In one order for everybody, so that no two pages wait for each other's rows.
    return sorted(rows, key=lambda row: (row["item"], row["item_id"]))


def _write(connection: Connection, rows: list[dict[str, Any]], now: datetime) -> None:
    """Write wishes; what is known stays, unless it is about another item, or has rested."""
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    new = dialect.insert(covers).values(rows)
    is_other = covers.c.key != new.excluded.key
    has_rested = and_(covers.c.digest.is_(None), covers.c.again_at <= now)
    fresh = {name: new.excluded[name] for name in ("key", "plays", "again_at")}
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["user_id", "item", "item_id"],
            # Where it was is of no use for another item; an address that nobody answered at is tried again.
            set_={
                **fresh,
                "outcome": None,
                "digest": None,
                "address": case((is_other, None), else_=covers.c.address),
            },
            where=or_(is_other, has_rested),
        )
    )


def _no_cover(item: ItemKind, item_id: int) -> NotFoundError:
    return NotFoundError(f"There is no cover of {item} {item_id}.")
