"""A year or a month as a picture to share: one SVG that needs nothing else, with no name but those of the music."""

from collections.abc import Sequence

from markupsafe import Markup

from tonearm.insights.charts.month import Month
from tonearm.insights.charts.year import Year
from tonearm.insights.favourites import Favourite
from tonearm.insights.records import TimelineUnit
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.charts.lettering import SANS, SERIF, named, text

_WIDTH, _HEIGHT = 1080, 1350
_MARGIN = 84
_LONGEST = 24
_SHOWN = 5
_BARS_TOP, _BARS = 520, 130
_LISTS_TOP = 760
_LINE = 84
_WEEK = 7
_PAPER, _INK, _SOFT, _LABEL, _RUST = "#faf7f1", "#1c1917", "#6b635a", "#d9480f", "#e17a3c"


def year_picture(year: Year, number: int) -> Markup:
    """Draw the hours, the months, and the first artists and tracks of a year."""
    heading = _text(_MARGIN, 190, 128, number, weight=500)
    bars = _bars(year.months, [formats.month_letter(unit.starts_on) for unit in year.months])
    return _picture(year, heading, bars, _("{year} in music").format(year=number))


def month_picture(month: Month) -> Markup:
    """Draw the hours, the days, and the first artists and tracks of a month."""
    name = formats.month(month.days[0].starts_on)
    days = [unit.starts_on.day for unit in month.days]
    bars = _bars(month.days, [str(day) if day % _WEEK == 1 else "" for day in days])
    heading = _text(_MARGIN, 190, 84, name, weight=500)
    return _picture(month, heading, bars, _("{month} in music").format(month=name))


def _picture(review: Year | Month, heading: Markup, bars: Markup, title: str) -> Markup:
    parts = [
        Markup('<rect width="{}" height="{}" fill="{}"/>').format(_WIDTH, _HEIGHT, _PAPER),
        _record(),
        heading,
        _text(_MARGIN, 330, 76, formats.long_duration(review.totals.ms_played)),
        _text(_MARGIN, 400, 40, formats.counted(review.totals.plays, "play"), fill=_SOFT),
        bars,
        _list(_MARGIN, _("Artists"), review.artists),
        _list(_WIDTH // 2 + 12, _("Tracks"), review.tracks),
        _text(_MARGIN, _HEIGHT - 60, 30, "Tonearm", weight=600),
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">'
        "<title>{2}</title>{3}</svg>"
    ).format(_WIDTH, _HEIGHT, title, Markup("").join(parts))


def _record() -> Markup:
    rings = Markup("").join(
        Markup(
            '<circle cx="890" cy="210" r="{}" fill="none" stroke="#5c534a" stroke-width="1.5"/>'
        ).format(radius)
        for radius in range(60, 146, 17)
    )
    return Markup(
        '<circle cx="890" cy="210" r="150" fill="{}"/>{}<circle cx="890" cy="210" r="48" fill="{}"/>'
        '<circle cx="890" cy="210" r="6" fill="{}"/>'
    ).format(_INK, rings, _LABEL, _PAPER)


def _bars(units: Sequence[TimelineUnit], names: Sequence[str]) -> Markup:
    most = max((unit.ms_played for unit in units), default=0) or 1
    pitch = (_WIDTH - 2 * _MARGIN) / len(units)
    drawn = []
    for place, (unit, name) in enumerate(zip(units, names, strict=True)):
        height = round(unit.ms_played / most * _BARS, 1)
        x = _MARGIN + place * pitch
        drawn.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="4" fill="{}"/>').format(
                round(x, 1), _BARS_TOP + _BARS - height, round(pitch * 0.78, 1), height, _RUST
            )
        )
        if name:
            left, y = round(x + pitch * 0.28), _BARS_TOP + _BARS + 36
            drawn.append(_text(left, y, 24, name, fill=_SOFT, family=SANS))
    return Markup("").join(drawn)


def _list(x: int, title: str, items: Sequence[Favourite]) -> Markup:
    drawn = [_text(x, _LISTS_TOP, 30, title, fill=_LABEL, family=SANS, weight=600)]
    for place, item in enumerate(items[:_SHOWN]):
        y = _LISTS_TOP + 56 + place * _LINE
        drawn.append(_text(x, y, 32, named(item.name, _LONGEST), family=SANS, weight=600))
        more = formats.counted(item.plays, "play")
        if item.artist:
            more = f"{named(item.artist, _LONGEST)} · {more}"
        drawn.append(_text(x, y + 32, 24, more, fill=_SOFT, family=SANS))
    return Markup("").join(drawn)


def _text(
    x: float,
    y: float,
    size: int,
    words: object,
    *,
    fill: str = _INK,
    family: str = SERIF,
    weight: int = 400,
) -> Markup:
    return text((x, y), size, words, fill=fill, family=family, weight=weight)
