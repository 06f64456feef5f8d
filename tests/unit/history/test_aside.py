import mmap
import tempfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tonearm.catalogue.resolution import Resolution, ResolvedTrack
from tonearm.domain.vocabulary import Family
from tonearm.history.aside import set_aside
from tonearm.history.identity import Derived, derive
from tonearm.history.sightings import Context, Sightings

_LARGE = np.arange(1 << 20, dtype=np.int64)


def _is_mapped(column: NDArray[np.int64]) -> bool:
    base: object = column.base
    return isinstance(base, mmap.mmap)


def test_a_column_set_aside_reads_as_before_and_takes_no_memory_of_its_own() -> None:
    aside = set_aside(_LARGE)
    assert _is_mapped(aside)
    assert aside.dtype == _LARGE.dtype
    assert np.array_equal(aside, _LARGE)
    with pytest.raises(ValueError, match="read-only"):
        aside[0] = 1


def test_a_small_column_stays_as_it_is() -> None:
    small = np.arange(3)
    assert set_aside(small) is small


def test_a_disk_without_room_costs_the_saving_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "is not there"))
    assert set_aside(_LARGE) is _LARGE


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    aside = set_aside(_LARGE)
    assert _is_mapped(aside)
    assert list(tmp_path.iterdir()) == []


def test_a_column_set_aside_once_more_reads_as_before() -> None:
    aside = set_aside(_LARGE)
    assert aside.sum() == _LARGE.sum()
    assert set_aside(aside) is aside
    assert np.array_equal(aside, _LARGE)


def test_plays_are_the_same_whether_or_not_columns_are_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = _derived()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "is not there"))
    within = _derived()
    assert len(beside.plays) > 1_000
    assert np.array_equal(beside.play_of, within.play_of)
    for name, column in within.plays.columns().items():
        assert np.array_equal(beside.plays.columns()[name], column)


def _derived() -> Derived:
    """Derive the plays of sightings of both families, so many that their columns are worth a file."""
    random = np.random.default_rng(7)
    rows, tracks = 140_000, 50
    clock = np.sort(random.integers(1_500_000_000, 1_500_500_000, rows)) * 1000
    is_extended = random.random(rows) < 0.8
    ms_played = random.integers(1, 4, rows) * 60_000
    is_stamped = is_extended & (random.random(rows) < 0.7)
    sightings = Sightings(
        id=np.arange(1, rows + 1, dtype=np.uint32),
        family=np.where(is_extended, Family.EXTENDED, Family.ACCOUNT).astype(np.uint8),
        description=random.integers(0, tracks, rows).astype(np.uint32),
        clock=np.where(is_extended, clock, clock // 60_000 * 60_000),
        ms_played=ms_played.astype(np.int32),
        stamp=np.where(is_stamped, clock - ms_played, 0),
        context=random.integers(0, 2, rows).astype(np.uint32),
        play=np.zeros(rows, np.uint32),
    )
    resolution = Resolution(
        tracks=[ResolvedTrack(str(number), "music", None, None, None) for number in range(tracks)],
        artists={},
        albums={},
        track_of=np.arange(tracks, dtype=np.int32),
        pair_of=np.arange(tracks, dtype=np.int32),
        descriptions=(),
    )
    return derive(sightings, resolution, [Context(platform="a"), Context(platform="b")])
