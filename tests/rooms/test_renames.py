"""Names that a listener gives: shown everywhere, found by, undone without a trace."""

from pathlib import Path

import pytest

from correcting import SOME, House, Person
from moving_clock import MovingClock
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.liked import Liked
from tonearm.insights.plays import PlaysQuestion
from tonearm.storage.database import Database


@pytest.fixture
def person(database: Database, tmp_path: Path, clock: MovingClock) -> Person:
    someone = House(database, tmp_path, clock).person()
    someone.bring_in(SOME)
    return someone


def shown(person: Person, chart: str, **asked: str) -> list[tuple[str, str | None, int]]:
    answer = person.ask(chart, **asked)
    return [(line.name, line.artist, line.plays) for line in answer.items]


def rename(person: Person, item: ItemKind, of: str, name: str) -> int:
    return person.house.corrections.rename(person.id, item, of, name).id


def test_a_name_is_shown_wherever_the_item_is(person: Person) -> None:
    charts = ("top-artists", "top-albums", "top-tracks")
    before = {chart: shown(person, chart) for chart in charts}
    artist = rename(person, ItemKind.ARTIST, "Ada", "Ада")
    track = rename(person, ItemKind.TRACK, "Song a", "Song A (Live)")

    def expected(chart: str) -> set[tuple[str, str | None, int]]:
        names = {"Ada": "Ада"} | ({"Song a": "Song A (Live)"} if chart == "top-tracks" else {})
        return {
            (names.get(name, name), names.get(by or "", by), n) for name, by, n in before[chart]
        }

    for chart in charts:
        assert set(shown(person, chart)) == expected(chart) != set(before[chart])
    asked = PlaysQuestion(track="Song A (Live)", q="ада live")
    found = person.house.insights.plays(person.id, asked).items
    assert {(play.track.name, play.artist and play.artist.name) for play in found} == {
        ("Song A (Live)", "Ада")
    }
    for number in (artist, track):
        person.house.corrections.undo(person.id, number)
    assert {chart: shown(person, chart) for chart in charts} == before
    person.check()


def test_an_item_is_found_by_either_name(person: Person) -> None:
    plays = person.ask("totals", artist="Ada").plays
    assert plays
    rename(person, ItemKind.ARTIST, "Ada", "Countess")

    assert person.ask("totals", artist="countess").plays == plays
    assert person.ask("totals", artist="ada").plays == plays
    for words in ("countess", "ADA"):
        found = person.house.insights.find(person.id, words, 5).items
        assert ("artist", "Countess", plays) in {(one.item, one.name, one.plays) for one in found}
        asked = PlaysQuestion(q=words, limit=500)
        assert len(person.house.insights.plays(person.id, asked).items) == plays


def test_the_last_of_several_names_holds_and_leaves_the_one_before(person: Person) -> None:
    rename(person, ItemKind.ARTIST, "Ada", "First")
    last = rename(person, ItemKind.ARTIST, "First", "Second")
    assert "Second" in {name for name, _, _ in shown(person, "top-artists")}

    person.house.corrections.undo(person.id, last)

    assert "First" in {name for name, _, _ in shown(person, "top-artists")}


def test_a_name_outlives_the_evidence_it_was_given_to(person: Person) -> None:
    rename(person, ItemKind.ARTIST, "Ada", "Countess")
    person.undo_import(1)
    assert shown(person, "top-artists") == []
    person.bring_in(SOME)

    assert "Countess" in {name for name, _, _ in shown(person, "top-artists")}


def test_what_is_merged_or_moved_has_the_name_of_where_it_went(person: Person) -> None:
    rename(person, ItemKind.ARTIST, "Bo", "Beau")
    person.merge("artist", "Bo", "Ada")
    person.move("Song c", artist="Bo")

    assert {by for _, by, _ in shown(person, "top-tracks") if by not in ("Beau", "Cy")} == set()
    assert "Beau" in {name for name, _, _ in shown(person, "top-artists")}


def test_what_splits_add_can_be_named_too(person: Person) -> None:
    person.move("Song a", artist="Dee", album="Four")
    rename(person, ItemKind.ALBUM, "Four", "Five")
    rename(person, ItemKind.ARTIST, "Dee", "Didi")

    assert ("Five", "Didi") in {(name, by) for name, by, _ in shown(person, "top-albums")}


def test_a_liked_track_is_called_so_too(person: Person, clock: MovingClock) -> None:
    liked = Liked(person.house.database, clock)
    liked.add(person.id, "spotify:track:" + "a" * 22)
    rename(person, ItemKind.TRACK, "Song a", "Anthem")
    rename(person, ItemKind.ARTIST, "Ada", "Countess")

    (like,) = liked.list(person.id)
    assert (like.name, like.artist) == ("Anthem", "Countess")


@pytest.mark.parametrize(
    ("of", "name", "told"),
    [
        ("Ada", "Ada", "called 'Ada' already"),
        ("Ada", "\n", "printable"),
        ("Ada", "a" * 201, "1 to 200"),
        ("Ada", "a\u202eb", "printable"),
        ("Nobody", "Somebody", "no artist 'Nobody'"),
    ],
)
def test_what_is_no_name_is_refused(person: Person, of: str, name: str, told: str) -> None:
    with pytest.raises(InvalidInputError, match=told):
        rename(person, ItemKind.ARTIST, of, name)
