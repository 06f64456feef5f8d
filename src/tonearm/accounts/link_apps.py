"""The apps through which listeners are linked: that of the instance, or one that a listener has brought along."""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from tonearm.accounts.audit import Action, record
from tonearm.accounts.numbering import lock_user
from tonearm.accounts.people import get_user
from tonearm.accounts.vault import LostKeyError, Vault
from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.ops.clock import Clock
from tonearm.spotify.errors import Cause, SpotifyRefusedError
from tonearm.spotify.login import App
from tonearm.storage.database import Database
from tonearm.storage.link_tables import link_apps

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SECRET: Final = re.compile(r"[!-~]{8,128}")


@dataclass(frozen=True, slots=True)
class AppInUse:
    """An app, without its secret."""

    client_id: str
    is_own: bool
    """Whether the listener has brought it along; else it is that of the instance."""
    has_secret: bool


class LinkApps:
    """The apps of all listeners."""

    def __init__(self, database: Database, clock: Clock, vault: Vault, shared: App | None) -> None:
        """Look after apps; `shared` is that of the instance, for whoever has none."""
        self._database = database
        self._clock = clock
        self._vault = vault
        self._shared = shared

    def find(self, user_id: int) -> AppInUse | None:
        """Give the app through which somebody links from now on; None where there is none."""
        query = select(link_apps).where(link_apps.c.user_id == user_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is not None:
            return AppInUse(row.client_id, is_own=True, has_secret=row.secret is not None)
        shared = self._shared
        if shared is None:
            return None
        return AppInUse(shared.client_id, is_own=False, has_secret=bool(shared.secret))

    def get(self, user_id: int) -> App:
        """Give the app through which somebody links from now on.

        Raises:
            NotFoundError: there is none.
            SpotifyRefusedError: its secret cannot be read any more.
            UnavailableError: the vault's keys cannot be read.
        """
        in_use = self.find(user_id)
        if in_use is None:
            raise NotFoundError(
                "There is no app at Spotify to link through. Enter the client id of your own on the account page, or "
                "ask whoever runs this Tonearm to set TONEARM_SPOTIFY_CLIENT_ID."
            )
        return self.get_of(user_id, in_use.client_id)

    def get_of(self, user_id: int, client_id: str) -> App:
        """Give the app with which something was begun.

        Raises:
            SpotifyRefusedError: it is not there any more, or its secret cannot be read.
            UnavailableError: the vault's keys cannot be read.
        """
        mine = (link_apps.c.user_id == user_id, link_apps.c.client_id == client_id)
        # Between the two looks it may have been sealed anew.
        for is_last in (False, True):
            with self._database.read() as connection:
                row = connection.execute(select(link_apps).where(*mine)).one_or_none()
            if row is None or row.secret is None:
                break
            try:
                return App(client_id, self._vault.open(row.secret, _place(user_id)))
            except LostKeyError:
                if is_last:
                    raise SpotifyRefusedError(
                        "The secret of your app cannot be read any more: the key it was kept by is gone. Enter it "
                        "once more.",
                        Cause.APP,
                    ) from None
        if row is not None:
            return App(client_id)
        if self._shared is not None and self._shared.client_id == client_id:
            return self._shared
        raise SpotifyRefusedError(
            "The app with which this was linked is not set here any more. Set it again, or link anew.",
            Cause.APP,
        )

    def put(self, user_id: int, client_id: str, secret: str = "") -> AppInUse:
        """Let somebody link through an app of their own from now on; what is linked stays so while the app is the same.

        Raises:
            InvalidInputError: client id or secret do not look like such.
            NotFoundError: there is no such listener.
            UnavailableError: the vault's keys cannot be read or written.
        """
        client_id, secret = client_id.strip(), secret.strip()
        if not _CLIENT_ID.fullmatch(client_id):
            raise InvalidInputError(
                "A client id has 8 to 64 letters and digits. Copy it from the app's settings at developer.spotify.com.",
                parameter="client_id",
            )
        if secret and not _SECRET.fullmatch(secret):
            raise InvalidInputError(
                "A client secret has 8 to 128 characters and no blanks. Copy it from the app's settings, or leave it "
                "empty: it is not needed.",
                parameter="client_secret",
            )
        now = self._clock()
        with self._vault.write() as (connection, seal):
            lock_user(connection, user_id)
            get_user(connection, user_id)
            _remove(connection, user_id)
            connection.execute(
                insert(link_apps).values(
                    user_id=user_id,
                    client_id=client_id,
                    secret=seal(secret, _place(user_id)) if secret else None,
                    created_at=now,
                )
            )
            record(connection, now, Action.LINK_APP_SET, subject_id=user_id, client_id=client_id)
        return AppInUse(client_id, is_own=True, has_secret=bool(secret))

    def remove(self, user_id: int) -> None:
        """Forget somebody's own app; a link through it has to be made again once its access token ends.

        Raises:
            NotFoundError: they have none.
        """
        with self._database.write() as connection:
            lock_user(connection, user_id)
            if not _remove(connection, user_id):
                raise NotFoundError("You have no app of your own here.")
            record(connection, self._clock(), Action.LINK_APP_REMOVED, subject_id=user_id)


def _remove(connection: Connection, user_id: int) -> int:
    return connection.execute(delete(link_apps).where(link_apps.c.user_id == user_id)).rowcount


def _place(user_id: int) -> str:
    return f"{user_id} app secret"
