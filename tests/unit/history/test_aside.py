import mmap
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tonearm.history.aside import set_aside

_LARGE = np.arange(1 << 20, dtype=np.int64)


def test_a_column_set_aside_reads_as_before_and_takes_no_memory_of_its_own() -> None:
    aside = set_aside(_LARGE)
    assert isinstance(aside.base, mmap.mmap)
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
    assert isinstance(aside.base, mmap.mmap)
    assert list(tmp_path.iterdir()) == []


def test_a_column_set_aside_once_more_reads_as_before() -> None:
    aside = set_aside(_LARGE)
    assert aside.sum() == _LARGE.sum()
    assert set_aside(aside) is aside
    assert np.array_equal(aside, _LARGE)
