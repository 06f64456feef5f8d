"""Answers as tables, for people."""

from datetime import UTC, date, datetime

import msgspec
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


class Value(Struct, frozen=True):
    value: str | None
    plays: int


class Context(Struct, frozen=True):
    covered: Covered
    items: tuple[Value, ...]


def test_a_value_that_is_not_known_is_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer("Context", Context(COVERED, (Value("DE", 3), Value(None, 2))))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line[-1:] in (["3"], ["2"])] == [
        ["DE", "3"],
        ["unknown", "2"],
    ]


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
        ["plays", "time"], ["totals", "1,234", "1", "h", "00"], ["change", "-2", "-1", "h", "00"],
        ["ratio", "0.50"],
    ]  # fmt: skip
    table = [["total", "1,000"], ["entries"], ["plays", "time"], ["7", "1", "h", "00"]]
    assert lines[6:] == [["artists"], *table, ["albums"], *table], "each part under its own name"


class Counted(Struct, frozen=True):
    value: str | None


class Unit(Struct, frozen=True):
    starts_on: date
    first_at: datetime
    plays: tuple[int, ...]


class Side(Struct, frozen=True):
    covered: Covered
    values: tuple[Counted, ...]
    items: tuple[Unit, ...]


def test_clocks_are_those_of_the_zone_and_names_command_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    covered = msgspec.structs.replace(COVERED, zone="Asia/Tokyo")
    moment = datetime(2023, 12, 31, 21, 13, tzinfo=UTC)
    unit = Unit(date(2024, 1, 1), moment, (4, 5))
    answer = Side(covered, (Counted("\x1b[31mred [bold]"), Counted(None)), (unit,))
    print_answer("Sides", answer)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\N{REPLACEMENT CHARACTER}[31mred [bold]" in said
    head, line = (line.split() for line in said.splitlines()[-2:])
    assert head[-1] == "unknown"
    assert line == ["2024-01-01", "2024-01-01", "06:13", "4", "5"]
