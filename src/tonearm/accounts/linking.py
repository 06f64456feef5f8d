"""Linking a Spotify account: away to Spotify with PKCE, back with a code, and whose account it is.

An attempt is a row of `link_attempts`, found by its listener and the hashes of its state and of what the session
showed that began it: an answer that another session brings, or the same one brings twice, finds nothing.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import structlog
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.link_records import (
    Link,
    LinkExpiredError,
    LinkHook,
    LinkState,
    LinkTakenError,
    link_of,
)
from tonearm.accounts.link_tokens import token_values
from tonearm.accounts.numbering import lock_user, next_id
from tonearm.accounts.vault import LostKeyError, Vault
from tonearm.domain.errors import InvalidInputError
from tonearm.ops.clock import Clock
from tonearm.spotify.errors import Cause, SpotifyError
from tonearm.spotify.login import LEAST, Granted, Login, Profile, SpotifyScope
from tonearm.spotify.wording import refusal, unavailable
from tonearm.storage.database import Database
from tonearm.storage.link_tables import link_attempts, links

ATTEMPT_LASTS: Final = timedelta(minutes=10)
LONGEST_ADDRESS: Final = 4_000
_IS_THERE = links.c.state != LinkState.UNLINKED.value
_LOG = structlog.get_logger("tonearm.links")


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back from Spotify."""

    state: str = ""
    code: str = ""
    error: str = ""


class Linking:
    """Links accounts; from worker threads, as it waits for the network."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        vault: Vault,
        apps: LinkApps,
        login: Login,
        on_linked: Sequence[LinkHook] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._apps = apps
        self._login = login
        self._on_linked = tuple(on_linked)

    def begin(self, user_id: int, session: str, redirect_uri: str, more: Iterable[str] = ()) -> str:
        """Give where somebody goes to agree; `session` is what they have shown, and have to show again.

        Asked is for what every link needs, for what was granted before, and for `more`.

        Raises:
            NotFoundError: there is no app to link through.
            InvalidInputError: a scope is none.
            SpotifyRefusedError: the secret of their app cannot be read any more.
            UnavailableError: the vault's keys cannot be read or written.
        """
        wanted = _checked_scopes(more)
        app = self._apps.get(user_id)
        state, verifier = token_urlsafe(32), token_urlsafe(64)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        now = self._clock()
        with self._vault.write() as (connection, seal):
            connection.execute(
                delete(link_attempts).where(link_attempts.c.created_at < now - ATTEMPT_LASTS)
            )
            connection.execute(
                insert(link_attempts).values(
                    user_id=user_id,
                    state_hash=digest(state),
                    session_hash=digest(session),
                    verifier=seal(verifier, _place(user_id, state)),
                    client_id=app.client_id,
                    redirect_uri=redirect_uri,
                    created_at=now,
                )
            )
            granted = connection.scalar(
                select(links.c.scopes).where(links.c.user_id == user_id, _IS_THERE)
            )
        scopes = LEAST | wanted | frozenset((granted or "").split())
        return self._login.address(app, redirect_uri, state, challenge, scopes)

    def finish(self, user_id: int, session: str, answer: Answer) -> Link:
        """Link the account that has agreed.

        Raises:
            LinkExpiredError: no such attempt is under way in this session.
            LinkTakenError: the account is somebody else's here, or the listener has linked another one.
            SpotifyError: it came to nothing; which one says why.
            UnavailableError: the vault's keys cannot be read or written.
        """
        attempt = self._take(user_id, session, answer.state)
        try:
            return self._finish(attempt, answer)
        except (SpotifyError, LinkTakenError) as error:
            _LOG.warning("link failed", user_id=user_id, problem=error.code)
            raise

    def paste(self, user_id: int, session: str, address: str, redirect_uri: str) -> Link:
        """Link the account that has agreed, by the address that the browser was sent to.

        Raises:
            InvalidInputError: it is another address; the message says which one is looked for.
            LinkExpiredError: no such attempt is under way in this session.
            LinkTakenError: the account is somebody else's here, or the listener has linked another one.
            SpotifyError: it came to nothing; which one says why.
            UnavailableError: the vault's keys cannot be read or written.
        """
        return self.finish(user_id, session, read_address(address, redirect_uri))

    def _finish(self, attempt: Row[Any], answer: Answer) -> Link:
        user_id = attempt.user_id
        if answer.error == "access_denied":
            raise refusal(Cause.DENIED)
        if answer.error in {"server_error", "temporarily_unavailable"}:
            raise unavailable()
        if answer.error or not answer.code:
            raise refusal(Cause.OTHER)
        try:
            verifier = self._vault.open(attempt.verifier, _place(user_id, answer.state))
        except LostKeyError:
            raise _expired() from None
        app = self._apps.get_of(user_id, attempt.client_id)
        granted = self._login.exchange(app, answer.code, attempt.redirect_uri, verifier)
        if granted.refresh_token is None:
            raise unavailable()
        profile = self._login.get_profile(granted.access_token)
        try:
            return self._keep(user_id, app.client_id, granted, profile)
        except IntegrityError:  # somebody else was quicker
            raise _taken() from None

    def _take(self, user_id: int, session: str, state: str) -> Row[Any]:
        """Give an attempt that is under way in this session, and let nobody have it again."""
        with self._database.write() as connection:
            row = connection.execute(
                delete(link_attempts)
                .where(
                    link_attempts.c.user_id == user_id,
                    link_attempts.c.state_hash == digest(state),
                    link_attempts.c.session_hash == digest(session),
                )
                .returning(*link_attempts.c)
            ).one_or_none()
        if row is None or self._clock() - row.created_at > ATTEMPT_LASTS:
            raise _expired()
        return row

    def _keep(self, user_id: int, client_id: str, granted: Granted, profile: Profile) -> Link:
        now = self._clock()
        scopes = LEAST if granted.scopes is None else granted.scopes
        with self._vault.write() as (connection, seal):
            lock_user(connection, user_id)
            known = _find(connection, user_id, profile)
            values = {
                **token_values(user_id, granted, seal),
                "state": LinkState.LINKED.value,
                "account_id": profile.account_id,
                "display_name": profile.display_name,
                "client_id": client_id,
                "scopes": " ".join(sorted(scopes)),
                "expires_at": now + granted.lasts,
                "authorised_at": now,
                **dict.fromkeys(("problem", "cause", "warned_days", "renewer", "renewing_until")),
            }
            if known is None:
                link_id = next_id(connection, links, user_id)
                place = {"user_id": user_id, "id": link_id, "created_at": now}
                row = connection.execute(
                    insert(links).values(**place, **values).returning(*links.c)
                ).one()
            else:
                row = connection.execute(
                    update(links)
                    .where(links.c.user_id == user_id, links.c.id == known.id)
                    .values(**values, renewals=links.c.renewals + 1)
                    .returning(*links.c)
                ).one()
            for hear in self._on_linked:
                hear(connection, user_id, row.id, now)
            details = {"link": row.id, "again": known is not None, "client_id": client_id}
            record(connection, now, Action.LINK_MADE, subject_id=user_id, **details)
        return link_of(row, now)


def read_address(address: str, redirect_uri: str) -> Answer:
    """Read what the address says that Spotify has sent a browser to; nothing is asked for at it.

    Raises:
        InvalidInputError: it does not begin as the redirect address does, or has not what Spotify adds.
    """
    address = address.strip()
    try:
        parts = urlsplit(address if len(address) <= LONGEST_ADDRESS else "")
        is_ours = parts._replace(query="", fragment="").geturl() == redirect_uri
        found = parse_qs(parts.query, max_num_fields=8, errors="strict") if is_ours else {}
    except ValueError:
        found = {}
    said = {name: values[0] for name, values in found.items() if len(values) == 1}
    if "state" not in said or ("code" in said) is ("error" in said):
        raise InvalidInputError(
            "Paste the whole address that your browser shows after you have agreed at Spotify: it begins with "
            f"{redirect_uri}? and has a code and a state in it.",
            parameter="address",
        )
    return Answer(said["state"], said.get("code", ""), said.get("error", ""))


def _find(connection: Connection, user_id: int, profile: Profile) -> Row[Any] | None:
    """Give the listener's link to an account, also one that has ended; raises LinkTakenError."""
    is_same = links.c.account_id.in_(profile.ids)
    others = select(links.c.id).where(links.c.user_id != user_id, is_same, _IS_THERE)
    if connection.scalar(others.limit(1)) is not None:
        raise _taken()
    current = connection.execute(
        select(links).where(links.c.user_id == user_id, _IS_THERE)
    ).one_or_none()
    if current is None:
        before = (
            select(links).where(links.c.user_id == user_id, is_same).order_by(links.c.id.desc())
        )
        return connection.execute(before.limit(1)).one_or_none()
    if current.account_id not in profile.ids:
        raise LinkTakenError(
            f"You have linked another Spotify account, {current.display_name or current.account_id}. Unlink that "
            "first, or choose it at Spotify."
        )
    return current


def _checked_scopes(names: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(names)
    for name in sorted(wanted):
        if name not in tuple(SpotifyScope):
            raise InvalidInputError(
                f"Spotify has no such scope to ask for. There are {', '.join(SpotifyScope)}.",
                parameter="scopes",
            )
    return wanted


def _place(user_id: int, state: str) -> str:
    return f"{user_id} verifier {digest(state)}"


def _expired() -> LinkExpiredError:
    return LinkExpiredError(
        "This attempt to link was used already, was begun more than ten minutes ago, or in another browser. Begin "
        "again on the account page."
    )


def _taken() -> LinkTakenError:
    return LinkTakenError(
        "This Spotify account is linked by somebody else here, and its plays would be counted for two people. They "
        "have to unlink it first."
    )
