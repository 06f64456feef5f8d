"""What an assistant is told of collecting, and what it may set going."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client

from assisting import ask
from collecting import Room, collecting
from moving_clock import MovingClock
from tonearm.collector.records import PausedBy
from tonearm.domain.vocabulary import Scope
from tonearm.mcp.desk import Desk
from tonearm.mcp.server import create_server


@pytest.fixture
def room(sqlite_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    with collecting(sqlite_url, tmp_path, clock) as room:
        yield room


def client(room: Room) -> Client:
    desk = Desk(room.tonearm.services(), room.ada, frozenset(Scope), "https://music.example.org")
    return Client(create_server("1", lambda _context: desk))


def test_a_sync_is_queued_once_however_often_it_is_asked_for(room: Room) -> None:
    room.link()
    before = len(room.jobs())

    first, second = (ask(client(room), "trigger_sync") for _ in range(2))

    assert first["job"] == second["job"]
    assert first["state"] == "queued"
    assert "is not known yet" in first["words"]
    jobs = ask(client(room), "sync_status", {"what": "jobs"})["jobs"]
    assert (jobs[0]["id"], jobs[0]["deed"]) == (first["job"], "collector.poll")
    assert len(room.jobs()) <= before + 1
    room.clock.advance(seconds=1)
    room.work()
    assert ask(client(room), "sync_status", {"what": "jobs"})["jobs"][0]["state"] == "succeeded"


def test_how_collecting_stands_is_told_as_it_is(room: Room) -> None:
    room.link()
    room.go_on(hours=2)
    told, status = ask(client(room), "sync_status")["sync"], room.status()

    assert told["standing"] == "collecting"
    assert (told["fetched"], told["new"]) == (status.fetched, status.new)
    assert status.polled_at is not None
    assert told["polled_at"] == status.polled_at.isoformat()

    room.tonearm.collections.pause(room.ada.id, PausedBy.LISTENER)
    room.clock.advance(hours=1)
    paused = ask(client(room), "sync_status", {"what": "sync"})["sync"]

    assert paused["standing"] == "paused"
    assert [gap["reason"] for gap in paused["gaps"]][:1] == ["collecting was paused"]
    assert paused["next_at"] is None
