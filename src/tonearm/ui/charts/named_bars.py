"""Amounts by name as bars, one below the other, in the order given."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from tonearm.ui import formats

_WIDTH = 552
_PITCH = 46
_BASELINE, _BAR_TOP, _BAR = 17, 25, 10
_LONGEST_NAME = 36


class NamedBar(NamedTuple):
    """What something amounts to."""

    name: str
    amount: float
    said: str
    """The amount with its unit."""
    link: str = ""
    """Where it is listed; empty where that is nowhere."""


def named_bars(bars: Sequence[NamedBar], *, summary: str, name: str) -> Markup:
    """Draw bars with their names; `summary` is what a screen reader says, `name` keeps ids of drawings apart."""
    most = max((bar.amount for bar in bars), default=0)
    return Markup(
        '<svg class="named-bars" viewBox="0 0 {} {}"><g role="img" aria-labelledby="{name}-t">'
        '<title id="{name}-t">{}</title></g><g aria-hidden="true">{}</g></svg>'
    ).format(
        _WIDTH,
        max(len(bars), 1) * _PITCH,
        summary,
        Markup("").join(_bar(number, bar, most) for number, bar in enumerate(bars)),
        name=name,
    )


def _bar(number: int, bar: NamedBar, most: float) -> Markup:
    drawn = Markup(
        '<title>{name}: {said}</title><text x="0" y="{y}">{short}</text>'
        '<text class="amount" x="{width}" y="{y}" text-anchor="end">{said}</text>'
        '<rect class="base" y="{top}" width="{width}" height="{tall}" rx="2"/>'
        '<rect class="bar" y="{top}" width="{long}" height="{tall}" rx="2"/>'
    ).format(
        name=bar.name,
        said=bar.said,
        short=formats.isolated(formats.shortened(bar.name, _LONGEST_NAME)),
        y=number * _PITCH + _BASELINE,
        top=number * _PITCH + _BAR_TOP,
        width=_WIDTH,
        long=round(bar.amount / most * _WIDTH, 1) if most else 0,
        tall=_BAR,
    )
    if not bar.link:
        return Markup("<g>{}</g>").format(drawn)
    return Markup('<a tabindex="-1" href="{}">{}</a>').format(bar.link, drawn)
