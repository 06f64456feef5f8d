"""Results: how they are kept between partial runs, and the page made of them."""

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

_COLUMNS: Final = ("what", "measured", "yardstick", "ratio", "budget", "met")


class Row(msgspec.Struct, omit_defaults=True):
    """One line: a measurement, what it is held against, and whether that is met."""

    what: str
    measured: str
    yardstick: str = ""
    ratio: str = ""
    budget: str = ""
    is_met: bool | None = None
    """None where there is no budget to meet, or it was not measured in full size."""


class Group(msgspec.Struct):
    """The results of one module."""

    title: str
    rows: list[Row]
    notes: list[str]
    machine: dict[str, str] = msgspec.field(default_factory=dict)
    measured_at: str = ""
    load: str = ""
    """Runnable processes before it began."""
    seconds: int = 0
    rounds: int = 0


class Pair(msgspec.Struct):
    """A measurement and its yardstick over several rounds, taken one after the other in each."""

    measured: list[float] = msgspec.field(default_factory=list)
    yardstick: list[float] = msgspec.field(default_factory=list)

    def add(self, measured: float, yardstick: float) -> None:
        """Add one round."""
        self.measured.append(measured)
        self.yardstick.append(yardstick)

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: a machine that slows down slows both of a round."""
        pairs = zip(self.measured, self.yardstick, strict=True)
        return median(mine / theirs for mine, theirs in pairs)

    def row(self, what: str, most: float, *, unit: str = "s", note: str = "") -> Row:
        """Hold the ratio against a budget."""
        return Row(
            what,
            shown(median(self.measured), unit),
            shown(median(self.yardstick), unit) + note,
            f"{self.ratio:.2f} x ({spread(self)})",
            f"≤ {most:g} x",
            self.ratio <= most,
        )


def spread(pair: Pair) -> str:
    """Give the least and largest ratio of the rounds."""
    ratios = [mine / theirs for mine, theirs in zip(pair.measured, pair.yardstick, strict=True)]
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def shown(value: float, unit: str) -> str:
    """Write a number of seconds, milliseconds (given in seconds) or megabytes (given in bytes)."""
    if unit == "ms":
        return f"{value * 1000:.2f} ms"
    if unit == "MB":
        return f"{value / 1_000_000:.0f} MB"
    return f"{value:.2f} {unit}"


def at_most(what: str, value: float, most: float, unit: str, *, yardstick: str = "") -> Row:
    """Hold a plain number against a budget in the same unit."""
    limit = shown(most, unit) if unit == "MB" else f"{most * 1000:g} ms"
    limit = f"{most:g} s" if unit == "s" else limit
    return Row(what, shown(value, unit), yardstick, "", f"≤ {limit}", value <= most)


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[ceil(round(len(ordered) * share, 6)) - 1]


def load(path: Path) -> dict[str, Group]:
    """Read what earlier runs measured; nothing where there was none."""
    if not path.is_file():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Group])


def save(path: Path, groups: Mapping[str, Group]) -> None:
    """Keep results for the next partial run."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(groups), indent=1) + b"\n")


def render(groups: Mapping[str, Group]) -> str:
    """Make the page."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. A ratio is taken within one round, measurement and yardstick one after",
        "the other, and the median of the rounds counts; the least and largest stand in brackets. CPU time",
        "is that of all processes, user and system. Memory is in millions of bytes.",
    ]
    before: dict[str, str] = {}
    for name, group in groups.items():
        lines += ["", f"## {group.title}", ""]
        when = f"Rounds: {group.rounds}; {group.measured_at}, {group.seconds} s; load before {group.load}."
        lines += [f"{when} Again: `make bench ARGS='--only {name}'`.", ""]
        if group.machine != before:
            lines += [f"- {key}: {value}" for key, value in group.machine.items()]
            lines.append("")
            before = group.machine
        lines += [_line(_COLUMNS), _line(["---"] * len(_COLUMNS))]
        lines += [_line(_cells(row)) for row in group.rows]
        lines += [""] * bool(group.notes) + [f"- {note}" for note in group.notes]
    missed = [
        f"- {group.title}: {row.what} ({row.ratio or row.measured}, budget {row.budget})"
        for group in groups.values()
        for row in group.rows
        if row.is_met is False
    ]
    lines += ["", "## Missed", "", *(missed or ["Nothing."])]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    met = {True: "yes", False: "**no**", None: ""}[row.is_met]
    return [row.what, row.measured, row.yardstick, row.ratio, row.budget, met]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
