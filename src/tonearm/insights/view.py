"""What a chart looks at: one listener's plays in one version, a resolved range, and names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import structs
from sqlalchemy import Connection, null, select

from tonearm.domain.instants import from_ms
from tonearm.domain.periods import Period, find_zone
from tonearm.domain.vocabulary import Rule
from tonearm.insights.lane import LaneColumns
from tonearm.insights.library import Library
from tonearm.insights.question import Item, Question
from tonearm.insights.records import Covered
from tonearm.insights.selection import Selection
from tonearm.storage.tables import albums, artists, tracks

EPOCH = date(1970, 1, 1)
_NAMES_AT_ONCE = 5_000  # databases bound the parameters of one query
_BETWEEN = "\x1f"  # sorts before whatever a name holds, so that keys sort part by part
_DEFAULTS = structs.asdict(Question())


@dataclass(frozen=True, slots=True)
class Named:
    """An item's names and the key that settles ties."""

    name: str
    """What to show: the key where there is no name."""
    artist: str | None
    known_as: str | None
    key: str


@dataclass(frozen=True, slots=True)
class View:
    """The plays a question is about, and the rules to judge them by."""

    connection: Connection
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

    @property
    def lane(self) -> LaneColumns:
        """The plays of the selection, of all time."""
        return self.library.lane(self.selection)

    @property
    def today(self) -> date:
        """The present local day."""
        return self.now.astimezone(find_zone(self.zone)).date()

    def rows(self) -> tuple[int, int]:
        """The plays of the range, as rows of the lane."""
        return self.lane.rows(self.period, self.zone)

    def counted_rows(self) -> tuple[int, int]:
        """The counted plays of the range, as rows among the lane's counted plays."""
        return self.lane.counted_rows(self.rule, self.period, self.zone)

    def at_home(self) -> "View":
        """Give the view by one zone's clock alone, for what needs plays in the order of instants."""
        return replace(self, selection=replace(self.selection, home=None))

    def shifted(self, period: Period, named: str | None = None) -> "View":
        """Give the same view of another period, and how people write it where it has a name."""
        days = (None if day is None else day.isoformat() for day in (period.first, period.end))
        first, end = days if named is None else (None, None)
        question = structs.replace(self.question, range=named or "all", from_=first, to=end)
        return replace(self, question=question, period=period)

    def ask(self, chart: str, **own: object) -> Any:  # noqa: ANN401 - each chart has its record
        """Answer another measure about the same plays and period; `own` are that measure's own parameters."""
        return self.ask_other(self, chart, own)

    def covered(self) -> Covered:
        """Say what an answer speaks of."""
        start, end = self.rows()
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
            credit="primary",
            first_play_at=None if first is None else from_ms(first),
            last_play_at=None if last is None else from_ms(last),
            estimated_share=0.0,
            undecided_share=round(undecided, 6),
            history_version=self.library.version,
            plays=self._plays_link(),
            line_plays=None
            if self.line_plays is None
            else f"{self._plays_link()}&{self.line_plays}",
        )

    def _spelled_range(self) -> str:
        asked = self.question
        if asked.from_ is None and asked.to is None:
            return asked.range
        return f"{asked.from_ or ''}..{asked.to or ''}"

    def _plays_link(self) -> str:
        """Give the address, relative to the measure's own, that lists the plays behind an answer."""
        # A traveller's plays have clocks of their own unless a zone is named.
        unsaid = (
            ("range", "from_", "to", "zone") if self.selection.home else ("range", "from_", "to")
        )
        query = {
            name: getattr(self.question, name)
            for name, usual in _DEFAULTS.items()
            if name not in unsaid and getattr(self.question, name) != usual
        }
        for name, day in (("from", self.period.first), ("to", self.period.end)):
            if day is not None:
                query[name] = day.isoformat()
        return f"plays?{urlencode(query)}"

    def names(self, item: Item, ids: Iterable[int]) -> dict[int, Named]:
        """Look up the names of a few items."""
        wanted = list(ids)
        rows: list[Any] = []
        for start in range(0, len(wanted), _NAMES_AT_ONCE):
            part = wanted[start : start + _NAMES_AT_ONCE]
            rows += self.connection.execute(_names_query(item, self.user_id, part))
        return {row.id: Named(row.name or row.key, row.artist, row.name, row.key) for row in rows}


def _names_query(item: Item, user_id: int, ids: list[int]) -> Any:  # noqa: ANN401 - three shapes of select
    if item == "artists":
        return select(
            artists.c.id,
            artists.c.name,
            null().label("artist"),
            (artists.c.kind + _BETWEEN + artists.c.key).label("key"),
        ).where(artists.c.user_id == user_id, artists.c.id.in_(ids))
    table, name = (tracks, tracks.c.title) if item == "tracks" else (albums, albums.c.name)
    owner = (artists.c.user_id == table.c.user_id) & (artists.c.id == table.c.artist_id)
    whose = artists.c.kind + _BETWEEN + artists.c.key
    key = tracks.c.key if item == "tracks" else whose + _BETWEEN + albums.c.key
    return (
        select(table.c.id, name.label("name"), artists.c.name.label("artist"), key.label("key"))
        .select_from(table.outerjoin(artists, owner))
        .where(table.c.user_id == user_id, table.c.id.in_(ids))
    )
