"""Plays added by hand: evidence like any other, which no undone import takes along."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select

from listening import add_user, bring_in, imports_for, stored_plays
from moving_clock import MovingClock
from oracle.plays import OraclePlay
from tonearm.accounts.audit import Action, Audit, Wanted
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import Family, Kind
from tonearm.history.adding import AddedPlay, Adding, NewPlay, Outcome
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.evidence import load_evidence
from tonearm.history.provenance import load_sightings
from tonearm.importers.clearing import Clearing
from tonearm.importers.imports import Imports
from tonearm.jobs.queue import Jobs
from tonearm.storage.database import Database
from tonearm.storage.tables import tracks

SONG = NewPlay(
    datetime(2024, 3, 1, 1, 0, 40, tzinfo=UTC), 60_000, title="Song", artist="Ada", album="Lp"
)
URI = "spotify:track:song"


def extended(second: int = 40, ms_played: int = 60_000, title: str = "Song") -> dict[str, object]:
    return {
        "ts": f"2024-03-01T01:00:{second:02}Z",
        "ms_played": ms_played,
        "spotify_track_uri": URI,
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": "Ada",
        "master_metadata_album_album_name": "Lp",
        "platform": "ios",
    }


def file_of(*rows: object) -> bytes:
    return json.dumps(rows).encode()


@pytest.fixture
def imports(database: Database, clock: MovingClock, tmp_path: Path) -> Imports:
    add_user(database, clock, 1)
    add_user(database, clock, 2)
    return imports_for(database, tmp_path, clock)


@pytest.fixture
def adding(imports: Imports, database: Database, clock: MovingClock) -> Adding:
    del imports  # which makes the people
    return Adding(database, clock, commit_bytes=1_000)


@pytest.fixture
def plays(database: Database) -> Callable[[], list[OraclePlay]]:
    return lambda: stored_plays(database)


def outcomes(added: Sequence[AddedPlay]) -> list[Outcome]:
    return [one.outcome for one in added]


def test_a_play_of_the_very_first_moment_counts(
    adding: Adding, plays: Callable[[], list[OraclePlay]]
) -> None:
    (added,) = adding.add(1, [SONG])

    assert added == AddedPlay(1, Outcome.ADDED)
    (play,) = plays()
    assert (play.title, play.artist, play.album, play.kind) == ("Song", "ada", "lp", "music")
    assert (play.ended_at - play.started_at, play.ms_played) == (60_000, 60_000)
    assert play.ended_at == int(SONG.ended_at.timestamp() * 1000)


def test_the_same_play_is_added_once(
    adding: Adding, plays: Callable[[], list[OraclePlay]], database: Database
) -> None:
    elsewhere = SONG.ended_at.astimezone(timezone(timedelta(hours=5, minutes=45)))
    later = replace(SONG, ended_at=SONG.ended_at + timedelta(seconds=1))
    assert outcomes(adding.add(1, [SONG, replace(SONG, ended_at=elsewhere), later])) == [
        Outcome.ADDED, Outcome.KNOWN_ALREADY, Outcome.ADDED,
    ]  # fmt: skip
    before = plays()
    with database.read() as connection:
        version = load_evidence(connection, 1).version

    assert outcomes(adding.add(1, [SONG])) == [Outcome.KNOWN_ALREADY]

    assert plays() == before
    with database.read() as connection:
        assert load_evidence(connection, 1).version == version
    assert stored_plays(database, 2) == []


def test_a_track_of_the_history_is_found_by_its_number_and_its_uri(
    adding: Adding, imports: Imports, plays: Callable[[], list[OraclePlay]], database: Database
) -> None:
    bring_in(imports, [file_of(extended(), extended(50, title="Song (remastered)"), extended(55))])
    with database.read() as connection:
        number = connection.scalar(select(tracks.c.id).where(tracks.c.key == URI))
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    told = NewPlay(moment, 30_000)

    adding.add(
        1,
        [
            replace(told, track=URI),
            replace(told, track=str(number), ended_at=moment + timedelta(minutes=1)),
        ],
    )

    (one, other) = plays()[-2:]
    assert one._replace(ended_at=0, started_at=0) == other._replace(ended_at=0, started_at=0)
    assert (one.track_key, one.title, one.platform) == (URI, "Song", None)


def test_what_is_added_by_hand_outlives_every_import(
    adding: Adding, imports: Imports, plays: Callable[[], list[OraclePlay]], database: Database
) -> None:
    record = bring_in(imports, [file_of(extended(10))])
    (added,) = adding.add(1, [NewPlay(SONG.ended_at + timedelta(hours=1), 60_000, track=URI)])

    imports.undo(1, record.id)

    (play,) = plays()
    assert (play.track_key, play.title, play.artist) == (URI, "Song", "ada")
    with database.read() as connection:
        (sighting,) = load_sightings(connection, 1, added.play)
    assert (sighting.family, sighting.supports) == (Family.MANUAL, ())


@pytest.mark.parametrize("by", ["hand first", "file first"])
def test_a_file_that_tells_of_the_same_listen_makes_no_second_one(
    adding: Adding, imports: Imports, plays: Callable[[], list[OraclePlay]], by: str
) -> None:
    alone = replace(SONG, ms_played=59_000)

    if by == "hand first":
        adding.add(1, [SONG, alone])
        record = bring_in(imports, [file_of(extended())])
    else:
        record = bring_in(imports, [file_of(extended())])
        assert outcomes(adding.add(1, [SONG, alone])) == [Outcome.KNOWN_ALREADY, Outcome.ADDED]

    assert [(play.ms_played, play.platform) for play in plays()] == [
        (60_000, "ios"),
        (59_000, None),
    ]
    imports.undo(1, record.id)
    assert sorted(play.ms_played for play in plays()) == [59_000, 60_000]
    assert {play.platform for play in plays()} == {None}


def test_a_play_that_was_deleted_stays_so(
    adding: Adding, database: Database, clock: MovingClock
) -> None:
    corrections = Corrections(database, clock)
    (added,) = adding.add(1, [SONG])
    deletion = corrections.delete(1, [added.play])

    assert adding.add(1, [SONG]) == [replace(added, outcome=Outcome.DELETED)]
    corrections.undo(1, deletion.id)
    assert adding.add(1, [SONG]) == [replace(added, outcome=Outcome.KNOWN_ALREADY)]


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        ({"ended_at": datetime(2005, 12, 31, 23, 59, tzinfo=UTC)}, "ended_at"),
        ({"ended_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))}, "ended_at"),
        ({"ended_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "ended_at"),
        ({"ms_played": -1}, "ms_played"),
        ({"ms_played": 86_400_001}, "ms_played"),
        ({"title": None}, "track"),
        ({"title": " \0 "}, "title"),
        ({"artist": "a" * 4_097}, "artist"),
        ({"track": URI}, "track"),
        ({"track": URI, "title": None}, "track"),
        ({"track": "999", "title": None, "artist": None, "album": None}, "track"),
        ({"track": "\ud800\0", "title": None, "artist": None, "album": None}, "track"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_added(
    adding: Adding,
    plays: Callable[[], list[OraclePlay]],
    wrong: dict[str, object],
    parameter: str,
) -> None:
    bad = replace(SONG, **wrong)  # type: ignore[arg-type] # of the fields' types, by the list above
    with pytest.raises(InvalidInputError, match="Nothing was added") as refusal:
        adding.add(1, [SONG, bad])

    assert refusal.value.parameter == f"plays.1.{parameter}"
    assert plays() == []


def test_a_moment_to_come_is_refused(adding: Adding, clock: MovingClock) -> None:
    soon = replace(SONG, ended_at=clock() + timedelta(minutes=4))
    adding.add(1, [soon])
    with pytest.raises(InvalidInputError, match="not yet to come"):
        adding.add(1, [replace(soon, ended_at=clock() + timedelta(minutes=6))])


def test_text_is_cleaned_as_that_of_files(
    adding: Adding, plays: Callable[[], list[OraclePlay]]
) -> None:
    adding.add(1, [replace(SONG, title=" So\0ng \ud800", artist=" ", kind=Kind.PODCAST)])

    (play,) = plays()
    assert (play.title, play.artist, play.album, play.kind) == (
        "Song \ufffd",
        None,
        None,
        "podcast",
    )


def test_those_who_add_at_the_same_time_lose_nothing(
    adding: Adding, imports: Imports, plays: Callable[[], list[OraclePlay]]
) -> None:
    def add(number: int) -> None:
        adding.add(1, [replace(SONG, ended_at=SONG.ended_at + timedelta(hours=number + 1))])

    with ThreadPoolExecutor(5) as pool:
        every = [pool.submit(add, number) for number in range(8)]
        bring_in(imports, [file_of(extended(10))])
        for one in every:
            one.result()

    assert len(plays()) == 9


def test_clearing_takes_them_along_and_each_deed_is_written_down(
    adding: Adding, database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    adding.add(1, [SONG, replace(SONG, ms_played=1)])
    adding.add(1, [SONG])
    jobs = Jobs(database, clock)
    Clearing(database, tmp_path / "spool", clock, jobs, lambda _: None).clear(1, "u1")

    assert stored_plays(database) == []
    (entry,) = Audit(database, clock).list(Wanted(action=Action.HISTORY_ADDED))
    assert (entry.subject_id, dict(entry.details)) == (1, {"plays": 2})
