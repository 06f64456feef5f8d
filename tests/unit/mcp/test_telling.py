"""Words beside numbers, and names as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.domain.vocabulary import Rule
from tonearm.mcp.arguments import RULES
from tonearm.mcp.telling import LONGEST_NAME, duration, shown_name


@pytest.mark.parametrize(
    ("ms", "spelled"),
    [
        (0, "0 s"),
        (999, "0 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (200_000, "3 min 20 s"),
        (3_599_400, "59 min 59 s"),
        (3_599_600, "59 min 59 s"),
        (3_600_000, "1 h"),
        (7_500_000, "2 h 5 min"),
        (35_999_999, "9 h 59 min"),
        (36_000_000, "10 h"),
        (4_334_400_000, "1,204 h"),
        (-200_000, "-3 min 20 s"),
        (-500, "0 s"),
    ],
)
def test_a_length_of_time_is_spelled_by_its_two_largest_units(ms: int, spelled: str) -> None:
    assert duration(ms) == spelled


@given(st.integers(0, 10**13))
def test_a_spelled_length_is_near_the_true_one(ms: int) -> None:
    units = {"s": 1_000, "min": 60_000, "h": 3_600_000}
    words = duration(ms).replace(",", "").split()
    told = sum(int(n) * units[unit] for n, unit in zip(words[::2], words[1::2], strict=True))

    assert abs(told - ms) <= max(1_000, ms * 0.05)
    assert all(int(n) < 60 for n, unit in zip(words[::2], words[1::2], strict=True) if unit != "h")


@given(st.text(max_size=1_000))
def test_a_name_is_one_printable_line_of_bounded_length(name: str) -> None:
    shown = shown_name(name)

    assert shown.isprintable()
    assert len(shown) <= LONGEST_NAME
    assert shown_name(shown) == shown


def test_every_rule_has_words() -> None:
    assert set(RULES) == set(Rule)
