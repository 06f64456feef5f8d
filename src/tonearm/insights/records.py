"""What measures answer: the same frozen records on REST, pages and the command line.

Times are aware UTC instants, listening time is in milliseconds, shares lie between 0 and 1.
"""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Covered:
    """What a result speaks of, and by which rules."""

    range: str
    """The range as it was asked for."""
    from_at: datetime | None
    """First instant of the range; None where the range is `all` and there is no play."""
    to_at: datetime | None
    """First instant after the range."""
    zone: str
    rule: str
    kind: str
    first_play_at: datetime | None
    """First play in the range, counted or not."""
    last_play_at: datetime | None
    estimated_share: float
    """Share of the listening time whose length is estimated."""
    undecided_share: float
    """Share of the plays which the rule could not judge for want of a duration (rule `done` only)."""
    history_version: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of a range."""

    covered: Covered
    plays: int
    ms_played: int
    tracks: int
    albums: int
    artists: int
    active_days: int
    ms_per_active_day: int


@dataclass(frozen=True, slots=True)
class TopItem:
    """One line of a ranking."""

    rank: int
    id: int
    name: str
    artist: str | None
    """The artist of an album or track; None for artists."""
    plays: int
    ms_played: int
    share: float
    """Share of all plays, or of all listening time when ranked by time."""
    first_play_at: datetime | None
    last_play_at: datetime | None
    previous_rank: int | None
    """Rank in the period of the same length before; None where it had no place there."""


@dataclass(frozen=True, slots=True)
class Top:
    """A ranking of artists, albums or tracks."""

    covered: Covered
    by: str
    total: int
    """How many items have a place at all."""
    items: tuple[TopItem, ...]


@dataclass(frozen=True, slots=True)
class HeatmapCell:
    """One hour of the week."""

    weekday: int
    """0 is Monday."""
    hour: int
    plays: int
    ms_played: int


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Plays and time by weekday and hour: always 168 cells, Monday 0 h first."""

    covered: Covered
    items: tuple[HeatmapCell, ...]


@dataclass(frozen=True, slots=True)
class TimelineUnit:
    """One calendar unit of a timeline."""

    starts_on: date
    plays: int
    ms_played: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Plays and time by day, week, month or year: every unit of the covered span, zero or not."""

    covered: Covered
    unit: str
    items: tuple[TimelineUnit, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the overview page shows, of one history version."""

    totals: Totals
    previous: Totals | None
    """Totals of the period of the same length before; None for `all`."""
    artists: Top
    albums: Top
    tracks: Top
    heatmap: Heatmap
    months: Timeline
    """Months of the whole history, whatever the range."""
    days: Timeline
    """Days of the whole history, whatever the range: the rings of the groove chart."""
