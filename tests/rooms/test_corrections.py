"""Corrections change every measure at once, by exactly the right plays, and outlive the evidence they were made on."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from correcting import FIRST, SOME, House, Person, album_number, listen, number_of
from listening import bring_in, files_of
from moving_clock import MovingClock
from oracle import corrections as told
from tonearm.domain.vocabulary import Family, ItemKind
from tonearm.history.change import plan_removal
from tonearm.history.corrections.records import (
    Correction,
    WordingWish,
)
from tonearm.history.evidence import load_evidence
from tonearm.history.publication import HistoryMovedError, publish, stage
from tonearm.insights.question import Question
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


DEEDS: dict[str, Callable[[Person], Correction]] = {
    "hide": lambda person: person.hide(number_of(person, "2024-03-01T12:00")),
    "hide two": lambda person: person.hide(
        number_of(person, "2024-03-01T13:00"), number_of(person, "2024-03-03T01:30")
    ),
    "delete": lambda person: person.delete(number_of(person, "2024-03-02T23:30")),
    "exclude days": lambda person: person.exclude(
        told.Exclude(zone="Asia/Kolkata", from_day=date(2024, 3, 3), to_day=date(2024, 3, 4))
    ),
    "exclude from a day on": lambda person: person.exclude(
        told.Exclude(from_day=date(2024, 3, 3))
    ),
    "exclude an artist": lambda person: person.exclude(
        told.Exclude(artist=("music", "bo")), artist="BO"
    ),
    "exclude a track on a platform": lambda person: person.exclude(
        told.Exclude(track=("spotify:track:" + "a" * 22,), platform="ios"), track="Song a"
    ),
    "exclude a country": lambda person: person.exclude(told.Exclude(country="PT")),
    "exclude nights": lambda person: person.exclude(told.Exclude(from_hour=23, to_hour=2)),
    "exclude nights of Saturday": lambda person: person.exclude(
        told.Exclude(from_hour=23, to_hour=2, weekdays=(5,))
    ),
    "exclude hours": lambda person: person.exclude(told.Exclude(from_hour=12, to_hour=13)),
    "exclude Fridays": lambda person: person.exclude(told.Exclude(weekdays=(4,))),
    "merge artists": lambda person: person.merge("artist", "Ada", "Bo", "Cy"),
    "merge albums": lambda person: person.merge(
        "album", album_number(person, "One", "Ada"), "One (Deluxe)"
    ),
    "merge tracks": lambda person: person.merge("track", "Song b", "Song a"),
    "move to a new artist": lambda person: person.move("Song a", artist="Dee"),
    "move to a known artist": lambda person: person.move("Song a", "Song c", artist="bo"),
    "move to another album": lambda person: person.move("Song a", album="Two"),
    "move to both": lambda person: person.move("Song c", artist="Dee", album="Four"),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_a_correction_changes_every_measure_at_once_and_undo_restores_it(
    person: Person, deed: str
) -> None:
    charts = ("totals", "top-artists", "top-albums", "top-tracks", "heatmap", "timeline")
    before = [person.ask(chart, hidden="out") for chart in charts]
    made = DEEDS[deed](person)
    person.check()
    after = [person.ask(chart, hidden="out") for chart in charts]
    assert [without(one) for one in after] != [without(one) for one in before]
    assert after[0].covered.corrections_version == before[0].covered.corrections_version + 1

    undone = person.undo(made.id)

    assert undone.undone_at is not None
    person.check()
    again = [person.ask(chart, hidden="out") for chart in charts]
    assert [without(one) for one in again] == [without(one) for one in before]


def without(answer: Any) -> Any:  # noqa: ANN401 - any record of a measure
    return replace(answer, covered=replace(answer.covered, corrections_version=0))


ACCOUNT_FIRST = {
    "endTime": "2024-03-01 12:00",
    "msPlayed": 60_000,
    "trackName": "Song a",
    "artistName": "Ada",
}


def again(rows: Sequence[Any]) -> list[Any]:
    """Give rows as another export would write them: in another order, with other keys first."""
    return [dict(reversed(row.items())) for row in reversed(rows)]


def test_a_deleted_play_stays_away_when_the_same_file_comes_again(person: Person) -> None:
    person.delete(number_of(person, FIRST))

    same = person.bring_in(SOME)
    other = person.bring_in(again(SOME))

    person.check()
    for record in (same, other):
        assert (record.counts.suppressed, record.counts.duplicate) == (1, len(SOME) - 1)
        verdicts = [row.verdict for row in person.house.imports.ledger(person.id, record.id)]
        assert verdicts.count("suppressed") == 1


def test_a_deleted_play_stays_away_when_its_import_was_undone(person: Person) -> None:
    person.delete(number_of(person, FIRST))
    person.undo_import(1)
    person.check()

    record = person.bring_in(SOME)

    assert (record.counts.suppressed, record.counts.new) == (1, len(SOME) - 1)
    person.check()
    person.undo_import(2)
    person.bring_in(again(SOME))
    person.check()


def test_a_preview_tells_what_would_be_suppressed(person: Person) -> None:
    person.delete(number_of(person, FIRST))
    for rows in (SOME, again(SOME), [*SOME, listen("2024-04-01T12:00")]):
        record = bring_in(person.house.imports, files_of(rows), user_id=person.id, is_preview=True)
        assert record.counts.suppressed == 1
    person.check()


def test_an_improved_row_of_a_deleted_play_is_suppressed(person: Person) -> None:
    person.delete(number_of(person, FIRST))

    record = person.bring_in([SOME[0] | {"reason_end": "trackdone"}, *SOME[1:3]])

    assert (record.counts.suppressed, record.counts.duplicate) == (1, 2)
    person.check()


def test_what_joins_a_deleted_play_of_the_account_data_is_deleted_with_it(house: House) -> None:
    person = house.person()
    person.bring_in([ACCOUNT_FIRST])
    person.delete(number_of(person, FIRST))

    record = person.bring_in(SOME)

    assert (record.counts.suppressed, record.counts.new) == (1, len(SOME) - 1)
    person.check()
    assert person.ask("totals").plays == len(SOME) - 1
    # Without the row that was deleted, nothing says that the other one is the same listen.
    person.undo_import(1)
    person.check()
    assert person.ask("totals").plays == len(SOME)
    record = person.bring_in([ACCOUNT_FIRST])
    assert record.counts.suppressed == 1
    person.check()


def test_a_play_of_both_families_stays_deleted_whichever_of_them_is_left(house: House) -> None:
    person = house.person()
    extended = person.bring_in(SOME)
    person.bring_in([ACCOUNT_FIRST])
    person.delete(number_of(person, FIRST))

    person.undo_import(extended.id)

    person.check()
    assert person.ask("totals").plays == 0
    record = person.bring_in([*SOME, ACCOUNT_FIRST])
    assert (record.counts.suppressed, record.counts.new) == (2, len(SOME) - 1)
    assert record.counts.rows == len(SOME) + 1
    person.check()


def test_rows_are_duplicates_again_when_the_deletion_is_undone(person: Person) -> None:
    made = person.delete(number_of(person, FIRST))
    assert person.bring_in(SOME).counts.suppressed == 1

    person.undo(made.id)

    record = person.bring_in(SOME)
    assert (record.counts.suppressed, record.counts.duplicate) == (0, len(SOME))
    person.check()


def test_a_hidden_play_is_hidden_again_when_it_comes_back(person: Person) -> None:
    person.hide(number_of(person, FIRST))
    person.undo_import(1)

    record = person.bring_in(again(SOME))

    assert (record.counts.suppressed, record.counts.new) == (0, len(SOME))
    person.check()
    assert person.ask("totals").plays == len(SOME) - 1
    assert person.ask("totals", hidden="in").plays == len(SOME)


def test_corrections_of_items_wait_until_the_items_are_there(person: Person) -> None:
    person.merge("artist", "Ada", "Bo")
    person.move("Song c", artist="Bo")
    person.exclude(told.Exclude(artist=("music", "ada"), country="PT"), artist="Bo")
    person.check()
    person.undo_import(1)
    person.check()
    person.bring_in(SOME[1:])
    person.check()
    person.bring_in(again(SOME))
    person.check()


def test_new_plays_of_merged_items_are_merged_as_they_come(person: Person) -> None:
    person.merge("artist", "Ada", "Bo")
    person.merge("track", "Song a", "Song b")
    person.ask("totals")

    person.bring_in([listen("2024-05-01T12:00", "b", artist="Bo", album="Two")])
    person.bring_in([listen("2024-05-02T12:00", "e", artist="Bo", album="Five")])

    person.check()


def test_chains_of_merges_are_followed_to_their_end(person: Person) -> None:
    first = person.merge("artist", "Bo", "Ada")
    person.merge("artist", "Cy", "Bo")
    person.check()
    assert [line.name for line in person.ask("top-artists").items] == ["Cy"]

    person.undo(first.id)

    person.check()
    assert {line.name for line in person.ask("top-artists").items} == {"Cy", "Ada"}


def test_a_merged_item_is_found_under_all_its_names(person: Person) -> None:
    numbers = {line.name: str(line.id) for line in person.ask("top-artists").items}
    person.merge("artist", "Ada", "Bo")

    for name in ("Ada", "bo", numbers["Ada"], numbers["Bo"]):
        assert person.ask("totals", artist=name).plays == 5

    person.merge("track", "Song a", "Song b")
    for name in ("Song a", "song b", "spotify:track:" + "b" * 22):
        assert person.ask("totals", track=name).plays == 4


def test_items_that_a_split_adds_are_found_and_may_be_corrected(person: Person) -> None:
    person.move("Song a", artist="Dee", album="Six")
    assert person.ask("totals", artist="dee").plays == 2
    (line,) = person.ask("top-albums", artist="Dee").items
    assert (line.name, line.artist) == ("Six", "Dee")
    assert person.ask("totals", album=str(line.id)).plays == 2

    person.merge("artist", "Dee", "Cy")
    person.merge("album", "Six", album_number(person, "One", "Dee"))
    person.exclude(told.Exclude(artist=("music", "dee"), platform="ios"), artist="Dee")

    person.check()
    assert person.ask("totals", artist="Cy", hidden="in").plays == 3
    assert [line.name for line in person.ask("top-albums", artist="Dee").items] == ["Six"]


def test_albums_of_one_name_are_one_when_their_artists_are(person: Person) -> None:
    person.merge("artist", "Cy", "Ada")

    person.check()
    found = {(line.name, line.artist, line.plays) for line in person.ask("top-albums").items}
    assert ("One", "Cy", 3) in found


def test_an_album_may_be_merged_with_that_of_another_artist(person: Person) -> None:
    made = person.house.corrections.merge(
        person.id, ItemKind.ALBUM, "Two", [album_number(person, "One", "Ada")]
    )

    found = {(line.name, line.artist, line.plays) for line in person.ask("top-albums").items}
    assert found == {("Two", "Bo", 4), ("One", "Cy", 1), ("One (Deluxe)", "Ada", 1)}
    assert {line.plays for line in person.ask("top-artists").items} == {3, 2, 1}
    person.house.corrections.undo(person.id, made.id)
    person.check()


def test_wordings_become_a_track_of_their_own(house: House) -> None:
    person = house.person()
    live: dict[str, Any] = {"master_metadata_track_name": "Song a (Live)"}
    person.bring_in([*SOME, listen("2024-04-01T12:00", "a", **live)])
    made = person.split("Song a", WordingWish(title="Song a (Live)"))
    person.check()
    found = {(line.name, line.artist, line.plays) for line in person.ask("top-tracks").items}
    assert {("Song a", "Ada", 2), ("Song a (Live)", "Ada", 1)} <= found
    assert person.ask("totals", track="Song a (Live)").plays == 1

    person.bring_in([listen("2024-05-01T12:00", "a", **live)])
    person.check()
    assert person.ask("totals", track="song a (live)").plays == 2

    person.undo(made.id)
    person.check()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_which_of_two_equal_plays_holds_an_account_row_depends_on_no_order(
    house: House, order: tuple[int, int]
) -> None:
    same: dict[str, Any] = {"master_metadata_track_name": "Song a"}
    twins = [listen(FIRST, "a"), listen(FIRST, "b", **same)]
    person = house.person()
    first = person.bring_in([*twins, ACCOUNT_FIRST])
    person.delete(*(number for number, play in person.plays() if "aaa" in play.track_key))
    person.undo_import(first.id)

    person.bring_in([twins[place] for place in order])
    person.bring_in([ACCOUNT_FIRST])

    person.check()
    assert person.ask("totals").plays == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_nor_does_it_where_only_their_stamps_differ(house: House, order: tuple[int, int]) -> None:
    # Stamps that cannot be true leave both plays at the same times.
    twins = [listen(FIRST, offline_timestamp=1_500_000_000 + number) for number in range(2)]
    person = house.person()
    first = person.bring_in([*twins, ACCOUNT_FIRST])
    with house.database.read() as connection:
        evidence = load_evidence(connection, person.id)
    (account,) = evidence.sightings.play[evidence.sightings.family == Family.ACCOUNT].tolist()
    house.corrections.delete(person.id, [account])
    person.undo_import(first.id)

    person.bring_in([twins[place] for place in order])
    person.bring_in([ACCOUNT_FIRST])

    assert person.ask("totals").plays == 1


def test_kept_answers_and_their_etags_follow_a_correction(person: Person) -> None:
    insights = person.house.insights
    asked = "totals", person.id, Question(kind="all")
    body, etag = insights.answer_bytes(*asked)
    assert insights.cached_bytes(*asked) == (body, etag)

    made = person.hide(number_of(person, FIRST))

    assert insights.cached_bytes(*asked) is None
    hidden = insights.answer_bytes(*asked)
    assert hidden[0] != body
    assert hidden[1] != etag
    person.undo(made.id)
    restored = insights.answer_bytes(*asked)
    assert restored[1] not in (etag, hidden[1])


def test_a_publication_that_was_planned_before_a_correction_is_planned_again(
    person: Person,
) -> None:
    house = person.house
    with house.database.read() as connection:
        evidence = load_evidence(connection, person.id)
    change = plan_removal(evidence, evidence.sightings.id[:1])
    revision = stage(house.database, change, batch_bytes=1_000_000, now=house.clock())
    person.hide(number_of(person, FIRST))

    with pytest.raises(HistoryMovedError), house.database.write() as connection:
        publish(connection, change, revision, now=house.clock())

    person.check()
