"""Which account a log-in elsewhere opens, on both databases, and when several ask at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import update

from moving_clock import MovingClock
from tonearm.accounts.audit import Audit
from tonearm.accounts.identities import Identities, Stranger
from tonearm.accounts.oidc_errors import OidcDisabledError, OidcTakenError, OidcUnknownError
from tonearm.accounts.people import Accounts, User
from tonearm.domain.errors import ConflictError, NotFoundError, TonearmError
from tonearm.domain.preferences import Language
from tonearm.domain.vocabulary import Role
from tonearm.storage.database import Database
from tonearm.storage.tables import users

ISSUER = "https://login.example"
PASSWORD = "correct horse battery"
ASKERS = 4


@pytest.fixture
def identities(database: Database, clock: MovingClock) -> Identities:
    return Identities(database, clock, ISSUER)


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    return Accounts(database, clock)


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.add("Ada", "UTC")


def stranger(subject: str = "them", *names: str, email: str | None = None) -> Stranger:
    return Stranger(subject, email, names, "Asia/Tokyo")


def change(database: Database, user: User, **values: object) -> None:
    with database.write() as connection:
        connection.execute(update(users).where(users.c.id == user.id).values(**values))


def ask_at_once(ask: Callable[[int], object]) -> list[object]:
    """Let several ask at the same time; gives what each got or was refused with."""
    start = Barrier(ASKERS)

    def one(number: int) -> object:
        start.wait()
        try:
            return ask(number)
        except TonearmError as error:
            return type(error)

    with ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(one, range(ASKERS)))


def test_a_linked_subject_opens_its_account_at_its_provider_only(
    database: Database, clock: MovingClock, identities: Identities, ada: User
) -> None:
    identities.link(ada.id, "them")

    assert identities.find("them") == ada
    assert identities.find("somebody else") is None
    assert identities.find("THEM") is None
    assert Identities(database, clock, f"{ISSUER}/").find("them") is None


def test_a_subject_has_one_account_and_an_account_one_subject(
    identities: Identities, accounts: Accounts, ada: User
) -> None:
    bob = accounts.add("Bob", "UTC")
    identities.link(ada.id, "them")
    identities.link(ada.id, "them")

    with pytest.raises(OidcTakenError):
        identities.link(bob.id, "them")
    with pytest.raises(OidcTakenError):
        identities.link(ada.id, "somebody else")
    with pytest.raises(NotFoundError):
        identities.link(999, "nobody's")
    assert [one.subject for one in identities.list(ada.id)] == ["them"]
    assert identities.list(bob.id) == []


def test_of_several_accounts_that_link_a_subject_at_once_one_does(
    identities: Identities, accounts: Accounts
) -> None:
    people = [accounts.add(f"Person {number}", "UTC") for number in range(ASKERS)]

    got = ask_at_once(lambda number: identities.link(people[number].id, "them").id)

    assert got.count(OidcTakenError) == ASKERS - 1
    holder = identities.find("them")
    assert holder is not None
    assert [one for one in got if one is not OidcTakenError] == [holder.id]


def test_of_several_subjects_that_are_linked_to_an_account_at_once_one_is(
    identities: Identities, ada: User
) -> None:
    got = ask_at_once(lambda number: identities.link(ada.id, f"subject {number}").id)

    assert got.count(OidcTakenError) == ASKERS - 1
    assert len(identities.list(ada.id)) == 1


def test_the_only_way_in_is_not_unlinked(
    database: Database, clock: MovingClock, identities: Identities, accounts: Accounts, ada: User
) -> None:
    # A provider that is not in use any more is no way in.
    Identities(database, clock, "https://of.old").link(ada.id, "them")
    identities.link(ada.id, "them")
    former, current = identities.list(ada.id)

    with pytest.raises(ConflictError):
        identities.unlink(ada.id, current.id)
    identities.unlink(ada.id, former.id)
    accounts.set_password(ada.id, PASSWORD)
    identities.unlink(ada.id, current.id)
    with pytest.raises(NotFoundError):
        identities.unlink(ada.id, current.id)
    assert identities.find("them") is None


def test_nobody_unlinks_for_somebody_else(
    identities: Identities, accounts: Accounts, ada: User
) -> None:
    identities.link(ada.id, "them")
    (mine,) = identities.list(ada.id)
    bob = accounts.add("Bob", "UTC")

    with pytest.raises(NotFoundError):
        identities.unlink(bob.id, mine.id)


def test_a_disabled_account_is_opened_neither_by_subject_nor_by_address(
    database: Database, clock: MovingClock, identities: Identities, ada: User
) -> None:
    change(database, ada, disabled_at=clock(), email="a@b.org", email_key="a@b.org")

    with pytest.raises(OidcDisabledError):
        identities.admit(stranger(email="a@b.org"), by_email=True, may_register=True)
    identities.link(ada.id, "them")
    with pytest.raises(OidcDisabledError):
        identities.find("them")


def test_an_address_opens_an_account_once(
    database: Database, identities: Identities, ada: User
) -> None:
    change(database, ada, email="Ada@B.org", email_key="ada@b.org")
    person = stranger(email="ada@b.org")

    with pytest.raises(OidcUnknownError):
        identities.admit(person, by_email=False, may_register=False)
    assert identities.admit(person, by_email=True, may_register=False).id == ada.id
    assert identities.admit(person, by_email=False, may_register=False).id == ada.id
    # The address now belongs to somebody else over there.
    with pytest.raises(OidcUnknownError):
        identities.admit(stranger("other", email="ada@b.org"), by_email=True, may_register=False)


def test_whoever_registers_reads_pages_in_the_language_that_the_provider_tells(
    identities: Identities,
) -> None:
    for subject, locale, language, week_start in (
        ("1", "de_AT", Language.GERMAN, 1),
        ("2", "en-US", Language.ENGLISH, 7),
        ("3", "tlh", Language.ENGLISH, 1),
    ):
        person = Stranger(subject, None, (f"Person {subject}",), None, locale)
        shown = identities.admit(person, by_email=False, may_register=True).presentation
        assert (shown.language, shown.week_start) == (language, week_start)


def test_whoever_registers_gets_a_name_that_is_free(
    database: Database, identities: Identities, ada: User
) -> None:
    change(database, ada, email="a@b.org", email_key="a@b.org")

    def register(subject: str, *names: str, email: str | None = None) -> User:
        return identities.admit(
            stranger(subject, *names, email=email), by_email=False, may_register=True
        )

    first = register("1", "ADA", email="a@b.org")
    assert (first.name, first.email, first.role, first.zone, first.has_password) == (
        "ADA 2",
        None,  # it is Ada's
        Role.LISTENER,
        "Asia/Tokyo",
        False,
    )
    assert register("2", "ada", "Ada Lovelace").name == "Ada Lovelace"
    assert register("3", "\u202e\n", "x" * 100).name == "x" * 64
    assert register("4", "x" * 64).name == "x" * 62 + " 2"
    assert register("5").name == "listener"
    assert register("6").name == "listener 2"
    assert register("1", "Somebody").id == first.id


def test_whoever_comes_several_times_at_once_gets_one_account(
    identities: Identities, accounts: Accounts
) -> None:
    got = ask_at_once(
        lambda _: identities.admit(stranger("them", "Ada"), by_email=False, may_register=True).id
    )

    assert len(set(got)) == 1
    assert [user.name for user in accounts.list()] == ["Ada"]


def test_what_is_done_is_written_down(
    database: Database, clock: MovingClock, identities: Identities, accounts: Accounts
) -> None:
    user = identities.admit(stranger("them", "Ada"), by_email=False, may_register=True)
    accounts.set_password(user.id, PASSWORD)
    identities.unlink(user.id, 1)

    audit = Audit(database, clock)
    entries = [entry for entry in reversed(audit.list()) if entry.subject_id == user.id]
    assert [str(entry.action) for entry in entries] == [
        "user.registered",
        "identity.linked",
        "password.changed",
        "identity.unlinked",
    ]
    assert entries[1].details == entries[3].details == {"issuer": ISSUER}
    assert (entries[0].actor_id, entries[0].details["method"]) == (user.id, "oidc")
    assert audit.verify().broken_at is None
