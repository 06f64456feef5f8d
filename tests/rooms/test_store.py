"""Columns that move from version to version are those that would be made from nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from listening import add_user, bring_in, files_of, imports_for
from moving_clock import MovingClock
from tonearm.domain.vocabulary import Rule
from tonearm.history import growing, store
from tonearm.history.evidence import Lane
from tonearm.history.growing import Growing
from tonearm.history.publication import history_versions
from tonearm.history.store import PLAY_COLUMNS, ColumnStore, PlayColumns
from tonearm.importers.imports import Imports
from tonearm.insights import axis
from tonearm.insights.axis import Axis, Occurrences
from tonearm.insights.lane import LaneColumns
from tonearm.insights.library import Library
from tonearm.insights.question import Item
from tonearm.insights.selection import Selection
from tonearm.insights.shelf import Shelf
from tonearm.storage.database import Database

FIRST = datetime(2024, 2, 27, 20, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Pacific/Apia")
ITEMS: tuple[Item, ...] = ("artists", "albums", "tracks")
SELECTIONS = (Selection("music"), Selection("all"), Selection("all", country="DE"))
RULES = (Rule.THIRTY_SECONDS, Rule.ANY, Rule.DONE)
USERS = iter(range(1, 10_000))

Row = dict[str, Any]


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every limit so small that a few plays pass it."""
    monkeypatch.setattr(axis, "_block_of", lambda size: 4 if size < 6 else 8)
    monkeypatch.setattr(axis, "_MOST_BEHIND", 3)
    monkeypatch.setattr(growing, "_LEAST_SPARE", 3)
    monkeypatch.setattr(store, "_STALE_ROWS", 6)


@st.composite
def rows(draw: st.DrawFn) -> list[tuple[int, Row]]:
    """Some plays, each with the minutes since what comes before it."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        letter = draw(st.sampled_from("abcdefgh"))
        kind = draw(st.sampled_from(("track", "track", "track", "episode")))
        names = {"spotify_track_uri": f"spotify:track:{letter * 22}"}
        if kind == "track":
            names["master_metadata_track_name"] = letter
            # Tracks share artists; spellings and albums are settled by what most rows say.
            names["master_metadata_album_artist_name"] = draw(
                st.sampled_from(("Ada", "ADA", letter))
            )
            names["master_metadata_album_album_name"] = draw(st.sampled_from(("One", "Two")))
        else:
            names = {
                "spotify_episode_uri": f"spotify:episode:{letter * 22}",
                "episode_name": letter,
            }
        row = names | {
            "ms_played": draw(st.sampled_from((0, 20_000, 40_000, 200_000))),
            "platform": draw(st.sampled_from(("ios", "linux", None))),
            "conn_country": draw(st.sampled_from(("DE", "PT"))),
            "reason_end": draw(st.sampled_from(("trackdone", "fwdbtn", None))),
        }
        found.append((draw(st.sampled_from((1, 50, 1_500, 40_000))), row))
    return found


def steps() -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Publications: at the end, somewhere before it, or an undo; and whether anybody looks afterwards."""
    return st.lists(
        st.one_of(
            st.tuples(st.just("append"), rows(), st.booleans()),
            st.tuples(st.just("append"), rows(), st.booleans()),
            st.tuples(st.just("insert"), rows(), st.booleans()),
            st.tuples(st.just("undo"), st.integers(0, 7), st.booleans()),
        ),
        min_size=2,
        max_size=6,
    )


class Published:
    """A listener's publications, one after another."""

    def __init__(self, imports: Imports, user_id: int) -> None:
        self.imports, self.user_id = imports, user_id
        self.last = FIRST
        self.done: list[int] = []

    def publish(self, what: str, given: Any) -> None:  # noqa: ANN401 - rows or a number
        if what == "undo":
            if self.done:
                self.imports.undo(self.user_id, self.done.pop(given % len(self.done)))
            return
        moment = self.last if what == "append" else FIRST - timedelta(hours=1)
        told: list[Row] = []
        for minutes, row in given:
            moment += timedelta(minutes=minutes)
            told.append(row | {"ts": moment.strftime("%Y-%m-%dT%H:%M:%SZ")})
        self.last = max(self.last, moment)
        record = bring_in(self.imports, files_of(told), user_id=self.user_id)
        self.done.append(record.id)


def library_of(shelf: Shelf, database: Database, user_id: int) -> Library:
    with database.read() as connection:
        return shelf.library(connection, user_id, history_versions(connection, user_id))


def told(columns: PlayColumns) -> list[tuple[Any, ...]]:
    """Say of each play all that its columns say, without the numbers that words happen to have."""
    words = columns.words
    told: list[tuple[Any, ...]] = []
    for row in range(len(columns.id)):
        track, context = columns.track[row], columns.context[row]
        own = [int(getattr(columns, name)[row]) for name in PLAY_COLUMNS]
        owners = [
            int(getattr(columns, f"track_{name}")[track]) for name in ("artist", "album", "kind")
        ]
        spoken = [
            words[getattr(columns, f"context_{part}")[context]]
            for part in ("platform", "country", "reason_start", "reason_end")
        ]
        flags = [
            int(getattr(columns, f"context_{part}")[context])
            for part in ("shuffle", "skipped", "offline", "private")
        ]
        told.append((*own, *owners, *spoken, *flags))
    return told


def summed(axis: Axis) -> list[tuple[int, int, list[tuple[int, int]]]]:
    """Sum over every range; labels that nothing has are left out."""
    borders = range(0, len(axis.labels) + 1, 3)
    found = []
    for start in borders:
        for end in (*borders[start // 3 :], len(axis.labels)):
            sums = axis.sums(start, end)
            found.append((start, end, [(int(at), int(sums[at])) for at in np.flatnonzero(sums)]))
    return found


def indexed(index: Occurrences, labels: list[int]) -> list[tuple[int, int] | None]:
    size = len(labels)
    return [
        index.first_and_last(label, start, end)
        for label in sorted(set(labels))
        for start, end in ((0, size), (size // 3, size), (0, size // 2), (size // 2, size // 2))
    ]


def measured(lane: LaneColumns) -> list[Any]:
    """Give all that a lane can make longer."""
    found: list[Any] = [getattr(lane, name).tolist() for name in PLAY_COLUMNS]
    found.append(lane.is_undecided().tolist())
    for rule in RULES:
        found += [lane.counted(rule).tolist(), lane.counted_ended_at(rule).tolist()]
        for item in ITEMS:
            found.append(summed(lane.plays_by(item, rule)))
            found.append(indexed(lane.occurrences(item, rule), lane.labels(item, rule).tolist()))
        for zone in ZONES:
            found += [summed(lane.hours(zone, rule)), summed(lane.days(zone, rule))]
    found += [summed(lane.time_by(item)) for item in ITEMS]
    for zone in ZONES:
        found += [
            summed(lane.hours(zone, None)),
            summed(lane.days(zone, None)),
            lane.day_span(zone),
        ]
    return found


@pytest.fixture
def imports(sqlite_database: Database, tmp_path: Path, clock: MovingClock) -> Imports:
    return imports_for(sqlite_database, tmp_path, clock)


@given(published=steps())
@settings(
    max_examples=30,
    deadline=None,
    # A failing case is large and slow to make smaller.
    phases=set(Phase) - {Phase.shrink},
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.usefixtures("_small")
def test_every_version_is_as_if_made_from_nothing(
    imports: Imports, sqlite_database: Database, tmp_path: Path, clock: MovingClock,
    published: list[tuple[Any, ...]],
) -> None:  # fmt: skip
    user = add_user(sqlite_database, clock, next(USERS))
    kept = Shelf(ColumnStore(tmp_path / "kept"), 1 << 30)
    publications = Published(imports, user)
    seen: list[tuple[LaneColumns, list[Any]]] = []
    for number, (what, given_rows, is_looked_at) in enumerate(published):
        publications.publish(what, given_rows)
        if not is_looked_at and number + 1 < len(published):
            continue
        library = library_of(kept, sqlite_database, user)
        scratch = library_of(
            Shelf(ColumnStore(tmp_path / f"{user}-{number}"), 1), sqlite_database, user
        )
        opened = library_of(Shelf(ColumnStore(tmp_path / "kept"), 1), sqlite_database, user)
        assert told(library.columns) == told(scratch.columns) == told(opened.columns)
        for selection in SELECTIONS[: number % 3 + 1]:
            lane = library.lane(selection)
            assert measured(lane) == measured(scratch.lane(selection))
            seen.append((lane, measured(lane)))
    for lane, before in seen:  # whoever still reads an older version reads what it was
        assert measured(lane) == before


def month_of_plays(first: str, count: int) -> list[Row]:
    start = datetime.fromisoformat(first)
    return [
        {
            "ts": (start + timedelta(minutes=10 * number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ms_played": 60_000,
            "spotify_track_uri": f"spotify:track:{number % 7}",
            "master_metadata_track_name": f"Song {number % 7}",
        }
        for number in range(count)
    ]


def months_read(database: Database) -> list[int]:
    """Count the segments of each reading of plays from now on."""
    found: list[int] = []

    def note(*happened: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        statement, parameters = happened[2], happened[3]
        if "segments.data" in statement and parameters[1] == Lane.PLAYS:
            found.append(len(parameters) - 2)

    event.listen(database.engine, "after_cursor_execute", note)
    return found


def test_only_months_that_differ_are_read(
    imports: Imports, sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    user = add_user(sqlite_database, clock)
    for month in range(1, 10):
        bring_in(imports, files_of(month_of_plays(f"2023-0{month}-03T10:00:00+00:00", 50)))
    shelf = Shelf(ColumnStore(tmp_path / "cache"), 1 << 30)
    library = library_of(shelf, sqlite_database, user)
    axis_before = library.lane(Selection("music")).plays_by("tracks", Rule.ANY)
    file = tmp_path / "cache" / f"{user}.columns"
    written_at = file.stat().st_mtime_ns
    # At the end of the last month, in a month of its own, and in the middle.
    for first in ("2023-09-20T10:00:00", "2023-11-01T10:00:00", "2023-04-20T10:00:00"):
        bring_in(imports, files_of(month_of_plays(f"{first}+00:00", 3)))
        read = months_read(sqlite_database)
        library = library_of(shelf, sqlite_database, user)
        assert read == [1], first
        lane = library.lane(Selection("music"))
        assert lane.plays_by("tracks", Rule.ANY).sums(0, len(lane.id)).sum() == len(lane.id)
    assert axis_before.sums(0, 450).sum() == 450
    # Another process opens what was written first, and reads the three months that came after.
    read = months_read(sqlite_database)
    other = library_of(Shelf(ColumnStore(tmp_path / "cache"), 1 << 30), sqlite_database, user)
    assert read == [3]
    assert told(other.columns) == told(library.columns)
    assert file.stat().st_mtime_ns == written_at


def test_an_older_transaction_keeps_its_version(
    imports: Imports, database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    user = add_user(database, clock)
    imports = imports_for(database, tmp_path, clock)
    bring_in(imports, files_of(month_of_plays("2023-01-03T10:00:00+00:00", 20)))
    shelf = Shelf(ColumnStore(tmp_path / "cache"), 1 << 30)
    with database.read() as older:
        versions = history_versions(older, user)
        bring_in(imports, files_of(month_of_plays("2023-02-03T10:00:00+00:00", 5)))
        newer = library_of(shelf, database, user)
        assert len(newer.columns.id) == 25
        assert len(shelf.library(older, user, versions).columns.id) == 20
    assert library_of(shelf, database, user) is newer


def test_nothing_is_left_of_an_emptied_history(
    imports: Imports, sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    user = add_user(sqlite_database, clock)
    record = bring_in(imports, files_of(month_of_plays("2023-01-03T10:00:00+00:00", 20)))
    shelf = Shelf(ColumnStore(tmp_path / "cache"), 1 << 30)
    assert len(library_of(shelf, sqlite_database, user).columns.id) == 20
    imports.undo(user, record.id)
    assert len(library_of(shelf, sqlite_database, user).columns.id) == 0
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"TNSTORE5", b"TNSTORE4" + bytes(64), bytes(4096)])
def test_a_damaged_file_is_made_again(
    imports: Imports, sqlite_database: Database, tmp_path: Path, clock: MovingClock, damage: bytes
) -> None:
    user = add_user(sqlite_database, clock)
    bring_in(imports, files_of(month_of_plays("2023-01-03T10:00:00+00:00", 20)))
    cache = tmp_path / "cache"
    before = library_of(Shelf(ColumnStore(cache), 1), sqlite_database, user)
    file = cache / f"{user}.columns"
    whole = file.read_bytes()
    # Another file takes the place: the mapped one stays what it is to those who read it.
    for content in (damage, whole[: len(whole) // 2]):
        file.unlink()
        file.write_bytes(content)
        after = library_of(Shelf(ColumnStore(cache), 1), sqlite_database, user)
        assert told(after.columns) == told(before.columns)
        assert file.read_bytes() == whole


def test_growing_leaves_shorter_arrays_alone() -> None:
    shortest = Growing.joined([np.arange(3)])
    one = shortest.grown(np.array([10, 11]))
    other = shortest.grown(np.array([20]))  # the room behind is the first one's
    longer = one.grown(np.arange(200))
    assert shortest.values.tolist() == [0, 1, 2]
    assert one.values.tolist() == [0, 1, 2, 10, 11]
    assert other.values.tolist() == [0, 1, 2, 20]
    assert longer.values.tolist() == [0, 1, 2, 10, 11, *range(200)]
    assert np.shares_memory(shortest.values, one.values)
    assert not np.shares_memory(one.values, other.values)
