"""What a chart looks at: one listener's plays in one version, a resolved range, and names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, null, select

from tonearm.domain.instants import from_ms, to_ms
from tonearm.domain.periods import Period, find_zone
from tonearm.domain.vocabulary import Rule
from tonearm.insights.library import Item, LaneColumns, Library
from tonearm.insights.question import Question
from tonearm.insights.records import Covered
from tonearm.storage.tables import albums, artists, tracks

EPOCH = date(1970, 1, 1)
_NAMES_AT_ONCE = 5_000  # databases bound the parameters of one query
_BETWEEN = "\x1f"  # sorts before whatever a name holds, so that keys sort part by part


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
    """The plays a question is about."""

    connection: Connection
    user_id: int
    library: Library
    question: Question
    period: Period

    @property
    def lane(self) -> LaneColumns:
        """The plays of the kind asked for."""
        return self.library.lane(self.question.kind)

    @property
    def bounds_ms(self) -> tuple[int | None, int | None]:
        """The range in Unix milliseconds; None where it is open."""
        first, end = self.period.bounds(find_zone(self.question.zone))
        return (None if first is None else to_ms(first)), (None if end is None else to_ms(end))

    def rows(self) -> tuple[int, int]:
        """The plays of the range, as rows of the lane."""
        return self.lane.rows_between(*self.bounds_ms)

    def counted_rows(self) -> tuple[int, int]:
        """The counted plays of the range, as rows among the lane's counted plays."""
        return self.lane.counted_between(self.question.rule, *self.bounds_ms)

    def shifted(self, period: Period) -> "View":
        """Give the same view of another period."""
        return View(self.connection, self.user_id, self.library, self.question, period)

    def covered(self) -> Covered:
        """Say what an answer speaks of."""
        start, end = self.rows()
        ended_at = self.lane.ended_at
        first = from_ms(int(ended_at[start])) if start < end else None
        last = from_ms(int(ended_at[end - 1])) if start < end else None
        from_at, to_at = self.period.bounds(find_zone(self.question.zone))
        undecided = 0.0
        if self.question.rule is Rule.DONE and start < end:
            undecided = float(self.lane.is_undecided[start:end].mean())
        return Covered(
            range=self.question.range,
            from_at=from_at or first,
            to_at=to_at or (None if last is None else last + timedelta(milliseconds=1)),
            zone=self.question.zone,
            rule=self.question.rule,
            kind=self.question.kind,
            first_play_at=first,
            last_play_at=last,
            estimated_share=0.0,
            undecided_share=round(undecided, 6),
            history_version=self.library.version,
        )

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
