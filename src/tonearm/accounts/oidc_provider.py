"""An OIDC provider as a client sees it: its discovery document, its keys, its tokens.

PyJWT checks signatures and httpx2 carries requests; discovery and the exchange of a code are a few lines on top.
Authlib would bring a second JOSE library, and its flow lives in the session of a web framework.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx2
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

DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
LARGEST_ANSWER: Final = 500_000
_KEPT = timedelta(hours=1)
LONGEST_SECONDS: Final = 10.0
# A provider that does not answer must not hold every worker thread.
_MOST_TALKS = 8
_SERVER_FAULT = 500
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
        self._patience = patience
        # Reading all the certificates there are takes a tenth of a second.
        self._tls = httpx2.create_ssl_context()
        self._talks = threading.BoundedSemaphore(_MOST_TALKS)
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
        auth = self._authenticate(metadata, form)
        status, body = self._ask("POST", metadata.token_endpoint, form=form, auth=auth)
        if status == httpx2.codes.OK:
            return _decode(body, Tokens)
        fault = _decode(body, _TokenFault).error
        if fault == "invalid_grant":
            raise OidcExpiredError("the provider does not take the code")
        shown = fault if fault in _TOKEN_ERRORS else f"status {status}"
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

    def _authenticate(self, metadata: Metadata, form: dict[str, str]) -> httpx2.Auth | None:
        """Say who asks, as the provider wants it: in the form, or by what this gives."""
        registration = self.registration
        methods = metadata.token_endpoint_auth_methods_supported
        if registration.client_secret and "client_secret_basic" in methods:
            # RFC 6749, 2.3.1: each is form-encoded first.
            return httpx2.BasicAuth(
                quote_plus(registration.client_id), quote_plus(registration.client_secret)
            )
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
        status, body = self._ask("GET", address, bearer=bearer)
        if status != httpx2.codes.OK:
            raise OidcUnusableError(f"status {status} from {urlsplit(address).path!r}")
        return _decode(body, kind)

    def _ask(
        self,
        method: str,
        address: str,
        *,
        bearer: str | None = None,
        form: Mapping[str, str] | None = None,
        auth: httpx2.Auth | None = None,
    ) -> tuple[int, bytes]:
        # Compressed answers could be small and become large.
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if bearer is not None:
            headers["authorization"] = f"Bearer {bearer}"
        if not self._talks.acquire(timeout=1):
            raise OidcUnreachableError("too many log-ins wait for the provider")
        try:
            with httpx2.Client(
                auth=auth, headers=headers, timeout=self._patience / 2, verify=self._tls
            ) as client:
                return self._talk(client, client.build_request(method, address, data=form))
        except httpx2.TransportError as error:
            raise OidcUnreachableError(type(error).__name__) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise OidcUnusableError(type(error).__name__) from None
        finally:
            self._talks.release()

    def _talk(self, client: httpx2.Client, request: httpx2.Request) -> tuple[int, bytes]:
        """Ask without following anywhere, and read so much and for so long."""
        deadline = time.monotonic() + self._patience
        response = client.send(request, stream=True, follow_redirects=False)
        with closing(response):
            if response.status_code >= _SERVER_FAULT:
                raise OidcUnreachableError(f"status {response.status_code}")
            body = bytearray()
            for part in response.iter_raw():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise OidcUnusableError("an answer that is too large")
                if time.monotonic() > deadline:
                    raise OidcUnreachableError("an answer that does not end")
            return response.status_code, bytes(body)

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
