"""An ID token that somebody else has written, or that is for something else, lets nobody in."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm

from hostile_provider import (
    CLIENT,
    HostileProvider,
    encoded,
    hostile_provider,
    new_key,
    said,
)
from moving_clock import MovingClock
from oidc_room import SECRET, WayIn, known, make
from tonearm.accounts.oidc_errors import (
    OidcUnusableError,
)
from tonearm.storage.database import Database


@pytest.fixture
def provider(clock: MovingClock) -> Iterator[HostileProvider]:
    with hostile_provider(clock) as provider:
        yield provider


@pytest.fixture
def log(sqlite_database: Database, clock: MovingClock, provider: HostileProvider) -> WayIn:
    return known(sqlite_database, clock, provider)


def test_what_is_true_is_believed(log: WayIn) -> None:
    assert log.come_in().name == "Ada"


def at(moment: datetime) -> int:
    return int(moment.timestamp())


NOON = MovingClock().now


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "somebody else"},
        {"aud": []},
        {"aud": None},
        {"aud": [CLIENT, "somebody else"]},
        {"aud": [CLIENT, "somebody else"], "azp": "somebody else"},
        {"azp": "somebody else"},
        {"exp": at(NOON) - 61},
        {"exp": None},
        {"exp": str(at(NOON) + 300)},
        {"exp": float("nan")},
        {"iat": at(NOON) + 120},
        {"iat": float("nan")},
        {"iat": None},
        {"nbf": at(NOON) + 120},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": "of another log-in"},
        {"nonce": "\ud800"},
        {"nonce": 1},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"sub": "x" * 256},
        {"sub": "them\n"},
    ],
    ids=repr,
)
def test_a_token_that_is_not_for_this_log_in_lets_nobody_in(
    log: WayIn, claims: dict[str, Any]
) -> None:
    log.provider.claims = claims

    with pytest.raises(OidcUnusableError):
        log.come_in()


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT]}, {"aud": [CLIENT, "a friend"], "azp": CLIENT}, {"exp": at(NOON) - 30}],
    ids=repr,
)
def test_a_token_may_be_for_others_too_and_clocks_may_differ_a_little(
    log: WayIn, claims: dict[str, Any]
) -> None:
    log.provider.claims = claims

    assert log.come_in().name == "Ada"


def forge(claims: dict[str, Any], header: dict[str, Any], secret: bytes | None) -> str:
    signed = f"{encoded(header)}.{encoded(claims)}"
    if secret is None:
        return f"{signed}."
    seal = hmac.new(secret, signed.encode(), sha256).digest()
    return f"{signed}.{urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize("advertised", [["RS256"], ["none", "None", "HS256", "RS256"], ["HS256"]])
@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", ["HS256"], None])
@pytest.mark.parametrize("kind", ["public key", "client secret", "nothing"])
def test_a_token_that_no_private_key_has_signed_lets_nobody_in(
    log: WayIn, advertised: list[str], algorithm: object, kind: str
) -> None:
    """Whatever the provider says it signs with: the public key is no secret, the client's no proof of the provider."""
    provider = log.provider
    provider.discovery = {"id_token_signing_alg_values_supported": advertised}
    secrets = {"public key": public_pem(provider.key), "client secret": SECRET.encode()}
    header = {"alg": algorithm, "kid": provider.key_id, "typ": "JWT"}
    provider.sign = lambda claims: forge(claims, header, secrets.get(kind))

    with pytest.raises(OidcUnusableError):
        log.come_in()


def test_a_shared_key_in_the_key_set_signs_nothing(log: WayIn) -> None:
    shared = {"kty": "oct", "k": urlsafe_b64encode(b"x" * 32).decode(), "kid": "first"}
    log.provider.answers["/jwks"] = lambda: said({"keys": [shared]})
    log.provider.discovery = {"id_token_signing_alg_values_supported": ["HS256", "RS256"]}
    header = {"alg": "HS256", "kid": "first"}
    log.provider.sign = lambda claims: forge(claims, header, b"x" * 32)

    with pytest.raises(OidcUnusableError):
        log.come_in()


def test_a_token_signed_by_another_key_lets_nobody_in(log: WayIn) -> None:
    other = new_key()
    for header in ({"kid": "first"}, {"kid": "other"}, {}):
        log.provider.sign = lambda claims, header=header: jwt.encode(claims, other, "RS256", header)
        with pytest.raises(OidcUnusableError):
            log.come_in()


def test_a_token_brings_no_key_of_its_own(log: WayIn) -> None:
    """A header may name a key or where to fetch one: neither is looked at."""
    other = new_key()
    provider = HostileProvider(log.provider.issuer, log.provider.now, key=other)
    header = {"kid": "first", "jwk": provider.public_key(), "jku": f"{log.provider.issuer}/mine"}
    log.provider.sign = lambda claims: jwt.encode(claims, other, "RS256", header)

    with pytest.raises(OidcUnusableError):
        log.come_in()
    assert log.provider.times_asked("/mine") == 0


def test_a_weak_key_signs_nothing(log: WayIn) -> None:
    weak = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)  # noqa: S505 - what is refused
    log.provider.key = weak

    with pytest.raises(OidcUnusableError), pytest.warns(jwt.InsecureKeyLengthWarning):
        log.come_in()


def test_other_algorithms_with_private_keys_will_do(log: WayIn) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    shown = ECAlgorithm(ECAlgorithm.SHA256).to_jwk(key.public_key(), as_dict=True) | {"kid": "ec"}
    log.provider.answers["/jwks"] = lambda: said({"keys": [log.provider.public_key(), shown]})
    log.provider.sign = lambda claims: jwt.encode(claims, key, "ES256", {"kid": "ec"})

    with pytest.raises(OidcUnusableError):  # the discovery document does not name it
        log.come_in()
    log.provider.discovery = {"id_token_signing_alg_values_supported": ["RS256", "ES256"]}
    fresh = make(log.oidc._database, MovingClock(), log.provider)  # noqa: SLF001 - the same database
    assert fresh.come_in().name == "Ada"


@pytest.mark.parametrize(
    "keys",
    [
        [{}],
        [{"kty": "RSA"}],
        [{"kty": "RSA", "n": [], "e": 3}],
        [{"kty": "RSA", "n": "", "e": ""}],
        [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}],
        [{"kty": "EC", "crv": "P-256", "x": "!", "y": 1}],
        [{"kty": ["RSA"], "use": {}, "alg": 1, "kid": None}],
        [{"kty": "RSA", "n": "\ud800", "e": "AQAB"}],
    ],
    ids=repr,
)
def test_keys_that_are_none_let_nobody_in(log: WayIn, keys: list[dict[str, Any]]) -> None:
    log.provider.answers["/jwks"] = lambda: said({"keys": keys})

    with pytest.raises(OidcUnusableError):
        log.come_in()
