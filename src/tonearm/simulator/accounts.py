"""The accounts service's memory: apps, authorisations, codes and tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
from calendar import monthrange
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tonearm.simulator.clock import from_ms, to_ms
from tonearm.simulator.identifiers import token

if TYPE_CHECKING:
    from tonearm.simulator.users import User

SCOPES: Final = frozenset(
    (
        "app-remote-control",
        "playlist-modify-private",
        "playlist-modify-public",
        "playlist-read-collaborative",
        "playlist-read-private",
        "streaming",
        "ugc-image-upload",
        "user-follow-modify",
        "user-follow-read",
        "user-library-modify",
        "user-library-read",
        "user-modify-playback-state",
        "user-read-currently-playing",
        "user-read-email",
        "user-read-playback-position",
        "user-read-playback-state",
        "user-read-private",
        "user-read-recently-played",
        "user-top-read",
    )
)
ACCESS_SECONDS: Final = 3_600
CODE_MS: Final = 600_000
AUTHORISATION_MONTHS: Final = 6
MOST_USERS_OF_AN_APP: Final = 5


class OAuthError(Exception):
    """A refusal of the token endpoint: `error` and `error_description`."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


@dataclass(slots=True)
class App:
    """A registered app. `redirect_uris` None takes every address that Spotify allows.

    `users` are the ids on the app's list; whoever is not on it can authorise, and then gets 403.
    """

    client_id: str
    secret: str | None = None
    developer: str = "developer"
    redirect_uris: tuple[str, ...] | None = None
    users: set[str] = field(default_factory=set)
    owner_premium: bool = True

    def takes(self, redirect_uri: str) -> bool:
        """Whether it may send people to an address; a loopback address may name any port."""
        if not is_allowed_redirect(redirect_uri):
            return False
        if self.redirect_uris is None or redirect_uri in self.redirect_uris:
            return True
        return _without_port(redirect_uri) in self.redirect_uris


@dataclass(slots=True, eq=False)
class Grant:
    """One authorisation of an app by a listener; `authorised_at` in milliseconds."""

    user: User
    app: App
    scopes: frozenset[str]
    authorised_at: int
    refresh_token: str
    revoked: bool = False
    needs_secret: bool = False
    """Whether it was given without PKCE, so that only the app's secret proves who asks."""

    @property
    def ends_at(self) -> int:
        """When it dies: six months after it was given, however often it was refreshed."""
        instant = from_ms(self.authorised_at)
        years, month = divmod(instant.month - 1 + AUTHORISATION_MONTHS, 12)
        year, month = instant.year + years, month + 1
        day = min(instant.day, monthrange(year, month)[1])
        return to_ms(instant.replace(year=year, month=month, day=day))


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gives; no refresh token where the old one stays."""

    access_token: str
    scope: str
    refresh_token: str | None

    @property
    def document(self) -> dict[str, object]:
        """The JSON body."""
        document: dict[str, object] = {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "scope": self.scope,
        }
        if self.refresh_token is not None:
            document["refresh_token"] = self.refresh_token
        return document


@dataclass(slots=True)
class _Code:
    grant: Grant
    redirect_uri: str
    challenge: str | None
    expires_at: int
    used: bool = False


@dataclass(slots=True)
class Accounts:
    """Gives and checks codes and tokens; every method is told the true instant in milliseconds.

    With `rotate` a refresh gives a new refresh token and ends the old one; without, as is usual, the
    answer has none and the old one stays.
    """

    seed: int
    rotate: bool = False
    apps: dict[str, App] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _access: dict[str, tuple[Grant, int]] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)
    _given: int = 0

    def _new_token(self, kind: str) -> str:
        self._given += 1
        return token(self.seed, kind, self._given)

    def authorise(self, user: User, app: App, scopes: frozenset[str], now: int) -> Grant:
        """Let a listener authorise an app."""
        grant = Grant(user, app, scopes, now, self._new_token("refresh"))
        self._refresh[grant.refresh_token] = grant
        self.grants.append(grant)
        return grant

    def give_code(self, grant: Grant, redirect_uri: str, challenge: str | None, now: int) -> str:
        """A code that the app can exchange once within ten minutes."""
        grant.needs_secret = challenge is None
        code = self._new_token("code")
        self._codes[code] = _Code(grant, redirect_uri, challenge, now + CODE_MS)
        return code

    def give_tokens(self, grant: Grant, now: int, *, with_refresh: bool) -> Tokens:
        """A new access token for an authorisation."""
        access = self._new_token("access")
        self._access[access] = grant, now + ACCESS_SECONDS * 1000
        return Tokens(
            access, " ".join(sorted(grant.scopes)), grant.refresh_token if with_refresh else None
        )

    def exchange(
        self, app: App, code: str, redirect_uri: str, verifier: str, now: int, *, proven: bool
    ) -> Tokens:
        """Tokens for a code; raises OAuthError for one that was used, has expired or was not for this.

        `proven` says that the app's secret was shown.
        """
        known = self._codes.get(code)
        if known is None or known.grant.app is not app or now >= known.expires_at:
            raise OAuthError("invalid_grant", "Invalid authorization code")
        if known.used:
            raise OAuthError("invalid_grant", "Authorization code expired")
        known.used = True
        if known.redirect_uri != redirect_uri:
            raise OAuthError("invalid_grant", "Invalid redirect URI")
        if known.challenge is not None and not _fits(known.challenge, verifier):
            raise OAuthError("invalid_grant", "code_verifier was incorrect")
        if known.grant.needs_secret and not proven:
            raise OAuthError("invalid_client", "Invalid client secret")
        return self.give_tokens(known.grant, now, with_refresh=True)

    def refresh(self, app: App, refresh_token: str, now: int, *, proven: bool) -> Tokens:
        """A new access token; raises OAuthError `invalid_grant` when the authorisation is over."""
        grant = self._refresh.get(refresh_token)
        if grant is None or grant.app is not app:
            raise OAuthError("invalid_grant", "Invalid refresh token")
        if grant.needs_secret and not proven:
            raise OAuthError("invalid_client", "Invalid client secret")
        if grant.revoked:
            raise OAuthError("invalid_grant", "Refresh token revoked")
        if now >= grant.ends_at:
            raise OAuthError("invalid_grant", "Refresh token expired")
        if self.rotate:
            del self._refresh[refresh_token]
            grant.refresh_token = self._new_token("refresh")
            self._refresh[grant.refresh_token] = grant
        return self.give_tokens(grant, now, with_refresh=self.rotate)

    def revoke(self, user: User) -> None:
        """Let a listener remove every app from their account: all their tokens end at once."""
        for grant in self.grants:
            grant.revoked = grant.revoked or grant.user is user

    @property
    def secrets(self) -> frozenset[str]:
        """Every code and token that was ever given: what nobody else should ever read."""
        return frozenset((*self._codes, *self._access, *self._refresh))

    def find_grant(self, access_token: str) -> tuple[Grant, int] | None:
        """The authorisation behind an access token and when the token ends."""
        return self._access.get(access_token)


def is_allowed_redirect(address: str) -> bool:
    """Whether Spotify takes an address at all: HTTPS, or HTTP to 127.0.0.1 or [::1]; not localhost."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if parts.fragment or not host:
        return False
    if parts.scheme == "https":
        return host != "localhost"
    return parts.scheme == "http" and host in {"127.0.0.1", "::1"}


def _without_port(address: str) -> str:
    parts = urlsplit(address)
    if parts.hostname not in {"127.0.0.1", "::1"}:
        return address
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts._replace(netloc=host).geturl()


def _fits(challenge: str, verifier: str) -> bool:
    """Whether an S256 challenge was made of a verifier."""
    made = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(made).rstrip(b"=").decode(), challenge)
