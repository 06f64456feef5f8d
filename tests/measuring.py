"""Ask measures of plays that no import brought: columns and names made straight from the oracle's plays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from msgspec.structs import asdict, fields
from sqlalchemy import Connection, text

from oracle import measures as oracle
from oracle.comparison import CALENDAR, previous_range
from oracle.plays import OraclePlay, normal
from tonearm.domain.instants import to_ms
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import RankBy, Rule
from tonearm.history.sightings import Context
from tonearm.history.store import KINDS, PlayColumns, context_columns
from tonearm.insights.chart import load_charts
from tonearm.insights.insights import ask_other, home_of
from tonearm.insights.library import Library
from tonearm.insights.question import Question, Unit, period_of, settled
from tonearm.insights.records import Heatmap, Timeline, Top, Totals
from tonearm.insights.selection import select_plays
from tonearm.insights.view import View
from tonearm.storage.bulk import insert_rows
from tonearm.storage.tables import albums, artists, tracks

ITEMS: tuple[oracle.Item, ...] = ("artists", "albums", "tracks")


class Measured:
    """A listener's plays, and questions about them."""

    def __init__(
        self,
        connection: Connection,
        plays: Sequence[OraclePlay],
        user_id: int = 1,
        preferences: Preferences = Preferences(),  # noqa: B008 - frozen
        further: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Write the names of the plays' items, and put the plays into columns.

        `further` are whom Spotify names as artists of tracks, by key, be it the one that they have anyway.
        """
        self.connection = connection
        self.user_id = user_id
        self.preferences = preferences
        self.further = further or {}
        self.plays = sorted(
            plays, key=lambda play: (play.ended_at, play.started_at, play.track_key)
        )
        self._library = Library(self._columns(), version=1)

    def ask(self, chart: str, question: Question, now: datetime) -> Any:  # noqa: ANN401 - each measure has its record
        view = self.view(question, now)
        return load_charts()[chart].answer(view, own_question(chart, question))

    def view(self, question: Question, now: datetime) -> View:
        asked = settled(question, self.preferences)
        return View(
            connect=lambda: self.connection,
            user_id=self.user_id,
            library=self._library,
            selection=replace(
                select_plays(lambda: self.connection, self.user_id, asked),
                home=home_of(question, self.preferences),
            ),
            question=asked,
            period=period_of(asked, now),
            zone=asked.zone or "UTC",
            rule=asked.rule or Rule.THIRTY_SECONDS,
            now=now,
            ask_other=ask_other,
        )

    def _columns(self) -> PlayColumns:
        names = {item: oracle.names_of(self.plays, item) for item in ITEMS}
        names["artists"] = oracle.names_of(credited(self.plays, self.further), "artists")
        # Ids against the order of everything that settles ties, so that none can settle one.
        ids = {
            item: {key: number for number, key in enumerate(sorted(names[item], reverse=True), 1)}
            for item in ITEMS
        }
        for table in ("artists", "albums", "tracks"):
            self.connection.execute(
                text(f"DELETE FROM {table} WHERE user_id = :user"), {"user": self.user_id}  # noqa: S608 - names of our tables
            )  # fmt: skip
        by_track = {play.track_key: play for play in self.plays}
        insert_rows(
            self.connection, artists,
            [(self.user_id, ids["artists"][key], *key, name) for key, name in names["artists"].items()],
        )  # fmt: skip
        insert_rows(
            self.connection, albums,
            [
                (self.user_id, ids["albums"][key], ids["artists"][key[:2]], key[2], name)
                for key, name in names["albums"].items()
            ],
        )  # fmt: skip
        owner = np.zeros((2, len(by_track) + 1), np.int32)
        kind = np.zeros(len(by_track) + 1, np.uint8)
        told: list[tuple[object, ...]] = []
        for key, play in by_track.items():
            number = ids["tracks"][(key,)]
            artist, album = oracle.artist_key(play), oracle.album_key(play)
            owner[0, number] = ids["artists"][artist] if artist else 0
            owner[1, number] = ids["albums"][album] if album else 0
            kind[number] = [str(value) for value in KINDS].index(play.kind)
            told.append(
                (self.user_id, number, key, play.kind, play.title, *owner[:, number].tolist())
            )
        insert_rows(self.connection, tracks, told)
        pairs = [(0, 0)] + [
            (ids["tracks"][(key,)], ids["artists"][by_track[key].kind, normal(name)])
            for key, told_names in self.further.items()
            if key in by_track
            for name in told_names
        ]
        contexts = list(dict.fromkeys(map(context_of, self.plays)))
        numbers = {context: number for number, context in enumerate(contexts, 1)}
        return PlayColumns(
            id=np.arange(1, len(self.plays) + 1, dtype=np.uint32),
            context=np.array([numbers[context_of(play)] for play in self.plays], np.int32),
            ended_at=np.array([play.ended_at for play in self.plays], np.int64),
            started_at=np.array([play.started_at for play in self.plays], np.int64),
            ms_played=np.array([play.ms_played for play in self.plays], np.int32),
            track=np.array([ids["tracks"][(play.track_key,)] for play in self.plays], np.int32),
            track_artist=owner[0],
            track_album=owner[1],
            track_kind=kind,
            credit_track=np.array([track for track, _ in pairs], np.int32),
            credit_artist=np.array([artist for _, artist in pairs], np.int32),
            **context_columns({number: context for context, number in numbers.items()}),
        )


def credited(plays: Sequence[OraclePlay], further: Mapping[str, Sequence[str]]) -> list[OraclePlay]:
    """Give every play once for each artist of its track, in the order of plays."""
    every: list[OraclePlay] = []
    for play in plays:
        by_key = {normal(play.artist): play.artist}
        for name in further.get(play.track_key, ()):
            by_key.setdefault(normal(name), name)
        every += [play._replace(artist=name) for name in by_key.values()]
    return sorted(every, key=lambda play: (play.ended_at, play.started_at))


class AnyQuestion(Question, frozen=True, kw_only=True):
    """The parameters of many measures at once; each is asked by those it has."""

    zone: str = "UTC"
    rule: Rule = Rule.THIRTY_SECONDS
    by: RankBy = RankBy.PLAYS
    limit: int = 10
    unit: Unit = "month"


def own_question(chart: str, asked: Question) -> Question:
    """Give a measure's own question with the values of another."""
    kind: type[Question] = load_charts()[chart].question
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in asdict(asked).items() if name in names})


def context_of(play: OraclePlay) -> Context:
    return Context(*(getattr(play, part) for part in Context._fields))


def bounds(question: AnyQuestion, now: datetime) -> tuple[oracle.Range, oracle.Range | None]:
    """Give the range of a question and the period before it, by the oracle."""
    zone = ZoneInfo(question.zone)
    first, separator, end = question.range.partition("..")
    if separator:
        days = date.fromisoformat(first), date.fromisoformat(end)
    elif question.range == "all":
        return (None, None), None
    else:
        edges = oracle.resolve_range(question.range, now, zone)
        days = tuple(oracle.local(edge, zone).date() for edge in edges)  # type: ignore[arg-type,assignment] # not open
    start, stop = (oracle.day_start(day, zone) for day in days)
    if CALENDAR.fullmatch(question.range):
        return (start, stop), previous_range(start, stop, zone, question.range)
    before = days[0] - (
        days[1] - days[0]
    )  # from the days that were named: a zone may skip one of them
    return (start, stop), (oracle.day_start(before, zone), start)


def check_totals(
    found: Totals, plays: Sequence[OraclePlay], asked: AnyQuestion, now: datetime
) -> None:
    (start, stop), _ = bounds(asked, now)
    expected = oracle.totals(plays, start, stop, ZoneInfo(asked.zone), asked.rule.value, asked.kind)
    assert (
        found.plays, found.ms_played, found.tracks, found.albums, found.artists, found.active_days,
    ) == expected[:6]  # fmt: skip
    assert abs(found.ms_per_active_day - expected.ms_per_active_day) <= 0.5
    covered = found.covered
    inside = oracle.within(plays, start, stop, asked.kind)
    times = [play.ended_at for play in inside]
    assert instant(covered.first_play_at) == min(times, default=None)
    assert instant(covered.last_play_at) == max(times, default=None)
    if start is not None:
        assert (instant(covered.from_at), instant(covered.to_at)) == (start, stop)
    assert (covered.range, covered.zone, covered.rule, covered.kind) == (
        asked.range, asked.zone, asked.rule, asked.kind,
    )  # fmt: skip
    unknown = sum(play.reason_end is None for play in inside)
    share = unknown / len(inside) if inside and asked.rule is Rule.DONE else 0
    assert abs(covered.undecided_share - share) < 1e-6


def check_top(
    found: Top, item: oracle.Item, plays: Sequence[OraclePlay], asked: AnyQuestion, now: datetime
) -> None:
    (start, stop), before = bounds(asked, now)
    expected = oracle.top(
        plays, item, start, stop,
        rule=asked.rule.value, kind=asked.kind, by=asked.by.value, previous=before,
    )  # fmt: skip
    assert found.total == len(expected)
    told = [
        (
            line.rank, line.name, line.plays, line.ms_played, instant(line.first_play_at),
            instant(line.last_play_at), line.previous_rank, line.is_new,
        )
        for line in found.items
    ]  # fmt: skip
    assert told == [
        (row.rank, row.name or row.key[0], *row[2:6], row.previous_rank, row.is_new)
        for row in expected[: asked.limit]
    ]
    for line, row in zip(found.items, expected, strict=False):
        assert abs(line.share - row.share) < 1e-6
        if item == "albums":
            assert normal(line.artist) == row.key[1]
        elif item == "artists":
            assert line.artist is None


def check_heatmap(
    found: Heatmap, plays: Sequence[OraclePlay], asked: AnyQuestion, now: datetime
) -> None:
    (start, stop), _ = bounds(asked, now)
    expected = oracle.heatmap(
        plays, start, stop, ZoneInfo(asked.zone), asked.rule.value, asked.kind
    )
    assert [(cell.weekday, cell.hour) for cell in found.items] == [
        (day, hour) for day in range(7) for hour in range(24)
    ]
    cells = [(cell.plays, cell.ms_played) for cell in found.items]
    assert cells == [tuple(cell) for row in expected for cell in row]


def check_timeline(
    found: Timeline, plays: Sequence[OraclePlay], asked: AnyQuestion, now: datetime
) -> None:
    """Each unit is the totals of its own days, as far as they lie in the range."""
    (start, stop), _ = bounds(asked, now)
    zone = ZoneInfo(asked.zone)
    whole = oracle.totals(plays, start, stop, zone, asked.rule.value, asked.kind)
    assert sum(unit.plays for unit in found.items) == whole.plays
    assert sum(unit.ms_played for unit in found.items) == whole.ms_played
    starts = [unit.starts_on for unit in found.items]
    inside = oracle.within(plays, start, stop, asked.kind)
    if start is None or stop is None:
        if not inside:
            assert starts == []
            return
        days = [oracle.day_of(play.ended_at, zone) for play in inside]
        first, last = min(days), max(days)
    else:
        first, last = (oracle.local(edge, zone).date() for edge in (start, stop - 1))
        if "W" not in asked.range and asked.range.count("-") in (2, 4):
            first = date.fromisoformat(asked.range[:10])  # a day that its zone skips
    assert starts[0] == unit_of(first, asked.unit)
    assert starts[-1] == unit_of(last, asked.unit) or start == stop
    for one, unit in zip(starts, found.items, strict=True):
        after = unit_after(one, asked.unit)
        edges = [oracle.day_start(day, zone) for day in (one, after)]
        own = [play for play in inside if edges[0] <= play.ended_at < edges[1]]
        assert unit.ms_played == sum(play.ms_played for play in own)
        assert unit.plays == sum(oracle.counts(play, asked.rule.value) for play in own)
    assert all(unit_after(a, asked.unit) == b for a, b in pairwise(starts))


def unit_of(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[unit]


def unit_after(first: date, unit: str) -> date:
    if unit == "year":
        return first.replace(year=first.year + 1)
    if unit == "month":
        return oracle.month_after(first)
    return first + timedelta(days=7 if unit == "week" else 1)


def instant(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def check_everything(measured: Measured, asked: AnyQuestion, now: datetime) -> None:
    """Ask every measure and compare it with the oracle's answer."""
    plays = measured.plays
    check_totals(measured.ask("totals", asked, now), plays, asked, now)
    check_heatmap(measured.ask("heatmap", asked, now), plays, asked, now)
    check_timeline(measured.ask("timeline", asked, now), plays, asked, now)
    for item in ITEMS:
        check_top(measured.ask(f"top-{item}", asked, now), item, plays, asked, now)
