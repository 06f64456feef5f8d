"""The hours of the day as bars, midnight first."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from tonearm.insights.charts.clock import ClockHour
from tonearm.ui import formats
from tonearm.ui.charts.peak import peak

_PITCH = 23
_BAR = 18
_TALL = 120
_TOP = 26
_WIDTH = 24 * _PITCH
_HEIGHT = _TOP + _TALL + 24
_NAMED = (0, 6, 12, 18)


class HourBar(NamedTuple):
    """What an hour amounts to."""

    hour: int
    amount: float
    said: str
    """The amount with its unit."""


def hours(items: Sequence[ClockHour], *, summary: str, link: str) -> Markup:
    """Draw plays by local hour; `summary` is what a screen reader says, and each bar leads to `link` with its hour."""
    bars = [HourBar(item.hour, item.plays, formats.counted(item.plays, "play")) for item in items]
    return hour_bars(bars, summary=summary, link=link, name="hours")


def hour_bars(bars: Sequence[HourBar], *, summary: str, link: str, name: str) -> Markup:
    """Draw any amount by local hour, as `hours` does; `name` keeps ids of several drawings on a page apart."""
    best = max(bars, key=lambda bar: (bar.amount, -bar.hour), default=None)
    most = best.amount if best else 0
    # Numbers, and words that are escaped where they are set in.
    drawn = Markup("".join(_bar(bar, most, escape(link)) for bar in bars))  # noqa: S704 # nosec B704 - see above
    names = Markup("").join(
        Markup('<text x="{}" y="{}">{:02}</text>').format(hour * _PITCH, _HEIGHT - 4, hour)
        for hour in _NAMED
    )
    top = peak(best.hour * _PITCH + _BAR / 2, _PITCH, _WIDTH, best.said) if best and most else ""
    return Markup(
        '<svg class="hours" viewBox="0 0 {} {}"><g role="img" aria-labelledby="{name}-t">'
        '<title id="{name}-t">{}</title><path class="base" d="M0 {}H{}"/>{}{}</g>'
        '<g aria-hidden="true">{}</g></svg>'
    ).format(_WIDTH, _HEIGHT, summary, _TOP + _TALL, _WIDTH, names, top, drawn, name=name)


def _bar(bar: HourBar, most: float, link: str) -> str:
    height = round(bar.amount / most * _TALL, 1) if most else 0
    return (
        f'<a tabindex="-1" href="{link}&amp;hour={bar.hour}"><rect class="bar" '
        f'x="{bar.hour * _PITCH}" y="{round(_TOP + _TALL - height, 1)}" '
        f'width="{_BAR}" height="{height}" rx="2"><title>{bar.hour:02}:00: {escape(bar.said)}</title></rect></a>'
    )
