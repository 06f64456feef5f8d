"""What somebody prefers, on real databases: kept, checked, and written down where it changes."""

from dataclasses import replace

import pytest

from moving_clock import MovingClock
from tonearm.accounts.audit import Action, Audit
from tonearm.accounts.people import Accounts, User
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.events import EventName
from tonearm.domain.preferences import Language, Preferences, Presentation, Theme
from tonearm.domain.vocabulary import Rule
from tonearm.storage.database import Database


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    return Accounts(database, clock)


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.add("Ada", "Europe/Berlin")


@pytest.fixture
def changes(database: Database, clock: MovingClock) -> "Changes":
    return Changes(Audit(database, clock))


class Changes:
    """Tells which preferences the audit log says were changed, time after time."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def __call__(self) -> list[list[str]]:
        entries = reversed(self._audit.list())
        return [
            one.details["changed"] for one in entries if one.action == Action.PREFERENCES_CHANGED
        ]


def test_what_is_usual_needs_no_choice(ada: User) -> None:
    assert ada.preferences == Preferences("Europe/Berlin")
    assert ada.presentation == Presentation(Theme.SYSTEM, Language.ENGLISH, 1, ())


def test_how_things_are_shown_leaves_the_counting_alone(
    accounts: Accounts, ada: User, changes: Changes
) -> None:
    muted = (EventName.KEY_EXPIRING, EventName.IMPORT_FAILED, EventName.KEY_EXPIRING)
    shown = Presentation(Theme.DARK, week_start=7, muted=muted)

    changed = accounts.set_preferences(ada.id, ada.preferences, shown)

    assert changed == accounts.get(ada.id)
    assert changed.preferences == ada.preferences
    assert changed.presentation == replace(shown, muted=tuple(sorted(set(muted))))
    counted = Preferences("UTC", Rule.ANY)
    again = accounts.set_preferences(ada.id, counted)
    assert (again.preferences, again.presentation) == (counted, changed.presentation)
    assert changes() == [["muted", "theme", "week_start"], ["rule", "zone"]]


def test_what_stays_as_it_was_is_not_written_down(
    accounts: Accounts, ada: User, changes: Changes
) -> None:
    accounts.set_preferences(ada.id, ada.preferences, ada.presentation)

    assert changes() == []


@pytest.mark.parametrize("day", [0, 8, -1])
def test_a_week_begins_with_one_of_its_days(accounts: Accounts, ada: User, day: int) -> None:
    with pytest.raises(InvalidInputError) as refused:
        accounts.set_preferences(ada.id, ada.preferences, Presentation(week_start=day))

    assert refused.value.parameter == "week_start"
    assert accounts.get(ada.id) == ada
