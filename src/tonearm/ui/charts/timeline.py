"""Listening time by month, or by day of one month, as bars from zero; and whatever else is told by month."""

from collections.abc import Sequence
from datetime import date
from math import ceil
from typing import Literal, NamedTuple

from markupsafe import Markup, escape

from tonearm.insights.records import TimelineUnit
from tonearm.speech import remembered
from tonearm.ui import formats
from tonearm.ui.charts.peak import peak

_BARS = 150
_TOP = 26
_BOTTOM = 26
_WIDEST_PITCH, _WIDEST_BAR = 96, 56
_YEAR_ROOM, _MONTH_ROOM, _DAY_ROOM = 40, 34, 30
_FEW_MONTHS = 24
_RANGES = {"month": "{:%Y-%m}", "day": "{:%Y-%m-%d}"}


class DatedBar(NamedTuple):
    """What a month or day amounts to."""

    starts_on: date
    amount: int
    said: str
    """The amount with its unit."""
    is_broken: bool = False
    """Whether it is so much more than the others that it is cut off, and shows it."""


@remembered(32)
def timeline(
    months: tuple[TimelineUnit, ...],
    *,
    summary: str,
    width: int,
    name: str,
    link: str = "/?range=",
    marked: tuple[date, date] | None = None,
    unit: Literal["month", "day"] = "month",
    ending: str = "",
) -> Markup:
    """Draw months as bars; or days, if the unit says so.

    `width` is in units of the drawing, `name` keeps ids of several drawings on a page apart. Each
    bar links to `link` followed by its month, or written as `ending`, a format, says; bars that touch
    `marked`, a first and a last day, stand out.
    """
    bars = [
        DatedBar(one.starts_on, one.ms_played, formats.duration(one.ms_played)) for one in months
    ]
    return dated_bars(
        bars,
        summary=summary,
        width=width,
        name=name,
        link=link,
        marked=marked,
        unit=unit,
        ending=ending,
    )


def dated_bars(
    bars: Sequence[DatedBar],
    *,
    summary: str,
    width: int,
    name: str,
    link: str,
    marked: tuple[date, date] | None = None,
    unit: Literal["month", "day"] = "month",
    ending: str = "",
) -> Markup:
    """Draw any amount by month or day, as `timeline` does."""
    pitch = min(width / max(len(bars), 1), _WIDEST_PITCH)
    most = max((bar.amount for bar in bars if not bar.is_broken), default=0)
    safe_link, safe_ending = escape(link), escape(ending or _RANGES[unit])
    said = formats.month if unit == "month" else formats.named_day
    # Numbers, dates and escaped words: putting each through the escaping format took most of the time.
    drawn = Markup(  # noqa: S704 # nosec B704 - see above
        "".join(
            _bar(
                one,
                round(position * pitch, 1),
                pitch,
                most,
                f"{safe_link}{safe_ending.format(one.starts_on)}",
                said(one.starts_on),
                is_marked=_touches(one.starts_on, marked),
            )
            for position, one in enumerate(bars)
        )
    )
    height = _TOP + _BARS + _BOTTOM
    return Markup(
        '<svg class="tl {name}" viewBox="0 0 {width} {height}">'
        '<g role="img" aria-labelledby="{name}-t"><title id="{name}-t">{summary}</title>'
        '<path class="base" d="M0 {base}H{width}"/>{names}{peak}</g>'
        '<g aria-hidden="true">{bars}</g></svg>'
    ).format(
        name=name,
        width=width,
        height=height,
        summary=summary,
        base=_TOP + _BARS,
        names=_names(bars, unit, pitch, height),
        peak=_peak(bars, pitch, width),
        bars=drawn,
    )


def _bar(
    bar: DatedBar, x: float, pitch: float, most: int, link: str, name: str, *, is_marked: bool
) -> str:
    height = round(min(bar.amount / most, 1) * _BARS, 1) if most else 0
    wide = round(max(_wide(pitch), 0.8), 1)
    # A slanted gap below the top, as in any broken bar.
    gap = f'<path class="cut" d="M{x} {_TOP + 16}l{wide} -6v5l-{wide} 6z"/>'
    return (
        f'<a tabindex="-1" href="{link}"><title>{name}: {escape(bar.said)}</title>'
        f'<rect class="hit" x="{x}" y="{_TOP}" width="{round(pitch, 1)}" height="{_BARS}"/>'
        f'<rect class="{"bar in" if is_marked else "bar"}" x="{x}" '
        f'y="{round(_TOP + _BARS - height, 1)}" width="{wide}" '
        f'height="{height}"/>{gap if bar.is_broken else ""}</a>'
    )


def _wide(pitch: float) -> float:
    return min(pitch * 0.78, _WIDEST_BAR)


def _touches(starts_on: date, marked: tuple[date, date] | None) -> bool:
    if marked is None:
        return True
    month = starts_on.year, starts_on.month
    first, last = marked
    return (first.year, first.month) <= month <= (last.year, last.month)


def _names(bars: Sequence[DatedBar], unit: str, pitch: float, height: int) -> Markup:
    if unit == "day":
        return _days(bars, pitch, height)
    return (_months if len(bars) <= _FEW_MONTHS else _years)(bars, pitch, height)


def _months(months: Sequence[DatedBar], pitch: float, height: int) -> Markup:
    """Name the months under their bars, as many as there is room for; of several years each January by its year."""
    step = max(ceil(_MONTH_ROOM / pitch), 1) if months else 1
    has_years = len({one.starts_on.year for one in months}) > 1
    return Markup("").join(
        Markup('<text x="{}" y="{}">{}</text>').format(
            round(position * pitch, 1),
            height - 6,
            one.starts_on.year
            if has_years and one.starts_on.month == 1
            else formats.short_month(one.starts_on.month),
        )
        for position, one in enumerate(months)
        # Counted from January, so that the years are named.
        if (one.starts_on.month - 1) % step == 0
    )


def _years(months: Sequence[DatedBar], pitch: float, height: int) -> Markup:
    """Name the years under their first month, leaving out those there is no room for."""
    texts = []
    free_from = 0.0
    for position, unit in enumerate(months):
        x = position * pitch
        if (unit.starts_on.month == 1 or position == 0) and x >= free_from:
            # A first year of a few months must not push the next one, a whole one, aside.
            if position == 0 and (13 - unit.starts_on.month) * pitch < _YEAR_ROOM < len(months):
                continue
            texts.append(
                Markup('<text x="{}" y="{}">{}</text>').format(
                    round(x, 1), height - 6, unit.starts_on.year
                )
            )
            free_from = x + _YEAR_ROOM
    return Markup("").join(texts)


def _days(days: Sequence[DatedBar], pitch: float, height: int) -> Markup:
    """Number the days under their bars, as many as there is room for."""
    step = max(ceil(_DAY_ROOM / pitch), 1) if days else 1
    return Markup("").join(
        Markup('<text x="{}" y="{}">{}</text>').format(
            round(position * pitch, 1), height - 6, days[position].starts_on.day
        )
        for position in range(0, len(days), step)
    )


def _peak(bars: Sequence[DatedBar], pitch: float, width: int) -> Markup:
    position = max(range(len(bars)), key=lambda place: bars[place].amount, default=0)
    if not bars or not bars[position].amount:
        return Markup("")
    return peak(position * pitch + _wide(pitch) / 2, pitch, width, bars[position].said)
