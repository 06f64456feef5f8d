"""Polled plays are evidence like any other: against the oracle, in any order, forgotten, told again."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from listening import add_user, bring_in, files_of, imports_for, loosened, stored_plays
from moving_clock import MovingClock
from oracle.plays import OraclePlay, plays_of
from oracle.strategies import polled_histories
from polling import poll, sample
from tonearm.history.polls import Polls
from tonearm.history.publication import history_version
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import gaps, polled, polled_spans
from tonearm.storage.tables import artists, descriptions, manifest, segments, tracks

LENIENT = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
Rows = Sequence[dict[str, Any]]


class Listeners:
    """Gives each example a listener of its own, in one database."""

    def __init__(self, database: Database, folder: Path, clock: MovingClock) -> None:
        self.database = database
        self.imports = imports_for(database, folder, clock)
        self.polls = Polls(database, clock)
        self.clock = clock
        self.count = 0

    def new(self) -> int:
        self.count += 1
        return add_user(self.database, self.clock, self.count)

    def tell(self, user: int, rows: Rows, link: int = 1) -> int | None:
        """Import rows, record items and samples; give the number of the import."""
        items = [row for row in rows if "played_at" in row]
        if items:
            poll(self.polls, items, self.clock(), user_id=user, link_id=link)
        for row in rows:
            if "sampled_at" in row:
                sample(self.polls, row, user_id=user, link_id=link)
        files = only_rows(rows)
        return bring_in(self.imports, files_of(files), user_id=user).id if files else None

    def plays(self, user: int) -> list[OraclePlay]:
        return sorted(stored_plays(self.database, user), key=repr)

    def expected(self, rows: Rows) -> list[OraclePlay]:
        return sorted(map(loosened, plays_of(rows, now=self.clock())), key=repr)

    def version(self, user: int) -> int:
        with self.database.read() as connection:
            return history_version(connection, user)


@pytest.fixture
def listeners(database: Database, tmp_path: Path, clock: MovingClock) -> Listeners:
    return Listeners(database, tmp_path, clock)


def only_rows(rows: Rows) -> list[dict[str, Any]]:
    return [row for row in rows if not {"played_at", "sampled_at"} & row.keys()]


def only_answers(rows: Rows) -> list[dict[str, Any]]:
    return [row for row in rows if {"played_at", "sampled_at"} & row.keys()]


@given(rows=polled_histories(), cuts=st.lists(st.integers(0, 20), max_size=3), data=st.data())
@settings(LENIENT, max_examples=40)
def test_order_and_grouping_of_imports_and_polls_leave_no_trace(
    listeners: Listeners, rows: Rows, cuts: list[int], data: st.DataObject
) -> None:
    user = listeners.new()
    borders = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [rows[a:b] for a, b in pairwise(borders) if a < b]
    for part in data.draw(st.permutations(parts)):
        listeners.tell(user, part, link=data.draw(st.integers(1, 2)))
    assert listeners.plays(user) == listeners.expected(rows)


@given(kept=polled_histories(), undone=polled_histories(), more=polled_histories())
@LENIENT
def test_undo_leaves_what_there_would_be_without(
    listeners: Listeners, kept: Rows, undone: Rows, more: Rows
) -> None:
    user = listeners.new()
    listeners.tell(user, kept)
    number = listeners.tell(user, only_rows(undone))
    listeners.tell(user, more)
    if number is None or listeners.imports.get(user, number).problem:
        return
    listeners.imports.undo(user, number)
    assert listeners.plays(user) == listeners.expected([*kept, *more])


@given(kept=polled_histories(), gone=polled_histories(), overlap=st.integers(0, 4))
@LENIENT
def test_forgetting_leaves_what_there_would_be_without(
    listeners: Listeners, kept: Rows, gone: Rows, overlap: int
) -> None:
    user = listeners.new()
    gone = only_answers([*gone, *only_answers(kept)[:overlap]])
    listeners.tell(user, gone, link=2)
    listeners.tell(user, kept, link=1)
    before = listeners.version(user)
    told = []
    listeners.polls.forget(user, 2, lambda _connection, count: told.append(count))
    assert listeners.plays(user) == listeners.expected(kept)
    assert listeners.version(user) == before + 1
    assert len(told) == 1
    with listeners.database.read() as connection:
        for table in (polled, polled_spans, gaps):
            query = select(func.count()).where(table.c.user_id == user, table.c.link_id == 2)
            assert connection.scalar(query) == 0


@given(rows=polled_histories())
@LENIENT
def test_forgetting_everything_leaves_nothing(listeners: Listeners, rows: Rows) -> None:
    user = listeners.new()
    listeners.tell(user, only_answers(rows))
    listeners.polls.forget(user, 1)
    assert listeners.plays(user) == []
    with listeners.database.read() as connection:
        for table in (segments, manifest, descriptions, tracks, artists, polled, polled_spans):
            query = select(func.count()).where(table.c.user_id == user)
            assert connection.scalar(query) == 0, table.name


@given(rows=polled_histories(), data=st.data())
@LENIENT
def test_telling_again_changes_nothing(
    listeners: Listeners, rows: Rows, data: st.DataObject
) -> None:
    user = listeners.new()
    listeners.tell(user, rows)
    items = [row for row in rows if "played_at" in row]
    if not items:
        return
    before, version = listeners.plays(user), listeners.version(user)
    again = data.draw(st.permutations([*items, *items[:2]]))
    outcome = poll(listeners.polls, again, listeners.clock(), user_id=user)
    assert (outcome.known, outcome.new, outcome.merged) == (len(again), 0, 0)
    assert not any(
        sample(listeners.polls, row, user_id=user) for row in rows if "sampled_at" in row
    )
    assert outcome.version == listeners.version(user) == version
    assert listeners.plays(user) == before
