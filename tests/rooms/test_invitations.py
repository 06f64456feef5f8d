"""Who may make an account, and that an invitation lets in one person."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from moving_clock import MovingClock
from tonearm.accounts.acting import Actor, acting_as
from tonearm.accounts.administration import Administration
from tonearm.accounts.audit import Audit
from tonearm.accounts.invitations import Invitations, Newcomer, Registration
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.throttle import Throttle
from tonearm.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from tonearm.domain.vocabulary import Role
from tonearm.storage.database import Database
from tonearm.storage.tables import invitations
from tonearm.storage.windows import Windows

PASSWORD = "correct horse battery"
GIVEN = [role for role in Role if role is not Role.OWNER]


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    return Accounts(database, clock)


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.set_up("Ada", PASSWORD, "UTC")


def open_door(
    database: Database, clock: MovingClock, registration: Registration = Registration.INVITED
) -> Invitations:
    throttle = Throttle(database, Windows(database, clock), clock)
    return Invitations(database, clock, Passwords(), throttle, registration)


@pytest.fixture
def door(database: Database, clock: MovingClock) -> Invitations:
    return open_door(database, clock)


def bob(invitation: str | None = None, name: str = "Bob") -> Newcomer:
    return Newcomer(name, PASSWORD, "Europe/Berlin", invitation)


def test_an_invitation_lets_one_person_in_with_its_role(
    door: Invitations, accounts: Accounts, ada: User
) -> None:
    new = door.create(ada, Role.DEVELOPER, note=" for Bob ")
    assert new.token.startswith("tniv_")
    (listed,) = door.list()
    assert (listed.id, listed.note, listed.made_by) == (new.id, "for Bob", "Ada")
    assert door.check(new.token) is Role.DEVELOPER

    user = door.register(bob(new.token))

    assert (user.name, user.role, user.zone) == ("Bob", Role.DEVELOPER, "Europe/Berlin")
    assert accounts.authenticate("bob", PASSWORD) == user
    assert door.list() == []
    with pytest.raises(ForbiddenError, match="was used"):
        door.register(bob(new.token, "Eve"))
    assert accounts.find("Eve") is None


def test_of_many_who_come_at_the_same_time_one_gets_in(
    database: Database, clock: MovingClock, door: Invitations, ada: User
) -> None:
    token = door.create(ada).token
    outcomes: list[str] = []
    start = threading.Barrier(6)

    def come(number: int) -> None:
        mine = open_door(database, clock)
        start.wait()
        try:
            outcomes.append(mine.register(bob(token, f"Visitor {number}")).name)
        except ForbiddenError:
            outcomes.append("refused")

    threads = [threading.Thread(target=come, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("refused") == 5
    assert len(Accounts(database, clock).list()) == 2


def test_a_name_that_is_taken_does_not_use_the_invitation_up(
    door: Invitations, accounts: Accounts, ada: User
) -> None:
    token = door.create(ada).token
    for newcomer, error in (
        (bob(token, "ADA"), ConflictError),
        (bob(token, ""), InvalidInputError),
        (Newcomer("Bob", "short", "UTC", token), InvalidInputError),
        (Newcomer("Bobby Tables", "bobby tables", "UTC", token), InvalidInputError),
        (Newcomer("Bob", PASSWORD, "Mars/Olympus", token), InvalidInputError),
    ):
        with pytest.raises(error):
            door.register(newcomer)
    assert [user.name for user in accounts.list()] == ["Ada"]

    assert door.register(bob(token)).name == "Bob"


def test_an_invitation_ends_by_itself_and_when_it_is_revoked(
    door: Invitations, ada: User, clock: MovingClock
) -> None:
    lasting, short, revoked = (
        door.create(ada, lifetime=timedelta(days=days)) for days in (90, 2, 7)
    )
    assert [one.id for one in door.list()] == [revoked.id, short.id, lasting.id]

    door.revoke(revoked.id, by=ada)
    clock.advance(days=2)

    for ended in (short, revoked):
        with pytest.raises(ForbiddenError, match="has ended"):
            door.check(ended.token)
        with pytest.raises(ForbiddenError, match="has ended"):
            door.register(bob(ended.token))
        with pytest.raises(NotFoundError):
            door.revoke(ended.id, by=ada)
    assert [one.id for one in door.list()] == [lasting.id]
    assert door.register(bob(lasting.token))


@pytest.mark.parametrize("role", list(Role))
def test_nobody_invites_to_their_own_role_or_above(
    database: Database,
    clock: MovingClock,
    door: Invitations,
    accounts: Accounts,
    ada: User,
    role: Role,
) -> None:
    grace = accounts.add("Grace", "UTC", Role.ADMIN)
    for by in (ada, grace):
        may = by.role.covers(role) and by.role is not role
        if may:
            made = door.create(by, role)
            door.revoke(made.id, by=by)
        else:
            with pytest.raises(ForbiddenError):
                door.create(by, role)
    if role is Role.ADMIN:
        made = door.create(ada, role)
        with pytest.raises(ForbiddenError):
            door.revoke(made.id, by=grace)
    assert Audit(database, clock).verify().broken_at is None


@pytest.mark.parametrize("change", ["demoted", "disabled", "deleted"])
def test_an_invitation_ends_with_the_power_of_who_made_it(
    database: Database,
    clock: MovingClock,
    door: Invitations,
    accounts: Accounts,
    ada: User,
    change: str,
) -> None:
    administration = Administration(database, clock, accounts)
    grace = accounts.add("Grace", "UTC", Role.ADMIN)
    token = door.create(grace, Role.DEVELOPER).token
    kept = door.create(ada)

    if change == "demoted":
        administration.change(grace.id, by=ada, role=Role.DEVELOPER)
    elif change == "disabled":
        administration.change(grace.id, by=ada, is_disabled=True)
    else:
        administration.delete(grace.id, "Grace", by=ada)

    assert [one.id for one in door.list()] == [kept.id]
    with pytest.raises(ForbiddenError, match="has ended"):
        door.check(token)
    with pytest.raises(ForbiddenError, match="has ended"):
        door.register(bob(token))
    assert accounts.find("Bob") is None
    assert door.register(bob(kept.token))


def test_registration_is_closed_invited_or_open(
    database: Database, clock: MovingClock, accounts: Accounts, ada: User
) -> None:
    closed, invited, opened = (open_door(database, clock, mode) for mode in Registration)
    token = invited.create(ada, Role.VIEWER).token

    for newcomer in (bob(), bob(token)):
        with pytest.raises(ForbiddenError, match="Nobody can register"):
            closed.register(newcomer)
    with pytest.raises(ConflictError, match="TONEARM_REGISTRATION"):
        closed.create(ada)
    with pytest.raises(ForbiddenError, match="need an invitation"):
        invited.register(bob())
    for door in (invited, opened):
        with pytest.raises(ForbiddenError, match="unknown"):
            door.register(bob("tniv_made_up"))
        with pytest.raises(ForbiddenError, match="unknown"):
            door.register(bob("\udc80\0"))
    assert [user.name for user in accounts.list()] == ["Ada"]

    assert opened.register(bob()).role is Role.LISTENER
    assert opened.register(bob(token, "Eve")).role is Role.VIEWER


def test_nobody_comes_before_the_owner(database: Database, clock: MovingClock) -> None:
    door = open_door(database, clock, Registration.OPEN)
    Accounts(database, clock).ensure_owner()  # without a password yet

    with pytest.raises(ForbiddenError, match="not set up"):
        door.register(bob())


@pytest.mark.parametrize(
    ("days", "note"), [(0, ""), (-1, ""), (91, ""), (7, "x" * 65), (7, "two\nlines")]
)
def test_an_invitation_that_cannot_be_is_refused(
    door: Invitations, ada: User, days: int, note: str
) -> None:
    with pytest.raises(InvalidInputError):
        door.create(ada, lifetime=timedelta(days=days), note=note)

    assert door.list() == []


def test_numbers_are_given_once_whoever_invites(
    database: Database, clock: MovingClock, door: Invitations, accounts: Accounts, ada: User
) -> None:
    grace = accounts.add("Grace", "UTC", Role.ADMIN)
    start = threading.Barrier(6)
    numbers: list[int] = []

    def invite(by: User) -> None:
        mine = open_door(database, clock)
        start.wait()
        numbers.append(mine.create(by).id)

    threads = [threading.Thread(target=invite, args=(by,)) for by in (ada, grace) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert [one.id for one in door.list()] == [6, 5, 4, 3, 2, 1]


def test_there_are_only_so_many(
    door: Invitations, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonearm.accounts.invitations._MOST_OPEN", 2)
    door.create(ada)
    second = door.create(ada)
    with pytest.raises(ConflictError, match="2 invitations already"):
        door.create(ada)

    door.revoke(second.id, by=ada)
    assert door.create(ada).id == second.id + 1


def test_who_came_and_who_invited_is_written_down_and_no_secret_is(
    database: Database, clock: MovingClock, door: Invitations, ada: User
) -> None:
    with acting_as(Actor(ada.id, "Ada")):
        made, other = door.create(ada), door.create(ada)
        door.revoke(other.id, by=ada)
    with acting_as(Actor(None, "visitor", "192.0.2.7", "r1")):
        user = door.register(bob(made.token))
        for _ in range(3):
            with pytest.raises(ForbiddenError):
                door.check(other.token)

    refused, registered, revoked, *_ = entries = Audit(database, clock).list()
    assert (refused.action, refused.actor) == ("token.refused", "visitor")
    assert (refused.address, refused.details) == ("192.0.2.7", {"kind": "invitation"})
    assert (registered.action, registered.actor, registered.address) == (
        "user.registered",
        "Bob",
        "192.0.2.7",
    )
    assert (registered.actor_id, registered.subject_id) == (user.id, user.id)
    assert registered.details == {"invitation": made.id, "role": "listener"}
    assert (revoked.action, revoked.actor, revoked.details) == (
        "invitation.revoked",
        "Ada",
        {"invitation": other.id},
    )
    with database.read() as connection:
        rows = connection.execute(select(invitations)).all()
    assert {row.used_by for row in rows} == {user.id, None}
    for secret in (made.token, other.token, made.token.removeprefix("tniv_")):
        assert secret not in f"{rows} {entries}"
