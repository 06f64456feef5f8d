"""A simulated listener: who hears what, when, where and how, month by month."""

# ruff: noqa: PLR2004 - the numbers are the habits of an invented listener

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tonearm.testing.catalogue import Catalogue

DAY_MS: Final = 86_400_000
NO_STAMP: Final = 0
SECONDS: Final = 1
MILLISECONDS: Final = 2
ZERO_STAMP: Final = 3
RESET_STAMP: Final = 4
"""Codes of `Listens.unit`: how a row writes its start stamp (RESET is a clock set back to 1970)."""

REASONS: Final = (
    "trackdone", "fwdbtn", "backbtn", "clickrow", "playbtn", "appload", "remote", "trackerror",
    "unknown", "clickside", "popup", "uriopen", "", None, "endplay", "logout", "unexpected-exit",
    "unexpected-exit-while-paused", "none",
)  # fmt: skip
_REASON: Final = {name: code for code, name in enumerate(REASONS)}
HOME: Final = "Europe/Berlin"
PLACES: Final = (
    ("DE", HOME),
    ("PT", "Europe/Lisbon"),
    ("JP", "Asia/Tokyo"),
    ("US", "America/New_York"),
    ("TH", "Asia/Bangkok"),
    ("MA", "Africa/Casablanca"),
)
COUNTRIES: Final = (*(country for country, _ in PLACES), "ZZ")
PLATFORMS: Final = (
    "Windows 8.1 (6.3.9600; x64; S)",
    "Android OS 6.0.1 API 23 (samsung, SM-G920F)",
    "OS X 10.12.6 [x86 8]",
    "Partner google cast_tv;Chromecast;;",
    "web_player windows 10;chrome 103.0.0.0;desktop",
    "ios",
    "android",
    "osx",
    "windows",
    "",
)
_HOURS: Final = np.array(
    [[9, 5, 2, 1, 1, 3, 12, 34, 40, 28, 24, 24, 26, 24, 22, 24, 30, 42, 46, 40, 36, 34, 28, 18],
     [22, 16, 9, 4, 2, 2, 4, 8, 18, 30, 38, 40, 38, 36, 36, 36, 36, 38, 42, 44, 46, 46, 42, 34]],
    dtype=np.float64,
)  # fmt: skip


@dataclass(slots=True)
class Listens:
    """Listens as parallel arrays; times are UTC.

    `start` and `stamp` in milliseconds (`stamp` is what the client's clock said), `ended` is the
    server's end in seconds, `ms` the time played; the rest are codes of the tuples in this module,
    `shuffle` -1 where the key is absent.
    """

    start: NDArray[np.int64]
    stamp: NDArray[np.int64]
    ended: NDArray[np.int64]
    ms: NDArray[np.int64]
    item: NDArray[np.int64]
    unit: NDArray[np.int8]
    reason_start: NDArray[np.int8]
    reason_end: NDArray[np.int8]
    shuffle: NDArray[np.int8]
    offline: NDArray[np.bool_]
    private: NDArray[np.bool_]
    country: NDArray[np.int8]
    platform: NDArray[np.int8]
    video: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """The chosen listens, by mask or by positions."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def join(self, other: Self) -> Self:
        """These listens followed by the other ones."""
        return type(self)(
            *(
                np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            )
        )


class Quota:
    """Chooses rare events at fixed rates, the first of each at once."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._due: dict[str, float] = {}
        self.done: dict[str, int] = {}

    def choose(self, name: str, candidates: NDArray[np.int64], rate: float) -> NDArray[np.int64]:
        """Positions out of candidates, about `rate` of them, in ascending order."""
        due = self._due.get(name, 1.0) + rate * len(candidates)
        count = min(int(due), len(candidates))
        self._due[name] = due - count
        self.done[name] = self.done.get(name, 0) + count
        if count == 0:
            return candidates[:0]
        return np.sort(self._rng.choice(candidates, size=count, replace=False))


@dataclass(frozen=True, slots=True)
class Habits:
    """Over which days a listener's life spreads, and what it may hold.

    `books_from` in UTC milliseconds; `clocks` allows wrong client clocks, `whole_minutes` keeps
    listens of one title apart by minute and length from that instant on, because account data
    tells no more.
    """

    first_day: datetime
    days: int
    books_from: int
    clocks: bool
    minutes_from: int


class Listener:
    """Spreads an exact number of listens over a life and yields them in month-sized chunks."""

    def __init__(self, catalogue: Catalogue, habits: Habits, *, plays: int, seed: int) -> None:
        self._catalogue, self._habits = catalogue, habits
        self._rng = np.random.default_rng([seed, 2])
        self.quota = Quota(self._rng)
        self._day_start = int(habits.first_day.timestamp() * 1000) + np.arange(habits.days) * DAY_MS
        self._offset, self._turns = self._calendar()
        self._count = self._rng.multinomial(plays, self._day_weights())
        self._interests()

    def _calendar(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Country and zone offset of each day; days on which the home zone changes its clocks."""
        rng, days = self._rng, self._habits.days
        self._place = np.zeros(days, dtype=np.int8)
        self._holiday = np.zeros(days, dtype=np.bool_)
        for year_start in range(0, days, 365):
            for _ in range(2):
                begin = year_start + int(rng.integers(0, 340))
                self._place[begin : begin + int(rng.integers(4, 15))] = rng.integers(1, len(PLACES))
            begin = year_start + int(rng.integers(20, 330))
            self._holiday[begin : begin + int(rng.integers(7, 14))] = True
        offsets = np.empty((len(PLACES), days + 1), dtype=np.int64)
        for place, (_, name) in enumerate(PLACES):
            zone = ZoneInfo(name)
            for day in range(days + 1):
                local = (self._habits.first_day + timedelta(days=day)).astimezone(zone)
                shift = local.utcoffset()
                offsets[place, day] = int(shift.total_seconds() * 1000) if shift else 0
        turns = offsets[0, 1:] != offsets[0, :-1]
        return offsets[self._place, np.arange(days)], turns

    def _day_weights(self) -> NDArray[np.float64]:
        rng, days = self._rng, self._habits.days
        number = np.arange(days)
        weekday = (number + self._habits.first_day.weekday()) % 7
        self._weekend = weekday >= 5
        rhythm = np.array([0.9, 0.92, 0.95, 1.0, 1.25, 1.2, 0.85])[weekday]
        season = 1 + 0.18 * np.cos(2 * np.pi * number / 365.25)
        growth = 0.55 + 0.75 * number / days
        weights = rhythm * season * growth * rng.lognormal(0.0, 0.45, size=days)
        weights[self._holiday | (rng.random(days) < 0.03)] = 0.0
        # A night on which the clocks change is spent awake, wherever there is one.
        weights[self._turns] = weights.max() * 0.8
        whole: NDArray[np.float64] = weights / weights.sum()
        return whole

    def _interests(self) -> None:
        """Each artist's base appeal, day of discovery, phases, and how fast interest fades."""
        rng, artists, days = self._rng, self._catalogue.artists, self._habits.days
        self._base = 1.0 / np.arange(1, artists + 1) ** 0.95
        rng.shuffle(self._base)
        early = rng.random(artists) < 0.35
        self._found = np.where(early, 0, rng.integers(0, days, size=artists))
        self._phases = rng.integers(0, days, size=(3, artists))
        self._heat = rng.exponential(6.0, size=(3, artists)) * (rng.random((3, artists)) < 0.5)
        self._fade = rng.uniform(200, 3_000, size=artists)

    def _weights(self, day: int) -> NDArray[np.float64]:
        """How likely each music item is about that day."""
        age = np.maximum(day - self._found, 0)
        wish = 0.25 + 2.0 * np.exp(-age / self._fade)
        for phase, heat in zip(self._phases, self._heat, strict=True):
            wish = wish + heat * np.exp(-(((day - phase) / 45.0) ** 2))
        wish = np.where(self._found <= day, wish, 0.0) * self._base
        likely: NDArray[np.float64] = wish[self._catalogue.artist_of] * self._catalogue.appeal
        return likely

    def months(self) -> Iterator[Listens]:
        """All listens, about 30 days at a time, in order of their start within a chunk."""
        for first in range(0, self._habits.days, 30):
            days = np.arange(first, min(first + 30, self._habits.days))
            day_of = np.repeat(days, self._count[days])
            if len(day_of):
                yield self._month(day_of)

    def _month(self, day_of: NDArray[np.int64]) -> Listens:
        rng, count = self._rng, len(day_of)
        begins = rng.random(count) < 1 / 14
        begins[0] = True
        begins[1:] |= day_of[1:] != day_of[:-1]
        session = np.cumsum(begins) - 1
        heads = np.flatnonzero(begins)
        opened = self._session_starts(day_of[heads])
        item, spoken = self._items(session, heads, day_of, opened)
        ms, reason_start, reason_end = self._lengths(item, begins)
        gap = rng.integers(0, 900, size=count)
        gap[rng.random(count) < 0.25] = -rng.integers(100, 1_500)
        pause = rng.random(count) < 0.06
        gap[pause] = rng.integers(3_000, 90_000, size=int(pause.sum()))
        self._events(session, item, spoken, ms, gap, reason_start, reason_end)
        # The listen before a session's first one must not push it.
        passed = np.concatenate([[0], np.cumsum(np.maximum(ms + gap, 0))[:-1]])
        start = opened[session] + passed - passed[heads][session]
        listens = self._circumstances(start, ms, item, session, day_of, heads)
        listens.reason_start, listens.reason_end = reason_start, reason_end
        self._keep_apart(listens)
        self._servers_view(listens, session)
        return listens.take(np.argsort(listens.start, kind="stable"))

    def _session_starts(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        rng = self._rng
        table = np.cumsum(_HOURS / _HOURS.sum(axis=1, keepdims=True), axis=1)
        drawn = rng.random(len(days))
        hour = np.empty(len(days), dtype=np.int64)
        for weekend in (0, 1):
            mask = self._weekend[days] == weekend
            hour[mask] = np.searchsorted(table[weekend], drawn[mask])
        local = np.minimum(hour, 23) * 3_600_000 + rng.integers(0, 3_600_000, size=len(days))
        opened = self._day_start[days] + local - self._offset[days]
        first = np.concatenate([[True], days[1:] != days[:-1]])
        # European clocks change at 01:00 UTC: one session begins ten minutes before.
        turning = first & self._turns[days]
        opened[turning] = self._day_start[days[turning]] + 3_000_000
        return opened

    def _items(
        self,
        session: NDArray[np.int64],
        heads: NDArray[np.int64],
        day_of: NDArray[np.int64],
        opened: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        rng, shelf, count = self._rng, self._catalogue, len(session)
        heaped = np.cumsum(self._weights(int(day_of[0])))
        item = np.searchsorted(heaped, rng.random(count) * heaped[-1], side="right")
        item = np.minimum(item, shelf.music - 1)
        mode = rng.random(len(heads))
        place = np.arange(count) - heads[session]
        album = (mode < 0.3)[session]
        seeds = item[heads][session]
        first, size = shelf.album_first[seeds], shelf.album_size[seeds]
        item = np.where(album, first + (seeds - first + place) % size, item)
        again = shelf.relinked[item]
        item = np.where(rng.random(count) < 0.3, again, item)
        # Spoken sessions: the newest episodes, the book where it was left.
        lived = day_of / self._habits.days
        podcast = ((mode > 0.86) & (mode < 0.97))[session] & (place < 3)
        books = self._habits.books_from
        book = (mode >= 0.97)[session] & (place < 4) & (opened[session] >= books)
        for mask, items, spread in ((podcast, shelf.episodes, 9), (book, shelf.chapters, 3)):
            recent = (lived[mask] * len(items)).astype(np.int64) - rng.integers(
                0, spread, size=int(mask.sum())
            )
            item[mask] = items.start + np.clip(recent, 0, len(items) - 1)
        spoken = podcast | book
        wanted = day_of >= (self._habits.minutes_from - self._day_start[0]) // DAY_MS - 1
        item = np.where(wanted, shelf.named_instead[item], item)
        return item, spoken

    def _lengths(
        self, item: NDArray[np.int64], begins: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int8]]:
        rng, count = self._rng, len(item)
        whole = self._catalogue.duration[item]
        done = rng.random(count) < 0.64
        skipped = np.minimum(rng.exponential(24_000, size=count).astype(np.int64), whole)
        skipped[rng.random(count) < 0.18] = 0
        ms = np.where(done, whole, skipped)
        # Some rows claim more than the track's length.
        ms = np.where(done & (rng.random(count) < 0.01), whole + 2_500, ms)
        ends = ("fwdbtn", "endplay", "backbtn", "remote", "unexpected-exit", "clickrow",
                "unexpected-exit-while-paused", "trackerror", "unknown", "")  # fmt: skip
        chances = (0.56, 0.24, 0.05, 0.04, 0.03, 0.03, 0.02, 0.01, 0.01, 0.01)
        codes = np.array([_REASON[name] for name in ends], dtype=np.int8)
        reason_end = np.where(
            done, _REASON["trackdone"], rng.choice(codes, size=count, p=chances)
        ).astype(np.int8)
        follows = np.array([_REASON["trackdone"], _REASON["fwdbtn"], _REASON["backbtn"]])
        previous = np.concatenate([reason_end[:1], reason_end[:-1]])
        other = rng.choice(
            np.array([_REASON[name] for name in ("clickrow", "playbtn", "remote", "unknown",
                                                 "popup", "uriopen", "clickside", None)]),
            size=count, p=(0.6, 0.24, 0.06, 0.04, 0.02, 0.02, 0.01, 0.01),
        )  # fmt: skip
        reason_start = np.where(~begins & np.isin(previous, follows), previous, other)
        return ms, reason_start.astype(np.int8), reason_end

    def _events(
        self,
        session: NDArray[np.int64],
        item: NDArray[np.int64],
        spoken: NDArray[np.bool_],
        ms: NDArray[np.int64],
        gap: NDArray[np.int64],
        reason_start: NDArray[np.int8],
        reason_end: NDArray[np.int8],
    ) -> None:
        """Rapid skips, repeats of a short track, listens split by a restart; changed in place."""
        rng, shelf = self._rng, self._catalogue
        three = np.flatnonzero((session[2:] == session[:-2]) & ~spoken[2:] & ~spoken[:-2])
        # Every third position at most, so that no two events touch.
        free = three[three % 4 == 0]
        for at in self.quota.choose("rapid skips", free, 0.012).tolist():
            ms[at : at + 3] = rng.integers(0, 220, size=3)
            gap[at : at + 3] = rng.integers(0, 60, size=3)
            reason_end[at : at + 3] = reason_start[at + 1 : at + 3] = _REASON["fwdbtn"]
        free = three[three % 4 == 1]
        free = free[free % 8 == 5]
        for at in self.quota.choose("repeats of a short track", free, 0.012).tolist():
            item[at : at + 3] = track = shelf.short[rng.integers(len(shelf.short))]
            if not shelf.named[track]:
                item[at : at + 3] = track = shelf.named_instead[track]
            ms[at : at + 3] = shelf.duration[track]
            gap[at : at + 3] = 0
            reason_end[at : at + 3] = reason_start[at + 1 : at + 3] = _REASON["trackdone"]
        free = three[three % 8 == 1]
        for at in self.quota.choose("split by a restart", free, 0.012).tolist():
            item[at + 1] = item[at]
            whole = int(shelf.duration[item[at]])
            ms[at] = int(rng.integers(1_000, max(1_001, whole - 1_000)))
            ms[at + 1] = max(whole - int(ms[at]), 500)
            gap[at] = 20_000
            reason_end[at], reason_start[at + 1] = _REASON["logout"], _REASON["appload"]

    def _circumstances(
        self,
        start: NDArray[np.int64],
        ms: NDArray[np.int64],
        item: NDArray[np.int64],
        session: NDArray[np.int64],
        day_of: NDArray[np.int64],
        heads: NDArray[np.int64],
    ) -> Listens:
        rng, count, sessions = self._rng, len(start), len(heads)
        day = day_of[heads]
        everyone = np.arange(sessions)
        offline = np.zeros(sessions, dtype=np.bool_)
        offline[self.quota.choose("offline sessions", everyone, 0.04)] = True
        private = np.zeros(sessions, dtype=np.bool_)
        private[self.quota.choose("private sessions", everyone, 0.02)] = True
        late = day / max(self._habits.days, 3_000) > rng.random(sessions)
        platform = np.where(late, rng.integers(4, 9, size=sessions), rng.integers(0, 5, sessions))
        platform[self.quota.choose("platform empty", everyone, 0.003)] = len(PLATFORMS) - 1
        country = self._place[day].copy()
        country[self.quota.choose("country ZZ", everyone, 0.004)] = len(COUNTRIES) - 1
        shuffle = (rng.random(sessions) < 0.45).astype(np.int8)[session]
        every = np.arange(count)
        shuffle[self.quota.choose("key absent", every, 0.0005)] = -1
        music = np.flatnonzero(item < self._catalogue.episodes.start)
        video = np.zeros(count, dtype=np.bool_)
        video[self.quota.choose("music videos", music, 0.006)] = True
        video[(item >= self._catalogue.episodes.start) & (rng.random(count) < 0.05)] = True
        codes = np.zeros(count, dtype=np.int8)
        return Listens(
            start, start.copy(), start // 1000, ms, item, codes, codes, codes, shuffle,
            offline[session], private[session], country[session].astype(np.int8),
            platform[session].astype(np.int8), video,
        )  # fmt: skip

    def _keep_apart(self, listens: Listens) -> None:
        """Lengthen by a millisecond what no export could tell apart from another listen."""
        pair = self._catalogue.pair[listens.item]
        minute_matters = listens.start >= self._habits.minutes_from - DAY_MS
        moments: tuple[Callable[[], NDArray[np.int64]], ...] = (
            lambda: listens.start // 1000,
            lambda: (listens.start + listens.ms) // 1000,
            lambda: np.where(
                minute_matters, (listens.start + listens.ms) // 60_000, -np.arange(len(pair))
            ),
        )
        for _ in range(50):
            again = False
            for moment, who in zip(moments, (listens.item, listens.item, pair), strict=True):
                clash = _repeated(who, moment(), listens.ms)
                listens.ms[clash] += 1
                again |= bool(len(clash))
            if not again:
                return
        raise RuntimeError("too many listens of one track in one moment to keep them apart")

    def _servers_view(self, listens: Listens, session: NDArray[np.int64]) -> None:
        """Server's end, units of the stamp, late uploads and wrong clocks."""
        rng, count = self._rng, len(listens)
        end = listens.start + listens.ms
        lag = rng.integers(1, 4, size=count) * (rng.random(count) < 0.15)
        slow = rng.random(count) < 0.01
        lag[slow] = rng.integers(30, 240, size=int(slow.sum()))
        lag[listens.ms < 1_000] = 0
        recent = listens.start > int(datetime(2021, 6, 1, tzinfo=UTC).timestamp() * 1000)
        millis = recent ^ (rng.random(count) < 0.08)
        listens.unit = np.where(millis, MILLISECONDS, SECONDS).astype(np.int8)
        online = np.flatnonzero(~listens.offline)
        for name, code, rate in (
            ("stamp null", NO_STAMP, 0.012),
            ("stamp 0", ZERO_STAMP, 0.004),
            ("stamp of 1970", RESET_STAMP, 0.0004),
        ):
            chosen = self.quota.choose(name, online, rate)
            listens.unit[chosen] = code
            lag[chosen] = 0
            online = np.setdiff1d(online, chosen, assume_unique=True)
        listens.ended = end // 1000 + lag
        # What was played offline is uploaded together, hours or days after the session.
        sessions = int(session[-1]) + 1
        last = np.zeros(sessions, dtype=np.int64)
        np.maximum.at(last, session, end // 1000)
        delay = rng.integers(600, 9 * 86_400, size=sessions)
        upload = (last + delay)[session] + rng.integers(0, 2, size=count)
        listens.ended = np.where(listens.offline, upload, listens.ended)
        if self._habits.clocks:
            # A clock more than a year ahead: its stamp says nothing about when.
            wrong = self.quota.choose("wrong clock", online, 0.0003)
            wrong = wrong[listens.start[wrong] < self._habits.minutes_from - DAY_MS]
            listens.stamp[wrong] += 400 * DAY_MS


def _repeated(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions whose values in all columns occurred at an earlier position."""
    mixed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column, odd in zip(columns, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9),
                           strict=True):  # fmt: skip
        mixed = (mixed ^ column.astype(np.uint64)) * np.uint64(odd)
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    ranked = mixed[order]
    again: NDArray[np.int64] = order[1:][ranked[1:] == ranked[:-1]]
    return again
