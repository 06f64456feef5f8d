"""Hours of somebody who is sampled beside somebody who hears the same and is not: every listen once, and the truth."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import pytest

from collecting import PLAYBACK, Room, collecting
from listening import stored_plays
from moving_clock import MovingClock
from oracle.plays import OraclePlay
from tonearm.accounts.people import User
from tonearm.collector.records import PausedBy
from tonearm.domain.vocabulary import GapReason
from tonearm.jobs.records import UNFINISHED
from tonearm.simulator.clock import from_ms, to_ms
from tonearm.simulator.listening import Listen, Script
from tonearm.simulator.player import Player, own_devices
from tonearm.simulator.simulator import Plan
from tonearm.simulator.world import Part, Playable, Track, World

PLAN = Plan(users=2, days_before=1, days_after=1, plays_per_day=1, tracks=400)
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
ONCE_MS = 30_000
# Places in a round: what is spoken, left in its last seconds or long before, unknown to Spotify, moved by it.
EPISODES, CHAPTERS, LATE = {3}, {9}, {7}
LEFT, PRIVATE, OFFLINE, JAM = {1, 12}, {4, 5}, {6}, {10}
MOVED = {0: -20 * SECOND, 8: 20 * SECOND, 11: 7 * SECOND}
ROUND = 14


@pytest.fixture
def room(database_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    with collecting(database_url, tmp_path, clock, PLAN) as room:
        yield room


def write_listens(world: World, begin: int, until: int) -> Iterator[Listen]:
    """Write hours with everything that may come: skips, private sessions, things spoken, offline and moved stamps."""
    tracks = cycle(one for one in world.all("track") if isinstance(one, Track))
    episodes = (one for one in world.all("episode") if _is_short(one))
    chapters = (one for one in world.all("chapter") if _is_short(one))
    now, number = begin, 0
    while now < until:
        place = number % ROUND
        item: Playable = next(tracks)
        if place in EPISODES | CHAPTERS:
            spoken = next(episodes if place in EPISODES else chapters)
            assert isinstance(spoken, Part)
            item = spoken
        ms = item.duration_ms
        if place in LEFT:
            ms = min(ms // 2, 2 * MINUTE)
        if place in LATE:
            ms -= 5 * SECOND
        told = now + ms + (HOUR if place in OFFLINE else 2 * SECOND)
        yield Listen(
            now, now + ms, ms, item, told, place in OFFLINE, place in PRIVATE, place in JAM,
            device=number // 20 % 3, shuffle=number // 9 % 2 == 1,
            restamped_at=told + 20 * MINUTE if place in MOVED else None,
            restamp_ms=MOVED.get(place, 0),
        )  # fmt: skip
        number += 1
        # Without a break, after a moment, or after half an hour.
        now += ms + (40 * MINUTE if number % 25 == 0 else 0 if number % 3 else 700)


def _is_short(one: object) -> bool:
    return isinstance(one, Part) and one.duration_ms < 40 * MINUTE


def hear_the_same(room: Room, listens: Sequence[Listen]) -> None:
    with room.simulator.lock:
        for name, user in room.simulator.users.items():
            user.script = Script(list(listens))
            user.player = Player(user.script, own_devices(7, name))


def live(room: Room, until: int) -> None:
    """Let time pass from look to look, each up to two seconds late, and from minute to minute."""
    late = cycle((0, 0.4, 1.9, 1))
    while (now := to_ms(room.clock())) < until:
        due = [job.run_at for job in room.jobs(name="collector.sample") if job.state in UNFINISHED]
        at = min([now + MINUTE, *(to_ms(one) + round(next(late) * SECOND) for one in due)])
        room.clock.now = from_ms(max(at, now + 1))
        room.work()


def sampled_of(listens: Sequence[Listen], polls: Sequence[int]) -> list[Listen]:
    """Give what is seen to its end: looks go on from a poll until nothing is heard, or nothing that Spotify knows."""
    found: list[Listen] = []
    since = free = 0
    for listen in listens:
        if listen.offline or listen.started_at - free > 5 * SECOND:
            since = listen.started_at
        free = 0 if listen.offline else listen.ended_at
        is_followed = any(since <= poll <= listen.ended_at - 8 * SECOND for poll in polls)
        is_whole = listen.ms_played >= listen.playable.duration_ms - 8 * SECOND
        if is_followed and is_whole and not listen.offline:
            found.append(listen)
    return found


def matches(play: OraclePlay, listen: Listen) -> bool:
    is_near = abs(play.ended_at - listen.ended_at) <= ONCE_MS
    return play.track_key == listen.uri and is_near


def gaps_of(room: Room, user: User) -> list[tuple[object, ...]]:
    return [(gap.reason, gap.from_at, gap.to_at, gap.missing) for gap in room.gaps(user)]


def check_each_once(
    plays: Sequence[OraclePlay], listens: Sequence[Listen]
) -> dict[int, OraclePlay]:
    """Expect the plays to be exactly these listens; give each by the start of its listen."""
    found: dict[int, OraclePlay] = {}
    for listen in listens:
        alike = [play for play in plays if matches(play, listen)]
        assert len(alike) == 1, listen
        found[listen.started_at] = alike[0]
    assert len(plays) == len(listens)
    return found


def test_samples_tell_the_truth_of_every_listen_that_is_heard_to_its_end(room: Room) -> None:
    bob, begin = room.add("Bob"), to_ms(room.clock())
    listens = list(write_listens(room.simulator.world, begin, begin + 4 * HOUR))
    hear_the_same(room, listens)
    room.link("listener2", bob, [PLAYBACK])
    room.sample()

    live(room, begin + 3 * HOUR)

    now = to_ms(room.clock())
    room.tonearm.collections.trigger(room.ada.id, PausedBy.LISTENER)
    room.tonearm.collections.trigger(bob.id, PausedBy.LISTENER)
    room.work()
    told = room.told("listener1")
    polls = [to_ms(job.started_at) for job in room.jobs() if job.started_at is not None]
    seen = sampled_of([one for one in listens if one.ended_at + 7 * SECOND <= now], polls)
    both = told + [one for one in seen if one not in told]

    check_each_once(stored_plays(room.tonearm.database, bob.id), told)
    plays = check_each_once(stored_plays(room.tonearm.database, room.ada.id), both)
    for listen in seen:
        play = plays[listen.started_at]
        device = room.simulator.users["listener1"].player.devices[listen.device]
        assert abs(play.started_at - listen.started_at) <= 2 * SECOND
        assert (play.platform, play.shuffle) == (f"{device.name} ({device.kind})", listen.shuffle)
        assert play.private is listen.private
    kinds = {(plays[one.started_at].kind, one.private, one.jam) for one in seen}
    assert kinds >= {
        ("music", False, False), ("music", True, False), ("music", False, True),
        ("podcast", False, False), ("audiobook", False, False),
    }  # fmt: skip
    heard = sum(one.started_at <= now for one in listens)
    assert room.looks() <= 2 * heard + len(room.jobs()) + 1
    assert len(seen) > heard / 2
    assert gaps_of(room, room.ada) == gaps_of(room, bob) == []


def test_samples_neither_make_nor_hide_gaps(room: Room) -> None:
    bob, begin = room.add("Bob"), to_ms(room.clock())
    track = next(one for one in room.simulator.world.all("track") if isinstance(one, Track))
    listens = list(write_listens(room.simulator.world, begin, begin + HOUR))
    # More than a page holds, while nothing is asked.
    free = listens[-1].ended_at
    for number in range(70):
        start = free + number * MINUTE
        end = start + 40 * SECOND
        listens.append(Listen(start, end, 40 * SECOND, track, end + SECOND))
    more = listens[-1].ended_at + MINUTE
    listens += write_listens(room.simulator.world, more, more + HOUR)
    hear_the_same(room, listens)
    room.link("listener2", bob, [PLAYBACK])
    room.sample()
    collections, people = room.tonearm.collections, (room.ada.id, bob.id)

    live(room, free)
    room.clock.now = from_ms(more)
    for person in people:
        collections.trigger(person, PausedBy.LISTENER)
    room.work()
    live(room, more + 20 * MINUTE)
    for person in people:
        collections.trigger(person, PausedBy.LISTENER)
    room.work()
    for person in people:
        collections.pause(person, PausedBy.LISTENER)
    room.clock.advance(minutes=10)
    for person in people:
        collections.resume(person, PausedBy.LISTENER)
    room.work()

    gaps = gaps_of(room, room.ada)
    assert {gap[0] for gap in gaps} == {GapReason.OUTAGE, GapReason.PAUSED}
    assert gaps == gaps_of(room, bob)
    assert any(row.is_sample for row in room.answers())
