"""Looking after people: who may do what to whom, and what is left of somebody who is deleted."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, insert, select, update

from listening import run_import
from moving_clock import MovingClock
from tonearm.accounts.administration import Administration, Leaving
from tonearm.accounts.audit import Audit
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.sessions import Sessions
from tonearm.bootstrap import Tonearm, build
from tonearm.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from tonearm.domain.vocabulary import Role, Scope
from tonearm.history.leaving import ColumnFiles
from tonearm.insights.question import Question
from tonearm.ops.settings import Settings
from tonearm.storage.database import Database
from tonearm.storage.tables import (
    audit,
    imports,
    metadata,
    password_resets,
    sessions,
    token_families,
    users,
)
from tonearm.testing.export import write_export

PASSWORD = "correct horse battery"
GIVEN = [role for role in Role if role is not Role.OWNER]


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    return Accounts(database, clock)


@pytest.fixture
def administration(database: Database, clock: MovingClock, accounts: Accounts) -> Administration:
    return Administration(database, clock, accounts)


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.set_up("Ada", PASSWORD, "UTC")


def make(administration: Administration, name: str, role: Role = Role.LISTENER) -> User:
    return administration.add(name, "UTC", role, by=None)


def test_roles_are_given_from_above(
    administration: Administration, accounts: Accounts, ada: User
) -> None:
    """Everybody gives the roles below their own, and takes them from those below."""
    for giver in (ada, *(make(administration, f"A {role}", role) for role in GIVEN)):
        may = {
            role for role in Role if role is not giver.role and giver.role.covers(role)
        } - {Role.OWNER}  # fmt: skip
        done = set()
        for role in Role:
            try:
                new = administration.add(f"{giver.name} {role}", "UTC", role, by=giver)
            except ForbiddenError:
                assert accounts.find(f"{giver.name} {role}") is None
            else:
                assert accounts.get(new.id).role is role
                done.add(role)
        assert done == may

        raised = set()
        for role in Role:
            somebody = make(administration, f"{giver.name} lifts {role}", Role.VIEWER)
            try:
                assert administration.change(somebody.id, by=giver, role=role).role is role
                raised.add(role)
            except ForbiddenError:
                assert accounts.get(somebody.id).role is Role.VIEWER
                if role is Role.VIEWER:  # nothing to change, for whoever may
                    assert Role.VIEWER not in may
        assert raised == may


@pytest.mark.parametrize("role", GIVEN)
def test_only_those_above_touch_an_account(
    administration: Administration, accounts: Accounts, ada: User, role: Role
) -> None:
    subject = make(administration, "Somebody", role)
    for other in GIVEN:
        giver = make(administration, f"A {other}", other)
        if other is not role and other.covers(role):
            continue
        with pytest.raises(ForbiddenError):
            administration.change(subject.id, by=giver, role=Role.VIEWER)
        with pytest.raises(ForbiddenError):
            administration.change(subject.id, by=giver, is_disabled=True)
        with pytest.raises(ForbiddenError):
            administration.delete(subject.id, "Somebody", by=giver)
    assert accounts.get(subject.id) == subject
    assert administration.change(subject.id, by=ada, is_disabled=True).is_disabled


def test_the_owner_is_touched_by_nobody_and_nobody_by_themselves(
    administration: Administration, ada: User
) -> None:
    admin = make(administration, "Grace", Role.ADMIN)
    for by, subject in ((admin, ada), (ada, ada), (None, ada), (admin, admin)):
        with pytest.raises(ForbiddenError):
            administration.change(subject.id, by=by, role=Role.VIEWER)
        with pytest.raises(ForbiddenError):
            administration.change(subject.id, by=by, is_disabled=True)
        with pytest.raises(ForbiddenError):
            administration.delete(subject.id, subject.name, by=by)
    assert {user.name for user in administration.list()} == {"Ada", "Grace"}


def test_a_disabled_account_opens_nothing_and_keeps_everything(
    administration: Administration,
    accounts: Accounts,
    ada: User,
    database: Database,
    clock: MovingClock,
) -> None:
    bob = make(administration, "Bob")
    accounts.set_password(bob.id, PASSWORD)
    made = Sessions(database, clock, idle=timedelta(days=30), longest=timedelta(days=180))
    keys = Keys(database, clock)
    token = made.begin(bob, "password").token
    key = keys.create(bob.id, "phone", [Scope.PLAYER]).key
    fill(database, clock, bob.id, [token_families, password_resets])

    assert administration.change(bob.id, by=ada, is_disabled=True).is_disabled

    assert made.find(token) is None
    assert keys.find_holder(key) is None
    for table in (sessions, token_families, password_resets):
        assert count(database, table, bob.id) == 0
    with pytest.raises(UnauthenticatedError, match=r"^Name or password is wrong\.$"):
        accounts.authenticate("Bob", PASSWORD)

    assert not administration.change(bob.id, by=ada, is_disabled=False).is_disabled
    assert accounts.authenticate("Bob", PASSWORD).id == bob.id
    assert keys.find_holder(key) is not None
    assert made.find(token) is None


def test_deeds_are_written_down_once_each(
    administration: Administration, ada: User, database: Database, clock: MovingClock
) -> None:
    bob = make(administration, "Bob")
    for _ in range(2):  # the second time nothing changes
        administration.change(bob.id, by=ada, role=Role.VIEWER, is_disabled=True)
    administration.change(bob.id, by=ada, is_disabled=False)
    administration.change(bob.id, by=ada)
    administration.delete(bob.id, "Bob", by=ada)

    log = Audit(database, clock)
    assert [(entry.action, entry.subject_id) for entry in reversed(log.list())][1:] == [
        ("user.added", bob.id),
        ("user.role_changed", bob.id),
        ("user.disabled", bob.id),
        ("user.enabled", bob.id),
        ("user.deleted", bob.id),
    ]
    assert log.list()[3].details == {"before": "listener", "after": "viewer"}
    assert log.verify().broken_at is None


def test_an_address_is_set_from_above(
    administration: Administration, accounts: Accounts, ada: User
) -> None:
    bob, eve = make(administration, "Bob"), make(administration, "Eve")

    assert (
        administration.change(bob.id, by=ada, email=" Bob@Example.org ").email == "Bob@Example.org"
    )
    with pytest.raises(ConflictError, match="e-mail address"):
        administration.change(eve.id, by=ada, role=Role.VIEWER, email="bob@example.ORG")
    with pytest.raises(InvalidInputError):
        administration.change(eve.id, by=ada, email="eve")
    with pytest.raises(ForbiddenError):
        administration.change(bob.id, by=eve, email="eve@example.org")
    assert accounts.get(eve.id) == eve
    assert administration.change(bob.id, by=None, email="").email is None


def test_people_are_listed_page_by_page(administration: Administration, ada: User) -> None:
    everybody = [ada, *(make(administration, f"Listener {number}") for number in range(4))]

    assert administration.list() == everybody
    assert administration.list(limit=2) == everybody[:2]
    assert administration.list(after=everybody[1].id, limit=2) == everybody[2:4]
    assert administration.list(after=everybody[-1].id) == []


def test_a_deletion_needs_the_name_as_it_is_written(
    administration: Administration, accounts: Accounts, ada: User
) -> None:
    bob = make(administration, "Bob")
    for confirm in ("", "bob", "Bobby", "Ada"):
        with pytest.raises(InvalidInputError) as refusal:
            administration.delete(bob.id, confirm, by=ada)
        assert refusal.value.parameter == "confirm"
    assert accounts.get(bob.id) == bob

    assert administration.delete(bob.id, " Bob ", by=ada) == bob
    with pytest.raises(NotFoundError):
        accounts.get(bob.id)
    for gone in (bob.id, 999_999):
        with pytest.raises(NotFoundError):
            administration.delete(gone, "Bob", by=ada)
        with pytest.raises(NotFoundError):
            administration.change(gone, by=ada, is_disabled=True)


def test_nobody_gets_the_number_of_somebody_who_is_gone(
    administration: Administration, ada: User
) -> None:
    bob, eve = make(administration, "Bob"), make(administration, "Eve")
    for gone in (eve, bob):
        administration.delete(gone.id, gone.name, by=ada)

    new = make(administration, "Zoe")
    assert new.id > eve.id
    administration.delete(new.id, "Zoe", by=ada)
    assert make(administration, "Yan").id > new.id


def fill(database: Database, clock: MovingClock, user_id: int, tables: Sequence[Table]) -> None:
    """Put a row of somebody into each table, whatever it holds."""
    with database.write() as connection:
        for table in tables:
            values: dict[str, object] = {}
            for column in table.columns:
                if column.nullable or column.server_default is not None:
                    continue
                kind = column.type.python_type
                values[column.name] = {
                    int: 7,
                    str: secrets.token_hex(4),
                    bytes: b"x",
                    bool: True,
                }.get(kind, clock() if "at" in column.name else {})
            values |= {
                name: value
                for name, value in {"user_id": user_id, "import_id": 7, "correction_id": 7}.items()
                if name in table.columns
            }
            connection.execute(insert(table).values(**values))


def count(database: Database, table: Table, user_id: int) -> int:
    with database.read() as connection:
        query = select(func.count()).select_from(table).where(table.c.user_id == user_id)
        return connection.scalar(query) or 0


def test_nothing_is_left_in_any_table_and_others_keep_theirs(
    administration: Administration, ada: User, database: Database, clock: MovingClock
) -> None:
    bob, eve = make(administration, "Bob"), make(administration, "Eve")
    owned = [table for table in metadata.sorted_tables if "user_id" in table.columns]
    assert len(owned) > 20
    fill(database, clock, bob.id, owned)
    # Numbers of invitations and jobs, and hashes, are given once, so Eve has rows only where hers are her own.
    shared = {
        table.name
        for table in owned
        if any(column.unique for column in table.columns)
        or table.name in ("imports", "liked", "identities", "jobs")
    }
    hers = [table for table in owned if table.name not in shared | {"import_members"}]
    fill(database, clock, eve.id, hers)
    assert all(count(database, table, bob.id) == 1 for table in owned)

    administration.delete(bob.id, "Bob", by=ada)

    assert [table.name for table in owned if count(database, table, bob.id)] == []
    assert all(count(database, table, eve.id) == 1 for table in hers)
    with database.read() as connection:
        assert "Bob" not in str(connection.execute(select(audit)).all())
        assert connection.scalar(select(users.c.id).where(users.c.id == bob.id)) is None


def test_no_file_of_theirs_is_left(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=_plain(database_url))
    tonearm = build(settings)
    owner = tonearm.accounts.ensure_owner()
    bob, eve = (make(tonearm.administration, name) for name in ("Bob", "Eve"))
    for user in (owner, bob, eve):
        _import(tonearm, tmp_path, user, is_preview=False)
        tonearm.insights.answer_bytes("totals", user.id, Question())
        _import(tonearm, tmp_path, user, is_preview=True)
    cache = next(settings.cache.iterdir())
    (cache / f"{bob.id}.columns.0badcafe").write_bytes(b"half")
    held = {path.name for path in cache.iterdir()}
    assert {f"{user.id}.columns" for user in (owner, bob, eve)} < held
    assert len(list(settings.spool.iterdir())) == 3

    tonearm.administration.delete(bob.id, "Bob", by=owner)

    assert {path.name for path in cache.iterdir()} == {f"{owner.id}.columns", f"{eve.id}.columns"}
    assert len(list(settings.spool.iterdir())) == 2
    with pytest.raises(NotFoundError):
        tonearm.imports.get(bob.id, 1)

    # What another machine still had goes at its next start.
    (cache / f"{bob.id}.columns").write_bytes(b"stale")
    (cache / "other.txt").write_text("not ours")
    ColumnFiles(cache).sweep(tonearm.database)
    assert {path.name for path in cache.iterdir()} == {
        f"{owner.id}.columns",
        f"{eve.id}.columns",
        "other.txt",
    }
    tonearm.close()


def test_a_running_import_is_waited_for(tmp_path: Path, database_url: str) -> None:
    tonearm = build(Settings(data_dir=tmp_path / "data", database_url=_plain(database_url)))
    bob = make(tonearm.administration, "Bob")
    _import(tonearm, tmp_path, bob, is_preview=True)
    with tonearm.database.write() as connection:
        connection.execute(update(imports).values(state="running"))

    with pytest.raises(ConflictError, match="running"):
        tonearm.administration.delete(bob.id, "Bob", by=None)

    assert tonearm.accounts.get(bob.id) == bob
    tonearm.close()


def test_files_stay_where_the_deletion_fails(
    database: Database, clock: MovingClock, accounts: Accounts
) -> None:
    removed: list[int] = []
    leaving: Leaving = lambda _connection, user_id: lambda: removed.append(user_id)  # noqa: E731 - typed

    def refuse(_connection: object, _user_id: int) -> None:
        raise ConflictError("not now")

    bob = accounts.add("Bob", "UTC")
    with pytest.raises(ConflictError):
        Administration(database, clock, accounts, (leaving, refuse)).delete(bob.id, "Bob", by=None)  # type: ignore[arg-type]

    assert removed == []
    assert accounts.get(bob.id) == bob


def _plain(url: str) -> str:
    """Give an URL as the settings spell it; empty for the database in the data folder."""
    return "" if url.startswith("sqlite") else url


def _import(tonearm: Tonearm, folder: Path, user: User, *, is_preview: bool) -> None:
    export = folder / "export.zip"
    if not export.exists():
        write_export(export, plays=300, seed=5, years=1)
    spool = tonearm.imports.create_spool()
    (spool / "0").write_bytes(export.read_bytes())
    record = tonearm.imports.submit(user.id, spool, ["export.zip"], is_preview=is_preview)
    run_import(tonearm.imports, user.id, record.id)
