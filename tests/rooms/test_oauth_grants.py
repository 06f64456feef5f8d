"""Grants on real databases: codes that are good once, tokens that end, and what a thief gets out of them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from moving_clock import MovingClock
from oauth_room import ISSUER, OAuthRoom, open_room, shown
from programs import ANSWERED, CHALLENGE, VERIFIER
from tonearm.accounts.administration import Administration
from tonearm.accounts.audit import Action, Audit
from tonearm.accounts.oauth_clients import Client
from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.accounts.oauth_grants import ACCESS_LASTS, CODE_LASTS, GrantTokens
from tonearm.domain.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from tonearm.domain.vocabulary import Role, Scope
from tonearm.storage.database import Database
from tonearm.storage.oauth_tables import oauth_clients, oauth_grants, oauth_tokens

OTHER = "https://other.example.org/answer"


@pytest.fixture
def room(database: Database, clock: MovingClock) -> OAuthRoom:
    return open_room(database, clock)


@pytest.fixture
def client(room: OAuthRoom) -> Client:
    return room.register()


def fault(room: OAuthRoom, client: Client, code: str, **changed: str | None) -> OAuthFault:
    with pytest.raises(OAuthError) as refusal:
        room.grants.redeem(client, shown(code, **changed))
    return refusal.value.fault


def opens(room: OAuthRoom, tokens: GrantTokens) -> bool:
    try:
        room.grants.find(tokens.access_token)
    except UnauthenticatedError:
        return False
    return True


def actions(room: OAuthRoom) -> list[str]:
    return [entry.action for entry in Audit(room.database, room.clock).list()]


def test_a_code_gives_tokens_for_what_was_consented_to(room: OAuthRoom, client: Client) -> None:
    tokens = room.tokens(client, room.bob, scope="history:read unknown mcp admin")

    user, grant = room.grants.find(tokens.access_token)
    assert user == room.bob
    assert grant.scopes == tokens.scopes == (Scope.HISTORY_READ, Scope.MCP)
    assert (grant.resource, grant.client_id) == (f"{ISSUER}/mcp", client.client_id)
    assert grant.answered_at == "https://app.example.org"
    assert room.grants.list(room.bob.id) == [grant]
    assert room.grants.list(room.ada.id) == []
    assert actions(room)[0] == "grant.given"


def test_nothing_that_opens_lies_in_the_database(room: OAuthRoom) -> None:
    made = room.clients.register("A program", [ANSWERED], has_secret=True)
    client = room.clients.authenticate(made.client_id, made.client_secret)
    code = room.grants.consent(room.bob, room.asks(client))
    tokens = room.grants.redeem(client, shown(code))

    with room.database.read() as connection:
        held = str(
            [
                connection.execute(select(table)).all()
                for table in (oauth_clients, oauth_grants, oauth_tokens)
            ]
        )
    family, _, part = tokens.refresh_token.partition(".")
    for secret in (made.client_secret, code, tokens.access_token, family[5:], part, VERIFIER):
        assert secret
        assert secret not in held


def test_a_code_that_is_used_twice_ends_what_it_gave(room: OAuthRoom, client: Client) -> None:
    code = room.grants.consent(room.bob, room.asks(client))
    tokens = room.grants.redeem(client, shown(code))
    assert opens(room, tokens)

    assert fault(room, client, code) is OAuthFault.INVALID_GRANT

    assert not opens(room, tokens)
    with pytest.raises(OAuthError):
        room.grants.refresh(client, tokens.refresh_token, None, None)
    assert room.grants.list(room.bob.id) == []
    assert actions(room)[0] == Action.GRANT_REUSED


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": OTHER},
        {"redirect_uri": None},
        {"redirect_uri": ANSWERED + "/"},
        {"verifier": VERIFIER[:-1]},
        {"verifier": CHALLENGE},
        {"verifier": ""},
        {"verifier": None},
        {"resource": "https://evil.example/mcp"},
        {"resource": ISSUER},
    ],
    ids=str,
)
def test_a_code_is_worth_nothing_with_anything_else(
    room: OAuthRoom, client: Client, changed: dict[str, str | None]
) -> None:
    code = room.grants.consent(room.bob, room.asks(client))

    assert fault(room, client, code, **changed) is OAuthFault.INVALID_GRANT
    # Nor does a second attempt find out more.
    assert fault(room, client, code) is OAuthFault.INVALID_GRANT
    assert room.grants.list(room.bob.id) == []


def test_a_code_is_worth_nothing_to_another_program(room: OAuthRoom, client: Client) -> None:
    other = room.register()
    code = room.grants.consent(room.bob, room.asks(client))

    assert fault(room, other, code) is OAuthFault.INVALID_GRANT
    assert fault(room, client, "tnac_made-up") is OAuthFault.INVALID_GRANT


def test_a_code_lasts_a_minute(room: OAuthRoom, client: Client) -> None:
    in_time, late = (room.grants.consent(room.bob, room.asks(client)) for _ in range(2))

    room.clock.advance(seconds=CODE_LASTS.total_seconds() - 1)
    room.grants.redeem(client, shown(in_time))
    room.clock.advance(seconds=1)

    assert fault(room, client, late) is OAuthFault.INVALID_GRANT


def test_a_refresh_token_is_good_once(room: OAuthRoom, client: Client) -> None:
    first = room.tokens(client, room.bob)
    second = room.grants.refresh(client, first.refresh_token, None, None)
    assert opens(room, second)

    with pytest.raises(OAuthError) as refusal:
        room.grants.refresh(client, first.refresh_token, None, None)

    assert refusal.value.fault is OAuthFault.INVALID_GRANT
    assert "used before" in refusal.value.message
    assert not opens(room, first)
    assert not opens(room, second)
    with pytest.raises(OAuthError):
        room.grants.refresh(client, second.refresh_token, None, None)
    assert actions(room)[0] == Action.GRANT_REUSED


def test_another_program_cannot_use_a_refresh_token(room: OAuthRoom, client: Client) -> None:
    tokens = room.tokens(client, room.bob)
    other = room.register()

    with pytest.raises(OAuthError) as refusal:
        room.grants.refresh(other, tokens.refresh_token, None, None)
    assert refusal.value.fault is OAuthFault.INVALID_GRANT
    room.grants.end(other, tokens.refresh_token)
    room.grants.end(other, tokens.access_token)

    # Nor can it end what is not its own.
    assert opens(room, tokens)
    assert opens(room, room.grants.refresh(client, tokens.refresh_token, None, None))


def test_a_refresh_gives_no_more_than_was_granted(room: OAuthRoom, client: Client) -> None:
    tokens = room.tokens(client, room.bob, scope="mcp history:read")

    with pytest.raises(OAuthError) as refusal:
        room.grants.refresh(client, tokens.refresh_token, "history:write", None)
    assert refusal.value.fault is OAuthFault.INVALID_SCOPE
    with pytest.raises(OAuthError) as refusal:
        room.grants.refresh(client, tokens.refresh_token, None, ISSUER)
    assert refusal.value.fault is OAuthFault.INVALID_TARGET

    less = room.grants.refresh(client, tokens.refresh_token, "history:write mcp", f"{ISSUER}/mcp")
    assert less.scopes == room.grants.find(less.access_token)[1].scopes == (Scope.MCP,)
    again = room.grants.refresh(client, less.refresh_token, None, None)
    assert again.scopes == (Scope.HISTORY_READ, Scope.MCP)


def test_an_access_token_ends_by_itself_and_after_a_refresh(
    room: OAuthRoom, client: Client
) -> None:
    first = room.tokens(client, room.bob)
    second = room.grants.refresh(client, first.refresh_token, None, None)
    # Requests that are under way are not cut off.
    assert opens(room, first)
    room.clock.advance(minutes=1)
    assert (opens(room, first), opens(room, second)) == (False, True)

    room.clock.advance(seconds=ACCESS_LASTS.total_seconds() - 61)
    assert opens(room, second)
    room.clock.advance(seconds=1)
    assert not opens(room, second)


def test_a_grant_ends_when_it_is_not_used_and_at_last(room: OAuthRoom, client: Client) -> None:
    unused, used = room.tokens(client, room.bob), room.tokens(client, room.bob)
    for _ in range(8):
        room.clock.advance(days=20)
        used = room.grants.refresh(client, used.refresh_token, None, None)
    with pytest.raises(OAuthError):
        room.grants.refresh(client, unused.refresh_token, None, None)

    room.clock.advance(days=20)
    with pytest.raises(OAuthError):
        room.grants.refresh(client, used.refresh_token, None, None)
    assert room.grants.list(room.bob.id) == []


def test_a_program_ends_its_grant_by_either_token(room: OAuthRoom, client: Client) -> None:
    for name in ("access_token", "refresh_token"):
        tokens = room.tokens(client, room.bob)
        room.grants.end(client, getattr(tokens, name))
        assert not opens(room, tokens)
        room.grants.end(client, getattr(tokens, name))  # it has ended already
    assert room.grants.list(room.bob.id) == []


def test_a_grant_is_revoked_by_whose_it_is_and_from_above(room: OAuthRoom, client: Client) -> None:
    admin = room.accounts.add("Eve", "UTC", Role.ADMIN)
    tokens = room.tokens(client, room.bob)
    (grant,) = room.grants.list(room.bob.id)
    with pytest.raises(NotFoundError):
        room.grants.revoke(room.ada.id, grant.id)
    room.grants.revoke(room.bob.id, grant.id, by=admin)
    assert not opens(room, tokens)

    owners = room.tokens(client, room.ada)
    (grant,) = room.grants.list(room.ada.id)
    with pytest.raises(ForbiddenError):
        room.grants.revoke(room.ada.id, grant.id, by=admin)
    assert opens(room, owners)
    room.grants.revoke(room.ada.id, grant.id)
    assert not opens(room, owners)
    assert actions(room)[0] == Action.GRANT_REVOKED


def test_nobody_consents_to_a_program_that_was_removed(room: OAuthRoom) -> None:
    made = room.clients.make(room.ada.id, "By hand", [ANSWERED])
    asked = room.asks(room.clients.authenticate(made.client_id, made.client_secret))
    room.clients.remove(room.ada.id, made.id)

    with pytest.raises(NotFoundError):
        room.grants.consent(room.bob, asked)


def test_what_has_ended_is_swept_when_somebody_consents_again(
    room: OAuthRoom, client: Client
) -> None:
    room.grants.consent(room.bob, room.asks(client))
    room.tokens(client, room.bob)
    room.tokens(client, room.ada)
    room.clock.advance(days=31)

    room.tokens(client, room.bob)

    with room.database.read() as connection:
        held = connection.execute(select(oauth_grants.c.user_id, oauth_grants.c.id)).all()
        tokens = connection.execute(select(oauth_tokens.c.user_id)).scalars().all()
    assert sorted(held) == [(room.ada.id, 1), (room.bob.id, 1)]
    assert sorted(tokens) == [room.ada.id, room.bob.id]


def test_a_code_that_waits_is_no_grant_yet(room: OAuthRoom, client: Client) -> None:
    room.grants.consent(room.bob, room.asks(client))

    assert room.grants.list(room.bob.id) == []
    with pytest.raises(NotFoundError):
        room.grants.revoke(room.bob.id, 1)


def test_a_new_password_ends_every_grant(room: OAuthRoom, client: Client) -> None:
    tokens, others = room.tokens(client, room.bob), room.tokens(client, room.ada)
    waiting = room.grants.consent(room.bob, room.asks(client))

    room.accounts.set_password(room.bob.id, "another horse battery")

    assert (opens(room, tokens), opens(room, others)) == (False, True)
    assert fault(room, client, waiting) is OAuthFault.INVALID_GRANT


def test_whoever_is_disabled_or_deleted_has_let_nobody_in(room: OAuthRoom, client: Client) -> None:
    people = Administration(room.database, room.clock, room.accounts)
    tokens = room.tokens(client, room.bob)
    people.change(room.bob.id, by=room.ada, is_disabled=True)
    assert not opens(room, tokens)
    people.change(room.bob.id, by=room.ada, is_disabled=False)
    assert not opens(room, tokens)

    again = room.tokens(client, room.bob)
    people.delete(room.bob.id, "Bob", by=room.ada)
    assert not opens(room, again)
    with pytest.raises(OAuthError):
        room.grants.refresh(client, again.refresh_token, None, None)


def test_of_many_that_use_a_code_at_once_nobody_keeps_what_it_gave(
    room: OAuthRoom, client: Client
) -> None:
    code = room.grants.consent(room.bob, room.asks(client))
    found = at_once(lambda: room.grants.redeem(client, shown(code)))

    assert len(found) == 1
    assert not opens(room, found[0])


def test_of_many_that_use_a_refresh_token_at_once_nobody_keeps_what_it_gave(
    room: OAuthRoom, client: Client
) -> None:
    token = room.tokens(client, room.bob).refresh_token
    found = at_once(lambda: room.grants.refresh(client, token, None, None))

    assert len(found) == 1
    assert not opens(room, found[0])


def test_programs_and_admins_do_not_wait_for_each_other_for_ever(
    room: OAuthRoom, client: Client
) -> None:
    """Whoever renews tokens of somebody while they are disabled is refused, or is before it."""
    people = Administration(room.database, room.clock, room.accounts)
    done = threading.Event()

    def look_after() -> int:
        turns = 0
        while not done.is_set():
            people.change(room.bob.id, by=room.ada, is_disabled=turns % 2 == 0)
            turns += 1
        return turns

    def renew() -> int:
        refused = 0
        for _ in range(60):
            try:
                token = room.tokens(client, room.bob).refresh_token
                for _ in range(3):
                    token = room.grants.refresh(client, token, None, None).refresh_token
            except OAuthError as error:
                refused += error.fault is OAuthFault.INVALID_GRANT
        return refused

    with ThreadPoolExecutor(3) as threads:
        turning = threads.submit(look_after)
        try:
            refused = [one.result() for one in [threads.submit(renew) for _ in range(2)]]
        finally:
            done.set()
        assert turning.result() > 0
    assert sum(refused) > 0


def at_once(work: Callable[[], GrantTokens]) -> list[GrantTokens]:
    """Do something in several threads at the same time, and give what it came to where it was not refused."""
    barrier = threading.Barrier(4)

    def run() -> GrantTokens | OAuthError:
        barrier.wait()
        try:
            return work()
        except OAuthError as error:
            return error

    with ThreadPoolExecutor(4) as threads:
        found = [future.result() for future in [threads.submit(run) for _ in range(4)]]
    faults = {one.fault for one in found if isinstance(one, OAuthError)}
    assert faults == {OAuthFault.INVALID_GRANT}
    return [one for one in found if not isinstance(one, OAuthError)]


def test_a_grant_reaches_no_further_than_its_person(room: OAuthRoom, client: Client) -> None:
    tokens = room.tokens(client, room.bob, scope="mcp history:write")
    people = Administration(room.database, room.clock, room.accounts)

    people.change(room.bob.id, by=room.ada, role=Role.VIEWER)

    user, _ = room.grants.find(tokens.access_token)
    assert user == replace(room.bob, role=Role.VIEWER)
