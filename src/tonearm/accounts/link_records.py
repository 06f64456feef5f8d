"""Links as they are shown, and how long they last."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from tonearm.domain.errors import NotFoundError, TonearmError
from tonearm.spotify.errors import SpotifyError, SpotifyRefusedError
from tonearm.storage.link_tables import links

LinkHook = Callable[[Connection, int, int, datetime], None]
"""Hears, in its transaction, what becomes of a link: numbers of its listener and its own, and when."""

_MONTHS = 6


class LinkState(StrEnum):
    """How a link is."""

    LINKED = "linked"
    RELINK_NEEDED = "relink_needed"
    """Spotify takes its tokens no longer; its listener has to link again."""
    UNLINKED = "unlinked"
    """It has ended, and its tokens are gone; its number stays its own."""


class LinkExpiredError(TonearmError):
    """No such attempt to link is under way in this session."""

    code = "link_expired"
    status = 400


class LinkTakenError(TonearmError):
    """The Spotify account is linked by somebody else, or the listener has linked another one."""

    code = "link_taken"
    status = 409


@dataclass(frozen=True, slots=True)
class Link:
    """A listener's link to a Spotify account, without what opens it."""

    id: int
    state: LinkState
    account_id: str
    """Who the listener is at Spotify."""
    display_name: str | None
    """How they call themselves there."""
    client_id: str
    """The app through which they are linked."""
    scopes: tuple[str, ...]
    """What they have granted it."""
    expires_at: datetime
    """When the access token ends; it is renewed by itself."""
    authorised_at: datetime
    """When they last agreed at Spotify."""
    relink_by: datetime
    """When Spotify ends the link: six months later, however often it is used."""
    days_left: int
    """Whole days until then."""
    problem: str | None
    """What is in the way, in a sentence."""
    cause: str | None
    """Why: `premium`, `user_list`, `scope`, `app` and the like, or the code of an error."""
    created_at: datetime

    @property
    def name(self) -> str:
        """What to call the account."""
        return self.display_name or self.account_id


def find_link(connection: Connection, user_id: int, now: datetime) -> Link | None:
    """Give somebody's link; None where there is none."""
    is_there = links.c.state != LinkState.UNLINKED.value
    row = connection.execute(
        select(links).where(links.c.user_id == user_id, is_there)
    ).one_or_none()
    return None if row is None else link_of(row, now)


def link_of(row: Row[Any], now: datetime) -> Link:
    """Make a link of its row."""
    ends_at = relink_by(row.authorised_at)
    return Link(
        id=row.id,
        state=LinkState(row.state),
        account_id=row.account_id,
        display_name=row.display_name,
        client_id=row.client_id,
        scopes=tuple(row.scopes.split()),
        expires_at=row.expires_at,
        authorised_at=row.authorised_at,
        relink_by=ends_at,
        days_left=max((ends_at - now) // timedelta(days=1), 0),
        problem=row.problem,
        cause=row.cause,
        created_at=row.created_at,
    )


def relink_by(authorised_at: datetime) -> datetime:
    """Give when Spotify ends a link: on the same day six months on, or the last day of that month."""
    years, month = divmod(authorised_at.month - 1 + _MONTHS, 12)
    year, month = authorised_at.year + years, month + 1
    day = min(authorised_at.day, monthrange(year, month)[1])
    return authorised_at.replace(year=year, month=month, day=day)


def cause_of(error: SpotifyError) -> str:
    """Give why something went wrong, in a word."""
    return error.cause.value if isinstance(error, SpotifyRefusedError) else error.code


def no_link() -> NotFoundError:
    """Give what it comes to where there is no link."""
    return NotFoundError("There is no link to Spotify. Link your account first.")
