"""What a chart looks at: one listener's plays in one version, a resolved range, and names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
from msgspec import structs
from numpy.typing import NDArray
from sqlalchemy import Connection

from tonearm.domain.instants import from_ms, to_ms
from tonearm.domain.periods import Period, find_zone
from tonearm.domain.vocabulary import Kind, Rule
from tonearm.history.coverage import Coverage, Spans, load_polled_spans, load_vouched
from tonearm.history.sources import polled_plays
from tonearm.insights.axis import Axis
from tonearm.insights.lane import LaneColumns, edges_ms
from tonearm.insights.library import Library
from tonearm.insights.naming import load_names
from tonearm.insights.question import Grouping, Item, Question
from tonearm.insights.records import Covered
from tonearm.insights.selection import Selection

EPOCH = date(1970, 1, 1)
_HOUR_MS = 3_600_000
_DEFAULTS = structs.asdict(Question())
_DAYS = frozenset({"range", "from_", "to"})
_DAYS_AND_ZONE = _DAYS | {"zone"}


_PLAYS = "plays?"


@dataclass(frozen=True, slots=True)
class Named:
    """An item's names and the key that settles ties."""

    name: str
    """What to show: the key where there is no name."""
    artist: str | None
    known_as: str | None
    key: str
    former: str | None
    """What it was called before its listener renamed it."""


@dataclass(frozen=True)
class View:
    """The plays a question is about, and the rules to judge them by."""

    connect: Callable[[], Connection]
    """Gives the transaction of the answer; the first call begins it where everything else is in memory."""
    user_id: int
    library: Library
    selection: Selection
    question: Question
    """Settled: zone, rule and private are given."""
    period: Period
    zone: str
    rule: Rule
    now: datetime
    ask_other: "Callable[[View, str, dict[str, object]], Any]"
    """Answers another measure of the same view; see `ask`."""
    line_plays: str | None = None
    """The measure's parameters that list the plays behind one line; see Chart."""
    more_plays: Mapping[str, str] = field(default_factory=dict)
    """The same for other numbers."""

    @property
    def connection(self) -> Connection:
        """The transaction of the answer, for what is not in memory."""
        return self.connect()

    @cached_property
    def lane(self) -> LaneColumns:
        """The plays of the selection, of all time."""
        return self.library.lane(self.selection)

    @property
    def today(self) -> date:
        """The present local day."""
        return self.now.astimezone(find_zone(self.zone)).date()

    @cached_property
    def rows(self) -> tuple[int, int]:
        """The plays of the range, as rows of the lane."""
        return self.lane.rows(self.period, self.zone)

    @cached_property
    def counted_rows(self) -> tuple[int, int]:
        """The counted plays of the range, as rows among the lane's counted plays."""
        return self.lane.counted_rows(self.rule, self.period, self.zone)

    @property
    def credit(self) -> Literal["primary", "all"]:
        """Whom plays count for: where nothing names further artists, that is the primary one."""
        return "all" if self.question.credit == "all" and len(self.lane.further[0]) else "primary"

    def grouping(self, item: Item) -> Grouping:
        """Give what plays are counted by where those of an item are asked for."""
        return "credited" if item == "artists" and self.credit == "all" else item

    def at_home(self) -> "View":
        """Give the view by one zone's clock alone, for what needs plays in the order of instants."""
        if self.selection.home is None:
            return self
        return replace(self, selection=replace(self.selection, home=None))

    def shifted(self, period: Period, named: str | None = None) -> "View":
        """Give the same view of another period, and how people write it where it has a name."""
        days = (None if day is None else day.isoformat() for day in (period.first, period.end))
        first, end = days if named is None else (None, None)
        question = structs.replace(self.question, range=named or "all", from_=first, to=end)
        return replace(self, question=question, period=period)

    def of_kind(self, kind: str) -> "View":
        """Give the same view of one kind of listening: a band has no place among podcasts."""
        question = structs.replace(self.question, kind=kind)
        selection = replace(self.selection, kind=question.kind)
        return replace(self, selection=selection, question=question)

    def ask(self, chart: str, **own: object) -> Any:  # noqa: ANN401 - each chart has its record
        """Answer another measure about the same plays and period; `own` are that measure's own parameters."""
        return self.ask_other(self, chart, own)

    def covered(self, counted: Literal["in", "all"] = "in") -> Covered:
        """Say what an answer speaks of; `counted` tells whether its plays are those that the rule counts, or all."""
        start, end = self.rows
        first, last = self.lane.first_and_last_at(start, end) if start < end else (None, None)
        zone = find_zone(self.zone)
        from_at, to_at = self.period.bounds(zone)
        if from_at is None and first is not None:
            from_at = from_ms(first)
        if to_at is None and last is not None:
            to_at = from_ms(last + 1)
        undecided = 0.0
        if self.rule is Rule.DONE and start < end:
            undecided = float(self.lane.is_undecided()[start:end].mean())
        return Covered(
            range=self._spelled_range(),
            from_at=from_at,
            to_at=to_at,
            from_local=None if from_at is None else from_at.astimezone(zone).isoformat(),
            to_local=None if to_at is None else to_at.astimezone(zone).isoformat(),
            zone=self.zone,
            rule=self.rule,
            kind=self.selection.kind,
            credit=self.credit,
            first_play_at=None if first is None else from_ms(first),
            last_play_at=None if last is None else from_ms(last),
            coverage=self.covered_share(),
            estimated_share=self.estimated_share(),
            undecided_share=round(undecided, 6),
            history_version=self.library.version,
            corrections_version=self.library.corrections_version,
            plays=self.plays_behind(counted=counted),
            line_plays=self.line_plays and self.plays_behind(self.line_plays, counted=counted),
            more_plays={
                place: line if line.startswith(_PLAYS) else self.plays_behind(line, counted=counted)
                for place, line in self.more_plays.items()
            }
            or None,
        )

    def plays_behind(self, line: str = "", *, counted: Literal["in", "all"] = "in") -> str:
        """Give the address, relative to the measure's own, of the plays behind an answer, or behind a line of it."""
        return _address(self._said() | {"counted": counted}, line)

    def leading(self, more: Mapping[str, str]) -> "View":
        """Give the same view with more numbers that lead to their plays: parameters, or addresses of other views."""
        return replace(self, more_plays={**self.more_plays, **more})

    def estimated(self) -> NDArray[np.uint32]:
        """Give the ids of the listener's plays whose lengths are estimated, ascending."""
        return self.library.estimated(lambda: polled_plays(self.connection, self.user_id))

    def estimated_share(self) -> float:
        """Give the share of the listening time in the range whose length is estimated."""
        estimated = self.estimated()
        if not len(estimated):
            return 0.0
        lane = self.lane
        axis = lane.once(
            ("estimated",),
            lambda: Axis(np.isin(lane.id, estimated).astype(np.uint8), 2, lane.ms_played),
        )
        measured, guessed = axis.sums(*self.rows).tolist()
        return float(round(guessed / max(measured + guessed, 1), 6))

    def coverage(self) -> Coverage:
        """Give what vouches for the listener's plays."""
        found = self._imported()
        return found.with_polls(self._polled(), self.selection.kind) if found.is_polled else found

    def vouchers(self) -> tuple[Coverage, Spans]:
        """Give what imports vouch for, and what polls do, apart."""
        found, nothing = self._imported(), np.empty(0, np.int64)
        is_told = found.is_polled and self.selection.kind in (Kind.MUSIC, "all")
        return found, self._polled() if is_told else Spans(nothing, nothing)

    def _imported(self) -> Coverage:
        return self.library.coverage(self.zone, lambda: load_vouched(self.connection, self.user_id))

    def _polled(self) -> Spans:
        return load_polled_spans(self.connection, self.user_id)

    def vouchable(self) -> tuple[int, int] | None:
        """Give what of the range can be vouched for, in Unix milliseconds: from the first play of all up to now.

        Where Spotify was asked within the hour, that was now: what came since is about to be told.
        """
        ended_at = self.library.columns.ended_at
        if not len(ended_at):
            return None
        first, end = edges_ms(self.period, self.zone)
        begin, now = int(ended_at[0]), to_ms(self.now)
        if self._imported().is_polled:
            asked = int(self._polled().ends.max(initial=0))
            now = min(now, asked) if now - asked <= _HOUR_MS else now
        begin = begin if first is None else max(begin, first)
        end = now if end is None else min(now, end)
        return (begin, end) if begin < end else None

    def covered_share(self) -> float | None:
        """Give the share of the range that is vouched for; None where nothing of it can be."""
        span = self.vouchable()
        if span is None:
            return None
        return round(self.coverage().every.length_within(*span) / (span[1] - span[0]), 6)

    def _spelled_range(self) -> str:
        asked = self.question
        if asked.from_ is None and asked.to is None:
            return asked.range
        return f"{asked.from_ or ''}..{asked.to or ''}"

    def _said(self) -> dict[str, str]:
        """Give the parameters that choose the plays of the range, but for those that nobody needs to say."""
        # A traveller's plays have clocks of their own unless a zone is named.
        unsaid = _DAYS_AND_ZONE if self.selection.home else _DAYS
        said = {
            name: value
            for name, usual in _DEFAULTS.items()
            if name not in unsaid and (value := getattr(self.question, name)) != usual
        }
        for name, day in (("from", self.period.first), ("to", self.period.end)):
            if day is not None:
                said[name] = day.isoformat()
        return said

    def names(self, item: Item, ids: Iterable[int]) -> dict[int, Named]:
        """Look up the names of a few items."""
        found = load_names(self.connect, self.user_id, self.library, item, list(ids))
        return {
            number: Named(told.name or told.key, told.artist, told.name, told.key, told.former)
            for number, told in found.items()
        }


def _address(said: Mapping[str, str], line: str = "") -> str:
    """Give the address, relative to the measure's own, that lists the plays behind an answer, or behind a line."""
    # What a line says, it says instead of the question: no parameter may be given twice.
    own = {part.partition("=")[0] for part in line.split("&")}
    pairs = [_pair(*parameter) for parameter in said.items() if parameter[0] not in own]
    return _PLAYS + "&".join([*pairs, line] if line else pairs)


@lru_cache(maxsize=1_024)
def _pair(name: str, value: str) -> str:
    """Write one parameter of an address; two addresses are part of every answer."""
    return urlencode({name: value})
