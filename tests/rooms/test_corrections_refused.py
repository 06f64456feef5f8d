"""What corrections say of themselves, and what they refuse."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from correcting import FIRST, SOME, House, Person, number_of
from moving_clock import MovingClock
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.corrections.records import (
    Correction,
    ExclusionWish,
    SplitWish,
    WordingWish,
)
from tonearm.storage.database import Database


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


@pytest.fixture
def person(house: House) -> Person:
    someone = house.person()
    someone.bring_in(SOME)
    someone.check()
    return someone


def test_corrections_are_listed_with_what_they_say(person: Person) -> None:
    hidden = person.hide(number_of(person, FIRST))
    merged = person.merge("artist", "Ada", "Bo")
    person.undo(hidden.id)
    corrections = person.house.corrections

    newest, oldest = corrections.list(person.id)

    assert newest == merged == corrections.get(person.id, merged.id)
    assert oldest.undone_at == person.house.clock()
    assert oldest.plays is not None
    assert oldest.plays.count == 1
    (play,) = oldest.plays.first
    assert (play.title, play.artist, f"{play.ended_at:%H:%M}") == ("Song a", "Ada", "12:00")
    assert person.house.person().id != person.id
    assert corrections.list(person.id + 1) == []
    assert corrections.list(person.id, limit=1) == [newest]
    assert corrections.list(person.id, before=newest.id, limit=1) == [oldest]
    assert corrections.list(person.id, before=oldest.id) == []


def test_a_correction_is_undone_once_and_by_its_listener(person: Person) -> None:
    made = person.hide(number_of(person, FIRST))
    other = person.house.person()
    with pytest.raises(NotFoundError):
        other.house.corrections.undo(other.id, made.id)
    person.undo(made.id)

    with pytest.raises(ConflictError, match="undone already"):
        person.house.corrections.undo(person.id, made.id)
    with pytest.raises(NotFoundError):
        person.house.corrections.get(person.id, 99)


def exclusion(**parts: Any) -> Callable[[Corrections], Correction]:  # noqa: ANN401 - parts of any type
    return lambda corrections: corrections.exclude(1, ExclusionWish(**{"zone": "UTC", **parts}))


def merging(item: ItemKind, into: str, *items: str) -> Callable[[Corrections], Correction]:
    return lambda corrections: corrections.merge(1, item, into, items)


def splitting(*tracks: str, **parts: Any) -> Callable[[Corrections], Correction]:  # noqa: ANN401 - parts of any type
    return lambda corrections: corrections.split(1, SplitWish(tracks=tracks, **parts))


BAD: list[tuple[str, Callable[[Corrections], Correction]]] = [
    ("plays", lambda corrections: corrections.hide(1, []).correction),
    ("plays", lambda corrections: corrections.delete(1, [1, 4_000_000_000])),
    ("exclude", exclusion()),
    ("zone", exclusion(zone="Berlin", country="DE")),
    ("to_day", exclusion(from_day=date(2024, 1, 2), to_day=date(2024, 1, 2))),
    ("from_day", exclusion(from_day=date(1, 1, 1))),
    ("to_day", exclusion(to_day=date(9999, 12, 31))),
    ("to_hour", exclusion(from_hour=3)),
    ("from_hour", exclusion(to_hour=3)),
    ("from_hour", exclusion(from_hour=24, to_hour=3)),
    ("to_hour", exclusion(from_hour=3, to_hour=25)),
    ("to_hour", exclusion(from_hour=3, to_hour=3)),
    ("to_hour", exclusion(from_hour=0, to_hour=24)),
    ("weekdays", exclusion(weekdays=())),
    ("weekdays", exclusion(weekdays=(1, 7))),
    ("platform", exclusion(platform="toaster")),
    ("country", exclusion(country="Germany")),
    ("country", exclusion(country="UK")),
    ("artist", exclusion(artist="Nobody")),
    ("album", exclusion(album="One")),  # there are two
    ("track", exclusion(track="99999")),
    ("into", merging(ItemKind.ARTIST, "Nobody", "Ada")),
    ("items", merging(ItemKind.ARTIST, "Ada", "Nobody")),
    ("items", merging(ItemKind.ARTIST, "Ada", "Bo", "ADA")),
    ("items", merging(ItemKind.ARTIST, "Ada", "Talk")),
    ("items", merging(ItemKind.TRACK, "Song a", "Episode")),
    ("into", merging(ItemKind.ALBUM, "One", "Two")),
    ("items", merging(ItemKind.ARTIST, "Ada")),
    ("artist", splitting("Song a")),
    ("artist", splitting("Song a", artist=" \0")),
    ("album", splitting("Song a", album="x" * 201)),
    ("wording", splitting("Song a", artist="Bo", wording=WordingWish(title="Song a"))),
    ("wording", splitting("Song a", wording=WordingWish(title="Song a"))),
    ("wording", splitting("Song a", wording=WordingWish(title="Song z"))),
    ("wording", splitting("Song a", wording=WordingWish())),
    ("tracks", splitting("Song a", "Song b", wording=WordingWish(title="Song a"))),
    ("tracks", splitting("Song z", artist="Bo")),
    ("tracks", splitting(artist="Bo")),
]  # fmt: skip


def test_what_cannot_be_done_is_refused_and_nothing_is_kept(person: Person) -> None:
    episode = {
        "ts": "2024-04-01T12:00:00Z", "ms_played": 60_000, "episode_name": "Episode",
        "episode_show_name": "Talk", "spotify_episode_uri": "spotify:episode:" + "a" * 22,
    }  # fmt: skip
    person.bring_in([episode])
    for parameter, deed in BAD:
        with pytest.raises(InvalidInputError) as refused:
            deed(person.house.corrections)
        assert refused.value.parameter == parameter, refused.value.message
    assert person.house.corrections.list(person.id) == []
    person.check()


def test_a_deleted_play_can_be_neither_hidden_nor_deleted(person: Person) -> None:
    number = number_of(person, FIRST)
    person.delete(number)
    for deed in (person.house.corrections.hide, person.house.corrections.delete):
        with pytest.raises(InvalidInputError, match=str(number)):
            deed(person.id, [number])


def test_an_item_whose_whole_is_gone_has_to_be_let_go_before_it_is_merged_again(
    person: Person,
) -> None:
    made = person.merge("artist", "Bo", "Ada")
    with pytest.raises(InvalidInputError, match="already"):
        person.merge("artist", "Ada", "Bo")
    person.undo_import(1)
    person.bring_in([SOME[0], SOME[3]])
    with pytest.raises(ConflictError, match="Undo it first"):
        person.merge("artist", "Cy", "Ada")

    person.undo(made.id)

    person.merge("artist", "Cy", "Ada")
    person.check()
    person.bring_in(SOME)
    person.check()
