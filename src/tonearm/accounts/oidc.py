"""Log-in with OIDC: the authorization code flow with PKCE, from the first redirect to who somebody is here.

A log-in on its way is a row of `oidc_attempts`, found by the hashes of its state and of a secret that the browser
carries: an answer that another browser brings, or the same one brings twice, finds nothing.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import delete, insert

from tonearm.accounts.acting import acting_as, actor
from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.identities import Identities, Stranger
from tonearm.accounts.oidc_errors import (
    OidcDeniedError,
    OidcError,
    OidcExpiredError,
    OidcUnreachableError,
    OidcUnusableError,
)
from tonearm.accounts.people import User
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import oidc_attempts

if TYPE_CHECKING:  # what speaks to providers is loaded where one is named
    from collections.abc import Sequence

    from tonearm.accounts.oidc_provider import Provider, Tokens
    from tonearm.accounts.oidc_tokens import Claims, IdToken

ATTEMPT_LASTS: Final = timedelta(minutes=10)
_LONGEST_WANTED: Final = 2_000
# RFC 6749, 4.1.2.1, and OIDC Core, 3.1.2.6: words that may be logged.
_REQUEST_FAULTS = frozenset(
    (
        "invalid_request",
        "unauthorized_client",
        "unsupported_response_type",
        "invalid_scope",
        "interaction_required",
        "account_selection_required",
        "request_not_supported",
    )
)
_LOG = structlog.get_logger("tonearm.oidc")


@dataclass(frozen=True, slots=True)
class Policy:
    """What an unknown person may get."""

    link_by_email: bool
    """Whether an account with the same verified e-mail address is theirs."""
    register: bool
    """Whether they get a new one."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A browser on its way to the provider."""

    address: str
    """Where to send it."""
    browser: str
    """The secret it carries until it is back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser brings back from the provider."""

    state: str = ""
    code: str = ""
    error: str = ""
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A browser that is back, and whose it is."""

    user: User
    wanted: str
    """The path it wanted to see."""
    has_linked: bool
    """Whether it came to link an identity, and not to log in."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    nonce: str
    verifier: str
    wanted: str
    user_id: int | None


class Oidc:
    """Logs people in by what one provider says of them; from worker threads, as it waits for the network."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        identities: Identities,
        provider: "Provider",
        policy: Policy,
        name: str,
    ) -> None:
        """Prepare log-ins; `name` is what the button calls the provider."""
        self.name = name
        self._database = database
        self._clock = clock
        self._identities = identities
        self._provider = provider
        self._policy = policy

    def begin(
        self, redirect_uri: str, wanted: str, browser: str | None, user_id: int | None = None
    ) -> Departure:
        """Send a browser to the provider, to log in or to link an identity to the account of `user_id`.

        A secret that the browser carries already serves again, so that two tabs do not spoil each other's log-in.

        Raises:
            OidcUnreachableError: the provider does not answer.
            OidcUnusableError: it answers something that cannot be trusted.
        """
        state, nonce, verifier = token_urlsafe(32), token_urlsafe(32), token_urlsafe(64)
        browser = browser or token_urlsafe(32)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        try:
            address = self._provider.address(redirect_uri, state, nonce, challenge)
        except OidcError as error:
            raise _told(error) from None
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(
                delete(oidc_attempts).where(oidc_attempts.c.created_at < now - ATTEMPT_LASTS)
            )
            connection.execute(
                insert(oidc_attempts).values(
                    state_hash=digest(state),
                    browser_hash=digest(browser),
                    nonce=nonce,
                    verifier=verifier,
                    wanted=wanted if len(wanted) <= _LONGEST_WANTED else "/",
                    user_id=user_id,
                    created_at=now,
                )
            )
        return Departure(address, browser)

    def finish(
        self, answer: Answer, redirect_uri: str, browser: str | None, caller: User | None
    ) -> Arrival:
        """Find out who is back, or link them to the caller's account if that is what they left for.

        Raises:
            OidcError: it came to nothing; which one says why.
        """
        attempt = self._take(answer.state, browser)
        try:
            token, tokens = self._exchange(attempt, answer, redirect_uri)
            if attempt.user_id is None:
                user = self._identities.find(token.sub) or self._admit(tokens, token)
            else:
                user = self._link(attempt.user_id, caller, token.sub)
        except OidcError as error:
            with self._database.write() as connection:
                now, problem = self._clock(), error.code
                record(connection, now, Action.LOG_IN_FAILED, method="oidc", problem=problem)
            raise _told(error) from None
        return Arrival(user, attempt.wanted, attempt.user_id is not None)

    def _exchange(
        self, attempt: _Attempt, answer: Answer, redirect_uri: str
    ) -> tuple["IdToken", "Tokens"]:
        self._check(answer)
        tokens = self._provider.exchange(answer.code, redirect_uri, attempt.verifier)
        return self._provider.read(tokens, attempt.nonce), tokens

    def _link(self, user_id: int, caller: User | None, subject: str) -> User:
        if caller is None or caller.id != user_id:
            raise OidcExpiredError("whoever began to link a log-in is not logged in any more")
        with acting_as(replace(actor(), user_id=caller.id, name=caller.name)):
            return self._identities.link(user_id, subject)

    def _admit(self, tokens: "Tokens", token: "IdToken") -> User:
        policy = self._policy
        said: tuple[Claims, ...] = (token,)
        lacks_email = token.verified_email is None and (policy.link_by_email or policy.register)
        if lacks_email or (policy.register and token.preferred_username is None):
            more = self._provider.userinfo(tokens, token.sub)
            said = (token,) if more is None else (token, more)
        return self._identities.admit(
            _stranger(said), by_email=policy.link_by_email, may_register=policy.register
        )

    def _take(self, state: str, browser: str | None) -> _Attempt:
        """Give a log-in that is under way in this browser, and let nobody have it again."""
        if not state or not browser:
            raise _told(OidcExpiredError("no state, or no cookie of the browser that began"))
        with self._database.write() as connection:
            row = connection.execute(
                delete(oidc_attempts)
                .where(
                    oidc_attempts.c.state_hash == digest(state),
                    oidc_attempts.c.browser_hash == digest(browser),
                )
                .returning(
                    oidc_attempts.c.nonce,
                    oidc_attempts.c.verifier,
                    oidc_attempts.c.wanted,
                    oidc_attempts.c.user_id,
                    oidc_attempts.c.created_at,
                )
            ).one_or_none()
        if row is None or self._clock() - row.created_at > ATTEMPT_LASTS:
            raise _told(OidcExpiredError("no such log-in is under way in this browser"))
        return _Attempt(row.nonce, row.verifier, row.wanted, row.user_id)

    def _check(self, answer: Answer) -> None:
        """Refuse an answer of another provider (RFC 9207), and one that brings no code."""
        metadata = self._provider.metadata()
        is_missing = (
            answer.issuer is None and metadata.authorization_response_iss_parameter_supported
        )
        if is_missing or answer.issuer not in (None, metadata.issuer):
            raise OidcUnusableError("the answer does not come from the provider that was asked")
        if answer.error in {"server_error", "temporarily_unavailable"}:
            raise OidcUnreachableError("the provider has a fault of its own")
        if answer.error in {"access_denied", "login_required", "consent_required"}:
            raise OidcDeniedError("the person or the provider said no")
        if answer.error or not answer.code:
            shown = answer.error if answer.error in _REQUEST_FAULTS else "an unknown error"
            raise OidcUnusableError(f"the provider refuses to log anybody in: {shown}")


def _told(error: OidcError) -> OidcError:
    """Give an error that the log tells the reason of."""
    _LOG.warning("log-in by OIDC failed", problem=error.code, reason=error.reason)
    return error


def _stranger(said: "Sequence[Claims]") -> Stranger:
    """Put together what a provider says here and there; the first to say a thing is heard."""
    email = next((one.verified_email for one in said if one.verified_email), None)
    local, _, _ = (email or "").partition("@")
    names = [one.preferred_username for one in said] + [one.name for one in said]
    zone = next((one.zoneinfo for one in said if one.zoneinfo), None)
    locale = next((one.locale for one in said if isinstance(one.locale, str)), "")
    known = tuple(name for name in (*names, local) if name)
    return Stranger(said[0].sub, email, known, zone, locale)
