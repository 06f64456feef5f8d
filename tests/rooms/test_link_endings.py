"""Before Spotify ends a link its listener is told three times, and each time once."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from link_room import LinkRoom, link_room
from moving_clock import MovingClock
from tonearm.accounts.link_endings import announce_link_endings
from tonearm.accounts.link_records import relink_by
from tonearm.domain.events import EventName
from tonearm.notifications.notifications import Notifications
from tonearm.storage.database import Database


@pytest.fixture
def room(database: Database, clock: MovingClock, tmp_path: Path) -> Iterator[LinkRoom]:
    with link_room(database, clock, tmp_path) as room:
        room.link()
        yield room


def told(room: LinkRoom) -> list[str]:
    """Look around as happens once a day, and give what was told since the last time."""
    inbox = Notifications(room.database, room.clock)
    before = {one.id for one in inbox.list(room.ada.id)}
    inbox.look_around()
    inbox.deliver_all()
    new = [one for one in inbox.list(room.ada.id) if one.id not in before]
    assert all(one.event is EventName.LINK_EXPIRING for one in new)
    assert all(one.link == "/account" for one in new)
    return [one.text for one in new]


@pytest.mark.parametrize(
    ("authorised", "ends"),
    [
        ("2026-05-01T12:00", "2026-11-01T12:00"),
        ("2026-08-31T00:00", "2027-02-28T00:00"),
        ("2027-08-30T23:59", "2028-02-29T23:59"),
        ("2026-12-31T10:00", "2027-06-30T10:00"),
        ("2026-07-31T10:00", "2027-01-31T10:00"),
    ],
)
def test_a_link_lasts_six_months_by_the_calendar(authorised: str, ends: str) -> None:
    instant = datetime.fromisoformat(authorised).replace(tzinfo=UTC)

    assert relink_by(instant) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_a_listener_is_told_thirty_fourteen_and_three_days_before(room: LinkRoom) -> None:
    days = []
    for day in range(184):
        for _ in range(2):  # as two servers do
            said = told(room)
            if said:
                days.append(184 - day)
                assert len(said) == 1
                assert "ends on 2026-11-01 (UTC). Link again before" in said[0]
        room.clock.advance(days=1)

    assert days == [30, 14, 3]
    assert told(room) == []


def test_who_looks_late_is_told_once(room: LinkRoom) -> None:
    room.clock.advance(days=175)
    assert len(told(room)) == 1
    room.clock.advance(days=7)
    assert len(told(room)) == 1
    assert told(room) == []


def test_who_links_again_is_told_anew_in_half_a_year(room: LinkRoom) -> None:
    room.clock.advance(days=182)
    assert len(told(room)) == 1
    room.link()
    assert told(room) == []

    room.clock.advance(days=155)

    assert len(told(room)) == 1


def test_nobody_is_told_of_a_link_that_has_ended(room: LinkRoom) -> None:
    room.links.unlink(room.ada.id)
    room.clock.advance(days=182)
    assert told(room) == []


def test_servers_that_look_at_the_same_time_tell_once(room: LinkRoom) -> None:
    room.clock.advance(days=170)
    url = room.database.engine.url.render_as_string(hide_password=False)
    barrier = threading.Barrier(4)

    def look() -> None:
        mine = Database(url)
        barrier.wait()
        announce_link_endings(mine, room.clock)
        mine.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    inbox = Notifications(room.database, room.clock)
    inbox.deliver_all()
    assert inbox.count_unread(room.ada.id) == 1
    assert inbox.list(room.ada.id)[0].created_at - room.clock() == timedelta(0)
