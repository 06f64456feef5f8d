"""The command line of the benchmarks: which groups run, and where their results go."""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    assistants,
    datasets,
    imports,
    interference,
    jobs,
    machine,
    measures,
    pages,
    serving,
    startup,
    store,
    tenants,
)
from benchmarks.report import Group, load, render, save
from benchmarks.scale import FULL, QUICK, Scale

FOLDER = Path(__file__).resolve().parent
GROUPS: dict[str, Callable[[Scale], Group]] = {
    "imports": imports.measure,
    "interference": interference.measure,
    "measures": measures.measure,
    "store": store.measure,
    "assistants": assistants.measure,
    "tenants": tenants.measure,
    "jobs": jobs.measure,
    "serving": serving.measure,
    "pages": pages.measure,
    "startup": startup.measure,
}


def main() -> int:
    """Run the groups asked for and print the whole table; 1 if a budget of theirs is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data, for a look at the tools")
    parser.add_argument("--only", choices=GROUPS, action="append", help="one group; repeatable")
    parser.add_argument("--rounds", type=int, help="how often each pair is measured")
    asked = parser.parse_args()
    scale = QUICK if asked.quick else FULL
    if asked.rounds:
        scale = scale.with_rounds(asked.rounds)
    # A quick look must not replace what was measured in earnest.
    folder = datasets.ROOT if asked.quick else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    kept, page = folder / "results.json", folder / "RESULTS.md"
    groups = load(kept)
    chosen = asked.only or list(GROUPS)
    for name in chosen:
        print(f"-- {name}", file=sys.stderr, flush=True)
        began, load_before = time.monotonic(), machine.load()
        group = GROUPS[name](scale)
        group.load = load_before
        group.measured_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        group.machine = machine.describe()
        group.seconds = round(time.monotonic() - began)
        group.rounds = scale.rounds
        if asked.quick:
            for row in group.rows:
                row.is_met = None  # budgets speak of full sizes
        groups[name] = group
        save(kept, groups)
    ordered = {name: groups[name] for name in GROUPS if name in groups}
    text = render(ordered)
    page.write_text(text, encoding="utf-8")
    print(text)
    missed = any(row.is_met is False for name in chosen for row in groups[name].rows)
    return int(missed)
