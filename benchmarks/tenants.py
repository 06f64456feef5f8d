"""Many listeners in one process: how soon they get answers, and whether memory stays within its limit."""

import os
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
from benchmarks import datasets, synthetic
from benchmarks.processes import memory_of, run
from benchmarks.report import Group, Row, at_most, percentile, shown
from benchmarks.scale import Scale, spelled

from tonearm.bootstrap import build
from tonearm.insights.chart import load_charts
from tonearm.insights.insights import Insights
from tonearm.ops.settings import Settings

_PLAYS = 10_000
_HISTORIES = 20
_CHARTS = ("totals", "top-artists", "top-tracks", "heatmap", "timeline")
_RANGES = ("all", "2025", "2019", "2024-03-01..2024-07-01", "2012-01-01..2016-01-01")
_MEGABYTE = 1_000_000
_HALF, _MOST = 0.5, 0.95
_P50_BUDGET_S, _P95_BUDGET_S = 0.005, 0.1
_OVERHEAD = 60 * _MEGABYTE


class Told(msgspec.Struct):
    """What the process with many listeners found."""

    seconds: list[float]
    cold: list[float]
    """Those of them that were the first about a listener, or the first since it was let go."""
    begun_bytes: int
    most_bytes: int
    """The largest memory while listeners were asked about."""


def measure(scale: Scale) -> Group:
    """Ask about many listeners, a few of them often and most of them rarely."""
    limit = scale.tenants_mb
    with datasets.scratch("tenants") as folder:
        built = build(Settings(data_dir=folder))
        drawn = [synthetic.draw(_PLAYS, seed=number) for number in range(_HISTORIES)]
        for user in range(1, scale.tenants + 1):
            synthetic.store(built.database, drawn[user % _HISTORIES], user)
        built.close()
        script = [sys.executable, "-m", "benchmarks.tenants"]
        asked = [str(folder), str(limit), str(scale.tenants), str(scale.tenant_questions)]
        paths = os.pathsep.join(path for path in sys.path if path)
        output = run([*script, *asked], folder, dict(os.environ) | {"PYTHONPATH": paths}).output
    told = msgspec.json.decode(output, type=Told)
    size = f"{scale.tenants:,} listeners of {spelled(_PLAYS)} plays"
    grown = told.most_bytes - told.begun_bytes
    rows = [
        at_most(f"p50 of an answer, {size}", percentile(told.seconds, _HALF), _P50_BUDGET_S, "ms"),
        at_most(f"p95 of an answer, {size}", percentile(told.seconds, _MOST), _P95_BUDGET_S, "ms"),
        Row(
            "answers that had to open a listener",
            f"{len(told.cold) / len(told.seconds):.0%}",
            f"{shown(percentile(told.cold, _HALF), 'ms')} (p50 of those)",
        ),
        at_most(
            f"memory while asking, above {shown(told.begun_bytes, 'MB')} before",
            grown,
            limit * _MEGABYTE + _OVERHEAD,
            "MB",
            yardstick=f"{limit} MB (the limit)",
        ),
    ]
    notes = [
        (
            f"{scale.tenant_questions:,} questions, {', '.join(_CHARTS)} in turn, about listeners that are "
            "drawn by Zipf's law (the n-th listener n times more rarely than the first). The memory is the "
            f"resident set; {shown(_OVERHEAD, 'MB')} above the limit are left to the answers being made, "
            "the database and Python itself."
        ),
    ]
    return Group("Many listeners", rows, notes)


def _ask(folder: Path, limit_mb: int, tenants: int, questions: int) -> Told:
    built = build(Settings(data_dir=folder, store_cache_mb=limit_mb))
    rng = np.random.default_rng(3)
    weights = 1 / np.arange(1, tenants + 1)
    users = rng.choice(tenants, questions, p=weights / weights.sum()) + 1
    ranges = rng.choice(_RANGES, questions).tolist()
    charts = load_charts()
    # What the first answer of a process loads is not a listener's.
    _one(built.insights, "totals", int(users[0]), "all")
    pid = os.getpid()
    told = Told([], [], memory_of(pid), 0)
    for number, user in enumerate(users.tolist()):
        is_cold = not built.insights.holds(user)
        chart = _CHARTS[number % len(_CHARTS)]
        question = charts[chart].question(range=ranges[number], zone="Europe/Berlin")
        began = time.perf_counter()
        built.insights.answer(chart, user, question)
        told.seconds.append(time.perf_counter() - began)
        if is_cold:
            told.cold.append(told.seconds[-1])
        told.most_bytes = max(told.most_bytes, memory_of(pid))
    built.close()
    return told


def _one(insights: Insights, chart: str, user: int, range_: str) -> None:
    question = load_charts()[chart].question(range=range_, zone="Europe/Berlin")
    insights.answer(chart, user, question)


if __name__ == "__main__":
    place, *numbers = sys.argv[1:]
    print(msgspec.json.encode(_ask(Path(place), *map(int, numbers))).decode())
