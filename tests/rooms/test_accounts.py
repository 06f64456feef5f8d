"""The accounts room on real databases."""

import threading
from zoneinfo import ZoneInfo

import pytest

from moving_clock import MovingClock
from tonearm.accounts.audit import Action, Audit
from tonearm.accounts.people import Accounts, User
from tonearm.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import Role, Rule
from tonearm.storage.database import Database

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "staple the other one"


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    return Accounts(database, clock)


def test_a_fresh_instance_is_not_set_up(accounts: Accounts) -> None:
    assert not accounts.is_set_up()
    assert accounts.list() == []


def test_set_up_makes_the_owner(accounts: Accounts, clock: MovingClock) -> None:
    owner = accounts.set_up("  Ada  Lovelace ", PASSWORD, "Europe/Berlin")

    assert owner == User(
        owner.id,
        "Ada  Lovelace",
        Role.OWNER,
        "Europe/Berlin",
        has_password=True,
        created_at=clock(),
    )
    assert accounts.is_set_up()
    assert accounts.find("ada lovelace") == owner
    assert accounts.get(owner.id) == owner


@pytest.mark.parametrize("name", ["Half \ud800", "\udc80"])
def test_a_name_that_is_no_text_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidInputError, match="lone surrogate") as refused:
        accounts.add(name, "UTC")

    assert refused.value.parameter == "name"
    assert accounts.list() == []


def test_set_up_names_the_owner_the_command_line_made(accounts: Accounts) -> None:
    local = accounts.ensure_owner()
    assert (local.name, local.has_password) == ("owner", False)
    assert not accounts.is_set_up()

    owner = accounts.set_up("Ada", PASSWORD, "Asia/Kolkata")

    assert (owner.id, owner.name, owner.zone) == (local.id, "Ada", "Asia/Kolkata")
    assert accounts.ensure_owner() == owner


def test_set_up_works_once(accounts: Accounts) -> None:
    accounts.set_up("Ada", PASSWORD, "UTC")

    with pytest.raises(ConflictError, match="set up already"):
        accounts.set_up("Eve", OTHER_PASSWORD, "UTC")

    assert [user.name for user in accounts.list()] == ["Ada"]


def test_of_many_set_ups_at_the_same_time_one_wins(database: Database, clock: MovingClock) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def visit(name: str) -> None:
        accounts = Accounts(database, clock)
        start.wait()
        try:
            outcomes.append(accounts.set_up(name, PASSWORD, "UTC").name)
        except ConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=visit, args=(f"visitor {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("refused") == 3
    assert len(Accounts(database, clock).list()) == 1


def test_of_many_first_commands_at_the_same_time_one_makes_the_owner(
    database: Database, clock: MovingClock
) -> None:
    owners: list[User] = []
    start = threading.Barrier(4)

    def run() -> None:
        accounts = Accounts(database, clock)
        start.wait()
        owners.append(accounts.ensure_owner())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(owners) == 4
    assert len({owner.id for owner in owners}) == 1
    assert owners[0].role is Role.OWNER
    assert ZoneInfo(owners[0].zone)


@pytest.mark.parametrize("name", ["", "   ", "\0", "a" * 65, "new\nline", "ﷺ" * 10])
def test_a_name_that_cannot_be_used_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        accounts.add(name, "UTC")

    assert refusal.value.parameter == "name"


def test_a_name_is_taken_however_it_is_spelled(accounts: Accounts) -> None:
    accounts.add("Straße", "UTC")

    with pytest.raises(ConflictError):
        accounts.add(" STRASSE ", "UTC")
    with pytest.raises(ConflictError):
        accounts.set_up("strasse", PASSWORD, "UTC")

    assert accounts.find("nobody") is None


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "/etc/localtime", "Z" * 500, "a\0b"]
)
def test_a_zone_that_does_not_exist_is_refused(accounts: Accounts, zone: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        accounts.add("Ada", zone)

    assert refusal.value.parameter == "zone"
    assert accounts.list() == []


def test_preferences_can_be_changed(accounts: Accounts) -> None:
    ada = accounts.add("Ada", "UTC")
    assert ada.preferences == Preferences("UTC")
    wanted = Preferences("Pacific/Apia", Rule.DONE, counts_private=False, travels=True)

    assert accounts.set_preferences(ada.id, wanted).preferences == wanted
    assert accounts.get(ada.id).preferences == wanted
    with pytest.raises(InvalidInputError):
        accounts.set_preferences(ada.id, Preferences("Mars/Olympus"))
    assert accounts.get(ada.id).preferences == wanted
    with pytest.raises(NotFoundError):
        accounts.set_preferences(ada.id + 1, wanted)


@pytest.mark.parametrize("password", ["", "ninechars", "x" * 1_001])
def test_a_password_that_cannot_be_used_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        accounts.set_up("Ada", password, "UTC")

    assert refusal.value.parameter == "password"
    assert not accounts.is_set_up()


@pytest.mark.parametrize(
    ("name", "password"),
    [("Ada", OTHER_PASSWORD), ("nobody", PASSWORD), ("Bob", ""), ("", ""), ("A" * 9_999, "\udc80")],
)
def test_a_wrong_log_in_says_only_that(accounts: Accounts, name: str, password: str) -> None:
    accounts.set_up("Ada", PASSWORD, "UTC")
    accounts.add("Bob", "UTC")

    with pytest.raises(UnauthenticatedError, match=r"^Name or password is wrong\.$"):
        accounts.authenticate(name, password)


def test_the_setup_token_is_one_for_all_processes_and_gone_after_the_set_up(
    accounts: Accounts, database: Database, clock: MovingClock
) -> None:
    assert not accounts.check_setup_token("")
    token = accounts.setup_token()

    assert Accounts(database, clock).setup_token() == token
    assert accounts.check_setup_token(f" {token}\n")
    assert Audit(database, clock).list() == []  # an empty one is no guess
    assert not accounts.check_setup_token(token[:-1])
    assert not accounts.check_setup_token("\udc80")
    (refused,) = Audit(database, clock).list()
    assert (refused.action, refused.details) == (Action.TOKEN_REFUSED, {"kind": "set-up"})

    accounts.set_up("Ada", PASSWORD, "UTC")
    assert not accounts.check_setup_token(token)
    with pytest.raises(ConflictError):
        accounts.setup_token()
