"""Shares: public pages of a listener, each opened by one link, which ends or is revoked."""

import hmac
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.numbering import lock_user, next_id
from tonearm.accounts.people import User, get_user
from tonearm.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from tonearm.domain.periods import find_zone, resolve_period
from tonearm.domain.vocabulary import ItemKind, RankBy, Rule
from tonearm.history.corrections.amendment import TABLES, Amendment, load_amendment
from tonearm.history.corrections.items import by_number, find_number, item_keys
from tonearm.history.corrections.records import ItemKey
from tonearm.history.corrections.stored import load_in_force
from tonearm.history.shared import (
    LONGEST_NAME,
    LONGEST_TITLE,
    OpenShare,
    Share,
    ShareChange,
    SharedView,
    ShareWish,
    checked_end,
    checked_lane,
    checked_words,
)
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.share_tables import shares
from tonearm.storage.tables import users

SHARE_PREFIX = "tnsh_"
MOST_SHARES = 100
_FIRST_YEAR, _LAST_YEAR = 2006, 2200
_MONTHS_OF_YEAR = 12
_AS_THEY_ARE = (
    "id", "range", "kind", "title", "shown_name", "has_private", "created_at", "ends_at",
)  # fmt: skip


class Shares:
    """The shares of all listeners."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, user: User, wish: ShareWish) -> tuple[Share, str]:
        """Make a share; gives it with its token, which can be read this once.

        Raises:
            InvalidInputError: something about it cannot be; the message says what can.
            NotFoundError: there is no such artist, album or track.
            ConflictError: the listener has too many shares.
        """
        with self._database.write() as connection:
            lock_user(connection, user.id)
            found = self._drafted(connection, user, wish)
            mine = (shares.c.user_id == user.id, self._is_open())
            count = connection.scalar(select(func.count()).select_from(shares).where(*mine))
            if (count or 0) >= MOST_SHARES:
                raise ConflictError(f"There are {MOST_SHARES} shares already. Revoke one first.")
            share = replace(found.share, id=next_id(connection, shares, user.id))
            token = SHARE_PREFIX + token_urlsafe(32)
            connection.execute(
                insert(shares).values(
                    user_id=user.id, token_hash=digest(token), **_columns(share, found.item)
                )
            )
            self._record(
                connection,
                Action.SHARE_MADE,
                user.id,
                share.id,
                view=share.view.value,
                has_private=share.has_private,
                ends=share.ends_at and share.ends_at.isoformat(),
            )
        return share, token

    def draft(self, user: User, wish: ShareWish) -> OpenShare:
        """Give what a share would be, without making it; raises what `create` does."""
        with self._database.read() as connection:
            return self._drafted(connection, user, wish)

    def list(self, user_id: int) -> list[Share]:
        """List a listener's shares that work, the newest first."""
        query = select(shares).where(shares.c.user_id == user_id, self._is_open())
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(shares.c.id.desc())).all()
        return [_share(row) for row in rows]

    def get(self, user_id: int, share_id: int) -> OpenShare:
        """Give a listener's share that works; raises NotFoundError.

        Its number is None where the item it is about is not in the history any more.
        """
        with self._database.read() as connection:
            return _opened(connection, user_id, self._row(connection, user_id, share_id))

    def change(self, user_id: int, share_id: int, wish: ShareChange) -> Share:
        """Change the title, the name or the end of a share; raises InvalidInputError, NotFoundError."""
        now, values = self._clock(), dict[str, Any]()
        if wish.title is not None:
            values["title"] = checked_words(wish.title, LONGEST_TITLE, "title")
        if wish.shown_name is not None:
            values["shown_name"] = checked_words(wish.shown_name, LONGEST_NAME, "shown_name")
        if wish.lifetime is not None:
            values["ends_at"] = checked_end(now, wish.lifetime)
        with self._database.write() as connection:
            before = self._row(connection, user_id, share_id)
            changed = sorted(name for name in values if values[name] != getattr(before, name))
            if changed:
                place = (shares.c.user_id == user_id, shares.c.id == share_id)
                connection.execute(update(shares).where(*place).values(**values))
                action = Action.SHARE_CHANGED
                self._record(connection, action, user_id, share_id, changed=changed)
            return _share(self._row(connection, user_id, share_id))

    def revoke(self, user_id: int, share_id: int) -> None:
        """End a share at once, in every process; raises NotFoundError."""
        with self._database.write() as connection:
            self._row(connection, user_id, share_id)
            place = (shares.c.user_id == user_id, shares.c.id == share_id)
            connection.execute(update(shares).where(*place).values(ends_at=self._clock()))
            self._record(connection, Action.SHARE_REVOKED, user_id, share_id)

    def open(self, token: str, *, is_view: bool) -> tuple[User, OpenShare]:
        """Give what a visitor's link leads to, and whose it is; where `is_view`, it is counted.

        Raises:
            NotFoundError: the link is unknown, has ended, or nothing is behind it any more; which one is not told.
        """
        hashed = digest(token)
        # One question, so that each refusal takes as long.
        query = (
            select(shares)
            .join(users, users.c.id == shares.c.user_id)
            .where(shares.c.token_hash == hashed, self._is_open(), users.c.disabled_at.is_(None))
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None or not hmac.compare_digest(row.token_hash, hashed):
                raise no_share()
            user, found = (
                get_user(connection, row.user_id),
                _opened(connection, row.user_id, row),
            )
        if found.share.view.item is not None and found.number is None:
            raise no_share()
        if is_view:
            self._count(row.user_id, row.id)
        return user, found

    def _count(self, user_id: int, share_id: int) -> None:
        place = (shares.c.user_id == user_id, shares.c.id == share_id)
        counted = update(shares).where(*place)
        # A page that can be read is shown, also while nothing can be written.
        with suppress(UnavailableError), self._database.write() as connection:
            connection.execute(counted.values(views=shares.c.views + 1, viewed_at=self._clock()))

    def _drafted(self, connection: Connection, user: User, wish: ShareWish) -> OpenShare:
        now, item, number = self._clock(), wish.view.item, None
        _check_range(wish, now, user.zone)
        if (item is None) is not (wish.item is None):
            raise InvalidInputError(
                f"{wish.view} is about one {item}: give its number."
                if item
                else f"{wish.view} is about no single item: leave the number out.",
                parameter="item",
            )
        key: ItemKey | None = None
        if item is not None and wish.item is not None:
            amendment = _amendment(connection, user.id)
            number = _find(connection, user.id, amendment, item, wish.item)
            key = item_keys(connection, user.id, amendment, item, [number])[0]
        share = Share(
            id=0,
            view=wish.view,
            range=wish.range,
            kind=checked_lane(wish.view, wish.kind),
            rule=wish.rule or user.rule,
            by=wish.by,
            item=None if key is None else key.name,
            title=checked_words(wish.title, LONGEST_TITLE, "title"),
            shown_name=checked_words(wish.shown_name, LONGEST_NAME, "shown_name"),
            has_private=wish.has_private,
            created_at=now,
            ends_at=checked_end(now, wish.lifetime),
        )
        return OpenShare(share, key, number)

    def _row(self, connection: Connection, user_id: int, share_id: int) -> Row[Any]:
        place = (shares.c.user_id == user_id, shares.c.id == share_id, self._is_open())
        row = connection.execute(select(shares).where(*place)).one_or_none()
        if row is None:
            raise NotFoundError(f"There is no share {share_id}.")
        return row

    def _is_open(self) -> ColumnElement[bool]:
        return shares.c.ends_at.is_(None) | (shares.c.ends_at > self._clock())

    def _record(
        self,
        connection: Connection,
        action: Action,
        user_id: int,
        share_id: int,
        **details: Any,  # noqa: ANN401 - what JSON can hold
    ) -> None:
        record(connection, self._clock(), action, subject_id=user_id, share=share_id, **details)


def no_share() -> NotFoundError:
    """Make the one refusal of a link that leads nowhere."""
    return NotFoundError("There is nothing here. The link is wrong, has ended, or was taken back.")


def _check_range(wish: ShareWish, now: datetime, zone: str) -> None:
    period = resolve_period(wish.range, now, find_zone(zone))
    if wish.view.story is None:
        return
    if wish.view.story == "year" and period.months != _MONTHS_OF_YEAR:
        raise InvalidInputError(
            f"{wish.view} is about one year: give it as YYYY, this_year or last_year.",
            parameter="range",
        )
    if wish.view.story == "month" and period.months != 1:
        raise InvalidInputError(
            f"{wish.view} is about one month: give it as YYYY-MM, this_month or last_month.",
            parameter="range",
        )
    if period.first is None or not _FIRST_YEAR <= period.first.year <= _LAST_YEAR:
        raise InvalidInputError(
            f"There are years from {_FIRST_YEAR} to {_LAST_YEAR}.", parameter="range"
        )


def _amendment(connection: Connection, user_id: int) -> Amendment:
    return load_amendment(connection, user_id, load_in_force(connection, user_id))[0]


def _find(
    connection: Connection, user_id: int, amendment: Amendment, item: ItemKind, text: str
) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - what fits a number
        raise InvalidInputError(f"Give the number of the {item}.", parameter="item")
    try:
        return find_number(
            connection, user_id, amendment, item, by_number(int(text)), parameter="item"
        )
    except InvalidInputError:
        raise NotFoundError(f"There is no {item} {text} in this history.") from None


def _opened(connection: Connection, user_id: int, row: Row[Any]) -> OpenShare:
    """Find what a share is about: numbers change when imports come and go, keys do not."""
    share = _share(row)
    item = share.view.item
    if item is None:
        return OpenShare(share)
    kept = ItemKey(row.item_name, row.item_kind, row.item_key, row.item_artist)
    amendment = _amendment(connection, user_id)
    table = TABLES[item]
    place = (table.c.user_id == user_id, table.c.key == kept.key)
    numbers = [*connection.scalars(select(table.c.id).where(*place))]
    numbers += [number for number, one in amendment.added[item].items() if one.key == kept.key]
    keys = item_keys(connection, user_id, amendment, item, numbers)
    for number, key in zip(numbers, keys, strict=True):
        if key.identity(item) == kept.identity(item):
            shown = amendment.shown(item, number)
            named = item_keys(connection, user_id, amendment, item, [shown])[0]
            return OpenShare(replace(share, item=named.name), named, shown)
    return OpenShare(share, kept)


def _columns(share: Share, item: ItemKey | None) -> dict[str, Any]:
    values = {name: getattr(share, name) for name in _AS_THEY_ARE}
    values |= {name: getattr(share, name).value for name in ("view", "rule", "by")}
    if item is not None:
        values |= {
            "item_name": item.name,
            "item_kind": item.kind,
            "item_key": item.key,
            "item_artist": item.artist,
        }
    return values


def _share(row: Row[Any]) -> Share:
    return Share(
        id=row.id,
        view=SharedView(row.view),
        range=row.range,
        kind=row.kind,
        rule=Rule(row.rule),
        by=RankBy(row.by),
        item=row.item_name,
        title=row.title,
        shown_name=row.shown_name,
        has_private=row.has_private,
        created_at=row.created_at,
        ends_at=row.ends_at,
        views=row.views,
        viewed_at=row.viewed_at,
    )
