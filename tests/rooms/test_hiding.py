"""Hiding plays twice, at once, and beneath other corrections: each play is hidden once and shown by one undo."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from assisting import BASE, ERAS, ask, house
from correcting import FIRST, SOME, House, Person, number_of
from moving_clock import MovingClock
from oracle import corrections as told
from tonearm.domain.errors import InvalidInputError
from tonearm.history.corrections.records import ExclusionWish, Hiding
from tonearm.insights.plays import PlaysQuestion
from tonearm.storage.database import Database

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
ASKERS = 8


@pytest.fixture
def person(database: Database, tmp_path: Path, clock: MovingClock) -> Person:
    someone = House(database, tmp_path, clock).person()
    someone.bring_in(SOME)
    return someone


def test_many_who_hide_the_same_play_at_once_make_one_correction(person: Person) -> None:
    number, start = number_of(person, FIRST), Barrier(ASKERS)

    def hide(_asker: int) -> Hiding:
        start.wait()
        return person.house.corrections.hide(person.id, [number])

    with ThreadPoolExecutor(ASKERS) as threads:
        answers = list(threads.map(hide, range(ASKERS)))

    (made,) = person.house.corrections.list(person.id)
    assert [answer.correction for answer in answers] == [made] * ASKERS
    assert sorted(answer.hidden for answer in answers) == [()] * (ASKERS - 1) + [(number,)]
    assert all(answer.before == {number: (made.id,)} for answer in answers if not answer.hidden)
    person.house.corrections.undo(person.id, made.id)
    plays = person.house.corrections.plays_of(person.id, made.id)
    assert plays == (number,)
    person.check()


def test_of_plays_that_are_hidden_in_part_the_others_are_hidden(person: Person) -> None:
    first, second, third = (number for number, _ in person.plays()[:3])
    corrections = person.house.corrections
    one = person.hide(first)

    both = corrections.hide(person.id, [second, first, second])
    again = corrections.hide(person.id, [first, second])

    assert (both.hidden, both.before) == ((second,), {first: (one.id,)})
    assert both.correction.plays is not None
    assert both.correction.plays.count == 1
    assert (again.correction, again.hidden) == (both.correction, ())
    assert again.before == {first: (one.id,), second: (both.correction.id,)}
    with pytest.raises(InvalidInputError, match="4000000000"):
        corrections.hide(person.id, [first, third, 4_000_000_000])
    corrections.undo(person.id, both.correction.id)
    corrections.hide(person.id, [second])
    assert [made.undone_at is None for made in corrections.list(person.id)] == [True, False, True]


def test_what_hides_a_play_is_named_rules_too_and_only_while_it_is_in_force(
    person: Person,
) -> None:
    number = number_of(person, FIRST)
    other = next(one for one, _ in person.plays() if one != number)
    hidden = person.hide(number)
    rule = person.exclude(told.Exclude(zone="UTC"), artist="Ada")
    hiders = person.house.insights.hiders_of

    found = hiders(person.id, [number, 4_000_000_000])
    person.undo(hidden.id)
    after = hiders(person.id, [number])
    person.undo(rule.id)

    assert found == {number: (hidden.id, rule.id)}
    assert after == {number: (rule.id,)}
    assert hiders(person.id, [number, other]) == {}


def test_an_undo_tells_which_plays_still_do_not_count_and_why(
    tmp_path: Path, database_url: str
) -> None:
    with house(tmp_path, database_url) as own:
        corrections, (first, second) = (
            own.services.corrections,
            own.services.insights.plays(own.ada.id, PlaysQuestion(q="Song", limit=2)).items,
        )
        hidden = ask(own.client(own.ada, ERAS[0]), "hide_plays", {"plays": [first.id, second.id]})
        by_track = ExclusionWish(zone="UTC", track=str(first.track.id))
        rule = corrections.exclude(own.ada.id, by_track)

        undone = ask(
            own.client(own.ada, ERAS[0]), "hide_plays", {"correction": hidden["correction"]}
        )

        assert undone["still_hidden"] == [{"play": first.id, "corrections": [rule.id]}]
        assert undone["words"] == (
            "Hiding 1 is undone; 1 play is no longer hidden; 1 play does still not count, because of correction 2 "
            f"(a rule). The listener can look at these on the page {BASE}/corrections."
        )
        again = ask(own.client(own.ada, ERAS[0]), "hide_plays", {"correction": 1})
        assert (again["undone"], again["undone_before"]) == (False, True)
        assert again["still_hidden"] == undone["still_hidden"]
        assert again["words"] == undone["words"].replace("is undone", "was undone already")
        corrections.delete(own.ada.id, [second.id])
        later = ask(own.client(own.ada, ERAS[0]), "hide_plays", {"correction": 1})
        assert later["words"].startswith(
            "Hiding 1 was undone already; 1 play is gone; 1 play does still not count, because of"
        )
        corrections.undo(own.ada.id, rule.id)
        shown = own.services.insights.hiders_of(own.ada.id, [first.id, second.id])
        assert shown == {}
