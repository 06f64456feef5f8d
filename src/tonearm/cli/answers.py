"""Answers as tables, for people."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from tonearm.cli.session import say
from tonearm.insights.records import Covered

_HOUR_MS = 3_600_000
_MOST_IN_A_ROW = 20
_BARS = "·▁▂▃▄▅▆▇█"


def print_answer(title: str, answer: Any) -> None:  # noqa: ANN401 - each measure has its record
    """Print an answer: what it covers, its numbers, and a table for its lines."""
    from rich.console import Console  # noqa: PLC0415 - only people read tables

    console = Console()
    console.print(f"[bold]{title}[/bold]", _caption(answer.covered), highlight=False)
    _print_record(console, answer)


def _print_record(console: Any, answer: Struct, heading: str | None = None) -> None:  # noqa: ANN401 - rich is imported late
    """Print the plain fields of a record, then the records and tables it holds."""
    from rich.table import Table  # noqa: PLC0415 - only people read tables

    plain = Table(title=heading, title_justify="left", box=None, show_header=False)
    plain.add_column()
    plain.add_column(justify="right")
    inner: list[tuple[str, Any]] = []
    for name in answer.__struct_fields__:
        value = getattr(answer, name)
        if isinstance(value, Struct) or (isinstance(value, tuple) and _holds_records(value)):
            inner.append((name, value))
        elif value is not None and name not in ("id", "next_cursor"):
            plain.add_row(_label(name), _shown(name, value))
    if plain.row_count:
        console.print(plain)
    _print_parts(console, inner)


def _print_parts(console: Any, parts: Sequence[tuple[str, Any]]) -> None:  # noqa: ANN401 - rich is imported late
    """Print records and tables one after another; records in a row that have the same fields are lines of a table."""
    for names, group in groupby(parts, key=lambda part: _plain_fields(part[1])):
        alike = dict(group)
        if names and len(alike) > 1:
            _print_lines(console, None, tuple(alike.values()), [*map(_label, alike)])
            continue
        for name, value in alike.items():
            if isinstance(value, tuple):
                _print_lines(console, None if name == "items" else _label(name), value)
            elif not isinstance(value, Covered):
                _print_record(console, value, _label(name))
            elif name != "covered":
                console.print(f"[bold]{_label(name)}[/bold]", _caption(value), highlight=False)


def _plain_fields(value: object) -> tuple[str, ...]:
    """Give the fields of a record that fits into a line; none of anything else."""
    if not isinstance(value, Struct) or isinstance(value, Covered):
        return ()
    names = value.__struct_fields__
    return () if any(isinstance(getattr(value, name), tuple) for name in names) else names


def _holds_records(value: tuple[object, ...]) -> bool:
    return not value or isinstance(value[0], Struct)


def _print_lines(
    console: Any,  # noqa: ANN401 - rich is imported late
    heading: str | None,
    lines: tuple[Struct, ...],
    titles: Sequence[str] = (),
) -> None:
    """Print a table of records with the same fields; titles say what each line is."""
    from rich.table import Table  # noqa: PLC0415 - only people read tables

    if not lines:
        say(f"{heading or 'Lines'}: nothing in this range.")
        return
    names = [
        name
        for name in lines[0].__struct_fields__
        if name != "id" and any(getattr(line, name) is not None for line in lines)
    ]
    table = Table(title=heading, title_justify="left", box=None, header_style="bold")
    if titles:
        table.add_column()
    for name in names:
        is_text = isinstance(getattr(lines[0], name), str) or name in ("name", "artist")
        table.add_column(_label(name), justify="left" if is_text else "right")
    for place, line in enumerate(lines):
        values = (_shown(name, getattr(line, name)) for name in names)
        table.add_row(*titles[place : place + 1], *values)
    console.print(table)


def _label(name: str) -> str:
    return (
        name.removesuffix("_at")
        .replace("ms_played", "hours")
        .replace("ms_", "hours_")
        .replace("_", " ")
    )


def _shown(name: str, value: object) -> str:  # noqa: PLR0911 - one line a kind of value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.startswith("ms_") and isinstance(value, int):
        return f"{value / _HOUR_MS:,.1f}"
    if name.endswith("share") and isinstance(value, float):
        return f"{value:.1%}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, tuple):
        return _in_a_row(name, value)
    if isinstance(value, Struct):
        told = msgspec.structs.asdict(value)
        return " ".join(_shown(part, told[part]) for part in told if part != "id")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _in_a_row(name: str, values: tuple[Any, ...]) -> str:
    """Write a few values side by side; draw as bars what would not fit into a line."""
    if len(values) <= _MOST_IN_A_ROW:
        return " ".join(_shown(name, value) for value in values)
    highest, steps = max(*values, 1), len(_BARS) - 1
    return "".join(_BARS[-(-value * steps // highest)] for value in values)


def _caption(covered: Covered) -> str:
    span = "no plays"
    if covered.from_at and covered.to_at:
        span = f"{covered.from_at:%Y-%m-%d %H:%M} to {covered.to_at:%Y-%m-%d %H:%M} UTC"
    return f"{covered.range}: {span} · {covered.zone} · rule {covered.rule} · {covered.kind}"
