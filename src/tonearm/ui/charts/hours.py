"""The hours of the day as bars, midnight first."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from tonearm.insights.charts.clock import ClockHour
from tonearm.ui import formats

_PITCH = 23
_BAR = 18
_TALL = 120
_TOP = 6
_HEIGHT = _TOP + _TALL + 24
_NAMED = (0, 6, 12, 18)


def hours(items: Sequence[ClockHour], *, summary: str, link: str) -> Markup:
    """Draw plays by local hour; `summary` is what a screen reader says, and each bar leads to `link` with its hour."""
    most = max((item.plays for item in items), default=0)
    # Numbers and our own words, which need no escaping.
    bars = Markup("".join(_bar(item, most, escape(link)) for item in items))  # noqa: S704 # nosec B704 - see above
    names = Markup("").join(
        Markup('<text x="{}" y="{}">{:02}</text>').format(hour * _PITCH, _HEIGHT - 4, hour)
        for hour in _NAMED
    )
    return Markup(
        '<svg class="hours" viewBox="0 0 {} {}"><g role="img" aria-labelledby="hours-t">'
        '<title id="hours-t">{}</title><path class="base" d="M0 {}H{}"/>{}</g>'
        '<g aria-hidden="true">{}</g></svg>'
    ).format(24 * _PITCH, _HEIGHT, summary, _TOP + _TALL, 24 * _PITCH, names, bars)


def _bar(item: ClockHour, most: int, link: str) -> str:
    height = round(item.plays / most * _TALL, 1) if most else 0
    said = f"{item.hour:02}:00: {formats.counted(item.plays, 'play')}"
    return (
        f'<a tabindex="-1" href="{link}&amp;hour={item.hour}"><rect class="bar" '
        f'x="{item.hour * _PITCH}" y="{round(_TOP + _TALL - height, 1)}" '
        f'width="{_BAR}" height="{height}" rx="2"><title>{said}</title></rect></a>'
    )
