"""When somebody listens: the hours of the week as a field of 7 by 24."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from tonearm.insights.records import HeatmapCell
from tonearm.ui import formats
from tonearm.ui.charts.scale import step

_CELL = 20
_PITCH = 23
_CELL_HEIGHT = 27
_ROW = 30
_LEFT = 42
_WIDTH = _LEFT + 24 * _PITCH
_HEIGHT = 7 * _ROW + 26
_NAMED_HOURS = (0, 6, 12, 18)


def heatmap(
    cells: Sequence[HeatmapCell],
    *,
    summary: str,
    link: str = "/history?range=all",
    week_start: int = 1,
) -> Markup:
    """Draw the cells by their plays, from a day on (Monday is 1); `summary` is what a screen reader says.

    Each leads to `link` with its weekday and hour.
    """
    most = max((cell.plays for cell in cells), default=0)
    # Numbers and our own words, which need no escaping.
    rows = {weekday: row for row, weekday in enumerate(formats.week(week_start))}
    safe = escape(link)
    fields = Markup("".join(_field(cell, rows[cell.weekday], most, safe) for cell in cells))  # noqa: S704 # nosec B704 - see above
    names = Markup("").join(
        Markup('<text x="0" y="{}">{}</text>').format(
            row * _ROW + 18, formats.short_weekday(weekday)
        )
        for weekday, row in rows.items()
    )
    hours = Markup("").join(
        Markup('<text x="{}" y="{}">{:02}</text>').format(
            _LEFT + hour * _PITCH, 7 * _ROW + 18, hour
        )
        for hour in _NAMED_HOURS
    )
    return Markup(
        '<svg class="heat" viewBox="0 0 {} {}"><g role="img" aria-labelledby="heat-t">'
        '<title id="heat-t">{}</title>{}{}</g><g aria-hidden="true">{}</g></svg>'
    ).format(_WIDTH, _HEIGHT, summary, names, hours, fields)


def _field(cell: HeatmapCell, row: int, most: int, link: str) -> str:
    said = (
        f"{formats.weekday(cell.weekday)}, {cell.hour:02}:00: {formats.counted(cell.plays, 'play')}"
    )
    return (
        f'<a tabindex="-1" href="{link}&amp;weekday={cell.weekday}&amp;hour={cell.hour}">'
        f'<rect class="s{step(cell.plays, most)}" x="{_LEFT + cell.hour * _PITCH}" '
        f'y="{row * _ROW}" width="{_CELL}" height="{_CELL_HEIGHT}" rx="4">'
        f"<title>{said}</title></rect></a>"
    )
