"""How soon Tonearm is there, and what it holds while nobody asks for anything."""

import sys
import time
from statistics import median

from benchmarks import datasets
from benchmarks.imports import bring_in
from benchmarks.processes import memory_of, run, tonearm
from benchmarks.report import Group, Row, at_most, shown
from benchmarks.scale import Scale, spelled
from benchmarks.served import serve

_HELP_BUDGET_S, _READY_BUDGET_S, _IDLE_BUDGET = 0.3, 2.0, 150_000_000
_SETTLE_S = 3


def measure(scale: Scale) -> Group:
    """Start the command line and the server some times, on empty and on used data folders."""
    helps: list[float] = []
    bare: list[float] = []
    fresh: list[float] = []
    used: list[float] = []
    memory = 0
    with datasets.scratch("startup") as folder:
        bring_in(folder / "used", datasets.export(scale.small, 7))
        for number in range(scale.starts):
            bare.append(run([sys.executable, "-c", "pass"], folder).wall_s)
            helps.append(tonearm(folder / "help", "--help").wall_s)
            with serve(folder / f"fresh-{number}") as server:
                fresh.append(server.ready_s)
            with serve(folder / "used") as server:
                used.append(server.ready_s)
                if not number:
                    time.sleep(_SETTLE_S)
                    memory = memory_of(server.pid)
    python = f"{shown(median(bare), 's')} (`python -c pass`)"
    return Group(
        "Start",
        [
            at_most("`tonearm --help`", median(helps), _HELP_BUDGET_S, "s", yardstick=python),
            at_most(
                "`tonearm serve` answers, empty data folder", median(fresh), _READY_BUDGET_S, "s"
            ),
            at_most(
                f"`tonearm serve` answers, {spelled(scale.small)} plays",
                median(used),
                _READY_BUDGET_S,
                "s",
            ),
            at_most("memory of an idle server", memory, _IDLE_BUDGET, "MB")
            if memory
            else Row("memory of an idle server", "this system does not tell"),
        ],
        [f"Medians of {scale.starts} starts; memory {_SETTLE_S} s after the start."],
    )
