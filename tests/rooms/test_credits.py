"""All artists of a track: told by polls and samples, corrected, forgotten, and read from answers that were kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from collecting import collecting
from moving_clock import MovingClock
from polling import TEN, A, B, House, item_of, poll, row_of, sample, state_of
from tonearm.domain.vocabulary import ItemKind, Rule
from tonearm.history.corrections.records import SplitWish
from tonearm.history.store import ColumnStore
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.insights import Insights
from tonearm.insights.plays import PlaysQuestion
from tonearm.insights.question import Question
from tonearm.simulator.documents import Documents
from tonearm.simulator.world import Track
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import track_credits
from tonearm.storage.schema import migrate
from tonearm.storage.tables import artists

HARBOUR, GUEST, OTHER = "Glass Harbour", "Noite", "Zeta"


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def told(uri: str, hours: int, *names: str) -> dict[str, Any]:
    """Make an item of a track by several artists, of an album by the first."""
    item = item_of(uri, TEN + timedelta(hours=hours), title=uri[-1])
    item["track"]["artists"] = [{"name": name} for name in names]
    return item


def tops(house: House, credit: str = "all", insights: Insights | None = None) -> dict[str, int]:
    asked = TopQuestion(credit=credit, rule=Rule.ANY)  # type: ignore[arg-type] # either word
    found = (insights or house.insights).answer("top-artists", 1, asked)
    return {one.name: one.plays for one in found.items}


def plays_of(house: House, artist: str, credit: str = "all") -> int:
    asked = PlaysQuestion(credit=credit, artist=artist)  # type: ignore[arg-type] # either word
    return house.insights.plays(1, asked).total


def number_of(house: House, name: str) -> str:
    with house.database.read() as connection:
        return f"#{connection.scalar(select(artists.c.id).where(artists.c.name == name))}"


def test_polls_samples_and_exports_together(house: House, tmp_path: Path) -> None:
    house.bring_in(row_of(A, TEN - timedelta(days=9)), row_of(B, TEN - timedelta(days=8)))
    assert tops(house) == {HARBOUR: 2}, "exports name one"
    poll(house.polls, [told(A, 0, HARBOUR, GUEST), told(B, 1, HARBOUR)])
    assert tops(house) == {HARBOUR: 4, GUEST: 2}, "also what was heard before"
    assert tops(house, "primary") == {HARBOUR: 4}
    assert plays_of(house, GUEST) == 2
    row = state_of(B, TEN + timedelta(hours=3), title="b")
    row["state"]["item"] |= {"artists": [{"name": HARBOUR}, {"name": GUEST}, {"name": OTHER}]}
    assert sample(house.polls, row)
    assert tops(house) == {HARBOUR: 5, GUEST: 5, OTHER: 3}
    fresh = Insights(
        house.database, ColumnStore(tmp_path / "other"), house.clock, most_bytes=1 << 26
    )
    assert tops(house, insights=fresh) == tops(house), "as those who read everything anew"
    assert (plays_of(house, GUEST), plays_of(house, GUEST, "primary")) == (5, 0)
    top = house.insights.answer("top-artists", 1, TopQuestion(credit="all", rule=Rule.ANY))
    assert (top.covered.credit, "credit=all" in top.covered.line_plays) == ("all", True)
    # Spotify names others now: those hold.
    poll(house.polls, [told(B, 5, HARBOUR, OTHER)])
    assert tops(house) == {HARBOUR: 6, OTHER: 4, GUEST: 2}


def test_what_is_undone_forgotten_or_cleared_leaves_no_credit(house: House) -> None:
    number = house.bring_in(row_of(A, TEN - timedelta(days=9)))
    poll(house.polls, [told(A, 0, HARBOUR, GUEST)], link_id=1)
    poll(house.polls, [told(A, 0, HARBOUR, GUEST), told(B, 1, HARBOUR, OTHER)], link_id=2)
    assert tops(house) == {HARBOUR: 3, GUEST: 2, OTHER: 1}
    house.imports.undo(1, number)
    assert tops(house) == {HARBOUR: 2, GUEST: 1, OTHER: 1}
    house.polls.forget(1, 1)
    assert tops(house) == {HARBOUR: 2, GUEST: 1, OTHER: 1}, "another link told the same"
    house.bring_in(row_of(A, TEN - timedelta(days=9)))
    house.polls.forget(1, 2)
    assert tops(house) == {HARBOUR: 1}
    poll(house.polls, [told(A, 0, HARBOUR, GUEST)])
    house.clearing.clear(1, _name(house))
    with house.database.read() as connection:
        assert connection.execute(select(track_credits)).all() == []


def _name(house: House) -> str:
    with house.database.read() as connection:
        return str(connection.scalar(text("SELECT name FROM users WHERE id = 1")))


def test_merged_and_split_artists_count_once(house: House) -> None:
    poll(house.polls, [told(A, 0, HARBOUR, GUEST, OTHER), told(B, 1, HARBOUR, OTHER)])
    assert tops(house) == {HARBOUR: 2, OTHER: 2, GUEST: 1}
    guests = house.corrections.merge(
        1, ItemKind.ARTIST, number_of(house, OTHER), [number_of(house, GUEST)]
    )
    assert tops(house) == {HARBOUR: 2, OTHER: 2}
    own = house.corrections.merge(
        1, ItemKind.ARTIST, number_of(house, HARBOUR), [number_of(house, OTHER)]
    )
    assert tops(house) == {HARBOUR: 2}, "one and the same"
    house.corrections.undo(1, own.id)
    house.corrections.undo(1, guests.id)
    assert tops(house) == {HARBOUR: 2, OTHER: 2, GUEST: 1}
    house.corrections.merge(1, ItemKind.TRACK, B, [A])
    assert tops(house) == {HARBOUR: 2, OTHER: 2, GUEST: 2}, "what is one track has all of them"
    house.corrections.split(1, SplitWish(tracks=(B,), artist=OTHER))
    assert tops(house)[OTHER] == 2


def test_credits_are_read_from_answers_that_were_kept(house: House, tmp_path: Path) -> None:
    poll(house.polls, [told(A, 0, HARBOUR, OTHER)])
    poll(house.polls, [told(A, 2, HARBOUR, GUEST), told(B, 3, HARBOUR)])
    row = state_of(B, TEN + timedelta(hours=5), title="b")
    row["state"]["item"] |= {"artists": [{"name": HARBOUR}, {"name": GUEST}]}
    assert sample(house.polls, row)
    expected, version = tops(house), house.version()
    assert expected == {HARBOUR: 4, GUEST: 4}
    # As it was before: neither the table, nor artists that only credits name.
    with house.database.write() as connection:
        connection.execute(delete(artists).where(artists.c.name == GUEST))
        connection.execute(text("DROP TABLE track_credits"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0017'"))
    migrate(house.database)
    assert house.version() == version + 1
    fresh = Insights(
        house.database, ColumnStore(tmp_path / "other"), house.clock, most_bytes=1 << 26
    )
    assert tops(house, insights=fresh) == expected == tops(house)
    assert house.insights.answer("totals", 1, Question(credit="all")).artists == 2


def test_a_link_tells_of_guests(
    database_url: str, tmp_path: Path, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Documents.simple_track

    def with_guest(self: Documents, track: Track, *, market: bool = False) -> dict[str, Any]:
        """Write a track of the invented Spotify, whose tracks have one artist each, as one that has a guest."""
        found = alone(self, track, market=market)
        return found | {"artists": [*found["artists"], found["artists"][0] | {"name": GUEST}]}

    monkeypatch.setattr(Documents, "simple_track", with_guest)
    with collecting(database_url, tmp_path, clock) as room:
        room.link()
        asked = TopQuestion(credit="all", rule=Rule.ANY, limit=1)
        found = room.tonearm.insights.answer("top-artists", room.ada.id, asked)
        assert [(one.name, one.plays) for one in found.items] == [(GUEST, len(room.plays()))]
        assert found.items[0].share == 1
