"""What measures stand on: indexes, sums of owners, filtered plays and known names, each against plain loops."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tonearm.domain.vocabulary import Kind
from tonearm.history.sightings import Context
from tonearm.history.store import KINDS, PlayColumns, context_columns
from tonearm.insights.axis import Axis, Occurrences, OwnerSums
from tonearm.insights.known import KnownNames, Spelling
from tonearm.insights.library import Library
from tonearm.insights.selection import Selection

QUICK = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
TRACKS = 7
ARTIST = np.array([0, 1, 1, 2, 2, 3, 0], np.int32)
ALBUM = np.array([0, 1, 2, 2, 0, 3, 3], np.int32)
KIND = np.array([0, 0, 0, 0, 0, 1, 0], np.uint8)
CONTEXTS = {number: Context(country=("DE", "PT")[number]) for number in (0, 1)}
LABELS = st.lists(st.integers(0, TRACKS - 1), max_size=40)


@given(labels=LABELS, known=st.integers(0, 40), wanted=st.sets(st.integers(0, TRACKS - 1)))
@QUICK
def test_rows_of_labels_are_where_they_are(labels: list[int], known: int, wanted: set[int]) -> None:
    column = np.array(labels, np.int32)
    shorter = Occurrences(column[:known], max(labels[:known], default=0) + 1)
    for index in (
        Occurrences(column, TRACKS),
        Occurrences(column[known:], TRACKS, shorter=shorter),
    ):
        found = index.rows_of(np.array(sorted(wanted), np.int64)).tolist()
        assert found == [row for row, label in enumerate(labels) if label in wanted]
        for label in range(TRACKS):
            rows = [row for row in range(3, 20) if row < len(labels) and labels[row] == label]
            assert index.within(label, 3, 20).tolist() == rows


@given(labels=LABELS, start=st.integers(0, 40), length=st.integers(0, 40))
@QUICK
def test_owners_have_the_sums_of_what_is_theirs(labels: list[int], start: int, length: int) -> None:
    weights = np.arange(len(labels), dtype=np.int32)
    sums = OwnerSums(Axis(np.array(labels, np.int32), TRACKS, weights), ARTIST, 4)
    rows = list(enumerate(labels))[start : start + length]
    first, end = min(start, len(labels)), min(start + length, len(labels))
    expected = [sum(row for row, label in rows if ARTIST[label] == owner) for owner in range(4)]
    found = sums.sums(first, end)
    assert found.tolist() == expected
    with pytest.raises(ValueError, match="read-only"):
        found[:] = -1  # others are given the same ones
    assert sums.sums(first, end).tolist() == expected


def columns_of(tracks: list[int]) -> PlayColumns:
    count = len(tracks)
    ended_at = np.arange(count, dtype=np.int64) * 100_000
    return PlayColumns(
        id=np.arange(1, count + 1, dtype=np.uint32),
        ended_at=ended_at,
        started_at=ended_at - 40_000,
        ms_played=np.full(count, 40_000, np.int32),
        track=np.array(tracks, np.int32),
        context=np.arange(count, dtype=np.int32) % 2,
        track_artist=ARTIST,
        track_album=ALBUM,
        track_kind=KIND,
        credit_track=np.zeros(1, np.int32),
        credit_artist=np.zeros(1, np.int32),
        **context_columns(CONTEXTS),
    )


@given(
    tracks=LABELS,
    known=st.integers(0, 40),
    hidden=st.sets(st.integers(1, 40)),
    kind=st.sampled_from(("music", "all")),
    has_hidden=st.booleans(),
    artists=st.none() | st.sets(st.integers(0, 3)).map(tuple),
    albums=st.none() | st.sets(st.integers(0, 3)).map(tuple),
    items=st.none() | st.sets(st.integers(0, TRACKS - 1)).map(tuple),
    country=st.sampled_from((None, "DE", "FR")),
    home=st.sampled_from((None, "Europe/Berlin")),
)
@QUICK
def test_a_selection_holds_what_fits_all_of_it(  # noqa: PLR0913 - all that a selection can say
    *,
    tracks: list[int],
    known: int,
    hidden: set[int],
    kind: str,
    has_hidden: bool,
    artists: tuple[int, ...] | None,
    albums: tuple[int, ...] | None,
    items: tuple[int, ...] | None,
    country: str | None,
    home: str | None,
) -> None:
    selection = Selection(
        kind="music" if kind == "music" else "all",
        has_hidden=has_hidden,
        artists=artists,
        albums=albums,
        tracks=items,
        country=country,
        home=home,
    )

    def fits(number: int) -> bool:
        track = tracks[number - 1]
        return (
            (kind == "all" or KINDS[KIND[track]] is Kind.MUSIC)
            and (has_hidden or number not in hidden)
            and (artists is None or int(ARTIST[track]) in artists)
            and (albums is None or int(ALBUM[track]) in albums)
            and (items is None or track in items)
            and (country is None or country == ("DE", "PT")[(number - 1) % 2])
        )

    before: Library | None = None
    for length in (min(known, len(tracks)), len(tracks)):
        columns = columns_of(tracks[:length])
        library = Library(columns, 1, np.isin(columns.id, list(hidden)), before=before)
        expected = [number for number in range(1, length + 1) if fits(number)]
        assert sorted(library.lane(selection).id.tolist()) == expected
        before = library


def test_known_names_stay_few() -> None:
    names = KnownNames()
    told = {number: Spelling(f"Track {number}", None, f"t{number}", 0) for number in range(5_000)}
    first, second = (dict(list(told.items())[start : start + 2_000]) for start in (0, 2_000))
    names.keep(first)
    assert names.find([1, 1_999, 2_000]) == {1: told[1], 1_999: told[1_999]}
    size = names.nbytes
    names.keep(second)
    assert names.find([1, 3_999]) == {3_999: told[3_999]}, "as many as before, the newer ones"
    assert names.nbytes == size > 0
    names.keep(told)
    assert names.find([1, 4_500]) == {}, "a list of everything pushes nothing out"
    assert names.nbytes == size
