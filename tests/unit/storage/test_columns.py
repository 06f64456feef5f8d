"""Packed columns come back as they were, whatever is in them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tonearm.storage.columns import pack, unpack

DTYPES = (np.uint8, np.int16, np.int32, np.uint32, np.int64)
SMALL = 2**62
"""Clocks, lengths and ids: a column spans less than 63 bits."""


@st.composite
def column(draw: st.DrawFn, rows: int) -> NDArray[np.integer]:
    dtype = draw(st.sampled_from(DTYPES))
    limits: np.iinfo[Any] = np.iinfo(dtype)
    low, high = max(limits.min, -SMALL), min(limits.max, SMALL - 1)
    near = draw(st.integers(low, high))
    values = st.one_of(
        st.integers(low, high), st.integers(max(low, near - 3), min(high, near + 3))
    )  # fmt: skip
    drawn = draw(st.lists(values, min_size=rows, max_size=rows))
    if draw(st.booleans()):
        drawn.sort()
    return np.array(drawn, dtype)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, NDArray[np.integer]]:
    rows = draw(st.integers(0, 40))
    names = draw(st.lists(st.text(min_size=1, max_size=8), max_size=5, unique=True))
    return {name: draw(column(rows)) for name in names}


@given(table=tables())
@settings(deadline=None, max_examples=200)
def test_columns_come_back(table: dict[str, NDArray[np.integer]]) -> None:
    found = unpack(pack(table))
    assert list(found) == list(table)
    for name, values in table.items():
        assert found[name].dtype == values.dtype
        assert found[name].tolist() == values.tolist()


@pytest.mark.parametrize(
    "values",
    [
        [0], [-1], [2**62], [-(2**62), 2**62 - 1], [2**62, 0], [255, 0], [256, 0], [65_535, 0], [65_536, 0],
        [0, 255], [0, 256, 256], [2**32 - 1, 0], [2**32, 0], [5] * 1_000, list(range(1_000)),
    ],
)  # fmt: skip
def test_every_width_and_its_borders(values: list[int]) -> None:
    found = unpack(pack({"x": np.array(values, np.int64)}))["x"]
    assert found.tolist() == values


def test_many_rows_take_few_bytes() -> None:
    rng = np.random.default_rng(1)
    clocks = np.cumsum(rng.integers(60_000, 300_000, 100_000))
    assert len(pack({"clock": clocks, "kind": rng.integers(0, 3, 100_000)})) < 340_000


@pytest.mark.parametrize(
    "table",
    [
        {"x": np.zeros(2, np.int64), "y": np.zeros(3, np.int64)},
        {"x": np.zeros((2, 2), np.int64)},
        {"x": np.zeros(2, np.float64)},
        {"x": np.array(5)},
    ],
)
def test_other_shapes_are_refused(table: dict[str, NDArray[Any]]) -> None:
    with pytest.raises((ValueError, TypeError)):
        pack(table)


def test_what_was_not_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="not packed"):
        unpack(b"PK\x03\x04 something else")
