"""What a sample adds to the history, and what it leaves alone: gaps, coverage, exports, deletions."""

import json
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from listening import stored_plays
from moving_clock import MovingClock
from oracle.plays import OraclePlay
from polling import TEN, A, B, House, item_of, poll, row_of, sample, state_of
from tonearm.domain.errors import NotFoundError
from tonearm.domain.instants import to_ms
from tonearm.domain.vocabulary import GapReason
from tonearm.history.gaps import list_gaps, open_gap
from tonearm.insights.plays import PlaysQuestion
from tonearm.insights.question import Question, make_question
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import polled, polled_spans

MS = 215_000
ACCOUNT = {
    "endTime": "2026-04-01 10:00", "msPlayed": 200_000, "artistName": "Glass Harbour",
    "trackName": "Blue Orchard",
}  # fmt: skip
SNOW: dict[str, Any] = {
    "uri": "spotify:episode:" + "a" * 22,
    "type": "episode",
    "name": "On Snow",
    "duration_ms": 600_000,
    "show": {"name": "Daily Weather"},
}


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def only_play(house: House) -> OraclePlay:
    (play,) = stored_plays(house.database)
    return play


def around(play: OraclePlay) -> tuple[object, ...]:
    return play.platform, play.shuffle, play.private


def spoken(ends_at: datetime) -> dict[str, Any]:
    row = state_of(A, ends_at, ms=600_000)
    row["state"]["item"] = SNOW
    return row


def test_a_play_that_polls_tell_of_gets_the_start_end_and_circumstances_of_its_sample(
    house: House,
) -> None:
    poll(house.polls, [item_of(A, TEN)])
    assert around(only_play(house)) == (None, None, None)
    ends = TEN + timedelta(seconds=3)

    assert sample(house.polls, state_of(A, ends))

    play = only_play(house)
    assert (play.ended_at, play.started_at, play.ms_played) == (to_ms(ends), to_ms(ends) - MS, MS)
    assert around(play) == ("Desk (Computer)", True, False)
    poll(house.polls, [item_of(A, TEN - timedelta(seconds=20))])
    assert only_play(house) == play
    (answer,) = house.insights.plays(1, PlaysQuestion()).items
    assert answer.is_estimated
    told = house.insights.play(1, answer.id).sightings
    assert [one.stamped_at is None for one in told] == [True, True, False]


def test_account_data_takes_circumstances_from_a_sample_and_extended_history_keeps_its_own(
    house: House,
) -> None:
    poll(house.polls, [item_of(A, TEN)])
    sample(house.polls, state_of(A, TEN, is_private_session=True))
    number = house.bring_in(ACCOUNT)

    play = only_play(house)

    assert (play.ended_at, play.ms_played) == (to_ms(TEN), 200_000)
    assert play.started_at == to_ms(TEN) - 200_000
    assert around(play) == ("Desk (Computer)", True, True)
    house.imports.undo(1, number)
    house.bring_in(row_of(A, TEN) | {"platform": "ios"})
    assert around(only_play(house)) == ("ios", None, None)


def test_podcasts_and_private_sessions_are_plays_of_their_own(house: House) -> None:
    sample(house.polls, spoken(TEN))
    sample(house.polls, state_of(B, TEN + timedelta(hours=1), is_private_session=True))

    music, podcast = sorted(stored_plays(house.database), key=lambda play: play.kind)

    assert (podcast.kind, podcast.title, podcast.artist) == ("podcast", "On Snow", "daily weather")
    assert (podcast.ms_played, podcast.private, music.private) == (600_000, False, True)
    counted = {
        side: house.insights.answer(
            "totals", 1, make_question(Question, {"rule": "any", "kind": "all", "private": side})
        ).plays
        for side in ("in", "out")
    }
    assert counted == {"in": 2, "out": 1}
    number = house.bring_in(
        row_of(A, TEN, 590_000)
        | {
            "spotify_track_uri": None,
            "spotify_episode_uri": SNOW["uri"],
            "episode_name": "On Snow",
            "episode_show_name": "Daily Weather",
        }
    )
    assert house.imports.get(1, number).counts.improved == 1


def test_a_sample_ends_no_gap_vouches_for_nothing_and_hides_none(house: House) -> None:
    house.clock.now = TEN + timedelta(hours=2)
    poll(house.polls, [item_of(A, TEN)], TEN + timedelta(minutes=10), is_full=True)
    with house.database.write() as connection:
        open_gap(connection, 1, 1, GapReason.OUTAGE, now=TEN + timedelta(minutes=20))
    sample(house.polls, state_of(B, TEN + timedelta(minutes=50)))
    sample(house.polls, spoken(TEN + timedelta(minutes=55)))
    with house.database.read() as connection:
        (gap,) = list_gaps(connection, 1, house.clock())
        spans = connection.execute(select(polled_spans.c.from_at, polled_spans.c.to_at)).all()
    assert gap.to_at is None
    assert [tuple(span) for span in spans] == [(to_ms(TEN), to_ms(TEN + timedelta(minutes=10)))]

    outcome = poll(
        house.polls, [item_of(A, TEN + timedelta(hours=1))], TEN + timedelta(hours=2), is_full=True
    )

    with house.database.read() as connection:
        (gap,) = list_gaps(connection, 1, house.clock())
    assert gap.missing == ((TEN, TEN + timedelta(hours=1)),)
    assert (outcome.oldest_at, outcome.newest_at) == (TEN, TEN + timedelta(hours=1))


def test_a_sample_is_recorded_once_with_the_words_of_spotify(house: House) -> None:
    row = state_of(A, TEN)
    assert sample(house.polls, row)
    version = house.version()
    assert not sample(house.polls, row)
    assert house.version() == version == 1
    # Another link tells the same: no play changes, but what supports it does.
    assert sample(house.polls, row, link_id=2)
    assert (house.version(), house.count()) == (2, 1)
    with house.database.read() as connection:
        kept = connection.execute(select(polled.c.answer, polled.c.is_sample)).all()
    assert [(json.loads(zlib.decompress(one.answer)), one.is_sample) for one in kept] == [
        (row["state"], True)
    ] * 2
    assert house.polls.forget(1, 1) == 0
    assert house.polls.forget(1, 2) == 1
    assert (house.count(), house.rows()) == (0, [0, 0, 0])


@pytest.mark.parametrize(
    ("item", "device"),
    [
        ({"uri": "", "name": ""}, {}),
        ({"duration_ms": 86_400_001}, {}),
        ({"name": "x" * 4_097}, {}),
        ({}, {"name": "x" * 4_097}),
    ],
)
def test_a_sample_that_cannot_be_true_is_not_kept(
    house: House, item: dict[str, Any], device: dict[str, Any]
) -> None:
    row = state_of(A, TEN, **device)
    row["state"]["item"] |= item

    assert not sample(house.polls, row)
    assert (house.count(), house.rows(), house.version()) == (0, [0, 0, 0], 0)


def test_a_deleted_play_stays_away_when_it_is_sampled(house: House) -> None:
    poll(house.polls, [item_of(A, TEN)])
    (play,) = house.insights.plays(1, PlaysQuestion()).items
    house.corrections.delete(1, [play.id])
    sample(house.polls, state_of(A, TEN))
    assert house.count() == 0


def test_nobody_is_sampled_who_is_not_there(house: House) -> None:
    with pytest.raises(NotFoundError):
        sample(house.polls, state_of(A, TEN), user_id=77)
