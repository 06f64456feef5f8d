"""Programs on real databases: registered, made by hand, bounded in number, and forgotten."""

import pytest
from sqlalchemy import func, select

from moving_clock import MovingClock
from oauth_room import OAuthRoom, open_room
from programs import ANSWERED
from tonearm.accounts import oauth_clients as rules
from tonearm.accounts.administration import Administration
from tonearm.accounts.audit import Audit
from tonearm.accounts.oauth_clients import MOST_MADE, Client
from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.accounts.oauth_redirects import CHATGPT_ACTIONS
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.storage.database import Database
from tonearm.storage.oauth_tables import oauth_clients


@pytest.fixture
def room(database: Database, clock: MovingClock) -> OAuthRoom:
    return open_room(database, clock)


def is_known(room: OAuthRoom, client: Client) -> bool:
    try:
        room.clients.get(client.client_id)
    except OAuthError:
        return False
    return True


def count(room: OAuthRoom) -> int:
    with room.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(oauth_clients)) or 0


def test_a_secret_is_shown_once_and_proves_who_a_program_is(room: OAuthRoom) -> None:
    made = room.clients.register("A program", [ANSWERED], has_secret=True)
    assert made.client_secret
    assert made.client_secret.startswith("tncs_")

    assert room.clients.authenticate(made.client_id, made.client_secret).has_secret
    for wrong in (None, "", "tncs_", made.client_secret[:-1], made.client_secret.upper()):
        with pytest.raises(OAuthError) as refusal:
            room.clients.authenticate(made.client_id, wrong)
        assert refusal.value.fault is OAuthFault.INVALID_CLIENT
    # Whoever has none shows none.
    public = room.register()
    with pytest.raises(OAuthError):
        room.clients.authenticate(public.client_id, made.client_secret)


def test_a_program_that_nobody_lets_in_is_forgotten_after_a_day(room: OAuthRoom) -> None:
    unused, used, ended = room.register(), room.register(), room.register()
    room.tokens(used, room.bob)
    room.tokens(ended, room.bob)
    room.grants.revoke(room.bob.id, 2)

    room.clock.advance(days=1, seconds=1)
    room.register()
    assert [is_known(room, one) for one in (unused, used, ended)] == [False, True, True]

    # One that was let in comes again, but not for ever.
    room.clock.advance(days=181)
    room.register()
    room.grants.list(room.bob.id)
    assert not is_known(room, ended)


def test_whoever_floods_drives_out_what_nobody_uses(
    room: OAuthRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_CLIENTS", 5)
    used = room.register()
    room.tokens(used, room.bob)
    made = room.clients.make(room.ada.id, "By hand", [ANSWERED])
    for _ in range(20):
        room.clock.advance(seconds=1)
        newest = room.register()

    assert count(room) == 5 + 1
    assert is_known(room, used)
    assert is_known(room, newest)
    assert room.clients.authenticate(made.client_id, made.client_secret).name == "By hand"


def test_where_all_are_in_use_no_other_registers(
    room: OAuthRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_CLIENTS", 2)
    for _ in range(2):
        room.tokens(room.register(), room.bob)

    with pytest.raises(OAuthError) as refusal:
        room.register()
    assert (refusal.value.fault, refusal.value.answered_with) == (OAuthFault.UNAVAILABLE, 503)


def test_what_is_made_by_hand_is_its_maker_s(room: OAuthRoom) -> None:
    made = room.clients.make(room.bob.id, " My GPT ", [CHATGPT_ACTIONS])
    assert (made.name, made.redirect_uris) == ("My GPT", (CHATGPT_ACTIONS,))
    assert room.clients.list(room.ada.id) == []
    (listed,) = room.clients.list(room.bob.id)
    assert (listed.client_id, listed.has_secret) == (made.client_id, True)
    with pytest.raises(NotFoundError):
        room.clients.remove(room.ada.id, made.id)
    # Everybody may let it in, each for themselves.
    client = room.clients.authenticate(made.client_id, made.client_secret)
    code = room.grants.consent(
        room.ada, room.asks(client, redirect_uri="https://chatgpt.com/aip/g-1/oauth/callback")
    )
    assert code

    room.clients.remove(room.bob.id, made.id)

    assert not is_known(room, client)
    actions = [entry.action for entry in Audit(room.database, room.clock).list()]
    assert (actions[0], "client.made" in actions) == ("client.removed", True)
    for name in ("", " ", "x" * 65, "a\nb"):
        with pytest.raises(InvalidInputError) as refusal:
            room.clients.make(room.bob.id, name, [ANSWERED])
        assert refusal.value.parameter == "name"
    with pytest.raises(InvalidInputError) as refusal:
        room.clients.make(room.bob.id, "x", ["http://evil.example/"])
    assert refusal.value.parameter == "redirect_uris"


def test_nobody_makes_more_than_can_be_looked_through(room: OAuthRoom) -> None:
    for _ in range(MOST_MADE):
        room.clients.make(room.bob.id, "One", [ANSWERED])
    with pytest.raises(ConflictError):
        room.clients.make(room.bob.id, "One more", [ANSWERED])
    room.clients.make(room.ada.id, "Another's", [ANSWERED])


def test_what_was_made_by_hand_goes_with_its_maker(room: OAuthRoom) -> None:
    made = room.clients.make(room.bob.id, "My GPT", [ANSWERED])
    client = room.clients.authenticate(made.client_id, made.client_secret)
    tokens = room.tokens(client, room.ada)

    Administration(room.database, room.clock, room.accounts).delete(room.bob.id, "Bob", by=room.ada)

    assert not is_known(room, client)
    assert room.grants.list(room.ada.id) == []
    assert tokens.access_token
