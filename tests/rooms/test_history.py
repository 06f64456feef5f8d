"""Plays are a function of the evidence: against the oracle, in any order, undone, repeated."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from listening import add_user, bring_in, files_of, imports_for, loosened, stored_plays
from moving_clock import MovingClock
from oracle.plays import OraclePlay, plays_of, verdict_kind
from oracle.strategies import dirty_histories, histories
from tonearm.storage.database import Database

LENIENT = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def by_row(play: OraclePlay) -> str:
    return repr(play)


def expected(rows: Sequence[Any], clock: MovingClock) -> list[OraclePlay]:
    return sorted(map(loosened, plays_of(rows, now=clock())), key=by_row)


def found(database: Database, user_id: int) -> list[OraclePlay]:
    return sorted(stored_plays(database, user_id), key=by_row)


class Listeners:
    """Gives each example a listener of its own, in one database."""

    def __init__(self, database: Database, folder: Path, clock: MovingClock) -> None:
        self.database = database
        self.imports = imports_for(database, folder, clock)
        self.clock = clock
        self.count = 0

    def new(self) -> int:
        self.count += 1
        return add_user(self.database, self.clock, self.count)


@pytest.fixture
def listeners(database: Database, tmp_path: Path, clock: MovingClock) -> Listeners:
    return Listeners(database, tmp_path, clock)


@given(rows=dirty_histories())
@settings(LENIENT, max_examples=60)
def test_plays_and_counts_are_the_oracles(listeners: Listeners, rows: list[Any]) -> None:
    user = listeners.new()
    files = files_of(rows)
    if not any(b'"ts"' in file or b'"endTime"' in file for file in files):
        return
    record = bring_in(listeners.imports, files, user_id=user)
    if record.problem:
        assert "No listening history" in record.problem
        return
    assert found(listeners.database, user) == expected(rows, listeners.clock)
    kinds = [verdict_kind(row, listeners.clock()) for row in rows]
    counts = record.counts
    assert counts.rows == len(rows)
    assert counts.malformed == kinds.count("malformed")
    assert counts.no_content == kinds.count("no content")
    assert counts.new == len(expected(rows, listeners.clock))
    assert counts.rows == (
        counts.malformed + counts.no_content + counts.suppressed + counts.new + counts.improved
        + counts.duplicate
    )  # fmt: skip


@given(rows=histories(), cuts=st.lists(st.integers(0, 40), max_size=3), data=st.data())
@LENIENT
def test_order_and_grouping_leave_no_trace(
    listeners: Listeners, rows: list[Any], cuts: list[int], data: st.DataObject
) -> None:
    user = listeners.new()
    borders = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [rows[a:b] for a, b in pairwise(borders) if a < b]
    for part in data.draw(st.permutations(parts)):
        bring_in(listeners.imports, files_of(part), user_id=user)
    assert found(listeners.database, user) == expected(rows, listeners.clock)


@given(kept=histories(), undone=histories(), more=histories(), overlap=st.integers(0, 8))
@LENIENT
def test_undo_leaves_what_there_would_be_without(
    listeners: Listeners, kept: list[Any], undone: list[Any], more: list[Any], overlap: int
) -> None:
    user = listeners.new()
    undone = undone + kept[:overlap]
    bring_in(listeners.imports, files_of(kept), user_id=user)
    record = bring_in(listeners.imports, files_of(undone), user_id=user)
    bring_in(listeners.imports, files_of(more), user_id=user)
    if record.problem:
        return
    assert listeners.imports.undo(user, record.id).state == "undone"
    assert found(listeners.database, user) == expected(kept + more, listeners.clock)


@given(rows=histories())
@LENIENT
def test_importing_again_changes_nothing(listeners: Listeners, rows: list[Any]) -> None:
    user = listeners.new()
    bring_in(listeners.imports, files_of(rows), user_id=user)
    before = found(listeners.database, user)
    plays = state(listeners.database, user)
    same = bring_in(listeners.imports, files_of(rows), user_id=user)
    shuffled = bring_in(listeners.imports, files_of(list(reversed(rows))), user_id=user)
    for record in (same, shuffled):
        assert record.counts.new == record.counts.improved == 0
    assert found(listeners.database, user) == before
    assert state(listeners.database, user) == plays
    # Either of the first two may go: the others still vouch for everything.
    listeners.imports.undo(user, same.id)
    assert found(listeners.database, user) == before


@given(rows=histories())
@LENIENT
def test_undoing_everything_leaves_nothing(listeners: Listeners, rows: list[Any]) -> None:
    user = listeners.new()
    record = bring_in(listeners.imports, files_of(rows), user_id=user)
    if record.problem:
        return
    listeners.imports.undo(user, record.id)
    assert found(listeners.database, user) == []
    with listeners.database.read() as connection:
        for table in (
            "segments",
            "manifest",
            "descriptions",
            "contexts",
            "tracks",
            "albums",
            "artists",
        ):
            query = text(f"SELECT count(*) FROM {table} WHERE user_id = :user")  # noqa: S608 - our tables
            assert connection.scalar(query, {"user": user}) == 0, table


def state(database: Database, user: int) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                text("SELECT lane, month, data FROM segments WHERE user_id = :u ORDER BY 1, 2"),
                {"u": user},
            )
        ]


def test_what_was_the_future_is_read_again(listeners: Listeners) -> None:
    user = listeners.new()
    row = {
        "ms_played": 60_000,
        "spotify_track_uri": "spotify:track:a",
        "ts": "2026-05-04T12:00:00Z",
    }
    early = bring_in(listeners.imports, files_of([row]), user_id=user)
    assert early.counts.malformed == 1
    listeners.clock.advance(days=3)
    late = bring_in(listeners.imports, files_of([row]), user_id=user)
    assert late.counts.new == 1


def test_each_row_gets_the_first_verdict_that_applies(listeners: Listeners) -> None:
    user = listeners.new()
    first = {
        "ts": "2024-03-01T12:00:00Z",
        "ms_played": 60_000,
        "spotify_track_uri": "spotify:track:a",
        "skipped": None,
    }
    other = first | {"ts": "2024-03-01T13:00:00Z"}
    bring_in(listeners.imports, files_of([first, other]), user_id=user)
    later = [
        first,  # known word for word
        first | {"skipped": False},  # tells what was unknown
        first | {"skipped": False},  # the same once more
        first | {"ts": "2024-03-01T14:00:00Z"},
        first | {"ts": "2024-03-01T14:00:00Z"},
        {"ts": "2024-03-01T15:00:00Z", "ms_played": 1},
        {"ts": "yesterday", "ms_played": 1},
    ]
    record = bring_in(listeners.imports, files_of(later), user_id=user)
    verdicts = [row.verdict for row in listeners.imports.ledger(user, record.id)]
    assert verdicts == [
        "duplicate", "improved", "duplicate", "new", "duplicate", "no_content", "malformed",
    ]  # fmt: skip
    assert record.counts.improved == 1
