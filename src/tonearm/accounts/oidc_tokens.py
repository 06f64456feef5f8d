"""Reading an ID token: the signature by PyJWT, and what OIDC Core 3.1.3.7 asks for besides."""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import jwt
import msgspec
from jwt.types import Options

from tonearm.accounts.oidc_errors import OidcUnusableError

# Only what a public key verifies: with a shared one, the verifier could be made to take the key itself for the secret.
ASYMMETRIC = frozenset(
    "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA".split()  # noqa: SIM905 - a list of ten strings says no more
)
_LEEWAY_SECONDS = 60
_LONGEST_SUBJECT = 255
_OPTIONS: Options = {
    "require": ["iss", "sub", "aud", "exp", "iat"],
    "enforce_minimum_key_length": True,
    # Times are checked below, by the clock that everything else goes by.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class UnknownKeyError(Exception):
    """No key that is known has signed a token: the provider may have new ones."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says about a person, in an ID token or as userinfo."""

    sub: str
    email: str | None = None
    email_verified: Any = None
    preferred_username: str | None = None
    name: str | None = None
    zoneinfo: str | None = None
    # Some say a text, others an object.
    locale: Any = None

    @property
    def verified_email(self) -> str | None:
        """The e-mail address, if the provider says in so many words that it is the person's."""
        return self.email if self.email_verified is True and self.email else None


class IdToken(Claims, frozen=True, kw_only=True):
    """What is in an ID token."""

    aud: str | list[str]
    exp: float
    iat: float
    nbf: float = 0
    azp: str | None = None
    nonce: str = ""


def read_token(
    token: str,
    keys: Iterable[Mapping[str, Any]],
    algorithms: frozenset[str],
    issuer: str,
    client: str,
) -> IdToken:
    """Give what a token says that a key of the issuer has signed for this client.

    Raises:
        UnknownKeyError: none of the keys has signed it.
        OidcUnusableError: it is no such token.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in algorithms:
            raise OidcUnusableError("the ID token is signed by an algorithm that is not allowed")
        for key in keys:
            if not _fits(key, header.get("kid"), algorithm):
                continue
            try:
                said = jwt.decode(
                    token,
                    jwt.PyJWK(dict(key), algorithm),
                    [algorithm],
                    _OPTIONS,
                    audience=client,
                    issuer=issuer,
                )
            except (jwt.InvalidSignatureError, jwt.InvalidKeyError, jwt.PyJWKError):
                continue
            return msgspec.convert(said, IdToken)
    except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError) as error:
        raise OidcUnusableError(f"the ID token is refused: {type(error).__name__}") from None
    raise UnknownKeyError


def check_token(token: IdToken, client: str, nonce: str, now: datetime) -> None:
    """Refuse a token that is for somebody else, of another time, or for another log-in; raises OidcUnusableError."""
    audiences = [token.aud] if isinstance(token.aud, str) else token.aud
    earliest, latest = (now.timestamp() + leeway for leeway in (-_LEEWAY_SECONDS, _LEEWAY_SECONDS))
    given = token.nonce.encode("utf-8", "replace")
    # Said the other way round, a time that is not a number would pass.
    checks = {
        "has expired": not token.exp > earliest,
        "is of the future": not (token.iat <= latest and token.nbf <= latest),
        "is for several clients and names none": len(audiences) > 1 and token.azp is None,
        "was given to another client": token.azp not in (None, client),
        "is for another log-in": not hmac.compare_digest(given, nonce.encode()),
        "names nobody": not 0 < len(token.sub) <= _LONGEST_SUBJECT or not token.sub.isprintable(),
    }
    for fault, is_so in checks.items():
        if is_so:
            raise OidcUnusableError(f"the ID token {fault}")


def _fits(key: Mapping[str, Any], key_id: object, algorithm: str) -> bool:
    if key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return False
    return key_id is None or key.get("kid", key_id) == key_id
