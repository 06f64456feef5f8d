"""A cleared history is gone: from the database, from the spool, from the cache, and from every answer."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from listening import add_user, bring_in, stored_plays
from moving_clock import MovingClock
from tonearm.accounts.audit import Action, Audit
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.domain.vocabulary import Rule
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.liked import Liked
from tonearm.history.store import ColumnStore
from tonearm.importers.clearing import Clearing
from tonearm.importers.following import RUN, import_of
from tonearm.importers.imports import imports_of
from tonearm.importers.limits import Limits
from tonearm.insights.insights import Insights
from tonearm.insights.question import Question
from tonearm.storage.database import Database
from tonearm.storage.tables import metadata

EVERYTHING = Question(kind="all", rule=Rule.ANY)
KEPT = {"histories", "liked", "events"}
"""What a listener still has: numbers that go on, likes, and the word that it was cleared."""


def rows(name: str, count: int = 8) -> list[dict[str, object]]:
    return [
        {
            "ts": f"2024-0{month}-01T01:00:00Z",
            "ms_played": 60_000,
            "spotify_track_uri": f"spotify:track:{name}{month}",
            "master_metadata_track_name": f"Title {name}{month}",
            "master_metadata_album_artist_name": f"Artist {name}",
            "master_metadata_album_album_name": f"Album {name}",
        }
        for month in range(1, count + 1)
    ]


def file_of(name: str) -> bytes:
    return json.dumps(rows(name)).encode()


class House:
    def __init__(self, database: Database, folder: Path, clock: MovingClock) -> None:
        self.database = database
        self.clock = clock
        self.spool = folder / "spool"
        self.cache = folder / "cache"
        self.imports, self.jobs, self.desk = imports_of(database, self.spool, Limits(), clock)
        store = ColumnStore(self.cache)
        self.insights = Insights(database, store, clock, most_bytes=1 << 26)
        self.clearing = Clearing(database, self.spool, clock, self.jobs, store.forget)
        for user in (1, 2):
            add_user(database, clock, user)
            bring_in(self.imports, [file_of(f"u{user}")], user_id=user)

    def count(self, user_id: int = 1) -> int:
        answer = self.insights.answer("totals", user_id, EVERYTHING)
        return int(answer.plays)

    def tables_of(self, user_id: int) -> set[str]:
        """Give the tables that hold anything of a listener."""
        found: set[str] = set()
        with self.database.read() as connection:
            for table in metadata.tables.values():
                if "user_id" in table.c:
                    query = select(func.count()).where(table.c.user_id == user_id)
                    if connection.scalar(query.select_from(table)):
                        found.add(table.name)
        return found


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def test_nothing_of_a_cleared_history_is_left(house: House) -> None:
    corrections = Corrections(house.database, house.clock)
    liked = Liked(house.database, house.clock)
    corrections.hide(1, [1])
    likes = [liked.add(1, "spotify:track:u11").name]
    bring_in(house.imports, [file_of("u1"), file_of("more")], is_preview=True)
    assert (house.count(1), house.count(2)) == (7, 8)
    assert {path.name for path in house.cache.iterdir()} == {"1.columns", "2.columns"}
    before = house.tables_of(2)

    house.clearing.clear(1, " u1 ")

    assert house.tables_of(1) == KEPT
    assert [path.name for path in house.cache.iterdir()] == ["2.columns"]
    assert list(house.spool.iterdir()) == []
    assert (house.count(1), house.count(2)) == (0, 8)
    assert house.tables_of(2) == before
    assert house.imports.list(1) == []
    assert corrections.list(1) == []
    assert [one.name for one in liked.list(1)] == likes
    (entry, *_) = Audit(house.database, house.clock).list()
    assert (entry.action, entry.subject_id, entry.details) == (
        Action.HISTORY_CLEARED, 1, {"imports": 2},
    )  # fmt: skip


def test_a_cleared_history_begins_anew(house: House) -> None:
    before = stored_plays(house.database)
    was = house.insights.play(1, 1)
    house.clearing.clear(1, "u1")
    assert house.count() == 0

    record = bring_in(house.imports, [file_of("u1")])

    assert (record.id, record.counts.new, house.count()) == (1, 8, 8)
    assert stored_plays(house.database) == before
    # What somebody noted down of before does not lead to another play.
    with pytest.raises(NotFoundError):
        house.insights.play(1, was.play.id)


def test_it_has_to_be_meant(house: House) -> None:
    for wrong in ("", "U1", "u2", "yes"):
        with pytest.raises(InvalidInputError) as refused:
            house.clearing.clear(1, wrong)
        assert refused.value.parameter == "confirm"
    with pytest.raises(NotFoundError):
        house.clearing.clear(99, "u1")
    assert house.count() == 8


def test_an_import_that_runs_is_not_pulled_away(house: House) -> None:
    waiting = house.imports.submit(1, house.imports.create_spool(), ["a.json"])
    claim = house.desk.claim("worker", [RUN])
    assert claim is not None
    assert import_of(claim.job) == (1, waiting.id)
    with pytest.raises(ConflictError, match=f"Import {waiting.id} is running"):
        house.clearing.clear(1, "u1")
    assert house.count() == 8

    house.desk.give_back(claim)
    house.clearing.clear(1, "u1")

    assert house.desk.claim("worker", [RUN]) is None
    house.clearing.clear(1, "u1")
    assert (house.count(), house.tables_of(1)) == (0, {"histories", "events"})
