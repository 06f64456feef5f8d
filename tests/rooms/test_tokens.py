"""Tokens of API clients on real databases: what opens, what renews, and what ends a log-in."""

import base64
import hmac
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select, update

from moving_clock import MovingClock
from tonearm.accounts.audit import Action, Audit
from tonearm.accounts.errors import TokenReusedError
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.sessions import SessionKind, Sessions
from tonearm.accounts.signing import SigningKeys
from tonearm.accounts.tokens import REFRESH_PREFIX, NewTokens, Tokens
from tonearm.domain.errors import InvalidInputError, UnauthenticatedError
from tonearm.domain.vocabulary import Scope
from tonearm.storage.database import Database
from tonearm.storage.tables import instance, token_families, users

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "staple the other one"
IDLE, LONGEST = timedelta(days=30), timedelta(days=180)
READ = [Scope.HISTORY_READ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "signing-keys.json"


@pytest.fixture
def made(database: Database, clock: MovingClock, path: Path) -> Tokens:
    return tokens_of(database, clock, path)


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    return Accounts(database, clock)


@pytest.fixture
def sessions(database: Database, clock: MovingClock) -> Sessions:
    return Sessions(database, clock, idle=IDLE, longest=LONGEST)


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.set_up("Ada", PASSWORD, "UTC")


def tokens_of(database: Database, clock: MovingClock, path: Path) -> Tokens:
    keys = SigningKeys(path, database, clock, must_be_private=True)
    return Tokens(database, clock, keys, idle=IDLE, longest=LONGEST)


def opens(made: Tokens, access_token: str) -> bool:
    try:
        made.find(access_token)
    except UnauthenticatedError:
        return False
    return True


def actions(database: Database, clock: MovingClock) -> list[str]:
    return [entry.action for entry in Audit(database, clock).list()]


def test_an_access_token_opens_for_a_quarter_of_an_hour(
    made: Tokens, ada: User, clock: MovingClock
) -> None:
    tokens = made.begin(ada, "password", "a script", READ)

    user, session = made.find(tokens.access_token)
    assert user == ada
    assert (session.kind, session.scopes, session.agent) == (
        SessionKind.TOKEN, (Scope.HISTORY_READ,), "a script",
    )  # fmt: skip
    assert (tokens.token_type, tokens.expires_in) == ("Bearer", 900)
    clock.advance(seconds=899)
    assert opens(made, tokens.access_token)
    clock.advance(seconds=1)
    with pytest.raises(UnauthenticatedError, match=r"expired.*api/auth/refresh"):
        made.find(tokens.access_token)


def test_its_claims_and_header_are_those_of_the_standard(
    made: Tokens, ada: User, clock: MovingClock, database: Database
) -> None:
    first, second = (made.begin(ada, "password").access_token for _ in range(2))

    claims, header = told(first), jwt.get_unverified_header(first)
    with database.read() as connection:
        name = connection.scalar(select(instance.c.value).where(instance.c.key == "id"))
    assert (header["alg"], header["typ"]) == ("EdDSA", "JWT")
    assert set(header) == {"alg", "typ", "kid"}
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert claims["iss"] == f"urn:tonearm:{name}"
    assert claims["aud"] == f"urn:tonearm:{name}:api"
    assert (claims["sub"], claims["iat"]) == (str(ada.id), int(clock().timestamp()))
    assert claims["exp"] - claims["iat"] == 900
    assert claims["jti"] != told(second)["jti"]


def told(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_a_refresh_gives_new_tokens_and_uses_the_old_one_up(
    made: Tokens, ada: User, clock: MovingClock
) -> None:
    first = made.begin(ada, "password", scopes=READ)
    clock.advance(days=29)

    second = made.refresh(first.refresh_token)

    assert first.refresh_token.startswith(REFRESH_PREFIX)
    assert second.refresh_token != first.refresh_token
    assert second.refresh_expires_at == clock() + IDLE
    user, session = made.find(second.access_token)
    assert (user, session.scopes, session.seen_at) == (ada, (Scope.HISTORY_READ,), clock())
    third = made.refresh(second.refresh_token)
    assert opens(made, third.access_token)


def test_a_token_that_is_used_twice_ends_its_log_in(
    made: Tokens, ada: User, database: Database, clock: MovingClock
) -> None:
    stolen = made.begin(ada, "password")
    other = made.begin(ada, "password")
    fresh = made.refresh(stolen.refresh_token)

    with pytest.raises(TokenReusedError, match="Log in anew"):
        made.refresh(stolen.refresh_token)

    assert not opens(made, fresh.access_token)
    assert not opens(made, stolen.access_token)
    for token in (fresh, stolen):
        with pytest.raises(UnauthenticatedError, match="unknown, or has ended"):
            made.refresh(token.refresh_token)
    assert opens(made, other.access_token)
    last, *_ = Audit(database, clock).list()
    assert (last.action, last.subject_id, last.details) == (
        Action.TOKEN_REUSED, ada.id, {"session": 1},
    )  # fmt: skip


def test_a_made_up_second_part_is_reuse_and_a_made_up_family_is_nothing(
    made: Tokens, ada: User, database: Database, clock: MovingClock
) -> None:
    tokens = made.begin(ada, "password")
    family = tokens.refresh_token.partition(".")[0]

    for unknown in ("", ".", "tnrf_", "tnrf_x.y", "\ud800", tokens.refresh_token[:-1] + "\ud800.x"):
        with pytest.raises(UnauthenticatedError) as refused:
            made.refresh(unknown if not unknown.startswith(family) else f"x{unknown}")
        assert not isinstance(refused.value, TokenReusedError)
    assert opens(made, tokens.access_token)
    assert Action.TOKEN_REUSED not in actions(database, clock)

    with pytest.raises(TokenReusedError):
        made.refresh(f"{family}.made-up")
    assert not opens(made, tokens.access_token)


@pytest.mark.parametrize("count", [2, 8])
def test_of_those_who_use_a_token_at_the_same_time_one_wins(
    made: Tokens, ada: User, database: Database, clock: MovingClock, path: Path, count: int
) -> None:
    """Each has its own connections, as in processes of their own."""
    tokens = made.begin(ada, "password")
    barrier = threading.Barrier(count)
    won: list[NewTokens] = []
    lost: list[UnauthenticatedError] = []

    def refresh() -> None:
        mine = Database(database.engine.url.render_as_string(hide_password=False))
        rival = tokens_of(mine, clock, path)
        barrier.wait()
        try:
            won.append(rival.refresh(tokens.refresh_token))
        except UnauthenticatedError as error:
            lost.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=refresh) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(lost)) == (1, count - 1)
    # The second one ends the family; whoever comes after it finds none.
    assert [isinstance(error, TokenReusedError) for error in lost].count(True) == 1
    assert not opens(made, won[0].access_token)
    assert actions(database, clock).count(Action.TOKEN_REUSED) == 1


def test_a_family_ends_when_nobody_refreshes_it_and_however_often_somebody_does(
    made: Tokens, ada: User, clock: MovingClock
) -> None:
    idle = made.begin(ada, "password")
    clock.advance(days=30, seconds=1)
    with pytest.raises(UnauthenticatedError, match="has ended"):
        made.refresh(idle.refresh_token)

    used = made.begin(ada, "password")
    for _ in range(8):
        clock.advance(days=22)
        used = made.refresh(used.refresh_token)
    assert used.refresh_expires_at - clock() == timedelta(days=180 - 8 * 22)
    clock.advance(days=4)
    with pytest.raises(UnauthenticatedError, match="has ended"):
        made.refresh(used.refresh_token)


def test_a_log_out_ends_the_family(
    made: Tokens, ada: User, database: Database, clock: MovingClock
) -> None:
    tokens = made.begin(ada, "password")

    made.end(tokens.refresh_token)
    made.end(tokens.refresh_token)
    made.end("tnrf_nobody.knows")

    assert not opens(made, tokens.access_token)
    with pytest.raises(UnauthenticatedError):
        made.refresh(tokens.refresh_token)
    assert actions(database, clock).count(Action.LOGGED_OUT) == 1


def test_a_log_out_with_an_old_token_ends_the_family_and_is_told(
    made: Tokens, ada: User, database: Database, clock: MovingClock
) -> None:
    old = made.begin(ada, "password")
    new = made.refresh(old.refresh_token)

    made.end(old.refresh_token)

    assert not opens(made, new.access_token)
    assert actions(database, clock)[0] == Action.TOKEN_REUSED


def test_tokens_are_listed_and_revoked_with_the_sessions_of_browsers(
    made: Tokens, sessions: Sessions, ada: User, clock: MovingClock
) -> None:
    browser = sessions.begin(ada, "password")
    tokens = made.begin(ada, "password", scopes=READ)
    other = made.begin(ada, "password")

    kinds = [(session.id, session.kind.value) for session in sessions.list(ada.id)]
    assert kinds == [(3, "token"), (2, "token"), (1, "cookie")]
    sessions.revoke(ada.id, 2)
    assert not opens(made, tokens.access_token)
    assert opens(made, other.access_token)
    # A number may be given again; what it named before stays ended.
    sessions.revoke(ada.id, 3)
    assert made.begin(ada, "password", scopes=READ)
    assert sessions.list(ada.id)[0].id == 2
    assert not opens(made, tokens.access_token)
    assert sessions.revoke_others(ada.id, browser.session.id) == 1
    assert [session.id for session in sessions.list(ada.id)] == [1]
    clock.advance(days=31)
    assert sessions.list(ada.id) == []


def test_the_secret_of_a_family_is_no_session_and_no_other_way_round(
    made: Tokens, sessions: Sessions, ada: User
) -> None:
    tokens = made.begin(ada, "password")
    family, _, token = tokens.refresh_token.removeprefix(REFRESH_PREFIX).partition(".")
    cookie = sessions.begin(ada, "password").token

    for secret in (family, token, tokens.refresh_token, tokens.access_token):
        assert sessions.find(secret) is None
    with pytest.raises(UnauthenticatedError):
        made.refresh(f"{REFRESH_PREFIX}{cookie}.{cookie}")


def test_a_new_password_ends_every_family(
    made: Tokens, accounts: Accounts, ada: User, database: Database
) -> None:
    tokens = made.begin(ada, "password")

    accounts.set_password(ada.id, OTHER_PASSWORD)

    assert not opens(made, tokens.access_token)
    with pytest.raises(UnauthenticatedError):
        made.refresh(tokens.refresh_token)
    with database.read() as connection:
        assert connection.execute(select(token_families)).all() == []


def test_who_is_disabled_or_deleted_has_no_tokens(
    made: Tokens, accounts: Accounts, ada: User, database: Database, clock: MovingClock
) -> None:
    assert ada.is_owner
    bob = accounts.add("Bob", "UTC")
    tokens = made.begin(bob, "password")

    def set_disabled(value: object) -> None:
        with database.write() as connection:
            statement = update(users).where(users.c.id == bob.id)
            connection.execute(statement.values(disabled_at=value))

    set_disabled(clock())
    with pytest.raises(UnauthenticatedError, match="has ended"):
        made.find(tokens.access_token)
    with pytest.raises(UnauthenticatedError, match="has ended"):
        made.refresh(tokens.refresh_token)
    set_disabled(None)
    assert opens(made, tokens.access_token)

    with database.write() as connection:
        connection.execute(users.delete().where(users.c.id == bob.id))
    assert not opens(made, tokens.access_token)
    # Whoever comes after may get the same number.
    carol = accounts.add("Carol", "UTC")
    assert made.begin(carol, "password")
    assert not opens(made, tokens.access_token)


def test_tokens_for_nothing_are_refused(made: Tokens, ada: User) -> None:
    with pytest.raises(InvalidInputError) as refused:
        made.begin(ada, "password", scopes=[])
    assert refused.value.parameter == "scopes"


def test_nothing_that_opens_lies_in_the_database(
    made: Tokens, ada: User, database: Database
) -> None:
    tokens = made.refresh(made.begin(ada, "password").refresh_token)
    with database.read() as connection:
        stored = str(connection.execute(select(token_families)).all())

    family, _, token = tokens.refresh_token.removeprefix(REFRESH_PREFIX).partition(".")
    for secret in (family, token, tokens.access_token):
        assert secret not in stored


# What a stranger might send in place of an access token -----------------------------------------------------------


def private_key(path: Path) -> Ed25519PrivateKey:
    key = jwt.PyJWK(json.loads(path.read_text())["keys"][0], "EdDSA").key
    assert isinstance(key, Ed25519PrivateKey)
    return key


def part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def with_hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Sign by hand: the library refuses to take a public key for a secret."""
    text = f"{part(header)}.{part(claims)}"
    signature = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def forgeries(tokens: NewTokens, path: Path) -> dict[str, str]:
    claims, header = told(tokens.access_token), jwt.get_unverified_header(tokens.access_token)
    key, stranger = private_key(path), Ed25519PrivateKey.generate()
    public = key.public_key()

    def signed(
        by: Ed25519PrivateKey = key, kid: str | None = header["kid"], **other: object
    ) -> str:
        mixed = {name: value for name, value in (claims | other).items() if value is not None}
        return jwt.encode(mixed, by, "EdDSA", headers={"kid": kid} if kid else None)

    head, body, signature = tokens.access_token.split(".")
    none = {**header, "alg": "none"}
    hs256 = {**header, "alg": "HS256"}
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "no algorithm, no signature": f"{part(none)}.{body}.",
        "no algorithm, the signature": f"{part(none)}.{body}.{signature}",
        "no algorithm, spelled otherwise": f"{part({**header, 'alg': 'NoNe'})}.{body}.",
        "signed by the raw public key": with_hs256(hs256, claims, raw),
        "signed by the public key as a file": with_hs256(hs256, claims, pem),
        "signed by another key": signed(stranger),
        "signed by a key that it brings": jwt.encode(
            claims,
            stranger,
            "EdDSA",
            headers={
                "kid": header["kid"],
                "jwk": jwt.algorithms.OKPAlgorithm.to_jwk(stranger.public_key(), as_dict=True),
            },
        ),
        "an unknown key": signed(kid="another"),
        "no key named": signed(kid=None),
        "another user": signed(sub="2"),
        "no user": signed(sub=None),
        "another family": signed(sid="0" * 64),
        "no family": signed(sid=None),
        "another audience": signed(aud="urn:tonearm:other:api"),
        "no audience": signed(aud=None),
        "another issuer": signed(iss="urn:tonearm:other"),
        "no issuer": signed(iss=None),
        "no end": signed(exp=None),
        "no beginning": signed(iat=None),
        "no number": signed(jti=None),
        "expired": signed(exp=claims["iat"]),
        "not yet valid": signed(iat=claims["iat"] + 61, exp=claims["exp"] + 61),
        "a changed claim": f"{head}.{part(claims | {'exp': claims['exp'] + 1})}.{signature}",
        "a changed header": f"{part(header | {'x': 1})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "half a signature": tokens.access_token[:-20],
        "a deep header": f"{base64.urlsafe_b64encode(b'[' * 50_000).decode()}.{body}.",
        "a long header": f"{part({'kid': 'x' * 100_000})}.{body}.{signature}",
        "a header that is a list": f"{part([1])}.{body}.{signature}",
        "a key id that is none": f"{part(header | {'kid': [1]})}.{body}.{signature}",
        "what is to be understood": f"{part(header | {'crit': ['x']})}.{body}.{signature}",
        "dots": "..",
        "nothing like it": "ä.ö.ü",
    }


def test_a_forged_token_opens_nothing(
    made: Tokens, ada: User, accounts: Accounts, path: Path
) -> None:
    accounts.add("Bob", "UTC")
    tokens = made.begin(ada, "password")
    assert opens(made, tokens.access_token)
    for what, forged in forgeries(tokens, path).items():
        assert not opens(made, forged), what


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("signed by another key", "POST /api/auth/refresh"),
        ("expired", "expired. Get a new one: POST /api/auth/refresh"),
        ("not yet valid", "clocks"),
        ("another family", "has ended. Log in anew"),
    ],
)
def test_a_refusal_says_what_to_do(
    made: Tokens, ada: User, path: Path, what: str, said: str
) -> None:
    forged = forgeries(made.begin(ada, "password"), path)[what]
    with pytest.raises(UnauthenticatedError) as refused:
        made.find(forged)
    assert said in refused.value.message


def test_clocks_of_servers_may_differ_by_a_minute(
    made: Tokens, ada: User, clock: MovingClock
) -> None:
    token = made.begin(ada, "password").access_token
    clock.advance(seconds=-60)
    assert opens(made, token)
    clock.advance(seconds=-1)
    assert not opens(made, token)


def test_another_tonearm_takes_none_of_them_even_with_the_same_keys(
    made: Tokens, ada: User, database: Database, clock: MovingClock, path: Path
) -> None:
    token = made.begin(ada, "password").access_token
    assert opens(tokens_of(database, clock, path), token)
    with database.write() as connection:
        connection.execute(update(instance).where(instance.c.key == "id").values(value="other"))

    assert not opens(tokens_of(database, clock, path), token)
