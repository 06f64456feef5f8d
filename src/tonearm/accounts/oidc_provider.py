"""An OIDC provider as a client sees it: its discovery document, its keys, its tokens.

PyJWT checks signatures and httpx2 carries requests; discovery and the exchange of a code are a few lines on top.
Authlib would bring a second JOSE library, and its flow lives in the session of a web framework.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from tonearm.accounts.oidc_errors import (
    OidcExpiredError,
    OidcUnreachableError,
    OidcUnusableError,
)
from tonearm.accounts.oidc_tokens import (
    ASYMMETRIC,
    Claims,
    IdToken,
    UnknownKeyError,
    check_token,
    read_token,
)
from tonearm.ops.clock import Clock
from tonearm.ops.outgoing import (
    LONGEST_SECONDS,
    Outgoing,
    Reply,
    UnansweredError,
    UnusableAnswerError,
)

DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
_KEPT = timedelta(hours=1)
# RFC 6749, 5.2: words that may be logged.
_TOKEN_ERRORS = frozenset(
    (
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    )
)
_Answer = TypeVar("_Answer", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Registration:
    """What this instance is for a provider."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    """Empty for a public client."""
    scopes: str
    """With blanks between them."""


class Metadata(msgspec.Struct, frozen=True):
    """What is used of a discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(msgspec.Struct, frozen=True):
    """What a code is exchanged for."""

    id_token: str
    access_token: str | None = None


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class _TokenFault(msgspec.Struct, frozen=True):
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Any
    until: datetime


class Provider:
    """Speaks to one provider; from worker threads, as all of it waits for the network."""

    def __init__(
        self,
        registration: Registration,
        clock: Clock,
        *,
        patience: float = LONGEST_SECONDS,
    ) -> None:
        """Prepare to speak to a provider, `patience` seconds each time at most."""
        self.registration = registration
        self._clock = clock
        self._outgoing = Outgoing(patience)
        self._kept: dict[type[msgspec.Struct], _Kept] = {}

    def metadata(self) -> Metadata:
        """Give the discovery document; it is asked for once an hour.

        Raises:
            OidcUnreachableError: the provider does not answer.
            OidcUnusableError: it answers something else, or names another issuer or an address that is not safe.
        """
        return self._remember(Metadata, self._discover)

    def address(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Give where the browser goes to log in; raises as `metadata` does."""
        asked = {
            "response_type": "code",
            "client_id": self.registration.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.registration.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self.metadata().authorization_endpoint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def exchange(self, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """Exchange a code for tokens.

        Raises:
            OidcExpiredError: the code was used, is too old or is not one.
            OidcUnreachableError: the provider does not answer.
            OidcUnusableError: it answers something else.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        metadata = self.metadata()
        basic = self._authenticate(metadata, form)
        reply = self._ask("POST", metadata.token_endpoint, form=form, basic=basic)
        if reply.status == HTTPStatus.OK:
            return _decode(reply.body, Tokens)
        fault = _decode(reply.body, _TokenFault).error
        if fault == "invalid_grant":
            raise OidcExpiredError("the provider does not take the code")
        shown = fault if fault in _TOKEN_ERRORS else f"status {reply.status}"
        raise OidcUnusableError(f"the provider refuses to exchange the code: {shown}")

    def read(self, tokens: Tokens, nonce: str) -> IdToken:
        """Give what the ID token says, if it is true.

        Raises:
            OidcUnreachableError: the provider's keys cannot be asked for.
            OidcUnusableError: it is not for this client and log-in, or nobody that may has signed it.
        """
        metadata = self.metadata()
        algorithms = ASYMMETRIC.intersection(metadata.id_token_signing_alg_values_supported)
        client = self.registration.client_id
        # The second time with keys just asked for: the provider may have changed them.
        for is_last in (False, True):
            if is_last:
                self._kept.pop(_Keys, None)
            keys = self._remember(_Keys, lambda: self._get(_Keys, metadata.jwks_uri)).keys
            try:
                token = read_token(tokens.id_token, keys, algorithms, metadata.issuer, client)
            except UnknownKeyError:
                continue
            check_token(token, client, nonce, self._clock())
            return token
        raise OidcUnusableError("no key of the provider has signed the ID token")

    def userinfo(self, tokens: Tokens, subject: str) -> Claims | None:
        """Give what else the provider says of a person; None where it has nothing to say.

        Raises:
            OidcUnreachableError: the provider does not answer.
            OidcUnusableError: it answers something else, or about somebody else.
        """
        endpoint = self.metadata().userinfo_endpoint
        if endpoint is None or tokens.access_token is None:
            return None
        said = self._get(Claims, endpoint, tokens.access_token)
        if said.sub != subject:
            raise OidcUnusableError("the userinfo is about somebody else")
        return said

    def _discover(self) -> Metadata:
        issuer = self.registration.issuer
        found = self._get(Metadata, issuer.rstrip("/") + DISCOVERY_PATH)
        if found.issuer != issuer:
            raise OidcUnusableError(
                "the discovery document names another issuer than TONEARM_OIDC_ISSUER does: "
                f"{found.issuer[:200]!r}"
            )
        endpoints = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        for address in (*endpoints, found.userinfo_endpoint or found.jwks_uri):
            if not self._is_safe(address):
                raise OidcUnusableError("the discovery document names an address without TLS")
        return found

    def _authenticate(self, metadata: Metadata, form: dict[str, str]) -> tuple[str, str] | None:
        """Say who asks, as the provider wants it: in the form, or by what this gives."""
        registration = self.registration
        methods = metadata.token_endpoint_auth_methods_supported
        if registration.client_secret and "client_secret_basic" in methods:
            # RFC 6749, 2.3.1: each is form-encoded first.
            return quote_plus(registration.client_id), quote_plus(registration.client_secret)
        form["client_id"] = registration.client_id
        if registration.client_secret:
            if "client_secret_post" not in methods:
                raise OidcUnusableError(
                    "the provider takes a client secret neither by client_secret_basic nor by "
                    "client_secret_post"
                )
            form["client_secret"] = registration.client_secret
        return None

    def _remember(self, kind: type[_Answer], ask: Callable[[], _Answer]) -> _Answer:
        kept, now = self._kept.get(kind), self._clock()
        if kept is None or now >= kept.until:
            kept = self._kept[kind] = _Kept(ask(), now + _KEPT)
        value: _Answer = kept.value
        return value

    def _get(self, kind: type[_Answer], address: str, bearer: str | None = None) -> _Answer:
        reply = self._ask("GET", address, bearer=bearer)
        if reply.status != HTTPStatus.OK:
            raise OidcUnusableError(f"status {reply.status} from {urlsplit(address).path!r}")
        return _decode(reply.body, kind)

    def _ask(
        self,
        method: str,
        address: str,
        *,
        bearer: str | None = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Reply:
        try:
            return self._outgoing.ask(method, address, bearer=bearer, form=form, basic=basic)
        except UnansweredError as error:
            raise OidcUnreachableError(str(error)) from None
        except UnusableAnswerError as error:
            raise OidcUnusableError(str(error)) from None

    def _is_safe(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            is_whole = bool(parts.hostname) and parts.username is None and not parts.fragment
        except ValueError:
            return False
        if parts.scheme == "http":
            # Nothing is gained by TLS to some addresses of a provider that is itself trusted without.
            return is_whole and self.registration.issuer.startswith("http://")
        return is_whole and parts.scheme == "https"


def _decode(body: bytes, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise OidcUnusableError(
            f"an answer that is no {kind.__name__.strip('_').lower()}"
        ) from None
