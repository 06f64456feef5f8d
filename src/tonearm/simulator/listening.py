"""What a listener truly heard, and when the service would tell of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tonearm.simulator.clock import to_ms
from tonearm.simulator.identifiers import digest
from tonearm.simulator.world import Part, Playable, Track, World, uri
from tonearm.testing.listener import Habits, Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonearm.testing.listener import Listens

SHORTEST_MS: Final = 30_000
"""Plays of up to so many milliseconds are never told of."""

_SESSION_GAP_MS: Final = 30 * 60_000
_CROSSFADE_MS: Final = 2_000
_LEAD_MS: Final = 30_000  # so long the listener has been listening when the simulator begins
_LONGEST_BROUGHT_FORWARD: Final = 40
_MINUTE_MS: Final = 60_000
_RESTAMP_MS: Final = 20_000
_JAMS_IN_1000: Final = 4
_RESTAMPED_IN_1000: Final = 12


@dataclass(frozen=True, slots=True)
class Listen:
    """One listen as it truly was; instants are milliseconds since 1970, UTC.

    `told_at` is when the service starts to tell of it (much later for what was heard offline);
    from `restamped_at` on, if that is not None, it states instants that are `restamp_ms` later.
    """

    started_at: int
    ended_at: int
    ms_played: int
    playable: Playable
    told_at: int
    offline: bool = False
    private: bool = False
    jam: bool = False
    device: int = 0
    shuffle: bool = False
    context_uri: str | None = None
    restamped_at: int | None = None
    restamp_ms: int = 0

    @property
    def uri(self) -> str:
        """URI of the track, episode or chapter."""
        return uri(self.playable)

    @property
    def untold(self) -> str | None:
        """Why the service never tells of it among the recent plays; None if it does."""
        if isinstance(self.playable, Part):
            return "spoken"
        if self.private:
            return "private"
        if self.jam:
            return "jam"
        return "short" if self.ms_played <= SHORTEST_MS else None

    def played_at(self, now: int, mark: str) -> int:
        """The instant the service gives at `now`; `mark` says whether of the end or the start."""
        instant = self.ended_at if mark == "end" else self.started_at
        restamped = self.restamped_at is not None and self.restamped_at <= now
        return instant + self.restamp_ms if restamped else instant


def ended_at(listen: Listen) -> int:
    """When a listen ended, for sorting."""
    return listen.ended_at


def started_at(listen: Listen) -> int:
    """When a listen began, for sorting."""
    return listen.started_at


class Script:
    """A listener's life in order: what has been heard, and what will be unless somebody interferes."""

    def __init__(self, listens: list[Listen]) -> None:
        self._listens = listens
        self._told: list[Listen] = []
        self._sort_told()

    def _sort_told(self) -> None:
        self._told = sorted(
            (listen for listen in self._listens if listen.untold is None), key=ended_at
        )

    def at(self, now: int) -> Listen | None:
        """What is being heard at an instant."""
        place = bisect_right(self._listens, now, key=started_at) - 1
        listen = self._listens[place] if place >= 0 else None
        return listen if listen is not None and now < listen.ended_at else None

    def ended(self, now: int) -> list[Listen]:
        """Every listen that was over by an instant, in order of its start."""
        begun = self._listens[: bisect_left(self._listens, now, key=started_at)]
        return [listen for listen in begun if listen.ended_at <= now]

    def last(self, now: int) -> Listen | None:
        """The last listen that was over by an instant."""
        place = bisect_left(self._listens, now, key=started_at)
        before = reversed(self._listens[:place][-2:])
        return next((listen for listen in before if listen.ended_at <= now), None)

    def upcoming(self, now: int, most: int) -> list[Listen]:
        """What follows in the session that goes on at an instant."""
        place = bisect_right(self._listens, now, key=started_at)
        found: list[Listen] = []
        until = now
        for listen in self._listens[place : place + most]:
            if listen.started_at - until > _SESSION_GAP_MS:
                break
            found.append(listen)
            until = listen.ended_at
        return found

    def recent(self, now: int, most: int, mark: str) -> list[tuple[int, Listen]]:
        """The plays that the service tells of at an instant with what it states; the newest first."""
        found: list[tuple[int, Listen]] = []
        place = bisect_right(self._told, now, key=ended_at)
        # Restamped plays may change places with their neighbours.
        while place and len(found) < most + 5:
            place -= 1
            listen = self._told[place]
            if listen.told_at <= now:
                found.append((listen.played_at(now, mark), listen))
        found.sort(key=lambda pair: -pair[0])
        return found[:most]

    def add(self, listen: Listen) -> None:
        """Put in a listen that happened."""
        insort(self._listens, listen, key=started_at)
        self._sort_told()

    def drop(self, since: int, until: int) -> None:
        """Take out the listens that begin from `since` on and before `until`: they did not happen."""
        first = bisect_left(self._listens, since, key=started_at)
        last = bisect_left(self._listens, until, key=started_at)
        if first < last:
            del self._listens[first:last]
            self._sort_told()


def write_script(
    world: World, start: datetime, *, days: tuple[int, int], plays_per_day: int, seed: int,
    in_progress: bool,
) -> Script:  # fmt: skip
    """Invent a life from `days[0]` days before `start` to `days[1]` days after it.

    With `in_progress` the listener has been listening for half a minute at `start`.
    """
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    first_day = midnight - timedelta(days=days[0])
    first_ms, length = to_ms(first_day), sum(days)
    habits = Habits(first_day, length, first_ms, clocks=False, minutes_from=first_ms)
    listener = Listener(world.catalogue, habits, plays=plays_per_day * length, seed=seed)
    listens = [listen for month in listener.months() for listen in _read_month(world, month, seed)]
    listens.sort(key=started_at)
    if in_progress:
        listens = _bring_forward(listens, to_ms(start))
    return Script(list(_one_at_a_time(listens)))


def _read_month(world: World, month: Listens, seed: int) -> Iterator[Listen]:
    contexts = _Contexts()
    columns = zip(
        month.start.tolist(), month.ms.tolist(), month.item.tolist(), month.ended.tolist(),
        month.offline.tolist(), month.private.tolist(), month.platform.tolist(),
        month.shuffle.tolist(), strict=True,
    )  # fmt: skip
    for start, ms, item, server, offline, private, platform, shuffle in columns:
        playable = world.playable(item)
        if playable is None or ms <= 0:
            continue
        chance = digest(seed, "listen", start)
        end = start + ms
        # The service hears of a play a little after its end, of an offline one when it is uploaded.
        told = max(server * 1000, end) + 800 + chance % 2_400
        restamped = chance // 7 % 1000 < _RESTAMPED_IN_1000
        yield Listen(
            start, end, ms, playable, told, offline, private,
            jam=chance // 7_000 % 1000 < _JAMS_IN_1000,
            device=platform % 3,
            shuffle=shuffle == 1,
            context_uri=contexts.of(start, playable, chance),
            restamped_at=told + (5 + chance // 11 % 115) * _MINUTE_MS if restamped else None,
            restamp_ms=_restamp(chance) if restamped else 0,
        )  # fmt: skip


def _restamp(chance: int) -> int:
    """How far an instant moves: up to 20 s either way, never nowhere."""
    shift = chance // 13 % (2 * _RESTAMP_MS) - _RESTAMP_MS
    return shift or 1


class _Contexts:
    """Chooses where a session is played from; follows the listens in order."""

    def __init__(self) -> None:
        self._last = 0
        self._choice = 0

    def of(self, start: int, playable: Playable, chance: int) -> str | None:
        if start - self._last > _SESSION_GAP_MS:
            self._choice = chance // 17 % 3
        self._last = start
        if isinstance(playable, Part):
            return uri(playable.work)
        return (None, uri(playable.album), uri(playable.album.artist))[self._choice]


def _one_at_a_time(listens: list[Listen]) -> Iterator[Listen]:
    """Nobody hears two things at once: what crossfades is moved, what overlaps did not happen."""
    free = 0
    for listen in listens:
        overlap = free - listen.started_at
        if overlap > _CROSSFADE_MS:
            continue
        moved = _moved(listen, overlap) if overlap > 0 else listen
        free = moved.ended_at
        yield moved


def _moved(listen: Listen, by: int) -> Listen:
    restamped_at = None if listen.restamped_at is None else listen.restamped_at + by
    return Listen(
        listen.started_at + by, listen.ended_at + by, listen.ms_played, listen.playable,
        listen.told_at + by, listen.offline, listen.private, listen.jam, listen.device,
        listen.shuffle, listen.context_uri, restamped_at, listen.restamp_ms,
    )  # fmt: skip


def _bring_forward(listens: list[Listen], now: int) -> list[Listen]:
    """Let the next session begin half a minute before `now`, with a track heard to the end."""
    place = bisect_left(listens, now, key=started_at)
    first = next(
        (number for number in range(place, len(listens)) if _is_plain(listens[number])), None
    )
    if first is None:
        return listens
    begin = now - _LEAD_MS
    kept = [listen for listen in listens[:place] if listen.ended_at <= begin]
    session: list[Listen] = []
    for listen in listens[first : first + _LONGEST_BROUGHT_FORWARD]:
        if session and listen.started_at - session[-1].ended_at > _SESSION_GAP_MS:
            break
        session.append(listen)
    by = begin - session[0].started_at
    rest = listens[place:first] + listens[first + len(session) :]
    moved = [_moved(listen, by) for listen in session]
    return sorted(kept + moved + rest, key=started_at)


def _is_plain(listen: Listen) -> bool:
    return (
        isinstance(listen.playable, Track)
        and listen.untold is None
        and not listen.offline
        and listen.ms_played > 3 * _LEAD_MS
    )
