"""New passwords by links, and what people change of their own account."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from mailbox_server import SECRET, USER, Mailbox, mail_server, trust
from moving_clock import MovingClock
from tonearm.accounts.acting import Actor, acting_as
from tonearm.accounts.administration import Administration
from tonearm.accounts.audit import Audit
from tonearm.accounts.errors import TooManyAttemptsError
from tonearm.accounts.mail import Mailer
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.profiles import Profiles, ProfileWish
from tonearm.accounts.resets import Post, Resets
from tonearm.accounts.sessions import Sessions
from tonearm.accounts.throttle import MOST_OF_ACCOUNT, Throttle
from tonearm.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from tonearm.domain.preferences import Language, Presentation
from tonearm.domain.vocabulary import Role
from tonearm.speech import spoken
from tonearm.storage.database import Database
from tonearm.storage.tables import password_resets
from tonearm.storage.windows import Windows

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "staple the other one"
PUBLIC_URL = "https://music.example.org/tonearm"


class Rooms:
    """The rooms of accounts on one database, put together as `bootstrap` does."""

    def __init__(self, database: Database, clock: MovingClock, post: Post | None = None) -> None:
        windows, passwords = Windows(database, clock), Passwords()
        throttle = Throttle(database, windows, clock)
        self.accounts = Accounts(database, clock, passwords, throttle)
        self.administration = Administration(database, clock, self.accounts)
        self.profiles = Profiles(database, clock, passwords, throttle)
        self.resets = Resets(database, clock, passwords, throttle, windows, post)
        span = timedelta(days=30)
        self.sessions = Sessions(database, clock, idle=span, longest=span)
        self.audit = Audit(database, clock)


@pytest.fixture
def rooms(database: Database, clock: MovingClock) -> Rooms:
    return Rooms(database, clock)


@pytest.fixture
def ada(rooms: Rooms) -> User:
    return rooms.accounts.set_up("Ada", PASSWORD, "UTC")


@pytest.fixture
def bob(rooms: Rooms) -> User:
    bob = rooms.accounts.add("Bob", "UTC")
    return rooms.accounts.set_password(bob.id, PASSWORD)


def test_a_link_sets_a_password_once(rooms: Rooms, ada: User, bob: User) -> None:
    session = rooms.sessions.begin(bob, "password").token
    token = rooms.resets.create(bob.id, by=ada).token
    assert token.startswith("tnpr_")
    assert rooms.resets.find(token) == bob
    with pytest.raises(InvalidInputError):
        rooms.resets.redeem(token, "short")
    with pytest.raises(InvalidInputError, match="tried first"):
        rooms.resets.redeem(token, "qwertyuiop")
    assert rooms.accounts.authenticate("Bob", PASSWORD)

    assert rooms.resets.redeem(token, OTHER_PASSWORD).id == bob.id

    assert rooms.accounts.authenticate("Bob", OTHER_PASSWORD).id == bob.id
    assert rooms.sessions.find(session) is None
    with pytest.raises(ForbiddenError, match="was used, or has ended"):
        rooms.resets.find(token)
    with pytest.raises(ForbiddenError, match="was used, or has ended"):
        rooms.resets.redeem(token, PASSWORD)


def test_of_many_with_one_link_one_sets_the_password(
    database: Database, clock: MovingClock, rooms: Rooms, ada: User, bob: User
) -> None:
    token = rooms.resets.create(bob.id, by=ada).token
    start = threading.Barrier(4)
    won: list[str] = []

    def come(password: str) -> None:
        mine = Rooms(database, clock)
        start.wait()
        try:
            mine.resets.redeem(token, password)
        except ForbiddenError:
            return
        won.append(password)

    passwords = [f"{OTHER_PASSWORD} {number}" for number in range(4)]
    threads = [threading.Thread(target=come, args=(password,)) for password in passwords]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert rooms.accounts.authenticate("Bob", won[0]).id == bob.id


def test_a_link_ends(rooms: Rooms, ada: User, bob: User, clock: MovingClock) -> None:
    replaced = rooms.resets.create(bob.id, by=ada).token
    late = rooms.resets.create(bob.id, by=ada).token
    clock.advance(hours=1)
    lost = rooms.resets.create(bob.id, by=ada).token
    rooms.accounts.set_password(bob.id, OTHER_PASSWORD)
    gone = rooms.resets.create(bob.id, by=ada).token
    rooms.administration.change(bob.id, by=ada, is_disabled=True)
    disabled = rooms.resets.create(bob.id, by=ada).token

    for token in (replaced, late, lost, gone, disabled, "", "tnpr_made_up", "\udc80\0"):
        with pytest.raises(ForbiddenError):
            rooms.resets.redeem(token, PASSWORD)

    rooms.administration.change(bob.id, by=ada, is_disabled=False)
    assert rooms.accounts.authenticate("Bob", OTHER_PASSWORD)


def test_an_admin_makes_links_only_for_those_below(rooms: Rooms, ada: User, bob: User) -> None:
    grace, edith = (rooms.accounts.add(name, "UTC", Role.ADMIN) for name in ("Grace", "Edith"))

    for by, subject in ((grace, ada), (grace, edith), (grace, grace), (bob, bob), (ada, ada)):
        with pytest.raises(ForbiddenError):
            rooms.resets.create(subject.id, by=by)
    assert rooms.resets.create(grace.id, by=ada)
    assert rooms.resets.create(bob.id, by=grace)
    # Whoever has the machine has everything anyway.
    assert rooms.resets.create(ada.id, by=None)
    with pytest.raises(NotFoundError):
        rooms.resets.create(999_999, by=ada)


def test_resets_are_written_down_without_their_secret(
    rooms: Rooms, ada: User, bob: User, database: Database
) -> None:
    with acting_as(Actor(ada.id, "Ada")):
        token = rooms.resets.create(bob.id, by=ada).token
        with database.read() as connection:
            stored = str(connection.execute(select(password_resets)).all())
    with acting_as(Actor(None, "visitor", "192.0.2.7")):
        rooms.resets.redeem(token, OTHER_PASSWORD)
        for again in (token, "", token):
            with pytest.raises(ForbiddenError):
                rooms.resets.redeem(again, PASSWORD)

    refused, done, made, *_ = entries = rooms.audit.list()
    assert (refused.action, refused.actor) == ("token.refused", "visitor")
    assert (refused.address, refused.details) == ("192.0.2.7", {"kind": "reset"})
    assert (made.action, made.actor, made.subject_id) == ("password.reset_made", "Ada", bob.id)
    assert (done.action, done.actor, done.address) == ("password.reset", "Bob", "192.0.2.7")
    for text in (str(entries), stored):
        assert token not in text
        assert token.removeprefix("tnpr_") not in text


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_server(tmp_path) as mailbox:
        trust(tmp_path, monkeypatch)
        yield mailbox


@pytest.fixture
def mailing(database: Database, clock: MovingClock, mailbox: Mailbox) -> Rooms:
    url = f"smtp://{USER}:{quote(SECRET, safe='')}@127.0.0.1:{mailbox.port}"
    post = Post(Mailer(url, "Tonearm <tonearm@example.org>"), PUBLIC_URL)
    return Rooms(database, clock, post)


def with_email(rooms: Rooms, user: User, email: str) -> User:
    return rooms.profiles.change(user, ProfileWish(email=email, password=PASSWORD))


def test_a_link_is_mailed_by_name_or_address(mailing: Rooms, bob: User, mailbox: Mailbox) -> None:
    with_email(mailing, bob, "Bob@Example.org")

    for asked in (" BOB ", "bob@example.ORG"):
        mailing.resets.request(asked)
        message = mailbox.wait()
        text = message.get_content().replace("\r", "")
        (link,) = (line for line in text.splitlines() if line.startswith("https://"))
        address, _, token = link.partition("/reset?token=")
        assert (address, message["To"]) == (PUBLIC_URL, "Bob@Example.org")
        assert text.startswith("Hello Bob,")
        assert mailing.resets.find(token).id == bob.id
    mailing.resets.redeem(token, OTHER_PASSWORD)
    assert mailing.accounts.authenticate("Bob", OTHER_PASSWORD)


def test_a_link_is_mailed_in_the_language_of_its_reader(
    mailing: Rooms, bob: User, mailbox: Mailbox
) -> None:
    known = with_email(mailing, bob, "bob@example.org")
    shown = Presentation(language=Language.GERMAN)
    mailing.accounts.set_preferences(known.id, known.preferences, shown)

    mailing.resets.request("bob")

    message = mailbox.wait()
    assert message["Subject"] == "Ein neues Passwort für Tonearm"
    text = message.get_content().replace("\r", "")
    assert text.startswith("Hallo Bob,")
    assert f"\n{PUBLIC_URL}/reset?token=" in text
    assert spoken() is Language.ENGLISH


def test_nobody_else_is_mailed(mailing: Rooms, ada: User, mailbox: Mailbox) -> None:
    mailing.accounts.add("Bob", "UTC")
    gone = mailing.accounts.add("Gone", "UTC")
    with_email(mailing, gone, "gone@example.org")
    mailing.administration.change(gone.id, by=ada, is_disabled=True)

    for asked in ("Bob", "Ada", "nobody", "gone", "gone@example.org", "", "\udc80", "x" * 9_999):
        mailing.resets.request(asked)

    assert mailbox.messages == []
    assert "password.reset_made" not in {entry.action for entry in mailing.audit.list()}


def test_a_name_does_not_catch_the_mail_of_another_s_address(
    mailing: Rooms, ada: User, mailbox: Mailbox
) -> None:
    with_email(mailing, ada, "ada@example.org")
    eve = mailing.accounts.add("ada@example.org", "UTC")
    with_email(mailing, eve, "eve@example.org")

    mailing.resets.request("ada@example.org")

    assert mailbox.wait()["To"] == "ada@example.org"
    assert len(mailbox.messages) == 1


def test_mail_is_not_for_pestering(
    mailing: Rooms, bob: User, mailbox: Mailbox, clock: MovingClock
) -> None:
    with_email(mailing, bob, "bob@example.org")
    for _ in range(5):
        mailing.resets.request("Bob")
    assert len(mailbox.messages) == 3
    clock.advance(hours=1)
    mailing.resets.request("Bob")
    assert len(mailbox.messages) == 4

    # An address that asks for everybody is not heard any more.
    clock.advance(hours=1)
    with acting_as(Actor(None, "visitor", "192.0.2.7")):
        for number in range(20):
            mailing.resets.request(f"name {number}")
        mailing.resets.request("Bob")
    assert len(mailbox.messages) == 4


def test_a_mail_server_that_fails_shows_nobody_who_asks(
    mailing: Rooms, bob: User, mailbox: Mailbox
) -> None:
    with_email(mailing, bob, "bob@example.org")
    mailbox.refusal = "550 no"

    mailing.resets.request("Bob")

    assert mailbox.messages == []


def test_without_a_mail_server_nothing_is_mailed(rooms: Rooms) -> None:
    assert not rooms.resets.are_mailed
    with pytest.raises(ConflictError, match="sends no mail"):
        rooms.resets.request("Ada")


def test_a_password_is_changed_by_whoever_knows_it(rooms: Rooms, bob: User) -> None:
    here, there = (rooms.sessions.begin(bob, "password") for _ in range(2))
    with pytest.raises(InvalidInputError) as refusal:
        rooms.profiles.change_password(bob, OTHER_PASSWORD, OTHER_PASSWORD, here.session.id)
    assert refusal.value.parameter == "current"
    with pytest.raises(InvalidInputError, match="tried first"):
        rooms.profiles.change_password(bob, PASSWORD, "qwertyuiop", here.session.id)
    assert rooms.sessions.find(there.token) is not None

    token = rooms.profiles.change_password(bob, PASSWORD, OTHER_PASSWORD, here.session.id)

    assert rooms.accounts.authenticate("Bob", OTHER_PASSWORD)
    # Here it goes on under another token; everywhere else it has ended.
    found = rooms.sessions.find(token or "")
    assert found is not None
    assert found[1].id == here.session.id
    assert rooms.sessions.find(here.token) is None
    assert [session.id for session in rooms.sessions.list(bob.id)] == [here.session.id]
    assert rooms.profiles.change_password(bob, OTHER_PASSWORD, PASSWORD) is None
    assert rooms.sessions.list(bob.id) == []


def test_a_present_password_is_not_guessed_with_a_stolen_session(rooms: Rooms, bob: User) -> None:
    for _ in range(MOST_OF_ACCOUNT):
        with pytest.raises(InvalidInputError):
            rooms.profiles.change_password(bob, "a wrong guess", OTHER_PASSWORD)

    with pytest.raises(TooManyAttemptsError):
        rooms.profiles.change_password(bob, PASSWORD, OTHER_PASSWORD)


def test_who_has_no_password_chooses_the_first_one(rooms: Rooms) -> None:
    zoe = rooms.accounts.add("Zoe", "UTC")

    rooms.profiles.change_password(zoe, "", PASSWORD)

    assert rooms.accounts.authenticate("Zoe", PASSWORD).id == zoe.id
    # Whoever still holds what was known before needs it from now on.
    with pytest.raises(InvalidInputError):
        rooms.profiles.change_password(zoe, "", OTHER_PASSWORD)


def test_name_and_address_are_changed(rooms: Rooms, bob: User) -> None:
    change = rooms.profiles.change
    assert change(bob, ProfileWish(name=" Robert ")).name == "Robert"
    assert rooms.accounts.authenticate("robert", PASSWORD)
    changed = with_email(rooms, bob, " Bob@Example.org ")
    assert changed.email == "Bob@Example.org"
    assert change(changed, ProfileWish(name="Robert", email="Bob@Example.org")) == changed
    assert with_email(rooms, changed, "").email is None

    told = [
        entry.details["changed"]
        for entry in reversed(rooms.audit.list())
        if entry.action == "user.profile_changed"
    ]
    assert told == [["name"], ["email"], ["email"]]


def test_another_address_needs_the_password(rooms: Rooms, bob: User) -> None:
    for password in (None, "", "a wrong guess"):
        with pytest.raises(InvalidInputError) as refusal:
            rooms.profiles.change(bob, ProfileWish(email="eve@example.org", password=password))
        assert refusal.value.parameter == "password"
    known = with_email(rooms, bob, "bob@example.org")
    with pytest.raises(InvalidInputError):
        rooms.profiles.change(known, ProfileWish(email=""))
    assert rooms.accounts.get(bob.id).email == "bob@example.org"


def test_nobody_waits_at_an_address_that_opens_accounts(
    rooms: Rooms, ada: User, bob: User, database: Database, clock: MovingClock
) -> None:
    passwords, windows = Passwords(), Windows(database, clock)
    throttle = Throttle(database, windows, clock)
    profiles = Profiles(database, clock, passwords, throttle, trusts_emails=True)
    wish = ProfileWish(email="grace@example.org", password=PASSWORD)

    with pytest.raises(ForbiddenError, match="an admin sets them"):
        profiles.change(bob, wish)

    known = rooms.administration.change(bob.id, by=ada, email="bob@example.org")
    assert profiles.change(known, ProfileWish(name="Rob", email="bob@example.org")).name == "Rob"
    with pytest.raises(ForbiddenError):
        profiles.change(known, ProfileWish(email=""))
    assert profiles.change(ada, wish).email == "grace@example.org"


def test_a_link_on_its_way_to_the_old_address_ends(rooms: Rooms, ada: User, bob: User) -> None:
    token = rooms.resets.create(bob.id, by=ada).token

    with_email(rooms, bob, "new@example.org")

    with pytest.raises(ForbiddenError):
        rooms.resets.redeem(token, OTHER_PASSWORD)


def test_two_people_never_have_one_name_or_address(rooms: Rooms, ada: User, bob: User) -> None:
    with_email(rooms, ada, "ada@example.org")

    for wish in (
        ProfileWish(name="ADA"),
        ProfileWish(email="Ada@example.org", password=PASSWORD),
    ):
        with pytest.raises(ConflictError, match="Somebody else"):
            rooms.profiles.change(bob, wish)
    for bad in (ProfileWish(name=""), ProfileWish(email="ada"), ProfileWish(name="a\nb")):
        with pytest.raises(InvalidInputError):
            rooms.profiles.change(bob, bad)
    assert rooms.accounts.get(bob.id) == bob
