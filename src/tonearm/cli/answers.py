"""Answers as tables, for people; clocks show the zone of the answer."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from tonearm.cli.session import printable, say
from tonearm.insights.records import Covered

if TYPE_CHECKING:
    from rich.console import Console

_HOUR_S, _MINUTE_S, _SECOND_MS = 3_600, 60, 1_000
_HOURS_OF_DAY = 24
_MOST_IN_A_ROW = 20
_WIDE = 160
_NARROWEST_NAME = 8
_BARS = "·▁▂▃▄▅▆▇█"
_DAY = len("2024-03-01")
_LABELS = {"previous_rank": "was"}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def print_answer(title: str, answer: Any) -> None:  # noqa: ANN401 - each measure has its record
    """Print an answer: what it covers, its numbers, and a table for its lines."""
    _Printer(answer.covered).print(title, answer)


def wide_console() -> "Console":
    """Give what prints tables: as wide as the terminal, and wide enough for names in a file or a pipe."""
    from rich.console import Console  # noqa: PLC0415 - only people read tables

    console = Console()
    # A file or a pipe has no width.
    return console if console.is_terminal else Console(width=_WIDE)


class _Printer:
    """Prints the records of one answer."""

    def __init__(self, covered: Covered) -> None:
        self._console = wide_console()
        self._zone = ZoneInfo(covered.zone)

    def print(self, title: str, answer: Any) -> None:  # noqa: ANN401 - each measure has its record
        self._head(title, answer.covered)
        self._record(answer)
        more = getattr(answer, "next_cursor", None)
        if more is not None:
            self._console.print(f"More: --cursor {more}", highlight=False)

    def _head(self, title: str, covered: Covered) -> None:
        span = "no plays"
        if covered.from_at and covered.to_at:
            span = f"{self._clock(covered.from_at)} to {self._clock(covered.to_at)}"
        said = f"{covered.range}: {span} · {covered.zone} · rule {covered.rule} · {covered.kind}"
        self._console.print(f"[bold]{title}[/bold]", printable(said), highlight=False)

    def _record(self, answer: Struct, heading: str | None = None) -> None:
        """Print the plain fields of a record, then the records and tables it holds."""
        plain: list[tuple[str, str]] = []
        inner: list[tuple[str, Any]] = []
        for name in answer.__struct_fields__:
            value = getattr(answer, name)
            if isinstance(value, Struct) or (isinstance(value, tuple) and _holds_records(value)):
                inner.append((name, value))
            elif value is not None and name not in ("id", "next_cursor"):
                plain.append((_label(name), self._shown(name, value)))
        if plain:
            self._table(heading, [("", True), ("", False)], plain, show_header=False)
        self._parts(answer, inner)

    def _parts(self, answer: Struct, parts: Sequence[tuple[str, Any]]) -> None:
        """Print records and tables in turn; records in a row with the same fields are lines of a table."""
        for names, group in groupby(parts, key=lambda part: _plain_fields(part[1])):
            alike = dict(group)
            if names and len(alike) > 1:
                self._lines(None, tuple(alike.values()), titles=[*map(_label, alike)])
                continue
            for name, value in alike.items():
                if isinstance(value, tuple):
                    heading = None if name == "items" else _label(name)
                    self._lines(heading, value, parallel=list(_headings(answer)))
                elif not isinstance(value, Covered):
                    self._record(value, _label(name))
                elif name != "covered":
                    self._head(_label(name), value)

    def _lines(
        self,
        heading: str | None,
        lines: tuple[Struct, ...],
        *,
        titles: Sequence[str] = (),
        parallel: Sequence[str] = (),
    ) -> None:
        """Print a table of records with the same fields.

        `titles` say what each line is; `parallel` what the numbers are that a field holds side by side.
        """
        if not lines:
            say(f"{heading or 'Lines'}: nothing in this range.")
            return
        if "weekday" in lines[0].__struct_fields__:
            self._week(lines)
            return
        columns: list[tuple[str, bool]] = [("", True)] if titles else []
        names: list[str] = []
        for name in lines[0].__struct_fields__:
            values = [getattr(line, name) for line in lines]
            if name == "id" or all(value is None for value in values):
                continue
            names.append(name)
            if _is_parallel(values[0], parallel):
                columns += [(label, False) for label in parallel]
            else:
                is_text = name in ("name", "artist") or any(isinstance(v, str) for v in values)
                columns.append((_label(name), is_text))
        rows = []
        for place, line in enumerate(lines):
            row = list(titles[place : place + 1])
            for name in names:
                value = getattr(line, name)
                is_wide = _is_parallel(value, parallel)
                row += [self._shown(name, part) for part in (value if is_wide else (value,))]
            rows.append(row)
        self._table(heading, columns, rows)

    def _week(self, cells: tuple[Any, ...]) -> None:
        """Print the plays of 168 hours, a line for each hour of the day."""
        rows = [
            [f"{hour:02}:00", *(f"{cell.plays:,}" for cell in cells[hour::_HOURS_OF_DAY])]
            for hour in range(_HOURS_OF_DAY)
        ]
        days = [(name, False) for name in _WEEKDAYS]
        self._table("plays by hour and weekday", [("", False), *days], rows)

    def _table(
        self,
        heading: str | None,
        columns: Sequence[tuple[str, bool]],
        rows: Sequence[Sequence[str]],
        *,
        show_header: bool = True,
    ) -> None:
        from rich.table import Table  # noqa: PLC0415 - only people read tables
        from rich.text import Text  # noqa: PLC0415 - the same

        table = Table(
            title=heading,
            title_justify="left",
            box=None,
            header_style="bold",
            show_header=show_header,
        )
        for label, is_text in columns:
            # Names may be cut to fit; a number or a clock that is cut says something else.
            narrowest = _NARROWEST_NAME if is_text else None
            table.add_column(
                label,
                justify="left" if is_text else "right",
                no_wrap=not is_text,
                min_width=narrowest,
            )
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)

    def _clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def _shown(self, name: str, value: object) -> str:  # noqa: PLR0911 - one line a kind of value
        if value is None:
            return "unknown" if name == "value" else ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if name.startswith("ms_") and isinstance(value, int):
            return _duration(value)
        if name.endswith(("share", "coverage")) and isinstance(value, float):
            return f"{value:.1%}"
        if isinstance(value, datetime):
            # Of first and last plays in a ranking the day says enough, and leaves room for the names.
            return self._clock(value)[: _DAY if name.endswith("_play_at") else None]
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, float):
            return f"{value:,.2f}"
        if isinstance(value, tuple):
            return self._in_a_row(name, value)
        if isinstance(value, Struct):
            told = msgspec.structs.asdict(value)
            return " ".join(self._shown(part, told[part]) for part in told if part != "id")
        return f"{value:,}" if isinstance(value, int) else printable(str(value))

    def _in_a_row(self, name: str, values: tuple[Any, ...]) -> str:
        """Write a few values side by side; draw as bars what would not fit into a line."""
        if len(values) <= _MOST_IN_A_ROW:
            return " ".join(self._shown(name, value) for value in values)
        highest, steps = max(*values, 1), len(_BARS) - 1
        return "".join(_BARS[-(-value * steps // highest)] for value in values)


def _plain_fields(value: object) -> tuple[str, ...]:
    """Give the fields of a record that fits into a line; none of anything else."""
    if not isinstance(value, Struct) or isinstance(value, Covered):
        return ()
    names = value.__struct_fields__
    return () if any(isinstance(getattr(value, name), tuple) for name in names) else names


def _headings(answer: Struct) -> Iterator[str]:
    """Give the words of an answer's `values`, which its lines count side by side."""
    for told in getattr(answer, "values", ()):
        yield printable(told.value or "unknown")


def _is_parallel(value: object, headings: Sequence[str]) -> bool:
    return bool(headings) and isinstance(value, tuple) and len(value) == len(headings)


def _holds_records(value: tuple[object, ...]) -> bool:
    return not value or isinstance(value[0], Struct)


def _label(name: str) -> str:
    text = _LABELS.get(name, name.removesuffix("_at"))
    if text.startswith("ms_per_"):
        text = text.replace("ms_", "time_")
    return text.replace("ms_played", "time").removeprefix("ms_").replace("_", " ")


def _duration(ms: int) -> str:
    seconds = round(abs(ms) / _SECOND_MS)
    sign = "-" if ms < 0 else ""
    if seconds >= _HOUR_S:
        return f"{sign}{seconds // _HOUR_S:,} h {seconds % _HOUR_S // _MINUTE_S:02}"
    if seconds >= _MINUTE_S:
        return f"{sign}{seconds // _MINUTE_S} min"
    return f"{sign}{seconds} s"
