"""Where somebody listens: the countries of the world by plays, drawn here."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tonearm.domain.countries import place_of_country
from tonearm.ui.charts.scale import step

_ATLAS = Path(__file__).parents[1] / "atlas"
_WIDTH = 1_000
_NORTH, _SOUTH = 83.7, -56.0
_ANTARCTICA = "010"
# Coefficients of the Equal Earth projection (Šavrič, Patterson and Jenny, 2018): areas keep their size.
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = math.sqrt(3) / 2
_DOT = 5
_Line = list[tuple[float, float]]
"""Places, each as degrees east and north."""


@dataclass(frozen=True, slots=True)
class Visited:
    """A country with plays."""

    country: str
    """Two letters, ISO 3166."""
    plays: int
    said: str
    """What hovering and screen readers tell."""
    link: str
    """Where its plays are listed."""


def world(visited: Sequence[Visited], *, summary: str) -> Markup:
    """Draw a map; what it does not know as an area, such as Singapore at this scale, is a dot."""
    shapes, most = _shapes(), max((one.plays for one in visited), default=0)
    marks = Markup("").join(_mark(one, step(one.plays, most)) for one in visited)
    codes = {one.country for one in visited}
    rest = "".join(path for code, path in shapes.items() if code not in codes)
    return Markup(
        '<svg class="world" viewBox="0 0 {} {}"><g role="img" aria-labelledby="world-t">'
        '<title id="world-t">{}</title><path class="s0" d="{}"/></g><g>{}</g></svg>'
    ).format(_WIDTH, _height(), summary, rest, marks)


def _mark(one: Visited, level: int) -> Markup:
    shape = _shapes().get(one.country)
    if shape is not None:
        mark = Markup('<path class="s{}" d="{}">').format(level, shape)
        end = Markup("</path>")
    else:
        place = place_of_country(one.country)
        if place is None:
            return Markup("")
        x, y = _point(*place)
        mark = Markup('<circle class="s{}" cx="{}" cy="{}" r="{}">').format(level, x, y, _DOT)
        end = Markup("</circle>")
    return Markup('<a href="{}" aria-label="{}">{}<title>{}</title>{}</a>').format(
        one.link, one.said, mark, one.said, end
    )


@cache
def _shapes() -> dict[str, str]:
    """Give the outline of each country by its two letters; of a land without, by its name."""
    atlas = json.loads((_ATLAS / "world-atlas/countries-110m.json").read_bytes())
    codes = json.loads((_ATLAS / "iso-countries/codes.json").read_bytes())
    letters = {number: two for two, _, number, _ in codes}
    arcs = list(_arcs(atlas))
    return {
        letters.get(one.get("id"), one["properties"]["name"]): _outline(one, arcs)
        for one in atlas["objects"]["countries"]["geometries"]
        if one.get("id") != _ANTARCTICA
    }


def _arcs(atlas: dict[str, Any]) -> Iterator[_Line]:
    """Give the lines that outlines are made of (TopoJSON 1.0: whole numbers, each told from the last)."""
    (wide, high), (left, bottom) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    for arc in atlas["arcs"]:
        east, north = map(accumulate, zip(*arc, strict=True))
        yield [(x * wide + left, y * high + bottom) for x, y in zip(east, north, strict=True)]


def _outline(one: dict[str, Any], arcs: Sequence[_Line]) -> str:
    polygons = [one["arcs"]] if one["type"] == "Polygon" else one["arcs"]
    return "".join(
        _path(part)
        for polygon in polygons
        for ring in polygon
        for part in _parts(_ring(ring, arcs))
    )


def _ring(ring: Sequence[int], arcs: Sequence[_Line]) -> _Line:
    """Join lines to a closed one; a line with a complement for its number is walked backwards."""
    places: _Line = []
    for number in ring:
        for east, north in arcs[number] if number >= 0 else arcs[~number][::-1]:
            # Where it crosses the line of dates it goes on beyond 180 degrees.
            turns = round((places[-1][0] - east) / 360) if places else 0
            places.append((east + 360 * turns, north))
    return places


def _parts(ring: _Line) -> Iterator[_Line]:
    """Cut a ring where the map ends, and give what lies beyond as it lies on the other side."""
    for turns in (-360, 0, 360):
        part = [(east + turns, north) for east, north in ring]
        for side in (1, -1):
            part = _within(part, side)
        if part:
            yield part


def _within(ring: _Line, side: int) -> _Line:
    """Cut off what lies beyond 180 degrees on one side, 1 or -1 (Sutherland and Hodgman, 1974)."""
    kept: _Line = []
    for before, place in zip([*ring[-1:], *ring], ring, strict=False):
        over, past = (side * east - 180 for east, _ in (before, place))
        if (over > 0) != (past > 0):
            north = before[1] + (place[1] - before[1]) * over / (over - past)
            kept.append((side * 180, north))
        if past <= 0:
            kept.append(place)
    return kept


def _path(ring: _Line) -> str:
    points = [_point(north, east) for east, north in ring]
    (x, y), *rest = (point for point, _ in groupby(points))
    steps = []
    for next_x, next_y in rest:
        steps.append(f"l{next_x - x} {next_y - y}")
        x, y = next_x, next_y
    return f"M{points[0][0]} {points[0][1]}{''.join(steps)}z"


def _point(latitude: float, longitude: float) -> tuple[int, int]:
    """Give where a place lies on the map, in its units from the left and from the top."""
    x, y = _projected(latitude, longitude)
    unit = _WIDTH / (2 * _projected(0, 180)[0])
    return round(_WIDTH / 2 + x * unit), round((_projected(_NORTH, 0)[1] - y) * unit)


def _height() -> int:
    return _point(_SOUTH, 0)[1]


def _projected(latitude: float, longitude: float) -> tuple[float, float]:
    angle = math.asin(_M * math.sin(math.radians(latitude)))
    square = angle * angle
    sixth = square**3
    across = _A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)
    x = math.radians(longitude) * math.cos(angle) / (_M * across)
    return x, angle * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))
