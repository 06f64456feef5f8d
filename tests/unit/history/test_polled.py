"""What polls tell meets the plays it is about, whatever the order: against the oracle, without a database."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import loosened
from oracle.plays import MalformedError, OraclePlay, Sighting, listens_of, sighting_of
from oracle.strategies import polled_histories
from polling import item_of
from tonearm.catalogue.descriptions import Description
from tonearm.catalogue.resolution import resolve
from tonearm.domain.vocabulary import Family
from tonearm.history.identity import derive
from tonearm.history.polled import pair_off
from tonearm.history.sightings import Context, Sightings

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B = (f"spotify:track:{letter * 22}" for letter in "ab")
FAMILIES = {"extended": Family.EXTENDED, "account": Family.ACCOUNT, "poll": Family.POLL}


def derived(rows: Iterable[object]) -> list[tuple[OraclePlay, set[Sighting]]]:
    """Give the plays of rows as the product derives them, each with its sightings."""
    told: dict[Sighting, None] = {}
    for row in rows:
        with suppress(
            MalformedError
        ):  # such as account data of a row whose stamp is of the year 5138
            sighting = sighting_of(row, NOW)
            if sighting is not None:
                told[sighting] = None
    sightings = list(told)
    words = [Description(s.kind, s.uri, s.title, s.artist, s.album) for s in sightings]
    around = [Context(*s.context) for s in sightings]
    descriptions, contexts = list(dict.fromkeys(words)), list(dict.fromkeys(around))
    columns = Sightings(
        id=np.arange(1, len(sightings) + 1, dtype=np.uint32),
        family=np.array([FAMILIES[s.family] for s in sightings], np.uint8),
        description=np.array([descriptions.index(word) for word in words], np.uint32),
        clock=np.array([s.clock for s in sightings], np.int64),
        ms_played=np.array([s.ms for s in sightings], np.int32),
        stamp=np.array([s.stamp or 0 for s in sightings], np.int64),
        context=np.array([contexts.index(one) for one in around], np.uint32),
        play=np.zeros(len(sightings), np.uint32),
    )
    counts = [
        np.bincount(columns.description[columns.family == family], minlength=len(descriptions))
        for family in Family
    ]
    resolution = resolve(descriptions, [count.tolist() for count in counts])
    found = derive(columns, resolution, contexts)
    plays: list[tuple[OraclePlay, set[Sighting]]] = []
    for row in range(len(found.plays)):
        track = resolution.tracks[int(found.plays.track[row])]
        own = {sightings[place] for place in np.flatnonzero(found.play_of == row).tolist()}
        play = OraclePlay(
            int(found.plays.ended_at[row]),
            track.key,
            int(found.plays.started_at[row]),
            int(found.plays.ms_played[row]),
            track.title,
            track.artist[1] if track.artist else None,
            track.album[1] if track.album else None,
            track.kind,
            *found.contexts[int(found.plays.context[row])],
        )
        plays.append((loosened(play), own))
    return plays


def by_content(listens: Iterable[tuple[OraclePlay, Iterable[Sighting]]]) -> list[str]:
    """Write plays down so that two lists of them can be compared."""
    return sorted(f"{loosened(play)} {sorted(map(repr, own))}" for play, own in listens)


@given(rows=polled_histories(), seed=st.integers(0, 9))
@settings(max_examples=250, deadline=None)
def test_plays_and_their_evidence_are_the_oracles_in_any_order(rows: list[Any], seed: int) -> None:
    expected = by_content(listens_of(rows, now=NOW))
    Random(seed).shuffle(rows)  # noqa: S311 - an order, no secret
    assert by_content(derived(rows)) == expected


def extended(ts: str, uri: str = A, ms: int = 215_000, **more: object) -> dict[str, Any]:
    return {
        "ts": ts,
        "ms_played": ms,
        "spotify_track_uri": uri,
        "master_metadata_track_name": "Blue Orchard",
        "master_metadata_album_artist_name": "Glass Harbour",
        "master_metadata_album_album_name": "Signals",
        **more,
    }


def account(minute: str, ms: int = 180_000) -> dict[str, Any]:
    return {
        "endTime": minute,
        "msPlayed": ms,
        "artistName": "Glass Harbour",
        "trackName": "Blue Orchard",
    }


def item(
    clock: str, uri: str = A, title: str = "Blue Orchard", ms: int = 215_000
) -> dict[str, Any]:
    return item_of(uri, f"2026-04-01T{clock}Z", title=title, ms=ms)


@pytest.mark.parametrize(
    ("rows", "plays"),
    [
        ([extended("2026-04-01T10:00:00Z"), item("10:01:30.000")], 1),
        ([extended("2026-04-01T10:00:00Z"), item("10:01:30.001")], 2),
        ([extended("2026-04-01T10:00:00Z"), item("09:58:30.000")], 1),
        # Relinked: another URI, the same names.
        ([extended("2026-04-01T10:00:00Z"), item("10:00:05.000", B)], 1),
        ([extended("2026-04-01T10:00:00Z"), item("10:00:05.000", B, title="Another")], 2),
        # Uploaded in the evening, heard offline in the morning.
        (
            [
                extended("2026-04-01T20:00:00Z", offline=True, offline_timestamp=1_775_037_385),
                item("10:00:00.000"),
            ],
            1,
        ),
        # The same answer once more, its stamp moved.
        ([item("10:00:00.000"), item("10:00:30.000")], 1),
        ([item("10:00:00.000"), item("10:00:30.001")], 2),
        ([item("10:00:00.000"), item("10:00:29.000"), item("10:00:58.000")], 2),
        # A track of 20 s twice in a row, polled, exported, and both.
        ([item("10:00:00.000", ms=20_000), item("10:00:20.000", ms=20_000)], 2),
        ([item("10:00:00.000", ms=20_000), item("10:00:19.999", ms=20_000)], 1),
        (
            [
                item("10:00:00.000", ms=20_000),
                item("10:00:20.000", ms=20_000),
                extended("2026-04-01T10:00:00Z", ms=20_000),
                extended("2026-04-01T10:00:20Z", ms=20_000),
            ],
            2,
        ),
        # One listen that was delivered twice, and two rows within as many seconds.
        (
            [
                item("10:00:00.000"),
                item("10:00:25.000"),
                extended("2026-04-01T10:00:00Z"),
                extended("2026-04-01T10:00:25Z", ms=25_000),
            ],
            2,
        ),
        # Account data tells the minute: within 90 s of any moment of it.
        ([account("2026-04-01 10:00"), item("09:58:30.000")], 1),
        ([account("2026-04-01 10:00"), item("09:58:29.999")], 2),
        ([account("2026-04-01 10:00"), item("10:02:30.000")], 1),
        ([account("2026-04-01 10:00"), item("10:02:30.001")], 2),
        # All three of one listen, and of two listens an album apart.
        (
            [
                account("2026-04-01 10:00"),
                item("10:00:40.000"),
                extended("2026-04-01T10:00:41Z", ms=180_000),
            ],
            1,
        ),
        (
            [
                account("2026-04-01 10:00"),
                item("10:00:40.000"),
                extended("2026-04-01T11:00:00Z", ms=180_000),
                item("11:00:10.000"),
            ],
            2,
        ),
    ],
)
def test_a_listen_is_one_play_and_two_are_two(rows: Sequence[object], plays: int) -> None:
    assert len(derived(rows)) == plays
    assert by_content(derived(reversed(rows))) == by_content(listens_of(rows, now=NOW))


def test_fields_come_from_the_best_source() -> None:
    rows = [item("10:00:40.000"), account("2026-04-01 10:00"), extended("2026-04-01T10:00:41Z")]
    row = rows[2] | {"ms_played": 180_000}
    (polled,), (counted,), (exported,) = (
        [play for play, _ in derived(part)] for part in (rows[:1], rows[:2], [*rows[:2], row])
    )
    assert (polled.ended_at, polled.ms_played) == (1_775_037_640_000, 215_000)
    assert (counted.ended_at, counted.ms_played) == (1_775_037_600_000, 180_000)
    assert counted.track_key == A  # account data knows no URI, and takes the one that polls know
    assert (exported.ended_at, exported.ms_played) == (1_775_037_641_000, 180_000)


@given(
    left=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 40)), max_size=12),
    right=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 40)), max_size=12),
    tolerance=st.integers(0, 8),
)
@settings(max_examples=300, deadline=None)
def test_no_pairing_within_the_tolerance_pairs_more(
    left: list[tuple[int, int]], right: list[tuple[int, int]], tolerance: int
) -> None:
    left.sort()
    right.sort()

    def columns(side: list[tuple[int, int]]) -> tuple[Any, Any]:
        return np.array([g for g, _ in side], np.int32), np.array([t for _, t in side], np.int64)

    found = pair_off(columns(left), columns(right), tolerance=tolerance).tolist()
    taken = [place for place in found if place >= 0]
    assert len(taken) == len(set(taken))
    for (group, at), place in zip(left, found, strict=True):
        if place >= 0:
            assert right[place][0] == group
            assert abs(right[place][1] - at) <= tolerance
    assert len(taken) == most_pairs(left, right, tolerance)


def most_pairs(left: list[tuple[int, int]], right: list[tuple[int, int]], tolerance: int) -> int:
    """Count the pairs of the largest matching there is, by augmenting paths."""
    mates: dict[int, int] = {}

    def finds_mate(here: int, tried: set[int]) -> bool:
        for there, (group, at) in enumerate(right):
            is_near = group == left[here][0] and abs(at - left[here][1]) <= tolerance
            if is_near and there not in tried:
                tried.add(there)
                if there not in mates or finds_mate(mates[there], tried):
                    mates[there] = here
                    return True
        return False

    return sum(finds_mate(here, set()) for here in range(len(left)))
