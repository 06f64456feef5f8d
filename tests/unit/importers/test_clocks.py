"""Clocks read by columns are those the standard library reads one by one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.domain.vocabulary import Flaw
from tonearm.importers.clocks import clock_reader

READ_TS = clock_reader("YYYY-MM-DDThh:mm:ssZ")
moments = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 31))  # noqa: DTZ001 - made UTC below


@given(st.lists(moments, min_size=1, max_size=30))
def test_columns_are_read_as_the_standard_library_does(found: list[datetime]) -> None:
    whole = [moment.replace(microsecond=0, tzinfo=UTC) for moment in found]
    instants, flaws = READ_TS([f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in whole])
    assert instants.tolist() == [
        (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) for moment in whole
    ]
    assert not flaws.any()


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30T10:00:00Z",
        "2023-02-29T10:00:00Z",
        "2024-13-01T10:00:00Z",
        "2024-00-01T10:00:00Z",
        "2024-01-00T10:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T10:60:00Z",
        "2024-01-01T10:00:60Z",
        "2024-01-01T10:00:00+",
        "2024-01-01 10:00:00Z",
        "2024-01-01T10:00:00.5Z",
        "2024-01-01T10:00:00ZZ",
        "\uff12024-01-01T10:00:00Z",
        "",
        "yesterday",
    ],
)
def test_other_texts_are_flaws_and_leave_their_neighbours_alone(text: str) -> None:
    instants, flaws = READ_TS(["2024-02-29T10:00:00Z", text, None, "2024-03-01T10:00:00Z"])
    assert flaws.tolist() == [0, Flaw.CLOCK_UNREADABLE, Flaw.CLOCK_MISSING, 0]
    assert instants[0] == 1_709_200_800_000
    assert instants[3] == 1_709_287_200_000


def test_lengths_that_only_add_up_are_no_column() -> None:
    long = "2024-01-01T10:00:00Z2024-01-01T10:00:00Z"
    _, flaws = READ_TS([long, ""])
    assert flaws.tolist() == [Flaw.CLOCK_UNREADABLE, Flaw.CLOCK_UNREADABLE]
