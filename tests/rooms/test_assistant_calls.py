"""What assistants have called: written down without what they asked about, bounded, and gone with its listener."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from assisting import ERAS, House, ask, house, refusal, speak
from listening import add_user
from moving_clock import MovingClock
from tonearm.accounts.assistants import KEPT, MOST_KEPT, AssistantCalls, Way
from tonearm.mcp.calling import call
from tonearm.mcp.tool import load_tools
from tonearm.storage.assistant_tables import tool_calls
from tonearm.storage.database import BUSY_TIMEOUT_MS, Database
from tonearm.storage.tables import users

DAY = timedelta(days=1)
UNHEARD = "zyzzyvaunheard"


@pytest.fixture
def calls(database: Database, clock: MovingClock) -> Iterator[AssistantCalls]:
    for number in (1, 2):
        add_user(database, clock, number)
    opened = AssistantCalls(database, clock)
    yield opened
    opened.close()


def note(
    calls: AssistantCalls,
    tool: str = "top",
    *,
    user_id: int = 1,
    ms_taken: int = 5,
    bytes_told: int = 100,
    outcome: str = "answered",
) -> None:
    calls.note(user_id, tool, Way.MCP, ms_taken=ms_taken, bytes_told=bytes_told, outcome=outcome)


def test_calls_are_listed_newest_first_page_by_page(
    calls: AssistantCalls, clock: MovingClock
) -> None:
    for tool in ("top", "plays", "item"):
        note(calls, tool)
        clock.advance(minutes=1)
    note(calls, "theirs", user_id=2)

    newest = calls.list_calls(1, limit=2)
    rest = calls.list_calls(1, before=newest[-1].id)

    assert [(one.id, one.tool) for one in (*newest, *rest)] == [
        (3, "item"),
        (2, "plays"),
        (1, "top"),
    ]
    assert newest[0].called_at == clock() - timedelta(minutes=1)
    assert (newest[0].way, newest[0].outcome) == (Way.MCP, "answered")
    assert [one.tool for one in calls.list_calls(2)] == ["theirs"]


def test_use_is_told_by_tool_within_a_span(calls: AssistantCalls, clock: MovingClock) -> None:
    note(calls, "old")
    clock.advance(days=7, seconds=1)
    note(calls, "plays", ms_taken=9)
    note(calls, ms_taken=10, bytes_told=1_000)
    note(calls, ms_taken=20, bytes_told=2_000)
    note(calls, ms_taken=60, bytes_told=0, outcome="invalid_input")
    note(calls, "theirs", user_id=2)

    top, plays = calls.list_use(1, 7 * DAY)

    assert (top.tool, top.calls, top.failed) == ("top", 3, 1)
    assert (top.ms_mean, top.ms_longest, top.bytes_told) == (30, 60, 3_000)
    assert (top.last_at, plays.tool, plays.ms_mean) == (clock(), "plays", 9)
    assert [one.tool for one in calls.list_use(1, 30 * DAY)] == ["top", "old", "plays"]


def test_old_calls_are_forgotten_and_no_listener_keeps_too_many(
    calls: AssistantCalls, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (KEPT.days, MOST_KEPT) == (90, 10_000)
    note(calls, "first")
    clock.advance(days=89)
    note(calls, "second")
    calls.settle()
    assert calls.sweep() == 0
    clock.advance(days=1, seconds=1)
    assert calls.sweep() == 1
    assert [one.tool for one in calls.list_calls(1)] == ["second"]

    monkeypatch.setattr("tonearm.accounts.assistants.MOST_KEPT", 3)
    note(calls, "theirs", user_id=2)
    for number in range(5):
        note(calls, f"tool_{number}")
    assert [one.tool for one in calls.list_calls(1)] == ["tool_4", "tool_3", "tool_2"]
    assert len(calls.list_calls(2)) == 1


def test_calls_go_with_their_listener_and_nobody_s_call_is_written_down(
    database: Database, calls: AssistantCalls
) -> None:
    note(calls)
    note(calls, user_id=2)
    calls.settle()
    with database.write() as connection:
        connection.execute(delete(users).where(users.c.id == 1))

    note(calls)  # of somebody who has gone while it was answered
    calls.settle()

    with database.read() as connection:
        left = connection.scalars(select(tool_calls.c.user_id)).all()
    assert left == [2]


def test_calls_at_the_same_time_are_all_there(database: Database, calls: AssistantCalls) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: note(calls, f"tool_{number}"), range(40)))
    calls.settle()

    with database.read() as connection:
        count, highest = connection.execute(select(func.count(), func.max(tool_calls.c.id))).one()
    assert (count, highest) == (40, 40)


def test_an_answer_waits_for_no_lock(sqlite_database: Database, clock: MovingClock) -> None:
    add_user(sqlite_database, clock)
    calls = AssistantCalls(sqlite_database, clock)
    with sqlite_database.write(), ThreadPoolExecutor(1) as thread:
        # Whoever waited for the lock would wait for as long as the database lets them.
        patience = BUSY_TIMEOUT_MS / 1000 - 3
        thread.submit(note, calls).result(timeout=patience)
        assert thread.submit(calls.list_calls, 1).result(timeout=patience) == []

    calls.settle()
    assert [one.tool for one in calls.list_calls(1)] == ["top"]
    calls.close()


def test_what_waits_is_bounded_and_is_written_before_the_end(
    sqlite_database: Database, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonearm.accounts.assistants._MOST_WAITING", 3)
    add_user(sqlite_database, clock)
    calls = AssistantCalls(sqlite_database, clock)
    with sqlite_database.write():
        for number in range(9):
            note(calls, f"tool_{number}")
    calls.close()

    with sqlite_database.read() as connection:
        found = connection.scalars(select(tool_calls.c.tool).order_by(tool_calls.c.id)).all()
    assert found == ["tool_0", "tool_1", "tool_2"]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as opened:
        yield opened


def test_every_call_is_written_down_as_it_ended(here: House) -> None:
    for era in ERAS:
        ask(here.client(here.ada, era), "history.top_artists", {"limit": 1})
        refusal(here.client(here.ada, era), "top", {"item": "artists", "limitt": 1})
        refusal(here.client(here.ada, era, frozenset()), "hide_plays", {"plays": [1]})
        refusal(here.client(here.ada, era), "fetch", {"id": "artist:999"})
    speak(here.client(here.ada, ERAS[0]), lambda client: client.read_resource("tonearm://profile"))

    found = here.services.assistant_calls.list_calls(here.ada.id)
    ended = [(one.tool, one.outcome) for one in reversed(found)]
    once = [
        ("top", "answered"),
        ("top", "invalid_input"),
        ("hide_plays", "forbidden"),
        ("fetch", "not_found"),
    ]
    assert ended == [*once, *once, ("taste_summary", "answered")]
    assert all((one.bytes_told > 0) is (one.outcome == "answered") for one in found)
    assert {one.way for one in found} == {Way.STDIO}
    assert here.services.assistant_calls.list_calls(here.bob.id) == []


def test_what_was_asked_about_is_nowhere(here: House, tmp_path: Path) -> None:
    ask(here.client(here.ada, ERAS[0]), "search", {"query": UNHEARD})
    refusal(here.client(here.ada, ERAS[0]), "top", {"item": UNHEARD})
    here.services.assistant_calls.settle()
    here.tonearm.database.settle()

    with sqlite3.connect(tmp_path / "tonearm.db") as connection:
        dump = "\n".join(connection.iterdump())
    assert "'search'" in dump
    assert UNHEARD not in dump


def test_what_nobody_foresaw_is_a_call_that_failed(
    here: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("tonearm.mcp.calling.tell", fail)
    with pytest.raises(RuntimeError):
        call(load_tools()["habits"], {}, here.desk(here.ada))

    (noted,) = here.services.assistant_calls.list_calls(here.ada.id)
    assert (noted.tool, noted.outcome, noted.bytes_told) == ("habits", "internal", 0)
