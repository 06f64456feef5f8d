"""The oracle itself, by examples worked out by hand and by laws that any right answer obeys."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from oracle.measures import Totals, day_start, heatmap, resolve_range, top, totals
from oracle.plays import plays_of, verdict_kind
from oracle.strategies import account_rows, dirty_histories, extended_rows, histories

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
A = "spotify:track:" + "a" * 22
ROW = {
    "ts": "2024-01-01T10:03:20Z", "ms_played": 200_000, "spotify_track_uri": A,
    "master_metadata_track_name": "Blue Orchard", "offline": False,
    "master_metadata_album_artist_name": "Glass Harbour", "offline_timestamp": 1_704_103_200,
}  # fmt: skip
ACCOUNT = {
    "endTime": "2024-01-01 10:03", "artistName": "GLASS harbour", "trackName": "Blue  Orchard",
    "msPlayed": 200_000,
}  # fmt: skip


def test_a_resent_play_is_one_with_the_earliest_end_and_finest_stamp() -> None:
    again = ROW | {"ts": "2024-01-01T11:52:20Z", "offline_timestamp": 1_704_103_200_250}
    (play,) = plays_of([again, ROW, ROW], now=NOW)
    assert (play.ended_at, play.started_at) == (1_704_103_400_000, 1_704_103_200_250)


def test_an_offline_play_ended_by_its_own_clock() -> None:
    late = ROW | {"ts": "2024-01-05T00:00:00Z", "offline": True}
    (play,) = plays_of([late], now=NOW)
    assert play.ended_at == 1_704_103_400_000
    (play,) = plays_of([late | {"ts": "2024-02-01T00:00:00Z"}], now=NOW)
    assert play.ended_at == 1_706_745_600_000, "31 days: the stamp is not sane"


def test_an_account_row_is_absorbed_by_pair_length_and_minute() -> None:
    assert len(plays_of([ROW, ACCOUNT], now=NOW)) == 1
    other = ACCOUNT | {"endTime": "2024-01-01 10:04"}
    later, alone = sorted(plays_of([ROW, other], now=NOW), reverse=True)
    assert later.track_key == alone.track_key == A
    assert len(plays_of([ROW, ACCOUNT | {"msPlayed": 200_001}], now=NOW)) == 2
    (local,) = plays_of([ACCOUNT], now=NOW)
    assert local.track_key == "local:glass harbour\x1fblue orchard"


def test_a_repeat_a_second_later_is_a_play_of_its_own() -> None:
    again = ROW | {"ts": "2024-01-01T10:03:21Z", "offline_timestamp": 1_704_103_201}
    assert len(plays_of([ROW, again, ACCOUNT], now=NOW)) == 2


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "content"),
        ({"ts": None}, "malformed"),
        ({"ts": "2026-06-02T12:00:00Z"}, "content"),
        ({"ts": "2026-06-02T12:00:01Z"}, "malformed"),
        ({"ms_played": 86_400_001}, "malformed"),
        ({"ms_played": True}, "malformed"),
        ({"platform": "x" * 4_096}, "content"),
        ({"platform": "x" * 4_097}, "malformed"),
        ({"spotify_track_uri": None}, "content"),
        ({"spotify_track_uri": None, "master_metadata_track_name": " \0"}, "no content"),
        ({"spotify_track_uri": "spotify:" + "x" * 505, "master_metadata_track_name": None},
         "no content"),
    ],
)  # fmt: skip
def test_verdicts_of_a_single_row(change: dict[str, object], verdict: str) -> None:
    assert verdict_kind(ROW | change, NOW) == verdict


@settings(max_examples=60, deadline=None)
@given(histories())
def test_order_and_repetition_of_rows_change_nothing(rows: list[dict[str, object]]) -> None:
    plays = plays_of(rows, now=NOW)
    shuffled = [*rows, *rows]
    random.Random(3).shuffle(shuffled)  # noqa: S311 - an order, no secret
    assert plays_of(shuffled, now=NOW) == plays


@settings(max_examples=40, deadline=None)
@given(dirty_histories(), extended_rows(), account_rows())
def test_no_play_without_a_row_with_content(
    rows: list[object], more: list[dict[str, object]], told: list[dict[str, object]]
) -> None:
    every = [*rows, *more, *told]
    content = [row for row in every if verdict_kind(row, NOW) == "content"]
    plays = plays_of(every, now=NOW)
    assert plays == plays_of(content, now=NOW)
    assert bool(plays) == bool(content)
    assert len(plays) <= len(content)


@settings(max_examples=40, deadline=None)
@given(histories())
def test_measures_add_up(rows: list[dict[str, object]]) -> None:
    plays = plays_of(rows, now=NOW)
    whole = totals(plays, None, None, BERLIN, "any", "all")
    cells = [cell for day in heatmap(plays, None, None, BERLIN, "any", "all") for cell in day]
    assert sum(cell.plays for cell in cells) == whole.plays
    assert sum(cell.ms_played for cell in cells) == whole.ms_played
    tracks = top(plays, "tracks", None, None, rule="any", kind="all")
    assert len(tracks) == whole.tracks
    assert sum(row.plays for row in tracks) == whole.plays
    assert [row.plays for row in tracks] == sorted((row.plays for row in tracks), reverse=True)


def test_totals_and_tops_of_a_day() -> None:
    skip = ROW | {"ts": "2024-01-01T12:00:00Z", "ms_played": 5_000, "offline_timestamp": None}
    before = ROW | {"ts": "2023-12-31T12:00:00Z", "offline_timestamp": None}
    plays = plays_of([ROW, skip, before], now=NOW)
    start, end = resolve_range("2024-01-01", NOW, BERLIN)
    assert totals(plays, start, end, BERLIN) == Totals(1, 205_000, 1, 0, 1, 1, 1.0, 205_000.0)
    (row,) = top(plays, "artists", start, end)
    assert (row.rank, row.name, row.plays, row.ms_played) == (1, "Glass Harbour", 1, 205_000)
    assert (row.share, row.previous_rank) == (1.0, 1)
    assert row.first_play_ms == row.last_play_ms == 1_704_103_400_000


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("today", "2024-03-31", "2024-04-01"),
        ("yesterday", "2024-03-30", "2024-03-31"),
        ("this_week", "2024-03-25", "2024-04-01"),
        ("last_week", "2024-03-18", "2024-03-25"),
        ("this_month", "2024-03-01", "2024-04-01"),
        ("last_month", "2024-02-01", "2024-03-01"),
        ("this_year", "2024-01-01", "2025-01-01"),
        ("last_year", "2023-01-01", "2024-01-01"),
        ("last_7_days", "2024-03-25", "2024-04-01"),
        ("2023", "2023-01-01", "2024-01-01"),
        ("2023-12", "2023-12-01", "2024-01-01"),
        ("2020-W53", "2020-12-28", "2021-01-04"),
    ],
)
def test_named_ranges(text: str, first: str, after: str) -> None:
    now = datetime(2024, 3, 30, 23, 30, tzinfo=UTC)
    bounds = tuple(day_start(date.fromisoformat(day), BERLIN) for day in (first, after))
    assert resolve_range(text, now, BERLIN) == bounds


def test_a_day_with_a_change_of_clocks_has_its_own_length() -> None:
    start, end = resolve_range("2024-03-31", NOW, BERLIN)
    assert start is not None
    assert end is not None
    assert end - start == 23 * 3_600_000
    # 00:00 did not exist there on that day; it began at 01:00.
    start, _ = resolve_range("2018-11-04", NOW, ZoneInfo("America/Sao_Paulo"))
    assert start == 1_541_300_400_000
    assert resolve_range("all", NOW, BERLIN) == (None, None)
