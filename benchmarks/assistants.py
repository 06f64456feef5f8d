"""What assistants wait for: every tool that reads one's history, first and warm, and how much it tells."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import datasets, synthetic
from benchmarks.report import Group, Row, at_most, percentile, shown
from benchmarks.scale import Scale, spelled

from tonearm.bootstrap import Tonearm, build
from tonearm.domain.vocabulary import Scope
from tonearm.mcp.calling import call
from tonearm.mcp.desk import Desk
from tonearm.mcp.sizing import MOST_TOKENS, tokens_in
from tonearm.mcp.tool import Tool, load_tools
from tonearm.ops.settings import Settings

_BUDGET_S = 1.0
_MOST = 0.95
_MILLION = 1_000_000
_YEARS = range(2011, 2026)
_RANGES = (
    "all",
    *map(str, _YEARS),
    *(f"{year}-{month:02}" for year in _YEARS for month in (3, 8)),
)
_WORDS = ("the", "track 1", "artist", "2024-03", "a", "nobody is called so")


@dataclass(frozen=True, slots=True)
class _Timed:
    """One call."""

    wall_s: float
    cpu_s: float
    tokens: int
    """What it told."""


def measure(scale: Scale) -> Group:
    """Call every tool that reads without asking anybody else, on a large history."""
    plays = min(_MILLION, max(scale.histories))
    tools = [tool for tool in load_tools().values() if not (tool.is_writing or tool.is_outward)]
    with datasets.scratch("assistants") as folder:
        history = synthetic.draw(plays, seed=plays)
        with _opened(folder) as (built, desk):
            synthetic.store(built.database, history)
            synthetic.vouch(built.database, history)
            anew = _timed(load_tools()["top"], {"item": "artists"}, desk())
            leaders = desk().ask("top-artists", limit=40).items
        artists = [str(line.id) for line in leaders]
        rows = list(chain.from_iterable(_rows(folder, tool, scale, artists) for tool in tools))
    return Group(
        "Assistants",
        [
            at_most(
                "the first call of all, which makes the columns",
                anew.wall_s,
                _BUDGET_S,
                "s",
                yardstick=f"{shown(anew.cpu_s, 's')} (processor)",
            ),
            *rows,
        ],
        [
            (
                f"A history of {spelled(plays)} plays, every tool that reads it, from the arguments to the JSON that "
                "is told. First: in a Tonearm that has not been asked anything. Then "
                f"{scale.questions} calls about other ranges, items or words, p95, and the most tokens that one told."
            )
        ],
    )


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[Tonearm, Callable[[], Desk]]]:
    """Open a Tonearm that has not been asked anything, and a desk for its listener once there is one."""
    built = build(Settings(data_dir=folder))

    def desk() -> Desk:
        caller = built.accounts.get(synthetic.USER)
        return Desk(built.services(), caller, frozenset(Scope), "https://music.example.org")

    try:
        yield built, desk
    finally:
        built.close()


def _timed(tool: Tool[Any], given: dict[str, Any], desk: Desk) -> _Timed:
    wall, cpu = time.perf_counter(), time.process_time()
    told = call(tool, given, desk)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return _Timed(wall, cpu, tokens_in(told.body.decode()))


def _rows(folder: Path, tool: Tool[Any], scale: Scale, artists: Sequence[str]) -> Iterator[Row]:
    print(f"   {tool.name}", file=sys.stderr, flush=True)
    with _opened(folder) as (_, desk):
        asking = desk()
        found = [
            _timed(tool, given, asking) for given in _asked(tool, scale.questions + 1, artists)
        ]
    first, *later = found
    tokens = max(timed.tokens for timed in found)
    yield at_most(
        f"{tool.name}: first",
        first.wall_s,
        _BUDGET_S,
        "s",
        yardstick=f"{shown(first.cpu_s, 's')} (processor)",
    )
    yield at_most(
        f"{tool.name}: p95",
        percentile([timed.wall_s for timed in later], _MOST),
        _BUDGET_S,
        "ms",
        yardstick=f"{shown(percentile([timed.cpu_s for timed in later], _MOST), 'ms')} (processor)",
    )
    yield Row(
        f"{tool.name}: told",
        f"{tokens:,} tokens",
        budget=f"≤ {MOST_TOKENS:,} tokens",
        is_met=tokens <= MOST_TOKENS,
    )


def _asked(tool: Tool[Any], count: int, artists: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give arguments, each time others, as far as the tool takes any."""
    known = {field.alias or name for name, field in tool.arguments.model_fields.items()}
    usual = {name: value for name, value in tool.example.items() if name != "limit"}
    # Two ends are compared, and everything has no other.
    ranges = _RANGES[1:] if "other" in known else _RANGES
    varied: dict[str, Sequence[str | int]] = {
        "range": ranges,
        "year": _YEARS,
        "query": _WORDS,
        "artist": artists,
        "id": [*(f"year:{year}" for year in _YEARS), *(f"artist:{number}" for number in artists)],
    }
    changing = {
        name: islice(cycle(values), count)
        for name, values in varied.items()
        if name in (usual if "artist" in usual else {*usual, "range"} & known)
    }
    for _ in range(count):
        given = {name: next(values) for name, values in changing.items()}
        yield {**usual, **({"other": "previous"} if "other" in known else {}), **given}
