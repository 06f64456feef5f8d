"""Whatever is imported, undone and corrected in whatever order: measures are those of what is left of it."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correcting import House, Person
from listening import loosened
from moving_clock import MovingClock
from oracle import corrections as told
from oracle.plays import MalformedError, Sighting, sighting_of
from oracle.strategies import ALBUMS, ARTISTS, histories
from tonearm.domain.errors import ConflictError, InvalidInputError
from tonearm.history.corrections.records import WordingWish
from tonearm.history.evidence import load_evidence
from tonearm.storage.database import Database

Draw = Callable[[st.SearchStrategy[Any]], Any]
Parts = list[list[Any]]


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def deleted(person: Person) -> set[Sighting]:
    """Give all evidence of deleted plays."""
    marked = [one.evidence for one in person.made.values() if isinstance(one, told.Delete)]
    return {
        sighting
        for _, held in person.listens
        if any(evidence & set(held) for evidence in marked)
        for sighting in held
    }


def bring_in(person: Person, parts: Parts, draw: Draw) -> None:
    rows = draw(st.permutations(draw(st.sampled_from(parts))))
    counts = person.bring_in(rows).counts
    gone = deleted(person)
    suppressed = 0
    for row in rows if counts.rows else []:
        with suppress(MalformedError):
            suppressed += sighting_of(row, person.house.clock()) in gone
    assert counts.suppressed == suppressed
    assert counts.rows == (
        counts.malformed + counts.no_content + counts.suppressed + counts.new + counts.improved
        + counts.duplicate
    )  # fmt: skip


def undo_import(person: Person, _parts: Parts, draw: Draw) -> None:
    if person.live:
        person.undo_import(draw(st.sampled_from(list(person.live))))


def mark(person: Person, draw: Draw) -> list[int]:
    """Give some plays that are there and read otherwise than all others."""
    gone = deleted(person)
    read = Counter(loosened(play) for play, _ in person.listens)
    there = {loosened(play) for play, held in person.listens if not gone & set(held)}
    plays = [number for number, play in person.plays() if play in there and read[play] == 1]
    if not plays:
        return []
    return list(draw(st.lists(st.sampled_from(plays), min_size=1, max_size=2, unique=True)))


def hide(person: Person, _parts: Parts, draw: Draw) -> None:
    if numbers := mark(person, draw):
        person.hide(*numbers)


def delete(person: Person, _parts: Parts, draw: Draw) -> None:
    if numbers := mark(person, draw):
        person.delete(*numbers)


RULES = (
    told.Exclude(zone="Europe/Berlin", from_day=date(2024, 3, 31), to_day=date(2024, 4, 1)),
    told.Exclude(zone="Pacific/Apia", to_day=date(2024, 3, 31)),
    told.Exclude(platform="ios"),
    told.Exclude(country="DE", from_hour=0, to_hour=12),
    told.Exclude(zone="Europe/Berlin", from_hour=23, to_hour=1, weekdays=(5,)),
    told.Exclude(zone="Asia/Kolkata", weekdays=(6, 0), platform="android"),
)


def exclude(person: Person, _parts: Parts, draw: Draw) -> None:
    person.exclude(draw(st.sampled_from(RULES)))


def merge_artists(person: Person, _parts: Parts, draw: Draw) -> None:
    merge(person, "artist", [str(line.id) for line in person.ask("top-artists").items], draw)


def merge_tracks(person: Person, _parts: Parts, draw: Draw) -> None:
    merge(person, "track", links(person), draw)


def merge_albums(person: Person, _parts: Parts, draw: Draw) -> None:
    if any(isinstance(one, told.MergeArtists) for one in person.made.values()):
        return  # of several artists, which the oracle has no words for
    with person.house.database.read() as connection:
        albums = load_evidence(connection, person.id).catalogue.albums
    owners = {owner for owner, _ in albums}
    if owners:
        owner = draw(st.sampled_from(sorted(owners)))
        numbers = [str(row[0]) for (artist, _), row in albums.items() if artist == owner]
        merge(person, "album", numbers, draw)


def merge(person: Person, item: str, names: list[str], draw: Draw) -> None:
    if len(names) > 1:
        into, *items = draw(st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True))
        with suppress(ConflictError, InvalidInputError):  # of two kinds, or merged already
            person.merge(item, into, *items)


def links(person: Person) -> list[str]:
    keys = {play.track_key for play, _ in person.listens}
    return sorted(key for key in keys if key.startswith("spotify:"))


def move(person: Person, _parts: Parts, draw: Draw) -> None:
    if keys := links(person):
        tracks = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
        artist = draw(st.sampled_from((None, "Newcomer", *map(str.strip, ARTISTS[:3]))))
        album = draw(st.sampled_from((None, "Debut", *ALBUMS))) if artist else "Debut"
        person.move(*tracks, artist=artist, album=album)


def split(person: Person, _parts: Parts, draw: Draw) -> None:
    said = [
        (play.track_key, sighting.title)
        for play, held in person.listens
        for sighting in held
        if sighting.title and play.track_key.startswith("spotify:")
    ]
    if said:
        key, title = draw(st.sampled_from(said))
        with suppress(InvalidInputError):  # all wordings read so
            person.split(key, WordingWish(title=title))


def undo(person: Person, _parts: Parts, draw: Draw) -> None:
    if person.made:
        person.undo(draw(st.sampled_from(list(person.made))))


STEPS = (
    bring_in, bring_in, undo_import, hide, delete, delete, exclude, merge_artists, merge_tracks,
    merge_albums, move, split, undo,
)  # fmt: skip


@given(data=st.data(), parts=st.lists(histories(max_size=4), min_size=2, max_size=3))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_measures_are_those_of_the_evidence_and_the_corrections_in_force(
    house: House, parts: Parts, data: st.DataObject
) -> None:
    person = house.person()
    for rows in parts[:2]:
        person.bring_in(rows)
    for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=3, max_size=9)):
        step(person, parts, data.draw)
        person.ask("totals")
    person.check()
