"""What other people notice of an import: small writes and cached answers while a server's worker runs one."""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import datasets
from benchmarks.imports import bring_in
from benchmarks.processes import FailedError, PeakMemory
from benchmarks.report import Group, Row, at_most, percentile, shown
from benchmarks.scale import Scale, spelled
from benchmarks.served import Client, Server, serve
from sqlalchemy import text

from tonearm.storage.database import Database

_WRITE_BUDGET_S = 0.3
_TIMES_IDLE = 3.0
_MOST = 0.95
_PAUSE_S = 0.02
_TREE_BUDGET = 300_000_000
_WARM = 5
_PAGE, _ANSWER = "/?range=2023", "/api/history/users/me/top-artists?range=2023"
_UNDER_WAY = ("queued", "running")


@dataclass(slots=True)
class _Samples:
    """Seconds that each small request took."""

    writes: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)

    def take(self, client: Client, database: Database) -> None:
        """Do each of them once."""
        began = time.perf_counter()
        with database.write() as connection:
            connection.execute(
                text(
                    "INSERT INTO instance (key, value) VALUES ('benchmark', '1') "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value || '1'"
                )
            )
            connection.execute(text("DELETE FROM instance WHERE length(value) > 1000"))
        self.writes.append(time.perf_counter() - began)
        self.pages.append(client.timed(_PAGE))
        self.answers.append(client.timed(_ANSWER))
        time.sleep(_PAUSE_S)


def measure(scale: Scale) -> Group:
    """Time small requests idle, then while an upload of the listener is imported, then idle again."""
    small = datasets.export(scale.small, 7)
    archive = datasets.export(scale.import_plays, 8)
    idle, busy = _Samples(), _Samples()
    peak = 0
    for _ in range(scale.rounds):
        with datasets.scratch("interference") as folder:
            bring_in(folder, small)
            with serve(folder) as server:
                found = _one_round(server, folder, archive, scale.requests // 2, idle, busy)
                peak = max(peak, found)
    what = f"while {spelled(scale.import_plays)} rows are imported: p95 of"
    rows = [
        at_most(
            f"{what} a small write",
            percentile(busy.writes, _MOST),
            _WRITE_BUDGET_S,
            "ms",
            yardstick=f"{shown(percentile(idle.writes, _MOST), 'ms')} (idle)",
        ),
        _against_idle(f"{what} the overview page", busy.pages, idle.pages),
        _against_idle(f"{what} a cached answer", busy.answers, idle.answers),
        at_most("peak memory, server and import child together", peak, _TREE_BUDGET, "MB")
        if peak
        else Row("peak memory", "this system does not tell"),
    ]
    worst = max(busy.writes)
    return Group(
        "While an import runs",
        rows,
        [
            (
                f"{len(busy.writes)} requests of each kind during imports, {len(idle.writes)} before "
                f"and after, {_PAUSE_S * 1000:g} ms apart; the listener has "
                f"{spelled(scale.small)} plays already."
            ),
            f"The slowest small write took {shown(worst, 'ms')}.",
            "Memory is proportional set size, so that what both processes share counts once.",
        ],
    )


def _against_idle(what: str, busy: list[float], idle: list[float]) -> Row:
    mine, theirs = percentile(busy, _MOST), percentile(idle, _MOST)
    ratio = mine / theirs
    return Row(
        what,
        shown(mine, "ms"),
        f"{shown(theirs, 'ms')} (idle)",
        f"{ratio:.2f} x",
        f"≤ {_TIMES_IDLE:g} x",
        ratio <= _TIMES_IDLE,
    )


def _one_round(
    server: Server, folder: Path, archive: Path, idle_samples: int, idle: _Samples, busy: _Samples
) -> int:
    """Sample through one import; give the peak memory of server and child meanwhile."""
    client = Client(server.port)
    client.set_up()
    watching = client.second()
    database = Database(f"sqlite:///{folder / 'tonearm.db'}")
    try:
        warming = _Samples()
        for _ in range(_WARM):
            warming.take(client, database)
        for _ in range(idle_samples):
            idle.take(client, database)
        peak = PeakMemory(server.pid)
        with peak.watched():
            place = f"/api/imports/{watching.upload('/api/imports', archive)['id']}"
            ended = threading.Event()
            watcher = threading.Thread(target=_watch, args=(watching, place, ended))
            _wait_until_running(watching, place)
            watcher.start()
            while not ended.is_set():
                busy.take(client, database)
            watcher.join()
        document = json.loads(client.get(place))
        if document["state"] != "published":
            raise FailedError(f"the import is {document['state']}: {document['problem']}")
        for _ in range(idle_samples):
            idle.take(client, database)
    finally:
        client.close()
        watching.close()
        database.close()
    return peak.bytes


def _wait_until_running(client: Client, place: str) -> None:
    while json.loads(client.get(place))["state"] == "queued":
        time.sleep(0.05)


def _watch(client: Client, place: str, ended: threading.Event) -> None:
    try:
        while json.loads(client.get(place))["state"] in _UNDER_WAY:
            time.sleep(0.2)
    except FailedError as error:
        print(f"   {error}", file=sys.stderr)
    finally:
        ended.set()
