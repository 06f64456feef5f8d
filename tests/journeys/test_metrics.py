"""What Prometheus is told: what was done over HTTP, no more, nothing private, and also while the database is away."""

import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from assisting import ADAS, BOBS, ERAS, ask, over_http, refusal
from cast import add_person
from serving import PASSWORD, database_at, serve, set_up, url_of
from tonearm.collector.collections import BACKFILL
from tonearm.jobs.queue import Jobs
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database

TOKEN = "a-token-for-metrics-and-for-nothing-else"
ADA, BOB = 'Ada "Ünïque" Lövelace', "Bob\\Öddname"
SAMPLE = re.compile(r'(?P<name>\w+)(?:\{(?P<labels>(?:\w+="[^"\\]*",?)*)\})? (?P<value>\S+)')
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(base: str, accept: str = "text/plain") -> str:
    headers = {"authorization": f"Bearer {TOKEN}", "accept": accept}
    return httpx2.get(f"{base}/metrics", headers=headers, timeout=60).raise_for_status().text


def samples(body: str) -> Samples:
    """Read samples with the library's parser, and see that a plain one reads the same."""
    read = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for metric in text_string_to_metric_families(body)
        for sample in metric.samples
    }
    plain: Samples = {}
    for line in body.splitlines():
        if line.startswith("#"):
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        labels = re.findall(r'(\w+)="([^"]*)"', found["labels"] or "")
        plain[found["name"], frozenset(labels)] = float(found["value"])
    assert plain == read
    return read


class Watched:
    """A served Tonearm, and what it has counted since somebody looked last."""

    def __init__(self, base: str, folder: Path, url: str) -> None:
        self.base = base
        self.folder = folder
        self.url = url
        self._before = samples(scrape(base))

    def grown(self, name: str) -> Counter[tuple[str, ...]]:
        """Give by how much a counter has grown, by the values of its labels in alphabetical order of their names."""
        now = samples(scrape(self.base))
        return +Counter(
            {
                tuple(value for _, value in sorted(labels)): round(value - self._before.get((found, labels), 0))
                for (found, labels), value in now.items()
                if found == name
            }
        )  # fmt: skip

    def wait_for(self, name: str, expected: Mapping[tuple[str, ...], int]) -> None:
        """See that a counter of what happens beside the answers grows to what is expected, and not beyond."""
        deadline = time.monotonic() + 25
        while not expected.items() <= self.grown(name).items():
            assert time.monotonic() < deadline, self.grown(name)
            time.sleep(0.1)


@pytest.fixture
def watched(tmp_path: Path, database_url: str) -> Iterator[Watched]:
    url = url_of(database_url)
    with serve(tmp_path, url, metrics_token=TOKEN) as base:
        yield Watched(base, tmp_path, url)


def upload(client: httpx2.Client, content: bytes) -> str:
    files = {"files": ("Streaming_History_Audio_2024.json", content)}
    number = client.post("/api/imports", files=files).raise_for_status().json()["id"]
    deadline = time.monotonic() + 25
    while True:
        found = client.get(f"/api/imports/{number}").json()
        if found["state"] not in ("queued", "running"):
            return str(found["state"])
        assert time.monotonic() < deadline
        time.sleep(0.05)


def see_state(watched: Watched) -> None:
    """What the database, the caches and the process have, in both formats."""
    found = samples(scrape(watched.base))

    def one(name: str, **labels: str) -> float:
        return found[name, frozenset(labels.items())]

    assert one("tonearm_database_up") == 1
    assert one("tonearm_jobs", queue="imports", state="due") == 0
    assert one("tonearm_links", state="linked") == 0
    assert one("tonearm_spotify_apps_blocked") == 0
    assert one("tonearm_http_requests_in_flight") == 1  # this very question
    [build] = [labels for name, labels in found if name == "tonearm_build_info"]
    assert dict(build)["database"] == ("postgresql" if watched.url else "sqlite")
    assert one("process_resident_memory_bytes") > 0
    # The newer format has the same, and ends as it must.
    newer = scrape(watched.base, "application/openmetrics-text; version=1.0.0")
    families = read_openmetrics(newer)  # type: ignore[no-untyped-call] # the library's own
    assert "tonearm_database_up" in {metric.name for metric in families}


def see_requests(
    watched: Watched, ada: httpx2.Client, bob: httpx2.Client, database: Database
) -> None:
    """Requests: found, not found, of no route at all, by a method that nobody knows, and a fault of its own."""
    for client in (ada, bob, bob):
        client.get("/api/user/profile").raise_for_status()
    for number in (424242, 535353):
        assert ada.get(f"/api/imports/{number}").status_code == 404
    assert ada.get("/somewhere/secret-place").status_code == 404
    assert ada.request("PROPFIND", "/api/user/profile").status_code == 405
    for rename in ("shares RENAME TO elsewhere", "elsewhere RENAME TO shares"):
        with database.write() as connection:
            connection.execute(text(f"ALTER TABLE {rename}"))
        if rename.endswith("elsewhere"):
            assert ada.get("/api/user/shares").status_code >= 500
    requests = watched.grown("tonearm_http_requests_total")
    assert requests["GET", "/api/user/shares", "5xx"] == 1
    assert requests["GET", "/api/user/profile", "2xx"] == 3
    assert requests["GET", "/api/imports/{import_id}", "4xx"] == 2
    assert requests["GET", "none", "4xx"] == 1
    assert requests["none", "/api/user/profile", "4xx"] == 1
    assert requests["POST", "/api/auth/setup", "2xx"] == 1
    counted = watched.grown("tonearm_http_request_duration_seconds_count")
    assert counted["GET", "/api/user/profile"] == 3


def see_work(watched: Watched, ada: httpx2.Client, bob: httpx2.Client, database: Database) -> None:
    """Imports: one that is published, and one that cannot be read."""
    assert upload(ada, msgspec.json.encode([*ADAS, ADAS[0]])) == "published"
    assert upload(bob, msgspec.json.encode(BOBS)) == "published"
    assert upload(bob, b"no export at all") == "failed"
    watched.wait_for("tonearm_imports_total", {("published",): 2, ("failed",): 1})
    rows = watched.grown("tonearm_import_rows_total")
    assert rows == {("new",): len(ADAS) + len(BOBS), ("duplicate",): 1}
    # Jobs: what an import is, and one that lacks what it has to know.
    jobs = Jobs(database, system_clock)
    with database.write() as connection:
        jobs.enqueue(connection, BACKFILL, {"link_id": 77}, user_id=1, queue="collecting")
    runs: dict[tuple[str, ...], int] = {
        ("importers.run", "succeeded", "imports"): 2,
        ("importers.run", "failed", "imports"): 1,
        (BACKFILL, "retried", "collecting"): 1,
    }
    watched.wait_for("tonearm_job_runs_total", runs)


def see_assistants(watched: Watched, bearer: dict[str, str]) -> None:
    """Assistants: answered over the protocol and by plain operations, and refused."""
    ask(over_http(watched.base, bearer, ERAS[0]), "top", {"item": "tracks"})
    assert "no_such" in refusal(over_http(watched.base, bearer, ERAS[0]), "top", {"no_such": 1})
    call = {"tool": "habits"}
    httpx2.post(f"{watched.base}/api/mcp/call", json=call, headers=bearer).raise_for_status()
    assert watched.grown("tonearm_tool_calls_total") == {
        ("answered", "mcp", "top"): 1,
        ("invalid_input", "mcp", "top"): 1,
        ("answered", "rest", "habits"): 1,
    }
    assert watched.grown("tonearm_tool_answer_size_bytes_count") == {
        ("top",): 1,
        ("habits",): 1,
    }


def test_counts_are_those_of_what_was_done(watched: Watched) -> None:
    see_state(watched)
    with set_up(watched.base, ADA) as ada, database_at(watched.folder, watched.url) as database:
        key = {"name": "assistant", "scopes": ["mcp", "history:read"]}
        shown = ada.post("/api/user/keys", json=key).json()["key"]
        add_person(database, BOB)
        with httpx2.Client(base_url=watched.base, timeout=60) as bob:
            wish = {"name": BOB, "password": PASSWORD}
            bob.post("/api/auth/login", json=wish).raise_for_status()
            see_requests(watched, ada, bob, database)
            see_work(watched, ada, bob, database)
        see_assistants(watched, {"authorization": f"Bearer {shown}"})

        body = scrape(watched.base)
    # What anybody is called, has, asked for or showed.
    private = [
        ADA,
        BOB,
        "Ünïque",
        "Öddname",
        shown,
        TOKEN,
        "424242",
        "secret-place",
        "PROPFIND",
        "no_such",
    ]
    assert [word for word in private if word in body] == []
    titles = {str(row["master_metadata_track_name"]) for row in [*ADAS, *BOBS]}
    assert [title for title in titles if title in body] == []


def test_a_database_that_is_away_is_told_and_nothing_fails(
    tmp_path: Path, postgresql_url: str, postgresql_server: str
) -> None:
    with serve(tmp_path, postgresql_url, metrics_token=TOKEN) as base:
        assert samples(scrape(base))["tonearm_database_up", frozenset()] == 1
        name = postgresql_url.partition("?")[0].rpartition("/")[2]
        server = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ending), {"name": name})
            deadline = time.monotonic() + 30
            while True:
                began = time.monotonic()
                found = samples(scrape(base))
                assert time.monotonic() - began < 5
                if found["tonearm_database_up", frozenset()] == 0:
                    break
                assert time.monotonic() < deadline
                time.sleep(0.2)
            assert not any(name == "tonearm_jobs" for name, _ in found)
            assert httpx2.get(f"{base}/readyz", timeout=60).status_code == 503
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        server.dispose()
        while samples(scrape(base))["tonearm_database_up", frozenset()] == 0:
            assert time.monotonic() < deadline + 30
            time.sleep(0.2)


def test_nothing_is_there_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Nor is what counts loaded: in a process of its own, since this one has it."""
    script = (
        "import sys, httpx2, pathlib; from serving import serve\n"
        "with serve(pathlib.Path(sys.argv[1])) as base:\n"
        "    print(httpx2.get(f'{base}/metrics', headers={'authorization': 'Bearer x'}).status_code)\n"
        "print([name for name in sys.modules if name.startswith('prometheus_client')])\n"
    )
    found = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip

    assert found.stdout.splitlines()[-2:] == ["404", "[]"]


def test_a_worker_tells_at_a_port_of_its_own(tmp_path: Path, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.write() as connection:
        Jobs(database, system_clock).enqueue(connection, "jobs.purge", {}, queue="housekeeping")
    database.close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    settings = {
        "TONEARM_DATA_DIR": str(tmp_path),
        "TONEARM_METRICS_TOKEN": TOKEN,
        "TONEARM_METRICS_PORT": str(port),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    base = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [sys.executable, "-m", "tonearm", "worker"], env=kept | settings
    ) as worker:
        try:
            deadline = time.monotonic() + 25
            while not _answers(base):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert _status(f"{base}/metrics", {}) == 401
            assert _status(f"{base}/metrics", {"authorization": f"Bearer {TOKEN}x"}) == 401
            assert _status(f"{base}/", {"authorization": f"Bearer {TOKEN}"}) == 404
            while not any(name == "tonearm_job_runs_total" for name, _ in samples(scrape(base))):
                assert time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            worker.terminate()
            assert worker.wait(timeout=30) == 0


def _answers(base: str) -> bool:
    try:
        return bool(scrape(base))
    except httpx2.ConnectError:
        return False


def _status(address: str, headers: dict[str, Any]) -> int:
    return httpx2.get(address, headers=headers, timeout=60).status_code


@pytest.mark.parametrize(
    "settings",
    [
        {"metrics_token": "short"},
        {"metrics_token": "ein-Geheimnis-mit-Ümlauten-darin"},
        {"metrics_port": 8421},
    ],
)
def test_settings_that_would_not_do_are_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="TONEARM_METRICS_TOKEN"), serve(tmp_path, **settings):
        pass
