"""How much the first of many hold together: curves that rise to the whole over how many of the first there are.

The number of the first has a logarithmic scale, so that the first ten take as much room as the next ninety.
"""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

from markupsafe import Markup

from tonearm.ui import formats

_WIDTH, _HEIGHT = 552, 286
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 522, 44, 230
_SHARES = (0, 0.25, 0.5, 0.75, 1)
_KEY_ROOM = 150
# Lines differ by dashes and marks, not by their colours alone: each mark goes on from the point it stands for.
_MARKS = ("m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z", "m-5-5h10v10h-10z")


class CurvePoint(NamedTuple):
    """What the first ones hold."""

    first: int
    """How many of them, from 1."""
    share: float
    """From 0 to 1."""
    said: str
    """What hovering tells."""
    link: str
    """Where they are listed; empty where that is nowhere."""


class Curve(NamedTuple):
    """One line, which says by its name what is counted."""

    name: str
    points: Sequence[CurvePoint]


def curves(lines: Sequence[Curve], *, summary: str, across: str) -> Markup:
    """Draw up to two lines; `summary` is what a screen reader says, and `across` says what is counted from left on."""
    most = max((point.first for line in lines for point in line.points), default=1)
    # The first line comes last, so that where both are the same its smaller marks lie on those of the other.
    drawn = [*enumerate(lines)][::-1]
    return Markup(
        '<svg class="curve" viewBox="0 0 {} {}"><g role="img" aria-labelledby="curve-t">'
        '<title id="curve-t">{}</title>{}{}{}<text x="{}" y="{}" text-anchor="middle">{}</text>{}</g>'
        '<g aria-hidden="true">{}</g></svg>'
    ).format(
        _WIDTH,
        _HEIGHT,
        summary,
        Markup("").join(_key(number, line.name) for number, line in enumerate(lines)),
        Markup("").join(map(_level, _SHARES)),
        Markup("").join(_tick(number, most) for number in _ticks(most)),
        (_LEFT + _RIGHT) // 2,
        _HEIGHT - 6,
        across,
        Markup("").join(_line(number, line, most) for number, line in drawn),
        Markup("").join(
            _mark(number, point, most) for number, line in drawn for point in line.points
        ),
    )


def _key(number: int, name: str) -> Markup:
    """Tell which line is which."""
    x = _LEFT + number * _KEY_ROOM
    return Markup(
        '<path class="line n{number}" d="M{x} 12h36"/><path class="dot n{number}" d="M{middle} 12{mark}"/>'
        '<text x="{name_x}" y="17">{name}</text>'
    ).format(number=number, x=x, middle=x + 18, mark=_MARKS[number], name_x=x + 44, name=name)


def _level(share: float) -> Markup:
    y = _y(share)
    return Markup(
        '<path class="base" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(_LEFT, y, _RIGHT, _LEFT - 10, y + 5, formats.percent(share))


def _ticks(most: int) -> list[int]:
    """Give the powers of ten up to a number; before ten itself is one, that number."""
    powers = [10**power for power in range(len(str(most)))]
    return powers if len(powers) > 1 or most == 1 else [1, most]


def _tick(number: int, most: int) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
        _x(number, most), _BOTTOM + 24, formats.number(number)
    )


def _line(number: int, line: Curve, most: int) -> Markup:
    points = " ".join(f"{_x(point.first, most)},{_y(point.share)}" for point in line.points)
    return Markup('<polyline class="line n{}" points="{}"/>').format(number, points)


def _mark(number: int, point: CurvePoint, most: int) -> Markup:
    drawn = Markup(
        '<title>{said}</title><circle class="hit" cx="{x}" cy="{y}" r="10"/>'
        '<path class="dot n{number}" d="M{x} {y}{mark}"/>'
    ).format(
        said=point.said,
        x=_x(point.first, most),
        y=_y(point.share),
        number=number,
        mark=_MARKS[number],
    )
    if not point.link:
        return Markup("<g>{}</g>").format(drawn)
    return Markup('<a tabindex="-1" href="{}">{}</a>').format(point.link, drawn)


def _x(first: int, most: int) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * log(first) / log(max(most, 2)), 1)


def _y(share: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * share, 1)
