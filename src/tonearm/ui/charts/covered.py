"""Which time is vouched for: a strip for each year, with its gaps left open."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from tonearm.insights.charts.completeness import CoverageGap
from tonearm.ui import formats

_LEFT = 72
_DAY = 2.9
_ROW = 34
_TALL = 22
_WIDTH = _LEFT + round(366 * _DAY)
_NARROWEST = 1.5  # a gap of an hour is seen, too
_ONE_DAY = timedelta(days=1)


def covered_years(
    gaps: Sequence[CoverageGap], first: datetime, last: datetime, zone: str, *, summary: str
) -> Markup:
    """Draw the years from a first instant to a last one; each gap leads to its line in the table: `#gap-1`."""
    clock = ZoneInfo(zone)
    begin, end = first.astimezone(clock), last.astimezone(clock)
    rows = [
        _year(year, row, begin, end, [*_within(gaps, clock, year)])
        for row, year in enumerate(range(end.year, begin.year - 1, -1))
    ]
    height = len(rows) * _ROW + 30
    months = Markup("").join(
        Markup('<text x="{}" y="{}">{}</text>').format(
            round(_LEFT + _DAY * 30.5 * month), height - 4, formats.short_month(month + 1)
        )
        for month in (0, 3, 6, 9)
    )
    return Markup(
        '<svg class="covered" viewBox="0 0 {} {}"><g role="img" aria-labelledby="covered-t">'
        '<title id="covered-t">{}</title>{}</g><g aria-hidden="true">{}</g></svg>'
    ).format(_WIDTH, height, summary, months, Markup("").join(rows))


def _within(
    gaps: Sequence[CoverageGap], clock: ZoneInfo, year: int
) -> list[tuple[int, datetime, datetime]]:
    """Give number, start and end of the gaps that touch a year."""
    found = []
    for number, gap in enumerate(gaps, 1):
        start, stop = gap.from_at.astimezone(clock), gap.to_at.astimezone(clock)
        if start.year <= year <= stop.year:
            found.append((number, start, stop))
    return found


def _year(
    year: int,
    row: int,
    begin: datetime,
    end: datetime,
    gaps: Sequence[tuple[int, datetime, datetime]],
) -> Markup:
    y = row * _ROW
    left, right = _place(begin, year), _place(end, year)
    marks = Markup("").join(
        Markup(
            '<a href="#gap-{}" tabindex="-1"><title>{}</title>'
            '<rect class="gap" x="{}" y="{}" width="{}" height="{}"/></a>'
        ).format(
            number,
            formats.span(start.date(), (stop - timedelta(microseconds=1)).date()),
            _place(start, year),
            y,
            round(max(_place(stop, year) - _place(start, year), _NARROWEST), 1),
            _TALL,
        )
        for number, start, stop in gaps
    )
    return Markup(
        '<text x="0" y="{}">{}</text><rect class="base" x="{}" y="{}" width="{}" height="{}"/>{}'
    ).format(y + 18, year, left, y, round(right - left, 1), _TALL, marks)


def _place(moment: datetime, year: int) -> float:
    """Give where an instant lies in the strip of a year, at its ends if it lies in another one."""
    if moment.year < year:
        return float(_LEFT)
    if moment.year > year:
        return float(_WIDTH)
    start = moment.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return round(_LEFT + (moment - start) / _ONE_DAY * _DAY, 1)
