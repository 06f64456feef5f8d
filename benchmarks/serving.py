"""Requests as clients see them: a cached answer beside a trivial FastAPI route, and the overview page."""

import re
import sys
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from benchmarks import datasets
from benchmarks.imports import bring_in
from benchmarks.report import Group, Pair, Row, at_most, percentile, shown
from benchmarks.scale import Scale, spelled
from benchmarks.served import Client, serve, started

_ANSWER_BUDGET, _PAGE_BUDGET_S = 2.5, 0.1
_MOST = 0.95
_ANSWERS = (
    "/api/history/users/me/totals?range=2023",
    "/api/history/users/me/top-artists?range=2023",
    "/api/history/users/me/heatmap",
)
_WARM = 30
_MONTHS = [f"/?range={year}-{month:02}" for year in range(2017, 2025) for month in range(1, 13)]
_RANGES = ["/", *(f"/?range={year}" for year in range(2017, 2025)), *_MONTHS]


def measure(scale: Scale) -> Group:
    """Measure answers of the API with a small history, and pages with a large one."""
    rows = _answers(scale)
    rows += _pages(scale)
    return Group(
        "Serving",
        rows,
        [
            (
                "One client, one connection, one request after another, over loopback. A cached answer "
                "is asked for with an API key and the trivial route (`async def`, a dictionary with one "
                "entry) is served by the same event loop; requests to both alternate, p50 of each round."
            ),
            (
                "Pages: every request asks for another month, year or all time; the first request of "
                "all is left out, p95 of the others, as the client sees it."
            ),
        ],
    )


def _answers(scale: Scale) -> list[Row]:
    script = Path(__file__).with_name("side_by_side.py")
    pairs = {path: Pair() for path in _ANSWERS}
    with datasets.scratch("serving") as folder:
        bring_in(folder, datasets.export(scale.small, 7))
        command = [sys.executable, str(script)]
        with started(command, folder, r"serving on (\d+)", "/healthz") as server:
            printed = (folder / "server.txt").read_text(encoding="utf-8")
            found = re.search(r"trivial on (\d+)", printed)
            ours, theirs = Client(server.port), Client(int(found[1]) if found else 0)
            ours.set_up()
            ours.use_key()
            for _ in range(scale.rounds):
                for path, pair in pairs.items():
                    pair.add(*_alternating(ours, theirs, path, scale.requests))
            ours.close()
            theirs.close()
    return [
        pair.row(
            f"cached {path.split('/')[-1].partition('?')[0]}, {spelled(scale.small)} plays",
            _ANSWER_BUDGET,
            unit="ms",
            note=" (trivial FastAPI route)",
        )
        for path, pair in pairs.items()
    ]


def _alternating(ours: Client, theirs: Client, path: str, requests: int) -> tuple[float, float]:
    mine: list[float] = []
    yardstick: list[float] = []
    for _ in range(requests + _WARM):
        mine.append(ours.timed(path))
        yardstick.append(theirs.timed("/trivial"))
    return median(mine[_WARM:]), median(yardstick[_WARM:])


def _pages(scale: Scale) -> list[Row]:
    with datasets.scratch("serving") as folder:
        bring_in(folder, datasets.export(scale.import_plays, 7))
        with serve(folder) as server:
            client = Client(server.port)
            client.set_up()
            first = client.timed("/")
            times = [client.timed(path) for path in islice(cycle(_RANGES), 1, 1 + scale.requests)]
            everything = [client.timed("/") for _ in range(_WARM)]
            client.close()
    size = spelled(scale.import_plays)
    return [
        at_most(
            f"overview page, {size} plays, p95", percentile(times, _MOST), _PAGE_BUDGET_S, "ms"
        ),
        at_most(
            f"overview page of all time, {size} plays, p95",
            percentile(everything, _MOST),
            _PAGE_BUDGET_S,
            "ms",
        ),
        Row(f"the first page after a start, {size} plays", shown(first, "ms")),
    ]
