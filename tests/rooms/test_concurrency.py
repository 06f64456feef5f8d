"""Whoever asks while imports publish and undo gets one version of the history, whole, and at once."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, event

from listening import add_user, bring_in, files_of, imports_for
from moving_clock import MovingClock
from tonearm.domain.vocabulary import Rule
from tonearm.history.publication import history_version, history_versions, lock_history
from tonearm.history.store import ColumnStore
from tonearm.importers.imports import Imports
from tonearm.insights.answers import Answers
from tonearm.insights.chart import load_charts
from tonearm.insights.insights import Insights
from tonearm.insights.library import Library
from tonearm.insights.question import Question
from tonearm.insights.selection import Selection
from tonearm.insights.shelf import Shelf
from tonearm.storage.database import Database

LONGEST_S = 6
FEWEST_VERSIONS = 8
READERS = 4
EVERYTHING = {"range": "all", "zone": "Europe/Berlin", "rule": Rule.THIRTY_SECONDS}
MUSIC = Selection("music")
FIRST = datetime(2023, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


def some_rows(artist: str, first_day: int, count: int) -> list[Row]:
    """Plays of one artist, a few hours apart; every third is too short to count."""
    return [
        {
            "ts": (FIRST + timedelta(days=first_day, hours=5 * number)).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            ),
            "ms_played": 10_000 if number % 3 == 2 else 60_000 + number,
            "spotify_track_uri": f"spotify:track:{artist}{number % 11}",
            "master_metadata_track_name": f"Song {number % 11}",
            "master_metadata_album_artist_name": artist,
        }
        for number in range(count)
    ]


class Known(NamedTuple):
    """What a version has to answer."""

    plays: int
    ms_played: int
    artists: tuple[tuple[str, int], ...]


def known_of(rows: list[Row]) -> Known:
    counted = [row for row in rows if row["ms_played"] >= 30_000]
    artists = Counter(row["master_metadata_album_artist_name"] for row in counted)
    return Known(len(counted), sum(row["ms_played"] for row in rows), tuple(artists.most_common()))


def library_of(shelf: Shelf, database: Database, user_id: int = 1) -> Library:
    with database.read() as connection:
        return shelf.library(connection, user_id, history_versions(connection, user_id))


def question(chart: str) -> Question:
    asked: Question = load_charts()[chart].question(**EVERYTHING)
    return asked


def ask_totals(insights: Insights) -> tuple[int, object]:
    found = insights.answer("totals", 1, question("totals"))
    return found.covered.history_version, (found.plays, found.ms_played)


def ask_heatmap(insights: Insights) -> tuple[int, object]:
    return summed(insights.answer("heatmap", 1, question("heatmap")))


def ask_timeline(insights: Insights) -> tuple[int, object]:
    return summed(insights.answer("timeline", 1, question("timeline")))


def ask_artists(insights: Insights) -> tuple[int, object]:
    return ranked(insights.answer("top-artists", 1, question("top-artists")))


def ask_overview(insights: Insights) -> tuple[int, object]:
    found = insights.overview(1, question("totals"))
    versions = {part.covered.history_version for part in (found.totals, found.artists, found.days)}
    assert len(versions) == 1
    assert summed(found.days)[1] == summed(found.heatmap)[1] == summed(found.months)[1]
    assert summed(found.days)[1] == (found.totals.plays, found.totals.ms_played)
    return ranked(found.artists)


def summed(found: Any) -> tuple[int, object]:  # noqa: ANN401 - a heatmap or a timeline
    sums = sum(item.plays for item in found.items), sum(item.ms_played for item in found.items)
    return found.covered.history_version, sums


def ranked(found: Any) -> tuple[int, object]:  # noqa: ANN401 - a Top
    return found.covered.history_version, tuple((item.name, item.plays) for item in found.items)


ASKING: tuple[Callable[[Insights], tuple[int, object]], ...] = (
    ask_totals,
    ask_artists,
    ask_heatmap,
    ask_timeline,
    ask_overview,
)


class Reader(threading.Thread):
    """Asks one measure after another until it is told to stop, and remembers what it was told."""

    def __init__(self, insights: Insights, first: int, stop: threading.Event) -> None:
        super().__init__()
        self.insights, self.first, self.stop = insights, first, stop
        self.heard: list[tuple[int, object]] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                for number in range(len(ASKING)):
                    ask = ASKING[(self.first + number) % len(ASKING)]
                    self.heard.append(ask(self.insights))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
            self.failure = error


def publish_for_a_while(database: Database, imports: Imports) -> dict[int, Known]:
    """Publish and undo, at the end of the history and in its middle; give what each version says."""
    base = some_rows("Ada", 0, 300)
    changes = [some_rows("Bea", 70, 90), some_rows("Cem", 20, 60), some_rows("Ada", 95, 40)]
    found: dict[int, Known] = {}

    def note(rows: list[Row]) -> None:
        with database.read() as connection:
            found[history_version(connection, 1)] = known_of(rows)

    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until or len(found) < FEWEST_VERSIONS:
        rows, done = list(base), []
        for change in changes:
            done.append((change, bring_in(imports, files_of(change)).id))
            rows += change
            note(rows)
        for change, number in done:
            imports.undo(1, number)
            rows = [row for row in rows if row not in change]
            note(rows)
    return found


def test_every_answer_is_of_one_version(
    database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    add_user(database, clock)
    imports = imports_for(database, tmp_path, clock)
    base = some_rows("Ada", 0, 300)
    bring_in(imports, files_of(base))
    with database.read() as connection:
        known = {history_version(connection, 1): known_of(base)}
    # Two that share a cache folder, as two processes on one host do.
    doors = [
        Insights(database, ColumnStore(tmp_path / "cache"), clock, most_bytes=1 << 24)
        for _ in range(2)
    ]
    stop = threading.Event()
    readers = [Reader(doors[number % 2], number, stop) for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        known |= publish_for_a_while(database, imports)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    for reader in readers:
        if reader.failure is not None:
            raise reader.failure
        versions = [version for version, _ in reader.heard]
        assert all(earlier <= later for earlier, later in pairwise(versions))
        for version, answer in reader.heard:
            expected = known[version]
            assert answer in ((expected.plays, expected.ms_played), expected.artists), version
    assert len({version for reader in readers for version, _ in reader.heard}) > FEWEST_VERSIONS / 2


def test_no_answer_waits_for_a_writer(
    database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    add_user(database, clock)
    imports = imports_for(database, tmp_path, clock)
    bring_in(imports, files_of(some_rows("Ada", 0, 30)))
    insights = Insights(database, ColumnStore(tmp_path / "cache"), clock, most_bytes=1 << 24)
    with database.write() as connection:
        lock_history(connection, 1, clock())  # as a publication does, until it ends
        heard = [ask(insights) for ask in ASKING]  # cold: nothing has been asked before
    assert {version for version, _ in heard} == {1}


def test_an_answer_that_is_overtaken_before_its_first_query_is_of_the_newer_version(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path, clock: MovingClock
) -> None:
    add_user(sqlite_database, clock)
    elsewhere = Database(sqlite_url)
    imports = imports_for(elsewhere, tmp_path, clock)
    base, more = some_rows("Ada", 0, 30), some_rows("Bea", 70, 60)
    bring_in(imports, files_of(base))
    insights = Insights(sqlite_database, ColumnStore(tmp_path / "cache"), clock, most_bytes=1 << 24)
    assert ask_totals(insights)[0] == 1  # the plays are in memory now, but no name is
    overtaking = [files_of(more)]

    def overtake(_connection: Connection) -> None:
        if overtaking:
            bring_in(imports, overtaking.pop())

    event.listen(sqlite_database.engine, "begin", overtake, insert=True)
    assert ask_artists(insights) == (2, known_of(base + more).artists)
    assert not overtaking
    elsewhere.close()


class Slow(ColumnStore):
    """Takes its time, so that others come to wait for it."""

    def __init__(self, folder: Path, wait: Callable[[int], None]) -> None:
        super().__init__(folder)
        self.made: list[int] = []
        self._wait = wait

    def columns(self, connection: Any, user_id: int, before: Any = None) -> Any:  # noqa: ANN401 - as it is told
        self.made.append(user_id)
        self._wait(user_id)
        return super().columns(connection, user_id, before)


def test_a_cold_listener_is_made_once_and_holds_up_nobody_else(
    database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    imports = imports_for(database, tmp_path, clock)
    for user in (1, 2):
        add_user(database, clock, user)
        bring_in(imports, files_of(some_rows("Ada", 0, 30)), user_id=user)
    has_begun, go_on = threading.Event(), threading.Event()

    def wait(user_id: int) -> None:
        if user_id == 1:
            has_begun.set()
            assert go_on.wait(30)

    slow = Slow(tmp_path / "cache", wait)
    insights = Insights(database, slow, clock, most_bytes=1 << 24)
    readers = [threading.Thread(target=ask_totals, args=(insights,)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    assert has_begun.wait(30)
    # The second listener gets an answer while the first one's columns are still being made.
    assert insights.answer("totals", 2, question("totals")).plays == 20
    go_on.set()
    for reader in readers:
        reader.join()
    assert sorted(slow.made) == [1, 2]


def test_what_a_lane_needs_is_made_once(
    sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    add_user(sqlite_database, clock)
    bring_in(imports_for(sqlite_database, tmp_path, clock), files_of(some_rows("Ada", 0, 30)))
    lane = library_of(Shelf(ColumnStore(tmp_path / "cache"), 1), sqlite_database).lane(MUSIC)
    has_begun, go_on = threading.Event(), threading.Event()
    made: list[int] = []

    def make() -> tuple[int, ...]:
        has_begun.set()
        assert go_on.wait(30)
        made.append(1)
        return (len(made),)

    readers = [threading.Thread(target=lane.once, args=(("slow",), make)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    assert has_begun.wait(30)
    # Whatever else the lane is asked for does not wait.
    assert len(lane.counted(Rule.THIRTY_SECONDS)) == 20
    go_on.set()
    for reader in readers:
        reader.join()
    assert lane.once(("slow",), make) == (1,)


def test_memory_is_given_up_when_lanes_grow(
    sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    users = range(1, 6)
    imports = imports_for(sqlite_database, tmp_path, clock)
    for user in users:
        add_user(sqlite_database, clock, user)
        bring_in(imports, files_of(some_rows("Ada", 0, 300)), user_id=user)
    store = ColumnStore(tmp_path / "cache")
    limit = 5 * library_of(Shelf(store, 1), sqlite_database).nbytes
    shelf = Shelf(store, limit)
    libraries = {user: library_of(shelf, sqlite_database, user) for user in users}
    assert all(shelf.holds(user) for user in users)
    assert shelf.nbytes == limit
    for zone in ("Europe/Berlin", "Asia/Kolkata"):
        libraries[5].lane(MUSIC).hours(zone, Rule.ANY)
    shelf.weigh(5, libraries[5])
    assert not shelf.holds(1)
    assert shelf.holds(5)
    assert shelf.nbytes <= limit
    assert shelf.nbytes == sum(libraries[user].nbytes for user in users if shelf.holds(user))


def test_answers_are_kept_within_their_limit() -> None:
    answers = Answers(20_500)
    for number in range(4):
        answers.keep(number, bytes(4_000), "etag")
    assert answers.find(0) == (bytes(4_000), "etag")  # asked for last: it stays
    answers.keep(4, bytes(3_000), "etag")
    assert [answers.find(number) is not None for number in range(5)] == [
        True,
        False,
        True,
        True,
        True,
    ]
    answers.keep(5, bytes(30_000), "etag")  # too large for all of them together
    assert not answers
