"""Pages of long lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.domain.errors import InvalidInputError
from tonearm.mcp.paging import page_of


@given(st.sets(st.text(max_size=30), max_size=60), st.integers(1, 20))
def test_pages_together_are_the_list(keys: set[str], limit: int) -> None:
    lines = sorted(keys)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page, cursor = page_of(lines, str, cursor, limit)
        assert len(page) <= limit
        found += page
        if cursor is None:
            break

    assert found == lines


def test_a_page_goes_on_where_the_one_before_ended_although_lines_have_come_before_it() -> None:
    _, cursor = page_of(["b", "c", "d", "e"], str, None, 2)

    assert page_of(["a", "b", "c", "d", "e"], str, cursor, 2) == (("d", "e"), None)


@pytest.mark.parametrize("cursor", ["", "x", "²", "ZnJvbTr_", "bm9uc2Vuc2U", "=" * 50])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="next_cursor"):
        page_of(["a"], str, cursor, 1)
