"""The tokens of links: lent to whoever calls Spotify, and renewed by one at a time.

Of all threads and processes that find a token worn out, one takes the lease in the link's row, asks Spotify, and
commits what came before anything else happens; the others look again and again for what it has brought. No lock is
held while the network is waited for. `renewals` counts what was kept: whoever lost the lease on the way, because they
were slow, writes nothing over what another has brought meanwhile.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

import structlog
from sqlalchemy import Row, or_, select, update

from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.link_records import LinkState, cause_of, no_link
from tonearm.accounts.numbering import lock_user
from tonearm.accounts.vault import LostKeyError, Vault
from tonearm.domain.errors import TonearmError
from tonearm.domain.events import LinkRelinkNeeded
from tonearm.ops.clock import Clock
from tonearm.spotify.errors import (
    Cause,
    RelinkNeededError,
    SpotifyError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)
from tonearm.spotify.login import App, Granted, Login
from tonearm.spotify.wording import ended
from tonearm.storage.database import Database
from tonearm.storage.link_tables import links
from tonearm.storage.outbox import emit

GOOD_FOR: Final = timedelta(minutes=2)
"""How long a token that is lent lasts at least."""
LEASE: Final = timedelta(seconds=30)
"""Longer than one that renews may wait for Spotify."""
_PATIENCE_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.05
_ACCESS, _REFRESH = "access token", "refresh token"
# What a renewal that worked has shown to be over.
_MENDED: Final = (Cause.APP.value, Cause.OTHER.value, RelinkNeededError.code)
_LOG = structlog.get_logger("tonearm.links")


class LinkTokens:
    """Lends the access tokens of all links; never from inside a transaction."""

    def __init__(
        self, database: Database, clock: Clock, vault: Vault, apps: LinkApps, login: Login
    ) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._apps = apps
        self._login = login

    def lend(self, user_id: int, link_id: int) -> "LinkTokenSource":
        """Give the source of a link's tokens; raises NotFoundError."""
        return LinkTokenSource(self, user_id, link_id)

    def read(self, user_id: int, link_id: int) -> Row[Any]:
        """Give the row of a link; raises NotFoundError."""
        with self._database.read() as connection:
            row = connection.execute(select(links).where(*_place(user_id, link_id))).one_or_none()
        if row is None:
            raise no_link()
        return row

    def get(self, user_id: int, link_id: int) -> tuple[Row[Any], str]:
        """Give a link's row, and an access token that lasts a while.

        Raises:
            NotFoundError: there is no such link.
            RelinkNeededError: its tokens are not taken any more, or cannot be read.
            SpotifyError: there is no good one, and none can be got.
        """
        row, access = self._open(user_id, link_id)
        if access is not None and row.expires_at - self._clock() >= GOOD_FOR:
            return row, access
        return self._renew(row)

    def get_other(self, user_id: int, link_id: int, refused: str) -> tuple[Row[Any], str]:
        """Give a link's row, and another token than one that Spotify has refused; raises as `get`."""
        row, access = self._open(user_id, link_id)
        if access not in (None, refused) and row.expires_at - self._clock() >= GOOD_FOR:
            return row, str(access)
        return self._renew(row)

    def renew(self, user_id: int, link_id: int) -> None:
        """Renew a link's token whatever its state is, and let a link that needed to be made again go on if that works.

        Raises:
            NotFoundError: there is no such link.
            RelinkNeededError: its tokens are not taken any more, or cannot be read.
            SpotifyError: Spotify does not give another.
        """
        self._renew(self.read(user_id, link_id))

    def _open(self, user_id: int, link_id: int) -> tuple[Row[Any], str | None]:
        """Give a link's row, and the access token in it if it can be read."""
        # Between the two looks it may have been sealed anew.
        for _ in range(2):
            row = self.read(user_id, link_id)
            _check(row)
            with suppress(LostKeyError):
                return row, self._vault.open(row.access_token, _seal_place(user_id, _ACCESS))
        return row, None

    def _renew(self, seen: Row[Any]) -> tuple[Row[Any], str]:
        """Give a token that came after what was seen, got here or by somebody else."""
        user_id, link_id, me = seen.user_id, seen.id, token_hex(8)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        row = seen
        while not (self._is_free(row) and self._take_lease(seen, me)):
            if time.monotonic() > deadline:
                raise _busy()
            time.sleep(_LOOK_SECONDS)
            row = self.read(user_id, link_id)
            if row.renewals != seen.renewals or row.state != seen.state:
                row, access = self._open(user_id, link_id)
                if access is not None:
                    return row, access
        try:
            return self._ask(seen, me)
        except BaseException:
            self._give_lease_back(seen, me)
            raise

    def _ask(self, seen: Row[Any], me: str) -> tuple[Row[Any], str]:
        user_id = seen.user_id
        try:
            app, refresh = self._get_secrets(seen)
            granted = self._login.refresh(app, refresh)
        except (RelinkNeededError, LostKeyError) as error:
            raise self._end(seen, me, error) from None
        except SpotifyRefusedError as error:
            self.note(user_id, seen.id, error)
            raise
        now = self._clock()
        with self._vault.write() as (connection, seal):
            values = self._values(seen, granted, seal, now)
            kept = connection.execute(
                update(links).where(*_unchanged(seen)).values(values).returning(*links.c)
            ).one_or_none()
        if kept is None:  # somebody else was quicker, or the link was ended or made anew
            row, access = self._open(user_id, seen.id)
            if access is None:
                raise ended()
            return row, access
        return kept, granted.access_token

    def _get_secrets(self, seen: Row[Any]) -> tuple[App, str]:
        """Give the app and the refresh token of a link."""
        app = self._apps.get_of(seen.user_id, seen.client_id)
        place = _seal_place(seen.user_id, _REFRESH)
        with suppress(LostKeyError):
            return app, self._vault.open(seen.refresh_token or "", place)
        # It may have been sealed anew since the row was read.
        row = self.read(seen.user_id, seen.id)
        return app, self._vault.open(row.refresh_token or "", place)

    def _values(
        self, seen: Row[Any], granted: Granted, seal: Callable[[str, str], str], now: datetime
    ) -> dict[str, Any]:
        user_id = seen.user_id
        values: dict[str, Any] = {
            "access_token": seal(granted.access_token, _seal_place(user_id, _ACCESS)),
            "expires_at": now + granted.lasts,
            "renewals": links.c.renewals + 1,
            "renewer": None,
            "renewing_until": None,
        }
        if granted.refresh_token is not None:  # else the one before goes on
            values["refresh_token"] = seal(granted.refresh_token, _seal_place(user_id, _REFRESH))
        if granted.scopes is not None:
            values["scopes"] = " ".join(sorted(granted.scopes))
        if seen.state == LinkState.RELINK_NEEDED:
            values["state"] = LinkState.LINKED.value
        if seen.cause in _MENDED:
            values |= {"problem": None, "cause": None}
        return values

    def _is_free(self, row: Row[Any]) -> bool:
        return row.renewing_until is None or row.renewing_until <= self._clock()

    def _take_lease(self, seen: Row[Any], me: str) -> bool:
        now = self._clock()
        is_free = or_(links.c.renewing_until.is_(None), links.c.renewing_until <= now)
        with self._database.write() as connection:
            taken = connection.execute(
                update(links)
                .where(*_unchanged(seen), links.c.state == seen.state, is_free)
                .values(renewer=me, renewing_until=now + LEASE)
            )
        return bool(taken.rowcount)

    def _give_lease_back(self, seen: Row[Any], me: str) -> None:
        # A database that is away by now lets the lease end by itself.
        with suppress(TonearmError), self._database.write() as connection:
            connection.execute(
                update(links)
                .where(*_place(seen.user_id, seen.id), links.c.renewer == me)
                .values(renewer=None, renewing_until=None)
            )

    def _end(self, seen: Row[Any], me: str, error: TonearmError) -> SpotifyError:
        """Let a link need to be made again, and tell its listener, unless another has renewed it meanwhile."""
        with self._database.write() as connection:
            lock_user(connection, seen.user_id)
            found = connection.execute(
                update(links)
                .where(*_unchanged(seen), links.c.renewer == me)
                .values(
                    state=LinkState.RELINK_NEEDED.value,
                    problem=error.message,
                    cause=RelinkNeededError.code,
                    renewer=None,
                    renewing_until=None,
                )
            )
            if not found.rowcount:
                return _busy()
            if seen.state != LinkState.RELINK_NEEDED:
                name = seen.display_name or seen.account_id
                event = LinkRelinkNeeded(seen.id, name, error.message)
                emit(connection, seen.user_id, event, self._clock())
        _LOG.warning("link ended", user_id=seen.user_id, link_id=seen.id, problem=error.code)
        return RelinkNeededError(error.message)

    def note(self, user_id: int, link_id: int, error: SpotifyError | None) -> None:
        """Keep what is in the way of a link, or that nothing is any more, for its listener to read."""
        values: dict[str, str | None] = {"problem": None, "cause": None}
        if error is not None:
            values = {"problem": error.message, "cause": cause_of(error)}
        with self._database.write() as connection:
            connection.execute(
                update(links)
                .where(*_place(user_id, link_id), links.c.state != LinkState.RELINK_NEEDED.value)
                .values(values)
            )


class LinkTokenSource:
    """Lends the tokens of one link: a `TokenSource`."""

    def __init__(self, tokens: LinkTokens, user_id: int, link_id: int) -> None:
        self._tokens = tokens
        self._user_id = user_id
        self._link_id = link_id
        self._row = tokens.read(user_id, link_id)

    @property
    def client_id(self) -> str:
        """The app that the link belongs to."""
        return str(self._row.client_id)

    @property
    def scopes(self) -> frozenset[str]:
        """What the listener has granted."""
        return frozenset(self._row.scopes.split())

    def access_token(self) -> str:
        """Give a token that is good for a minute at least; raises RelinkNeededError, SpotifyError."""
        self._row, token = self._tokens.get(self._user_id, self._link_id)
        return token

    def renewed(self, refused: str) -> str:
        """Give another token than the one that Spotify refused just now; raises RelinkNeededError, SpotifyError."""
        self._row, token = self._tokens.get_other(self._user_id, self._link_id, refused)
        return token


def token_values(user_id: int, granted: Granted, seal: Callable[[str, str], str]) -> dict[str, Any]:
    """Give the columns of tokens that came with a new authorisation."""
    return {
        "access_token": seal(granted.access_token, _seal_place(user_id, _ACCESS)),
        "refresh_token": seal(granted.refresh_token or "", _seal_place(user_id, _REFRESH)),
    }


def _busy() -> SpotifyUnavailableError:
    return SpotifyUnavailableError(
        "The link to Spotify is being renewed by somebody else, and that takes long. Try again in a moment."
    )


def _check(row: Row[Any]) -> None:
    if row.state == LinkState.UNLINKED:
        raise no_link()
    if row.state == LinkState.RELINK_NEEDED:
        raise RelinkNeededError(row.problem or ended().message)


def _place(user_id: int, link_id: int) -> tuple[Any, ...]:
    return (
        links.c.user_id == user_id,
        links.c.id == link_id,
        links.c.state != LinkState.UNLINKED.value,
    )


def _unchanged(seen: Row[Any]) -> tuple[Any, ...]:
    return (*_place(seen.user_id, seen.id), links.c.renewals == seen.renewals)


def _seal_place(user_id: int, what: str) -> str:
    return f"{user_id} {what}"
