"""A year of collecting: every listen once, what could not be collected in a gap, and coverage as the truth has it.

Once in one process on SQLite, as at home; once on PostgreSQL with two servers and three workers, of which now and then
one is killed.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest
import stamina
from sqlalchemy import func, inspect, select, text

from collecting import BACK, SESSION, settings_for
from collecting_process import SharedClock
from collecting_year import DAYS, LISTENERS, PLAN, SETTINGS, Found, Year
from link_room import agree, decide
from serving import PASSWORD
from tonearm.accounts.people import User
from tonearm.bootstrap import Tonearm, build
from tonearm.jobs.records import READY, JobState
from tonearm.ops.settings import Settings
from tonearm.simulator.clock import SimulatorClock
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Simulator
from tonearm.storage.collector_tables import collections
from tonearm.storage.job_tables import jobs, schedules
from tonearm.storage.link_tables import SEALED

pytestmark = pytest.mark.slow

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
PROCESS = Path(__file__).parent.parent / "collecting_process.py"
SECONDS = 60
# The edges of a gap are instants that Spotify has moved, or of which it tells later.
LOOSE_MS = 120_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class OneProcess:
    """A Tonearm that works in the thread of whoever asks."""

    def __init__(self, settings: Settings, clock: SharedClock) -> None:
        self._settings = settings
        self._clock = clock
        self.tonearm: Tonearm = build(settings, clock)
        self._worker = self.tonearm.worker()

    def work(self) -> None:
        self._worker.schedules.fire()
        while self._worker.work_once():
            pass

    def restart(self) -> None:
        self.tonearm.close()
        self.tonearm = build(self._settings, self._clock)
        self._worker = self.tonearm.worker()

    def link(self, user: User, listener: str) -> None:
        linking = self.tonearm.linking
        linking.finish(user.id, SESSION, agree(linking.begin(user.id, SESSION, BACK), listener))

    def close(self) -> None:
        self.tonearm.close()


class Processes:
    """Two servers and three workers, and somebody who kills them."""

    def __init__(
        self, settings: Settings, chosen: dict[str, Any], clock: SharedClock, place: Path
    ) -> None:
        self.tonearm: Tonearm = build(settings, clock)
        self._clock = clock
        self._words = (str(place), json.dumps(chosen))
        self._chance = random.Random(5)  # noqa: S311 - it chooses whom to kill
        self._known: set[int] = set()
        self.secrets = [PASSWORD]
        self.said: list[str] = []
        self.killed = 0
        self._servers = [self._start("api") for _ in range(2)]
        self._workers = [self._start("worker") for _ in range(3)]
        self._bases = [_line(server) for server in self._servers]
        assert [_line(worker) for worker in self._workers] == ["ready"] * 3

    def work(self) -> None:
        if self._chance.random() < 0.012:
            sleep(self._chance.random() * 0.1)
            self._kill(self._chance.randrange(3))
        until = monotonic() + SECONDS
        while not self._is_idle():
            assert monotonic() < until, "the workers do not get done"
            sleep(0.005)

    def restart(self) -> None:
        self._kill(0)

    def link(self, user: User, listener: str) -> None:
        """Leave by one server, and come back by the other; ask both how it stands."""
        here, there = self._chance.sample(self._bases, 2)
        if user.id not in self._known:
            self._known.add(user.id)
            self.tonearm.accounts.set_password(user.id, PASSWORD)
        shown = {"authorization": f"Bearer {self._log_in(user, here)}"}
        with httpx2.Client(headers=shown, timeout=SECONDS) as client:
            left = client.get(f"{here}/api/auth/spotify/login")
            assert left.status_code == 303, left.text
            back = decide(left.headers["location"], {"user": listener, "decision": "agree"})
            pasted = client.post(f"{there}/api/auth/spotify/paste", json={"address": back})
            assert pasted.status_code == 200, pasted.text
            answers = [
                pasted,
                *(client.get(f"{base}/api/sync/plays/status") for base in (here, there)),
            ]
            answers.append(client.post(f"{here}/api/sync/plays/trigger"))
        assert [answer.status_code for answer in answers[1:]] == [200, 200, 202]
        self.said += [answer.text for answer in answers]

    def close(self) -> None:
        for process in (*self._servers, *self._workers):
            process.kill()
            process.communicate()
        self.tonearm.close()

    def _kill(self, place: int) -> None:
        self._workers[place].kill()
        self._workers[place].communicate()
        self._workers[place] = self._start("worker")
        self.killed += 1

    def _start(self, role: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(PROCESS), role, *self._words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(os.environ),
            text=True,
        )

    def _log_in(self, user: User, base: str) -> str:
        """Give an access token."""
        wish = {"name": user.name, "password": PASSWORD, "session": "token"}
        answer = httpx2.post(f"{base}/api/auth/login", json=wish, timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        self.secrets += [tokens["access_token"], tokens["refresh_token"]]
        return str(tokens["access_token"])

    def _is_idle(self) -> bool:
        now = self._clock()
        with self.tonearm.database.read() as connection:
            due = connection.scalar(
                select(func.count())
                .select_from(jobs)
                .where(
                    (jobs.c.state == JobState.RUNNING)
                    | (jobs.c.state.in_(READY) & (jobs.c.run_at <= now))
                )
            )
            fires_at = connection.scalar(select(func.min(schedules.c.next_at)))
        return not due and fires_at is not None and fires_at > now


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def simulated(clock: SharedClock) -> Iterator[tuple[Simulator, str]]:
    simulator = Simulator(11, SimulatorClock(system=clock), PLAN)
    simulator.limits.rate = simulator.limits.quota = 10**9
    stamina.set_testing(True, attempts=3)
    try:
        with serving(simulator) as origin:
            yield simulator, origin
    finally:
        stamina.set_testing(False)


def check_year(year: Year) -> None:
    """Expect of all listeners that nothing is twice, nothing lost without a gap, and no gap without a loss."""
    lost = 0
    for place in range(LISTENERS):
        found = year.check(place)
        assert found.strangers == [], place
        # What is uploaded when later plays fill the page is never told of to anybody: only an export brings it.
        assert all(one.told_at - one.ended_at > HOUR_MS for one in found.silent), place
        assert len(found.silent) < len(found.told) / 20, place
        assert found.plays == len(found.told) - len(found.lost) - len(found.silent), place
        assert len(found.told) > DAYS, place
        check_gaps(found)
        check_coverage(year, place, found)
        lost += len(found.lost)
    assert lost > LISTENERS  # else nothing was put to the test
    reasons = {gap.reason for place in range(LISTENERS) for gap in year.check(place).gaps}
    assert {"outage", "paused", "unlinked", "relink_needed"} <= reasons


def check_gaps(found: Found) -> None:
    """Expect what is missing to be the time between the plays that are known before and after each loss."""
    with_loss = [
        (begin, end)
        for begin, end in found.missing
        if any(begin - LOOSE_MS <= one.ended_at <= end + LOOSE_MS for one in found.lost)
    ]
    missing = sum(end - begin for begin, end in with_loss)
    assert abs(missing - found.lost_ms()) <= LOOSE_MS * (2 * len(with_loss) + 1)
    # A page may be full to the brim without that anything is lost; it cannot know.
    assert len(found.missing) - len(with_loss) <= 2


def check_coverage(year: Year, place: int, found: Found) -> None:
    """Expect the coverage that everybody sees to be one less what is missing."""
    since, until = year.linked_at[place] + timedelta(days=1), year.clock() - timedelta(days=9)
    share, begin, end = year.coverage(place, since.date(), until.date())
    missing = sum(max(min(last, end) - max(first, begin), 0) for first, last in found.missing)
    assert share == pytest.approx(1 - missing / (end - begin), abs=1e-4)


def check_imports(year: Year) -> None:
    """Let exports of ten months come late to half of them, and expect all that they heard, and no gap there."""
    until_day = 310.0
    until_ms = (year.began + timedelta(days=until_day)).timestamp() * 1000
    for place in range(0, LISTENERS, 2):
        before = year.check(place)
        heard = year.import_export(place, until_day)
        gone = {id(one) for one in (*before.lost, *before.silent)}
        later = [one for one in before.told if one.ended_at > until_ms and id(one) not in gone]
        found = year.check(place)
        assert found.plays == len(heard) + len(later), place
        assert not any(first < until_ms - DAY_MS for first, _ in found.missing), place


def check_secrets(year: Year, folder: Path, more: list[str], said: list[str]) -> None:
    """Expect no code, token or password in any log, row or answer, but for what the vault has sealed."""
    with year.simulator.lock:
        secrets = [*year.simulator.accounts.secrets, *more]
    assert len(secrets) > LISTENERS * 2
    texts = list(said)
    texts += [path.read_text(encoding="utf-8") for path in folder.glob("logs/*") if path.is_file()]
    database = year.tonearm.database
    sealed = {(column.table.name, column.name) for column in SEALED}
    with database.read() as connection:
        for table in inspect(connection).get_table_names():
            if table in {"segments", "polled"}:
                continue
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():  # noqa: S608 - our own tables
                texts += [str(value) for name, value in row.items() if (table, name) not in sealed]
    whole = "\n".join(texts)
    assert len(whole) > 100_000
    assert not [secret for secret in secrets if secret in whole]


# A year is a minute of two processors that have nothing else to do, and they have.
@pytest.mark.timeout(1_200)
def test_at_home(sqlite_url: str, tmp_path: Path) -> None:
    clock = SharedClock(tmp_path / "clock", BEGIN)
    with simulated(clock) as (simulator, origin):
        workers = OneProcess(settings_for(origin, sqlite_url, tmp_path, **SETTINGS), clock)
        try:
            year = Year(simulator, clock, workers)
            year.plan()
            year.live(DAYS)
            check_year(year)
            check_imports(year)
            check_secrets(year, tmp_path, [], [])
        finally:
            workers.close()


# One of twenty listeners is five minutes.
@pytest.mark.timeout(1_200)
def test_at_scale(postgresql_url: str, tmp_path: Path) -> None:
    clock = SharedClock(tmp_path / "clock", BEGIN)
    with simulated(clock) as (simulator, origin):
        more = {"public_url": "https://music.example.org", "rate_limits": False, **SETTINGS}
        settings = settings_for(origin, postgresql_url, tmp_path, **more)
        chosen = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in settings.model_dump(exclude_unset=True).items()
        }
        workers = Processes(settings, chosen, clock, tmp_path / "clock")
        try:
            year = Year(simulator, clock, workers)
            year.plan()
            year.live(DAYS)
            check_year(year)
            check_imports(year)
            check_secrets(year, tmp_path, workers.secrets, workers.said)
            assert workers.killed > 5
            with workers.tonearm.database.read() as connection:
                polled = connection.scalar(select(func.count()).select_from(collections))
            assert polled == LISTENERS
        finally:
            workers.close()
