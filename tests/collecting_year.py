"""A year in the lives of listeners who are collected from, with all that goes wrong in one, and what must be true then.

The truth is the simulator's. What is looked at are plays, gaps and coverage as anybody gets to see them.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from heapq import heapify, heappop
from typing import Any, Protocol

from sqlalchemy import func, select

from listening import bring_in
from tonearm.accounts.people import User
from tonearm.bootstrap import Tonearm
from tonearm.collector.records import PausedBy
from tonearm.domain.instants import to_ms
from tonearm.domain.vocabulary import Rule
from tonearm.history.gaps import Gap, list_gaps
from tonearm.insights.plays import PlaysQuestion
from tonearm.insights.question import Question, make_question
from tonearm.jobs.records import READY
from tonearm.simulator.clock import iso_seconds
from tonearm.simulator.faults import Fault, FaultKind
from tonearm.simulator.listening import Listen
from tonearm.simulator.simulator import CLIENT_ID, Plan, Simulator
from tonearm.simulator.world import Part
from tonearm.storage.collector_tables import collections
from tonearm.storage.job_tables import jobs
from tonearm.storage.link_tables import links

LISTENERS = 20
OF_AN_APP = 5
DAYS = 366
PLAN = Plan(users=LISTENERS, days_before=10, days_after=DAYS + 10, plays_per_day=5, tracks=300)
SETTINGS = {
    "collector_minutes": 4 * 24 * 60, "collector_least_minutes": 2 * 24 * 60, "collector_most_minutes": 6 * 24 * 60,
}  # fmt: skip
RECENT = "recently-played"
_TROUBLE: Sequence[tuple[int, FaultKind]] = (
    (90, "malformed"), (170, "cut"), (250, "status"), (310, "malformed"),
)  # fmt: skip
# How far an instant may move, both ways and at both ends.
MOVED_MS = 30_000
DAY_MS = 86_400_000


class Workers(Protocol):
    """Who does the jobs."""

    @property
    def tonearm(self) -> Tonearm:
        """The Tonearm of whoever looks on."""

    def work(self) -> None:
        """Do all that is due at the present instant."""

    def restart(self) -> None:
        """End as a machine does that loses power, and begin again."""

    def link(self, user: User, listener: str) -> None:
        """Let somebody link, or link again, at the simulator."""


class MovableClock(Protocol):
    """A clock that stands still until its instant is set."""

    now: datetime

    def __call__(self) -> datetime:
        """Give the instant."""


@dataclass
class Year:
    """Twenty listeners, four apps, and a clock."""

    simulator: Simulator
    clock: MovableClock
    workers: Workers
    people: list[User] = field(default_factory=list)
    began: datetime = field(init=False)
    linked_at: dict[int, datetime] = field(default_factory=dict)
    _deeds: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.clock()
        # Workers import in processes of their own, which go by the machine's clock; here the test imports.
        self.tonearm.jobs.set_queue("imports", paused=True)
        for number in range(LISTENERS):
            self.people.append(self.tonearm.accounts.add(f"Listener {number + 1}", "UTC"))
        for app in range(1, LISTENERS // OF_AN_APP):
            users = [f"listener{app * OF_AN_APP + place + 1}" for place in range(OF_AN_APP)]
            client_id = f"{CLIENT_ID}-{app}"
            self.simulator.add_app(client_id, users=users)
            for place in range(OF_AN_APP):
                self.tonearm.link_apps.put(self.people[app * OF_AN_APP + place].id, client_id)

    @property
    def tonearm(self) -> Tonearm:
        return self.workers.tonearm

    def link(self, place: int) -> None:
        """Let a listener link, or link again."""
        self.workers.link(self.people[place], f"listener{place + 1}")
        self.linked_at.setdefault(place, self.clock())

    def plan(self) -> None:
        """Write down what happens when."""
        day = self._on_day
        for place in range(LISTENERS):
            day(place * 0.3, partial(self.link, place))
            # Six months later Spotify ends it; some are slow to notice.
            day(186 + place * 0.8, partial(self.link, place))
            kind = place % 5
            if kind == 0:
                day(60, partial(self._revoke, place))
                day(79, partial(self.link, place))
            elif kind == 1:
                day(100, partial(self._pause, place))
                day(118, partial(self._resume, place))
            elif kind == 2:
                day(140, partial(self._unlink, place))
                day(158, partial(self.link, place))
        day(30, partial(self._fault, "status", 10**6))
        day(48, self._mend)
        for at, broken in _TROUBLE:
            day(at, partial(self._fault, broken, 40))
        day(120, self._block)
        for at in (20, 130, 260, 330):
            day(at, self.workers.restart)
        # Nobody works for more than two weeks.
        day(230, partial(self._sleep_until, 247))
        heapify(self._deeds)

    def live(self, days: float) -> None:
        """Let time pass until so many days after the beginning."""
        end = self.began + timedelta(days=days)
        while True:
            due = self._next_due()
            deed_at = self._deeds[0][0] if self._deeds else end
            at = min(due or end, deed_at, end)
            # In steps of half a day, so that the polls of several listeners, days apart for each, are done together.
            self.clock.now = min(max(self.clock.now + timedelta(hours=12), at), end)
            while self._deeds and self._deeds[0][0] <= self.clock():
                heappop(self._deeds)[2]()
            self.workers.work()
            if self.clock() >= end:
                return

    def import_export(self, place: int, until_day: float) -> list[Listen]:
        """Bring in the extended history that Spotify has of a listener up to a day; gives what they heard."""
        until = self.began + timedelta(days=until_day)
        with self.simulator.lock:
            listens = self.simulator.listens(f"listener{place + 1}", until)
        rows = [_row(listen) for listen in listens]
        bring_in(
            self.tonearm.imports,
            [json.dumps(rows).encode()],
            user_id=self.people[place].id,
            names=["Streaming_History_Audio_2026_0.json"],
        )
        return listens

    def check(self, place: int) -> "Found":
        """Compare what is known of a listener with the truth."""
        user = self.people[place]
        told = self._told(place)
        plays = self._plays(user)
        gaps = self._gaps(user)
        left = {id(listen): listen for listen in told}
        by_uri: dict[str, list[Listen]] = {}
        for listen in told:
            by_uri.setdefault(listen.uri, []).append(listen)
        strangers = []
        for uri, ended in plays:
            near = [
                listen
                for listen in by_uri.get(uri, ())
                if id(listen) in left and abs(listen.ended_at - ended) <= MOVED_MS
            ]
            if not near:
                strangers.append((uri, ended))
                continue
            # Each play is one listen, and each listen one play.
            del left[id(min(near, key=lambda listen: abs(listen.ended_at - ended)))]
        missing = [(to_ms(begin), to_ms(end)) for gap in gaps for begin, end in gap.missing]
        lost: list[Listen] = []
        silent: list[Listen] = []
        for listen in left.values():
            is_in_a_gap = any(
                begin - MOVED_MS <= listen.ended_at <= end + MOVED_MS for begin, end in missing
            )
            (lost if is_in_a_gap else silent).append(listen)
        return Found(told, len(plays), lost, strangers, silent, gaps, missing)

    def coverage(self, place: int, since: date, until: date) -> tuple[float, int, int]:
        """Give the share of some days that is vouched for, and where these begin and end."""
        asked = {"from": f"{since}", "to": f"{until}", "kind": "music", "zone": "UTC"}
        question = make_question(Question, asked)
        told = self.tonearm.insights.answer("totals", self.people[place].id, question).covered
        return told.coverage, to_ms(told.from_at), to_ms(told.to_at)

    def _told(self, place: int) -> list[Listen]:
        """Give what Spotify told of while somebody could ask: from the first page on, by the last one."""
        last = self._polled_at(self.people[place])
        with self.simulator.lock:
            listens = self.simulator.listens(f"listener{place + 1}")
        first_now = to_ms(self.linked_at[place])
        told = [one for one in listens if one.untold is None and one.told_at <= last]
        first_page = [one for one in told if one.told_at <= first_now][-50:]
        begin = first_page[0].ended_at if first_page else first_now
        return sorted((one for one in told if one.ended_at >= begin), key=lambda one: one.ended_at)

    def _polled_at(self, user: User) -> int:
        with self.tonearm.database.read() as connection:
            at = connection.scalar(
                select(collections.c.polled_at).where(collections.c.user_id == user.id)
            )
        assert at is not None
        return to_ms(at)

    def _plays(self, user: User) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        cursor: str | None = None
        while True:
            question = PlaysQuestion(
                kind="all", rule=Rule.ANY, private="in", limit=500, cursor=cursor
            )
            page = self.tonearm.insights.plays(user.id, question)
            found += [(str(play.track.uri), to_ms(play.ended_at)) for play in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found

    def _gaps(self, user: User) -> list[Gap]:
        with self.tonearm.database.read() as connection:
            return list_gaps(connection, user.id, self.clock())

    def _next_due(self) -> datetime | None:
        of_link = (links.c.user_id == collections.c.user_id) & (links.c.id == collections.c.link_id)
        with self.tonearm.database.read() as connection:
            poll = connection.scalar(
                select(func.min(collections.c.next_at))
                .join(links, of_link)
                .where(links.c.state == "linked", collections.c.paused_at.is_(None))
            )
            job = connection.scalar(select(func.min(jobs.c.run_at)).where(jobs.c.state.in_(READY)))
        known = [at for at in (poll, job) if at is not None]
        return min(known) if known else None

    def _on_day(self, day: float, deed: Callable[[], None]) -> None:
        self._deeds.append((self.began + timedelta(days=day), len(self._deeds), deed))

    def _revoke(self, place: int) -> None:
        with self.simulator.lock:
            self.simulator.accounts.revoke(self.simulator.users[f"listener{place + 1}"])

    def _pause(self, place: int) -> None:
        self.tonearm.collections.pause(self.people[place].id, PausedBy.LISTENER)

    def _resume(self, place: int) -> None:
        self.tonearm.collections.resume(self.people[place].id, PausedBy.LISTENER)

    def _unlink(self, place: int) -> None:
        self.tonearm.links.unlink(self.people[place].id)

    def _fault(self, kind: FaultKind, times: int) -> None:
        with self.simulator.lock:
            self.simulator.faults.add(Fault(kind, path=RECENT, times=times))

    def _mend(self) -> None:
        with self.simulator.lock:
            self.simulator.faults.clear()

    def _block(self) -> None:
        with self.simulator.lock:
            until = self.simulator.clock.now_ms() + DAY_MS - 3_600_000
            self.simulator.limits.block(self.simulator.app.developer, until)

    def _sleep_until(self, day: float) -> None:
        self.clock.now = self.began + timedelta(days=day)


@dataclass(frozen=True)
class Found:
    """What became of a listener's year."""

    told: Sequence[Listen]
    plays: int
    lost: Sequence[Listen]
    """Told of, no play, and in a gap."""
    strangers: Sequence[Any]
    """Plays of nothing that was told of."""
    silent: Sequence[Listen]
    """Told of, no play, and in no gap."""
    gaps: Sequence[Gap]
    missing: Sequence[tuple[int, int]]

    def lost_ms(self) -> int:
        """Give the time that cannot be vouched for, by the truth alone: around each run of lost listens."""
        lost = {id(listen) for listen in (*self.lost, *self.silent)}
        known = [listen.ended_at for listen in self.told if id(listen) not in lost]
        runs = {
            (before, after)
            for listen in self.lost
            for before in known[bisect_right(known, listen.ended_at) - 1 :][:1]
            for after in known[bisect_left(known, listen.ended_at) :][:1]
        }
        return sum(after - before for before, after in runs)


def _row(listen: Listen) -> dict[str, Any]:
    """Give a listen as an extended history has it."""
    playable = listen.playable
    row: dict[str, Any] = {
        "ts": iso_seconds(listen.told_at if listen.offline else listen.ended_at),
        "ms_played": listen.ms_played,
        "offline": listen.offline,
        "offline_timestamp": listen.started_at // 1000 if listen.offline else None,
        "incognito_mode": listen.private,
        "reason_end": "trackdone",
    }
    if not isinstance(playable, Part):
        return row | {
            "spotify_track_uri": listen.uri,
            "master_metadata_track_name": playable.name,
            "master_metadata_album_artist_name": playable.album.artist.name,
            "master_metadata_album_album_name": playable.album.name,
        }
    if playable.kind == "episode":
        return row | {
            "spotify_episode_uri": listen.uri,
            "episode_name": playable.name,
            "episode_show_name": playable.work.name,
        }
    return row | {
        "audiobook_chapter_uri": listen.uri,
        "audiobook_uri": f"spotify:audiobook:{playable.work.id}",
        "audiobook_title": playable.work.name,
        "audiobook_chapter_title": playable.name,
    }
