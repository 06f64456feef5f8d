"""Answers as tables, for people."""

import pytest
from msgspec import Struct

from tonearm.cli.answers import print_answer
from tonearm.insights.records import Covered

COVERED = Covered(
    range="2024", from_at=None, to_at=None, from_local=None, to_local=None, zone="UTC",
    rule="30s", kind="music", credit="primary", first_play_at=None, last_play_at=None,
    coverage=None, estimated_share=0.0, undecided_share=0.0, history_version=1,
    corrections_version=0, plays="plays?",
    line_plays=None,
)  # fmt: skip


class Numbers(Struct, frozen=True):
    plays: int
    ms_played: int


class Ratios(Struct, frozen=True):
    plays: float | None
    ms_played: float | None


class Parts(Struct, frozen=True):
    total: int
    entries: tuple[Numbers, ...]


class Answer(Struct, frozen=True):
    covered: Covered
    other: Covered
    totals: Numbers
    change: Numbers
    ratio: Ratios
    artists: Parts
    albums: Parts


def test_records_in_a_row_with_the_same_fields_are_lines_of_one_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hour = 3_600_000
    parts = Parts(1_000, (Numbers(7, hour),))
    answer = Answer(
        COVERED, COVERED, Numbers(1_234, hour), Numbers(-2, -hour), Ratios(None, 0.5), parts, parts
    )
    print_answer("Comparison", answer)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][:2] == ["Comparison", "2024:"]
    assert lines[1][:2] == ["other", "2024:"], "what is set beside it says of what it speaks"
    assert lines[2:6] == [
        ["plays", "hours"], ["totals", "1,234", "1.0"], ["change", "-2", "-1.0"], ["ratio", "0.50"],
    ]  # fmt: skip
    table = [["total", "1,000"], ["entries"], ["plays", "hours"], ["7", "1.0"]]
    assert lines[6:] == [["artists"], *table, ["albums"], *table], "each part under its own name"
