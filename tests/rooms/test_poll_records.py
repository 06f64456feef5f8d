"""What recording a page does, and does once: counts, transactions, corrections, evidence, measures."""

import json
import threading
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select

from commands import run_command
from listening import bring_in, files_of, stored_plays
from moving_clock import MovingClock
from polling import TEN, A, B, C, House, item_of, page_of, poll, row_of
from tonearm.bootstrap import build
from tonearm.domain.errors import NotFoundError
from tonearm.history.gaps import list_gaps
from tonearm.history.polls import PollOutcome, Polls
from tonearm.history.publication import history_version
from tonearm.insights.chart import load_charts
from tonearm.insights.plays import PlaysQuestion
from tonearm.insights.question import make_question
from tonearm.ops.settings import Settings
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import polled
from tonearm.storage.tables import users

CHARTS = ("totals", "top-artists", "heatmap", "completeness", "skips", "taste")


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def test_each_item_is_counted_once(house: House) -> None:
    house.bring_in(row_of(A, TEN), row_of(B, TEN + timedelta(hours=1)))
    gone = house.insights.plays(1, PlaysQuestion()).items[0].id
    house.corrections.delete(1, [gone])
    first = item_of(C, TEN + timedelta(hours=2))
    poll(house.polls, [first])
    items = [
        first,  # known
        item_of(A, TEN + timedelta(seconds=4)),  # exported
        item_of(B, TEN + timedelta(hours=1, seconds=4)),  # deleted
        item_of(C, TEN + timedelta(hours=3)),
        item_of(C, TEN + timedelta(hours=3, seconds=20)),  # the same listen, twice on one page
        item_of(C, TEN + timedelta(hours=3, seconds=20)),  # word for word
        item_of("", TEN, title=""),
        item_of(A, "2005-12-31T23:59:59Z"),
        item_of(A, TEN + timedelta(days=9)),
        item_of(A, TEN, ms=86_400_001),
        item_of(A, TEN, album="x" * 4_097),
    ]
    outcome = poll(house.polls, items, TEN + timedelta(hours=4))
    assert (outcome.fetched, outcome.new, outcome.merged, outcome.known) == (11, 1, 2, 2)
    assert (outcome.suppressed, outcome.refused) == (1, 5)
    assert (outcome.oldest_at, outcome.newest_at) == (
        TEN + timedelta(seconds=4), TEN + timedelta(hours=3, seconds=20),
    )  # fmt: skip
    assert house.count() == 3
    with house.database.read() as connection:
        answers = connection.scalars(select(polled.c.answer).order_by(polled.c.played_at)).all()
    assert [json.loads(zlib.decompress(answer)) for answer in answers] == [
        items[1], items[2], first, items[3], items[4],
    ]  # fmt: skip


def test_the_artist_is_the_albums_and_else_the_tracks(house: House) -> None:
    both = item_of(A, TEN, title="One")
    both["track"]["album"]["artists"] = [{"name": "Various Artists"}, {"name": "Other"}]
    alone = item_of(B, TEN + timedelta(hours=1), title="Two", artist="Noite Branca")
    alone["track"]["album"]["artists"] = []
    poll(house.polls, [both, alone])
    plays = stored_plays(house.database)
    assert [(play.title, play.artist, play.album) for play in plays] == [
        ("One", "various artists", "signals"), ("Two", "noite branca", "signals"),
    ]  # fmt: skip


def test_what_concludes_a_page_stands_or_falls_with_it(house: House) -> None:
    page = page_of([item_of(A, TEN)], TEN + timedelta(minutes=1))

    def rename(connection: Connection, outcome: PollOutcome) -> None:
        assert outcome.new == 1
        assert history_version(connection, 1) == outcome.version
        connection.execute(users.update().where(users.c.id == 1).values(name="renamed"))

    def fail(connection: Connection, outcome: PollOutcome) -> None:
        rename(connection, outcome)
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        house.polls.record(1, 1, page, fail)
    assert (house.count(), house.rows(), house.version()) == (0, [0, 0, 0], 0)
    house.polls.record(1, 1, page, rename)
    assert (house.count(), house.rows(), house.version()) == (1, [1, 1, 0], 1)
    with house.database.read() as connection:
        assert connection.scalar(select(users.c.name).where(users.c.id == 1)) == "renamed"
    concluded: list[PollOutcome] = []
    house.polls.record(1, 1, page, lambda _connection, outcome: concluded.append(outcome))
    assert [(one.known, one.version) for one in concluded] == [(1, 1)]


def at_the_first_look(clock: MovingClock, deed: Callable[[], object]) -> Callable[[], datetime]:
    """Give a clock that does something when it is first read, which is between plan and publication."""
    left = [deed]

    def read() -> datetime:
        while left:
            left.pop()()
        return clock()

    return read


def test_a_page_is_planned_again_when_others_publish_in_between(house: House) -> None:
    items = [item_of(A, TEN), item_of(B, TEN + timedelta(hours=1))]

    def meanwhile() -> None:
        house.bring_in(row_of(A, TEN, 100_000))
        poll(house.polls, items[:1], TEN + timedelta(hours=2))

    polls = Polls(house.database, at_the_first_look(house.clock, meanwhile))
    calls: list[int] = []
    outcome = polls.record(
        1, 1, page_of(items, TEN + timedelta(hours=2)), lambda _c, told: calls.append(told.new)
    )
    assert (outcome.known, outcome.new, calls) == (1, 1, [1])
    assert [play.ms_played for play in stored_plays(house.database)] == [100_000, 215_000]
    assert house.rows() == [2, 1, 0]


def test_nothing_is_forgotten_of_a_link_that_tells_more_meanwhile(house: House) -> None:
    poll(house.polls, [item_of(A, TEN)])

    def meanwhile() -> None:
        poll(house.polls, [item_of(B, TEN + timedelta(hours=1))])

    polls = Polls(house.database, at_the_first_look(house.clock, meanwhile))
    assert polls.forget(1, 1) == 2
    assert (house.count(), house.rows()) == (0, [0, 0, 0])


def test_two_collectors_of_one_link_record_everything_once(house: House) -> None:
    items = [item_of(A, TEN + timedelta(minutes=5 * number)) for number in range(6)]
    start = threading.Barrier(2)
    new: list[int] = []

    def collect(own: list[dict[str, Any]]) -> None:
        start.wait()
        later = TEN + timedelta(hours=1)
        new.extend(poll(house.polls, [item, items[0]], later).new for item in own)

    workers = [threading.Thread(target=collect, args=(own,)) for own in (items, items[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(new) == house.count() == len(items)
    assert house.rows()[0] == len(items)


def test_two_links_may_tell_of_one_play(house: House) -> None:
    item = item_of(A, TEN)
    poll(house.polls, [item], link_id=1)
    version = house.version()
    outcome = poll(house.polls, [item], link_id=2)
    assert (outcome.merged, outcome.version) == (1, version + 1)
    (play,) = house.insights.plays(1, PlaysQuestion()).items
    (told,) = house.insights.play(1, play.id).sightings
    assert [support.link_id for support in told.polls] == [1, 2]
    assert house.polls.forget(1, 1) == 0
    assert house.count() == 1
    assert house.polls.forget(1, 2) == 1
    assert house.count() == 0


def test_a_deleted_play_stays_away_however_it_is_told_again(house: House) -> None:
    poll(house.polls, [item_of(A, TEN)])
    (play,) = house.insights.plays(1, PlaysQuestion()).items
    house.corrections.delete(1, [play.id])
    moved = poll(house.polls, [item_of(A, TEN), item_of(A, TEN + timedelta(seconds=20))])
    assert (moved.known, moved.suppressed, house.count()) == (1, 1, 0)
    house.polls.forget(1, 1)
    again = poll(house.polls, [item_of(A, TEN)])
    assert (again.suppressed, house.count()) == (1, 0)
    record = bring_in(house.imports, files_of([row_of(A, TEN)]))
    assert (record.counts.suppressed, house.count()) == (1, 0)


def test_a_hidden_play_is_hidden_again_when_a_poll_tells_of_it(house: House) -> None:
    poll(house.polls, [item_of(A, TEN), item_of(B, TEN + timedelta(hours=1), title="Other")])
    first, _ = house.insights.plays(1, PlaysQuestion()).items
    house.corrections.hide(1, [first.id])
    assert house.count() == 1
    house.polls.forget(1, 1)
    poll(house.polls, [item_of(A, TEN), item_of(B, TEN + timedelta(hours=1), title="Other")])
    assert [play.track.name for play in house.insights.plays(1, PlaysQuestion()).items] == [
        "Blue Orchard"
    ]


def test_a_play_names_all_that_tells_of_it(house: House) -> None:
    poll(house.polls, [item_of(A, TEN + timedelta(seconds=30))])
    (alone,) = house.insights.plays(1, PlaysQuestion()).items
    assert (alone.is_estimated, alone.ms_played) == (True, 215_000)
    account = {
        "endTime": "2026-04-01 10:00", "msPlayed": 200_000, "artistName": "Glass Harbour",
        "trackName": "Blue Orchard",
    }  # fmt: skip
    number = house.bring_in(row_of(A, TEN + timedelta(seconds=31)), account)
    counts = house.imports.get(1, number).counts
    assert (counts.new, counts.improved, counts.duplicate) == (0, 1, 1)
    (play,) = house.insights.plays(1, PlaysQuestion()).items
    assert (play.is_estimated, play.ms_played) == (False, 200_000)
    told = house.insights.play(1, play.id).sightings
    assert [one.source for one in told] == ["extended", "account", "poll"]
    assert [len(one.supports) for one in told] == [1, 1, 0]
    ((support,),) = (one.polls for one in told[2:])
    assert (support.link_id, support.fetched_at) == (1, TEN + timedelta(seconds=90))
    with pytest.raises(NotFoundError):
        house.insights.play(2, play.id)


def test_the_command_line_shows_what_a_poll_told(tmp_path: Path) -> None:
    tonearm = build(Settings(data_dir=tmp_path))
    owner = tonearm.accounts.ensure_owner().id
    poll(tonearm.polls, [item_of(A, TEN)], user_id=owner)
    (play,) = tonearm.insights.plays(owner, PlaysQuestion()).items
    tonearm.close()
    run = partial(run_command, "plays", env={"TONEARM_DATA_DIR": str(tmp_path), "COLUMNS": "200"})
    assert "length estimated" in run().stdout
    shown = run("show", str(play.id)).stdout
    assert "heard at most 3:35" in shown
    assert "poll: Blue Orchard / Glass Harbour / Signals" in shown
    assert "Spotify's answer of 2026-04-01 10:01:00 UTC, link 1" in shown


def test_the_share_that_is_estimated_is_what_only_polls_tell(house: House) -> None:
    def ask(chart: str, named: str) -> Any:  # noqa: ANN401 - each chart has its record
        question = make_question(load_charts()[chart].question, {"range": named, "zone": "UTC"})
        return house.insights.answer(chart, 1, question)

    def share(named: str = "2026-04-01") -> float:
        (only,) = {ask(chart, named).covered.estimated_share for chart in CHARTS}
        return float(only)

    number = house.bring_in(row_of(A, TEN, 100_000), row_of(A, TEN - timedelta(days=9), 500_000))
    assert share() == 0.0
    hour = timedelta(hours=1)
    poll(house.polls, [item_of(A, TEN), item_of(B, TEN + hour, ms=300_000)])
    assert share() == 0.75
    assert share("all") == round(300 / 900, 6)
    sources = ask("completeness", "2026-04-01").sources
    assert [(one.source, one.plays, one.ms_played) for one in sources] == [
        ("extended", 1, 100_000), ("account", 0, 0), ("poll", 1, 300_000), ("manual", 0, 0),
    ]  # fmt: skip
    house.imports.undo(1, number)
    assert share() == 1.0
    house.bring_in(row_of(A, TEN, 100_000), row_of(B, TEN + hour, 200_000))
    assert share() == 0.0


def test_clearing_and_deleting_a_person_take_polls_along(house: House) -> None:
    for user in (1, 2):
        poll(house.polls, [item_of(A, TEN)], user_id=user)
        late = [item_of(A, TEN + timedelta(hours=9))]
        poll(house.polls, late, user_id=user, is_full=True)
        assert house.rows(user) == [2, 2, 1]
    house.clearing.clear(1, "u1")
    assert (house.count(), house.rows(), house.count(2)) == (0, [0, 0, 0], 2)
    assert poll(house.polls, [item_of(A, TEN)]).new == 1
    with house.database.write() as connection:
        connection.execute(delete(users).where(users.c.id == 2))
    assert house.rows(2) == [0, 0, 0]
    with pytest.raises(NotFoundError):
        poll(house.polls, [item_of(A, TEN)], user_id=2)
    with pytest.raises(NotFoundError):
        house.polls.forget(2, 1)
    with house.database.read() as connection:
        assert list_gaps(connection, 2, house.clock()) == []
