"""Years, months and days in a search."""

import pytest

from tonearm.mcp.periods import find_period, periods_in


@pytest.mark.parametrize(
    ("text", "found", "words"),
    [
        ("2024", ["2024"], ""),
        ("what was on 2024-05-17", ["2024-05-17"], "what was on"),
        ("songs of May 2023", ["2023-05"], "songs of"),
        ("DECEMBER 2021 and 2022", ["2021-12", "2022"], "and"),
        ("2024-02-30", [], ""),
        ("2024 2024", ["2024"], ""),
        ("1989", [], "1989"),
        ("track 20245", [], "track 20245"),
        ("", [], ""),
    ],
)
def test_periods_are_found_among_words(text: str, found: list[str], words: str) -> None:
    periods, rest = periods_in(text)

    assert [period.range for period in periods] == found
    assert rest == words


def test_a_period_knows_what_it_is_and_where_its_page_is() -> None:
    told = [
        (period.unit, period.title, period.path)
        for text in ("2024", "2024-05", "2024-05-17")
        if (period := find_period(text)) is not None
    ]

    assert told == [
        ("year", "Listening in 2024", "/"),
        ("month", "Listening in May 2024", "/"),
        ("day", "Plays of 17 May 2024", "/history"),
    ]
    assert find_period("may 2024") is None
    assert find_period("2024-13") is None
