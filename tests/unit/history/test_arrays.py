"""Grouping and matching of rows are what plain loops say, also when their shortcut collides."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tonearm.history import arrays

Table = list[tuple[int, ...]]
VALUES = st.one_of(st.integers(0, 2), st.sampled_from((-1, 2**31, 2**40, -(2**40))))
MODEST = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def tables(width: int) -> st.SearchStrategy[Table]:
    return st.lists(st.tuples(*[VALUES] * width), max_size=25)


def columns(table: Table, width: int) -> list[NDArray[np.int64]]:
    return [np.array([row[place] for row in table], np.int64) for place in range(width)]


@pytest.fixture(params=["as it is", "always equal", "three values"])
def collisions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with the real mix, and with ones that collide.

    Replacing it is the only way to bring a collision of 64 bits about.
    """
    real = arrays.mix

    def equal(of: Sequence[arrays.Column]) -> NDArray[np.uint64]:
        return np.zeros(len(of[0]), np.uint64)

    def few(of: Sequence[arrays.Column]) -> NDArray[np.uint64]:
        return real(of) % np.uint64(3)

    chosen = {"always equal": equal, "three values": few}.get(request.param)
    if chosen is not None:
        monkeypatch.setattr(arrays, "mix", chosen)


@pytest.mark.usefixtures("collisions")
@given(width=st.integers(1, 3), data=st.data())
@MODEST
def test_groups_are_equal_rows(width: int, data: st.DataObject) -> None:
    table = data.draw(tables(width))
    labels, firsts = arrays.group(columns(table, width))
    assert len(labels) == len(table)
    assert len(firsts) == len(set(table))
    for row, label in enumerate(labels.tolist()):
        assert table[firsts[label]] == table[row]
        assert firsts[label] == table.index(table[row])


@pytest.mark.usefixtures("collisions")
@given(width=st.integers(1, 3), preferences=st.integers(1, 2), data=st.data())
@MODEST
def test_the_best_match_is_the_lowest_equal_row(
    width: int, preferences: int, data: st.DataObject
) -> None:
    wanted, offered = data.draw(tables(width)), data.draw(tables(width))
    weights = data.draw(
        st.lists(st.tuples(*[VALUES] * preferences), min_size=len(offered), max_size=len(offered))
    )
    found = arrays.best_match(
        columns(wanted, width), columns(offered, width), columns(weights, preferences)
    ).tolist()
    assert len(found) == len(wanted)
    for row, match in zip(wanted, found, strict=True):
        equal = [index for index, other in enumerate(offered) if other == row]
        if not equal:
            assert match == -1
        else:
            assert match in equal
            assert weights[match] == min(weights[index] for index in equal)


def test_columns_of_different_types_mix_alike() -> None:
    values = [0, 1, 77, 2**20]
    mixed = [
        arrays.mix([np.array(values, dtype), np.array(values, np.int64)]).tolist()
        for dtype in (np.int32, np.uint32, np.int64)
    ]
    assert mixed[0] == mixed[1] == mixed[2]
    assert len(set(mixed[0])) == len(values)
