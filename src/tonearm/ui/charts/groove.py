"""The groove: a life of listening as a record, one ring a year, the oldest inside.

A ring is cut into segments of three days; colour and breadth grow with the listening time.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from math import cos, pi, sin

from markupsafe import Markup

from tonearm.insights.records import TimelineUnit
from tonearm.speech import remembered
from tonearm.ui import formats
from tonearm.ui.charts.scale import ceiling, step

SEGMENT_DAYS = 3
_SEGMENTS = 122
_SIZE = 2000
_CENTRE = _SIZE // 2
_RADIUS = 904
_LABEL = 222
_INNER = 330
_WIDEST_PITCH = 92
_NAMES_RADIUS = 948
# The breadth of a segment as a share of its ring, by step.
_BREADTH = (0.42, 0.5, 0.58, 0.66, 0.74, 0.84, 0.96)
# A hair of space between neighbours, as a share of the segment.
_GAP = 0.09
# A marked span as short as this is outlined, or nobody would find it.
_NEAR = timedelta(days=45)
_NAMED_MONTHS = (
    (1, "middle", _NAMES_RADIUS),
    (4, "start", _RADIUS + 16),
    (7, "middle", _NAMES_RADIUS),
    (10, "end", _RADIUS + 16),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Three neighbouring days of one year; the last of a year may have one or two."""

    first: date
    end: date
    """The first day that is no longer part of it."""
    plays: int
    ms_played: int

    @property
    def range(self) -> str:
        """The range that asks for exactly these days."""
        return f"{self.first.isoformat()}..{self.end.isoformat()}"


# The record of a whole life changes with the history alone, and stands on every overview.
@lru_cache(maxsize=16)
def segments(days: tuple[TimelineUnit, ...]) -> tuple[Segment, ...]:
    """Group days into segments, in order of time; their sums are the sums of the days."""
    plays: dict[tuple[int, int], int] = defaultdict(int)
    ms_played: dict[tuple[int, int], int] = defaultdict(int)
    for unit in days:
        starts_on = unit.starts_on
        key = starts_on.year, (starts_on.timetuple().tm_yday - 1) // SEGMENT_DAYS
        plays[key] += unit.plays
        ms_played[key] += unit.ms_played
    return tuple(
        Segment(*_bounds(year, position), plays[year, position], ms_played[year, position])
        for year, position in sorted(plays)
    )


@remembered(16)
def groove(
    parts: tuple[Segment, ...],
    *,
    summary: str,
    link: str = "/?range=",
    marked: tuple[date, date] | None = None,
) -> Markup:
    """Draw segments as a record.

    `summary` is what a screen reader says. Each segment links to `link` followed by its range.
    Segments outside `marked`, a first and a last day, step back.
    """
    first_year = parts[0].first.year if parts else 0
    rings = parts[-1].first.year - first_year + 1 if parts else 0
    pitch = min((_RADIUS - _INNER) / max(rings, 1), _WIDEST_PITCH)
    most = ceiling(part.ms_played for part in parts)
    drawn: dict[tuple[bool, int], list[str]] = defaultdict(list)
    for part in parts:
        at = step(part.ms_played, most)
        middle = _RADIUS - (rings - 1 - part.first.year + first_year + 0.5) * pitch
        position = (part.first.timetuple().tm_yday - 1) // SEGMENT_DAYS
        path = _path(position, round(middle), round(pitch * _BREADTH[at] / 2))
        is_marked = marked is None or (part.first <= marked[1] and part.end > marked[0])
        drawn[is_marked, at].append(f'<a tabindex="-1" href="{part.range}"><path d="{path}"/></a>')
    is_near = marked is not None and marked[1] - marked[0] < _NEAR
    names = {True: " near" if is_near else "", False: " out"}
    groups = "".join(
        f'<g class="s{at}{names[is_marked]}">{"".join(drawn[is_marked, at])}</g>'
        for is_marked, at in sorted(drawn)
    ).replace('href="', Markup('href="{}').format(link))
    # Thousands of paths: escaped by their making (dates, integers, one escaped link), not each.
    marks = Markup(groups)  # noqa: S704 # nosec B704 - see above
    return Markup(
        '<svg class="groove" viewBox="0 0 {size} {size}"><g role="img" aria-labelledby="groove-t">'
        '<title id="groove-t">{summary}</title>{disc}</g><g aria-hidden="true">{groups}</g></svg>'
    ).format(size=_SIZE, summary=summary, disc=_disc(rings * pitch, parts), groups=marks)


def _bounds(year: int, position: int) -> tuple[date, date]:
    first = date(year, 1, 1) + timedelta(days=position * SEGMENT_DAYS)
    if year == date.max.year and position == _SEGMENTS - 1:
        return first, date.max
    return first, min(first + timedelta(days=SEGMENT_DAYS), date(year + 1, 1, 1))


@lru_cache(maxsize=8192)
def _path(position: int, middle: int, half: int) -> str:
    turn = 2 * pi / _SEGMENTS
    from_angle = (position + _GAP) * turn
    to_angle = (position + 1 - _GAP) * turn
    corners = [
        _point(middle + half, from_angle),
        _point(middle + half, to_angle),
        _point(middle - half, to_angle),
        _point(middle - half, from_angle),
    ]
    path = f"M{corners[0][0]} {corners[0][1]}l"
    for (x0, y0), (x1, y1) in pairwise(corners):
        path += f"{x1 - x0} {y1 - y0} "
    return f"{path[:-1]}z"


def _point(radius: float, angle: float) -> tuple[int, int]:
    return round(_CENTRE + radius * sin(angle)), round(_CENTRE - radius * cos(angle))


def _disc(taken: float, parts: tuple[Segment, ...]) -> Markup:
    """The vinyl under the rings: empty grooves, the months around, the label with the years."""
    circles = Markup("").join(
        _circle("rim", radius) for radius in range(_INNER, round(_RADIUS - taken), 46)
    )
    names = Markup("").join(
        _text(
            "mn", _point(radius, (date(2001, number, 1).timetuple().tm_yday - 1) / 365 * 2 * pi)
        ).format(anchor, formats.short_month(number))
        for number, anchor, radius in _NAMED_MONTHS
    )
    years = Markup("")
    if parts:
        first, last = parts[0].first.year, parts[-1].first.year
        shown = str(first) if first == last else f"{first}{formats.TO}{last}"
        years = _text("yr", (_CENTRE, _CENTRE + 112)).format("middle", shown)
    label = _circle("lb", _LABEL) + _circle("lr", _LABEL - 26)
    return circles + names + label + years + _circle("hole", 17)


def _circle(name: str, radius: int) -> Markup:
    return Markup('<circle class="{}" cx="{c}" cy="{c}" r="{}"/>').format(name, radius, c=_CENTRE)


def _text(name: str, at: tuple[int, int]) -> Markup:
    return Markup(
        '<text class="{}" x="{}" y="{}" dy=".35em" text-anchor="{{}}">{{}}</text>'
    ).format(name, *at)
