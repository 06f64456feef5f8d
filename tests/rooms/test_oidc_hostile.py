"""A provider that is not to be trusted, or broken: nobody comes in, nothing is given away, nothing hangs."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from hostile_provider import (
    CLIENT,
    Answer,
    HostileProvider,
    hostile_provider,
    new_key,
    said,
)
from moving_clock import MovingClock
from oidc_login import query_of
from oidc_room import BACK, SECRET, WayIn, known, make
from tonearm.accounts.oidc import Answer as Brought
from tonearm.accounts.oidc_errors import (
    OidcDeniedError,
    OidcError,
    OidcExpiredError,
    OidcUnknownError,
    OidcUnreachableError,
    OidcUnusableError,
)
from tonearm.accounts.oidc_provider import Provider, Registration
from tonearm.accounts.people import Accounts, User
from tonearm.ops.outgoing import LARGEST_ANSWER
from tonearm.storage.database import Database
from tonearm.storage.tables import oidc_attempts, users

TELLTALE = "what a provider says is nobody's business"
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def provider(clock: MovingClock) -> Iterator[HostileProvider]:
    with hostile_provider(clock) as provider:
        yield provider


@pytest.fixture
def log(sqlite_database: Database, clock: MovingClock, provider: HostileProvider) -> WayIn:
    return known(sqlite_database, clock, provider)


def test_a_key_is_asked_for_again_when_it_has_changed_and_not_before(log: WayIn) -> None:
    log.come_in()
    log.come_in()
    assert log.provider.times_asked("/jwks") == 1

    log.provider.key, log.provider.key_id = new_key(), "second"
    assert log.come_in().name == "Ada"
    assert log.provider.times_asked("/jwks") == 2
    # Also where it goes by the old name.
    log.provider.key = new_key()
    assert log.come_in().name == "Ada"


def test_the_discovery_document_is_asked_for_once_an_hour(log: WayIn, clock: MovingClock) -> None:
    log.come_in()
    clock.advance(minutes=59)
    log.come_in()
    assert log.provider.times_asked(DISCOVERY) == 1

    clock.advance(minutes=2)
    log.come_in()
    assert log.provider.times_asked(DISCOVERY) == 2


@pytest.mark.parametrize(
    "otherwise",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "//127.0.0.1/jwks"},
        {"jwks_uri": "http://user@127.0.0.1/jwks"},
        {"jwks_uri": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://[::1/authorize"},
        {"userinfo_endpoint": "data:,{}"},
        {"id_token_signing_alg_values_supported": "RS256"},
    ],
    ids=repr,
)
def test_a_discovery_document_that_is_none_begins_no_log_in(
    log: WayIn, otherwise: dict[str, Any]
) -> None:
    log.provider.discovery = otherwise
    with pytest.raises(OidcUnusableError):
        log.oidc.begin(BACK, "/", None)

    log.provider.discovery = {}
    assert log.come_in().name == "Ada"  # nothing of it is kept


def test_with_tls_no_address_goes_without(clock: MovingClock) -> None:
    registration = Registration("https://login.example", CLIENT, "", "openid")
    provider = Provider(registration, clock)

    assert provider._is_safe("https://keys.example/jwks")  # noqa: SLF001 - a server with TLS is no part of the tests
    assert not provider._is_safe("http://login.example/token")  # noqa: SLF001 - the same


def redirect() -> Answer:
    return 302, {"location": "http://127.0.0.1:9/elsewhere"}, b""


FAULTS: dict[str, Answer] = {
    "no JSON": (200, {}, f"<html>{TELLTALE}</html>".encode()),
    "no text": (200, {}, b"\xff\xfe" + TELLTALE.encode()),
    "nothing": (200, {}, b""),
    "another kind": said([TELLTALE]),
    "deep": (200, {}, b"[" * 200_000),
    "deep inside": (200, {}, b'{"a":' * 90_000),
    "compressed": (200, {"content-encoding": "gzip"}, b"\x1f\x8b" + TELLTALE.encode()),
    "a redirect": redirect(),
    "not found": said({"error": TELLTALE, "error_description": TELLTALE}, 404),
    "refused": said({"error": "invalid_client", "error_description": TELLTALE}, 401),
}


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks", "/token", "/userinfo"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_is_none_lets_nobody_in_and_is_repeated_nowhere(
    sqlite_database: Database,
    clock: MovingClock,
    provider: HostileProvider,
    path: str,
    fault: str,
) -> None:
    log = make(sqlite_database, clock, provider, by_email=True)
    provider.answers[path] = lambda: FAULTS[fault]

    with capture_logs() as lines, pytest.raises(OidcUnusableError) as caught:
        log.come_in()

    assert lines[-1]["reason"]
    told = repr(lines) + caught.value.message + caught.value.reason
    for secret in (TELLTALE, SECRET, "a code", "of no importance"):
        assert secret not in told


def test_of_an_answer_only_so_much_is_read(log: WayIn) -> None:
    log.provider.discovery = {"padding": "x" * LARGEST_ANSWER}
    with pytest.raises(OidcUnusableError):
        log.come_in()

    log.provider.discovery = {"padding": "x" * (LARGEST_ANSWER - 1_000)}
    assert log.come_in().name == "Ada"


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks", "/token"])
def test_a_provider_with_a_fault_of_its_own_is_unreachable(log: WayIn, path: str) -> None:
    log.provider.answers[path] = lambda: said({}, 503)

    with pytest.raises(OidcUnreachableError):
        log.come_in()


def test_a_provider_that_keeps_silent_is_not_waited_for(
    sqlite_database: Database, clock: MovingClock, provider: HostileProvider
) -> None:
    def wait() -> Answer:
        provider.released.wait()
        return said({})

    provider.answers[DISCOVERY] = wait
    log = make(sqlite_database, clock, provider, patience=0.2)

    with pytest.raises(OidcUnreachableError):
        log.come_in()


def test_a_client_says_who_it_is_as_the_provider_wants(
    log: WayIn, clock: MovingClock, sqlite_database: Database
) -> None:
    log.come_in()
    basic = log.provider.asked[-2] if log.provider.asked[-1].path == "/jwks" else None
    assert basic is not None
    assert basic.authorization is not None
    assert b64decode(basic.authorization.removeprefix("Basic ")) == b"tonearm:the+client%27s+secret"
    assert "client_secret" not in basic.form
    assert len(basic.form["code_verifier"]) >= 43

    log.provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    make(sqlite_database, clock, log.provider).come_in()
    posted = next(asked for asked in reversed(log.provider.asked) if asked.path == "/token")
    assert (posted.authorization, posted.form["client_secret"]) == (None, SECRET)

    make(sqlite_database, clock, log.provider, secret="").come_in()
    public = next(asked for asked in reversed(log.provider.asked) if asked.path == "/token")
    assert public.form["client_id"] == CLIENT
    assert "client_secret" not in public.form

    log.provider.discovery = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    with pytest.raises(OidcUnusableError):
        make(sqlite_database, clock, log.provider).come_in()


def test_an_answer_of_another_provider_is_refused(
    log: WayIn, clock: MovingClock, sqlite_database: Database
) -> None:
    with pytest.raises(OidcUnusableError):
        log.come_in(issuer="https://evil.example")
    assert log.come_in(issuer=log.provider.issuer).name == "Ada"

    log.provider.discovery = {"authorization_response_iss_parameter_supported": True}
    with pytest.raises(OidcUnusableError):
        make(sqlite_database, clock, log.provider).come_in()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("access_denied", OidcDeniedError),
        ("temporarily_unavailable", OidcUnreachableError),
        ("invalid_scope", OidcUnusableError),
        (TELLTALE, OidcUnusableError),
    ],
)
def test_what_the_provider_refuses_is_told_in_our_words(
    log: WayIn, error: str, kind: type[OidcError]
) -> None:
    with capture_logs() as lines, pytest.raises(kind) as caught:
        log.come_in(error=error, code="")

    assert TELLTALE not in repr(lines) + caught.value.message
    assert log.provider.times_asked("/token") == 0


def test_a_code_that_the_provider_does_not_take_is_too_old(log: WayIn) -> None:
    log.provider.answers["/token"] = lambda: said({"error": "invalid_grant"}, 400)

    with pytest.raises(OidcExpiredError):
        log.come_in()


def test_a_log_in_takes_ten_minutes_at_most(
    database: Database, clock: MovingClock, provider: HostileProvider
) -> None:
    log = make(database, clock, provider)
    departure = log.oidc.begin(BACK, "/", None)
    clock.advance(minutes=10, seconds=1)
    asked = query_of(departure.address)

    with pytest.raises(OidcExpiredError):
        log.oidc.finish(Brought(asked["state"], "a code"), BACK, departure.browser, None)
    log.oidc.begin(BACK, "/", None)
    log.oidc.begin(BACK, "/", None)
    clock.advance(minutes=11)
    log.oidc.begin(BACK, "/", None)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(oidc_attempts)) == 1


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "somebody else", "email": "ada@example.org", "email_verified": True},
        {"sub": 7},
        {},
    ],
    ids=repr,
)
def test_userinfo_about_somebody_else_lets_nobody_in(
    database: Database, clock: MovingClock, provider: HostileProvider, person: dict[str, Any]
) -> None:
    give_address(database, Accounts(database, clock).add("Ada", "UTC"), "ada@example.org")
    provider.person = person

    with pytest.raises(OidcUnusableError):
        make(database, clock, provider, by_email=True).come_in()


@pytest.mark.parametrize(
    "person",
    [
        {"email": "ada@example.org"},
        {"email": "ada@example.org", "email_verified": False},
        {"email": "ada@example.org", "email_verified": "true"},
        {"email": "ada@example.org", "email_verified": 1},
        {"email": "", "email_verified": True},
        {"email": "ada", "email_verified": True},
        {"email": "ada@example.org\n", "email_verified": "yes"},
        {"email": "ad\uff41@example.org", "email_verified": True},
        {"email": "ada@ex\uff41mple.org", "email_verified": True},
        {"email_verified": True},
    ],
    ids=repr,
)
@pytest.mark.parametrize("where", ["token", "userinfo"])
def test_only_a_verified_address_opens_an_account(
    sqlite_database: Database,
    clock: MovingClock,
    provider: HostileProvider,
    person: dict[str, Any],
    where: str,
) -> None:
    ada = Accounts(sqlite_database, clock).add("Ada", "UTC")
    give_address(sqlite_database, ada, "ada@example.org")
    if where == "token":
        provider.claims = person
    else:
        provider.person |= person
    log = make(sqlite_database, clock, provider, by_email=True)

    with pytest.raises(OidcUnknownError):
        log.come_in()
    good = {"email": "ADA@example.org", "email_verified": True}
    provider.claims, provider.person = (
        (good, {"sub": "them"}) if where == "token" else ({}, provider.person | good)
    )
    assert log.come_in().id == ada.id


def give_address(database: Database, user: User, email: str) -> None:
    with database.write() as connection:
        values = {"email": email, "email_key": email}
        connection.execute(update(users).where(users.c.id == user.id).values(**values))
