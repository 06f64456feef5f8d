"""Answers as tables, for people."""

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from tonearm.cli.session import say
from tonearm.insights.records import Covered

_HOUR_MS = 3_600_000


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
        elif name != "next_cursor":
            plain.add_row(_label(name), _shown(name, value))
    if plain.row_count:
        console.print(plain)
    for name, value in inner:
        if isinstance(value, tuple):
            _print_lines(console, None if name == "items" else _label(name), value)
        elif not isinstance(value, Covered):
            _print_record(console, value, _label(name))


def _holds_records(value: tuple[object, ...]) -> bool:
    return not value or isinstance(value[0], Struct)


def _print_lines(console: Any, heading: str | None, lines: tuple[Struct, ...]) -> None:  # noqa: ANN401 - rich is imported late
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
    for name in names:
        is_text = isinstance(getattr(lines[0], name), str) or name in ("name", "artist")
        table.add_column(_label(name), justify="left" if is_text else "right")
    for line in lines:
        table.add_row(*(_shown(name, getattr(line, name)) for name in names))
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
    if isinstance(value, tuple):
        return " ".join(_shown(name, part) for part in value)
    if isinstance(value, Struct):
        told = msgspec.structs.asdict(value)
        return " ".join(_shown(part, told[part]) for part in told if part != "id")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _caption(covered: Covered) -> str:
    span = "no plays"
    if covered.from_at and covered.to_at:
        span = f"{covered.from_at:%Y-%m-%d %H:%M} to {covered.to_at:%Y-%m-%d %H:%M} UTC"
    return f"{covered.range}: {span} · {covered.zone} · rule {covered.rule} · {covered.kind}"
