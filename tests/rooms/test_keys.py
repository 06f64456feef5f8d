"""API keys on real databases: made once, scoped, ended."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from moving_clock import MovingClock
from tonearm.accounts.keys import MOST_KEYS, Keys
from tonearm.accounts.people import Accounts, User
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.domain.vocabulary import Scope
from tonearm.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

PASSWORD = "correct horse battery"
READ = [Scope.HISTORY_READ]


@pytest.fixture
def keys(database: Database, clock: MovingClock) -> Keys:
    return Keys(database, clock)


@pytest.fixture
def ada(database: Database, clock: MovingClock) -> User:
    return Accounts(database, clock).set_up("Ada", PASSWORD, "UTC")


@pytest.fixture
def bob(database: Database, clock: MovingClock, ada: User) -> User:
    del ada  # the owner comes first
    return Accounts(database, clock).add("Bob", "UTC")


def test_a_key_is_known_by_its_whole(keys: Keys, ada: User) -> None:
    new = keys.create(ada.id, " home assistant ", [Scope.PLAYER, Scope.HISTORY_READ, Scope.PLAYER])

    assert new.key.startswith("tnrm_")
    assert (new.name, new.scopes) == ("home assistant", (Scope.HISTORY_READ, Scope.PLAYER))
    found = keys.find_holder(new.key)
    assert found is not None
    assert (found[0], found[1].scopes) == (ada, new.scopes)
    for other in (new.key[:-1], new.key.upper(), new.key + "x", "tnrm_", "", new.key[5:]):
        assert keys.find_holder(other) is None
    (listed,) = keys.list(ada.id)
    assert new.key.startswith(listed.prefix)
    assert len(listed.prefix) < 12


def test_when_and_where_a_key_was_used_is_kept(keys: Keys, ada: User, clock: MovingClock) -> None:
    new = keys.create(ada.id, "phone", READ)
    assert keys.list(ada.id)[0].used_at is None

    clock.advance(hours=1)
    keys.find_holder(new.key, "192.0.2.7")

    (key,) = keys.list(ada.id)
    assert (key.used_at, key.used_from) == (clock(), "192.0.2.7")


def test_a_key_ends_when_it_was_said_to(keys: Keys, ada: User, clock: MovingClock) -> None:
    new = keys.create(ada.id, "guest", READ, clock() + timedelta(days=90))
    clock.advance(days=89, hours=23)
    assert keys.find_holder(new.key) is not None

    clock.advance(hours=1)

    assert keys.find_holder(new.key) is None
    assert keys.list(ada.id) == []
    for use in (keys.revoke, keys.rotate):
        with pytest.raises(NotFoundError):
            use(ada.id, new.id)


def test_a_rotated_key_goes_on_for_its_overlap(keys: Keys, ada: User, clock: MovingClock) -> None:
    old = keys.create(ada.id, "watch", READ)

    new = keys.rotate(ada.id, old.id, timedelta(days=2))

    assert (new.name, new.scopes, new.id) == (old.name, old.scopes, old.id + 1)
    clock.advance(days=1)
    assert keys.find_holder(old.key) is not None
    clock.advance(days=1)
    assert keys.find_holder(old.key) is None
    assert keys.find_holder(new.key) is not None
    newest = keys.rotate(ada.id, new.id)
    assert keys.find_holder(new.key) is None
    assert keys.find_holder(newest.key) is not None


def test_a_rotation_gives_no_more_time_than_there_was(
    keys: Keys, ada: User, clock: MovingClock
) -> None:
    old = keys.create(ada.id, "guest", READ, clock() + timedelta(hours=1))

    new = keys.rotate(ada.id, old.id, timedelta(days=2))

    assert new.expires_at == old.expires_at
    clock.advance(hours=1)
    assert keys.find_holder(old.key) is keys.find_holder(new.key) is None


def test_a_revoked_key_has_ended_and_nobody_gets_its_number(keys: Keys, ada: User) -> None:
    first = keys.create(ada.id, "one", READ)

    keys.revoke(ada.id, first.id)

    assert keys.find_holder(first.key) is None
    assert keys.create(ada.id, "two", READ).id == first.id + 1
    with pytest.raises(NotFoundError):
        keys.revoke(ada.id, first.id)


def test_keys_of_others_are_not_there(keys: Keys, ada: User, bob: User) -> None:
    key = keys.create(ada.id, "mine", READ)
    keys.create(bob.id, "his", READ)

    for use in (keys.revoke, keys.rotate):
        with pytest.raises(NotFoundError):
            use(bob.id, key.id + 1)
    keys.revoke(bob.id, key.id)  # his own of the same number
    assert keys.find_holder(key.key) is not None


def test_what_cannot_be_a_key_is_refused(
    keys: Keys, ada: User, bob: User, clock: MovingClock
) -> None:
    bad: list[tuple[str, Callable[[], object]]] = [
        ("name", lambda: keys.create(ada.id, " ", READ)),
        ("name", lambda: keys.create(ada.id, "x" * 65, READ)),
        ("name", lambda: keys.create(ada.id, "line\nbreak", READ)),
        ("scopes", lambda: keys.create(ada.id, "none", [])),
        ("scopes", lambda: keys.create(bob.id, "sneaky", [Scope.ADMIN])),
        ("expires_at", lambda: keys.create(ada.id, "late", READ, clock())),
        ("overlap", lambda: keys.rotate(ada.id, 1, timedelta(days=31))),
        ("overlap", lambda: keys.rotate(ada.id, 1, timedelta(seconds=-1))),
    ]
    for parameter, make in bad:
        with pytest.raises(InvalidInputError) as refused:
            make()
        assert refused.value.parameter == parameter
    with pytest.raises(NotFoundError):
        keys.create(99, "nobody", READ)
    assert keys.list(ada.id) == keys.list(bob.id) == []


def test_there_is_a_limit(keys: Keys, ada: User) -> None:
    for number in range(MOST_KEYS):
        keys.create(ada.id, f"key {number}", READ)
    with pytest.raises(ConflictError, match="Revoke one"):
        keys.create(ada.id, "one more", READ)
    keys.revoke(ada.id, 1)
    keys.create(ada.id, "one more", READ)
