"""Cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.api.cursor import make_cursor, read_cursor
from tonearm.domain.errors import InvalidInputError


@given(st.integers(0, 2**31))
def test_a_cursor_leads_back_to_its_place(place: int) -> None:
    assert read_cursor(make_cursor(place)) == place


def test_without_a_cursor_it_is_the_beginning() -> None:
    assert read_cursor(None) == 0


@given(st.text(max_size=64).filter(lambda text: not text.startswith("YWZ0ZXI6")))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_cursor(text)

    assert refusal.value.parameter == "cursor"
