"""A whole Tonearm that collects from a simulated Spotify, by a clock that tests move."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from link_room import agree, count, simulated
from moving_clock import MovingClock
from simulator.simulating import SMALL
from tonearm.accounts.people import User
from tonearm.bootstrap import Tonearm, build
from tonearm.bootstrap.metrics import count as count_for
from tonearm.collector.records import CollectionStatus
from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import Rule
from tonearm.history.gaps import Gap, list_gaps
from tonearm.insights.plays import Play, PlaysQuestion
from tonearm.jobs.records import Job
from tonearm.jobs.work import Worker
from tonearm.ops.settings import Settings
from tonearm.simulator.clock import SimulatorClock
from tonearm.simulator.listening import Listen
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Plan, Simulator
from tonearm.storage.poll_tables import polled, polled_spans

SESSION = "what the browser shows"
BACK = "http://127.0.0.1:8420/api/auth/spotify/callback"
MINUTE = timedelta(minutes=1)
PLAYBACK = "user-read-playback-state"


@dataclass
class Room:
    """Tonearm, its clock, and the Spotify that it speaks to."""

    tonearm: Tonearm
    clock: MovingClock
    simulator: Simulator
    ada: User
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = self.tonearm.worker()

    def add(self, name: str) -> User:
        return self.tonearm.accounts.add(name, "UTC")

    def link(
        self,
        listener: str = "listener1",
        user: User | None = None,
        more: Sequence[str] = (),
        *,
        works: bool = True,
    ) -> None:
        """Link a listener of the simulator to somebody's account with more scopes, and do what follows if told to."""
        who = user or self.ada
        linking = self.tonearm.linking
        address = linking.begin(who.id, SESSION, BACK, more)
        linking.finish(who.id, SESSION, agree(address, listener))
        if works:
            self.work()

    def sample(self, listener: str = "listener1", user: User | None = None) -> None:
        """Link a listener with the permission to look at their player, and switch that on."""
        self.link(listener, user, [PLAYBACK])
        self.tonearm.collections.set_sampling((user or self.ada).id, is_on=True)
        self.work()

    def looks(self) -> int:
        """Count how often players were looked at."""
        return count(self.simulator, "GET", "/v1/me/player")

    def work(self) -> int:
        """Do all that is to be done now; gives how many jobs that were."""
        self.worker.schedules.fire()
        count = 0
        while self.worker.work_once():
            count += 1
        return count

    def go_on(self, *, minutes: int = 0, hours: int = 0, step: int = 5) -> None:
        """Let time pass in steps of so many minutes, and everybody work."""
        until = self.clock() + timedelta(minutes=minutes, hours=hours)
        while self.clock() < until:
            self.clock.now = min(self.clock() + step * MINUTE, until)
            self.work()

    def status(self, user: User | None = None) -> CollectionStatus:
        return self.tonearm.collections.status((user or self.ada).id)

    def jobs(self, user: User | None = None, name: str = "collector.poll") -> list[Job]:
        """Give somebody's jobs of a name, newest first."""
        return self.tonearm.jobs.list_jobs(user_id=(user or self.ada).id, name=name, limit=200)

    def plays(self, user: User | None = None) -> list[Play]:
        """Give all plays of somebody, newest first."""
        found: list[Play] = []
        cursor: str | None = None
        while True:
            question = PlaysQuestion(kind="all", rule=Rule.ANY, limit=500, cursor=cursor)
            page = self.tonearm.insights.plays((user or self.ada).id, question)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    def gaps(self, user: User | None = None) -> list[Gap]:
        with self.tonearm.database.read() as connection:
            return list_gaps(connection, (user or self.ada).id, self.clock())

    def spans(self) -> list[tuple[datetime, datetime]]:
        """Give the spans of which Ada's polls have seen everything."""
        mine = polled_spans.c.user_id == self.ada.id
        with self.tonearm.database.read() as connection:
            rows = connection.execute(select(polled_spans).where(mine)).all()
        return sorted((from_ms(row.from_at), from_ms(row.to_at)) for row in rows)

    def told(
        self,
        listener: str = "listener1",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Listen]:
        """Give what Spotify tells of a listener by now that was over between two instants, oldest first."""
        now = self.simulator.clock.now_ms()
        first = 0 if since is None else int(since.timestamp() * 1000)
        last = now if until is None else int(until.timestamp() * 1000)
        with self.simulator.lock:
            listens = self.simulator.listens(listener)
        return [
            one
            for one in listens
            if one.untold is None and one.told_at <= now and first <= one.ended_at <= last
        ]

    def answers(self, user: User | None = None) -> list[Any]:
        """Give the rows of what was told, in order of time."""
        mine = polled.c.user_id == (user or self.ada).id
        with self.tonearm.database.read() as connection:
            return list(
                connection.execute(select(polled).where(mine).order_by(polled.c.played_at)).all()
            )


def settings_for(origin: str, url: str, folder: Path, **chosen: Any) -> Settings:  # noqa: ANN401 - pydantic checks them
    return Settings(
        **{
            "data_dir": folder,
            "database_url": url.replace("postgresql+psycopg", "postgresql"),
            **simulated(origin),
            **chosen,
        },
    )


@contextmanager
def collecting(
    url: str,
    folder: Path,
    clock: MovingClock,
    plan: Plan = SMALL,
    **chosen: Any,  # noqa: ANN401 - settings
) -> Iterator[Room]:
    """Serve a simulator whose clock is the test's, and put Tonearm together."""
    simulator = Simulator(7, SimulatorClock(system=clock), plan)
    simulator.limits.rate = simulator.limits.quota = 10**9
    with serving(simulator) as origin:
        settings = settings_for(origin, url, folder, **chosen)
        tonearm = build(settings, clock, count_for(settings))
        try:
            yield Room(tonearm, clock, simulator, tonearm.accounts.add("Ada", "UTC"))
        finally:
            tonearm.close()
