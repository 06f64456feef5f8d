"""A year or a month as a picture to share: one SVG that needs nothing else, with no names but of what was heard."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from tonearm.insights.charts.month import Month
from tonearm.insights.charts.year import Year
from tonearm.insights.favourites import Favourite
from tonearm.insights.records import TimelineUnit
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.chart_files import picture_colours
from tonearm.ui.charts.lettering import SANS, SERIF, named, text
from tonearm.ui.nouns import nouns_of

_WIDTH, _HEIGHT = 1080, 1350
_MARGIN = 84
_LONGEST = 24
_SHOWN = 5
_BARS_TOP, _BARS = 520, 130
_LISTS_TOP = 760
_LINE = 84
_WEEK = 7
_GROOVES = "#5c534a"

_Colours = Mapping[str, str]
"""The tokens of the style sheet in one theme."""


def review_picture(review: Year | Month, *, is_dark: bool = False) -> Markup:
    """Draw the hours, the months or days, and the first artists and tracks of a year or a month."""
    colours = picture_colours(is_dark=is_dark)
    first = (review.days if isinstance(review, Month) else review.months)[0].starts_on
    if isinstance(review, Month):
        name, size, title = formats.month(first), 84, _("{month} in review")
        days = [unit.starts_on.day for unit in review.days]
        bars = _bars(colours, review.days, [str(day) if day % _WEEK == 1 else "" for day in days])
    else:
        name, size, title = str(first.year), 128, _("{year} in review")
        letters = [formats.month_letter(unit.starts_on) for unit in review.months]
        bars = _bars(colours, review.months, letters)
    soft, nouns = colours["ink2"], nouns_of(review.covered.kind)
    parts = [
        Markup('<rect width="{}" height="{}" fill="{}"/>').format(_WIDTH, _HEIGHT, colours["bg"]),
        _record(colours),
        _text(colours, _MARGIN, 190, size, name, weight=500),
        _text(colours, _MARGIN, 330, 76, formats.long_duration(review.totals.ms_played)),
        _text(colours, _MARGIN, 400, 40, formats.counted(review.totals.plays, "play"), fill=soft),
        bars,
        _list(colours, _MARGIN, _(nouns["artists"].many), review.artists),
        _list(colours, _WIDTH // 2 + 12, _(nouns["tracks"].many), review.tracks),
        _text(colours, _MARGIN, _HEIGHT - 60, 30, "Tonearm", weight=600),
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">'
        "<title>{2}</title>{3}</svg>"
    ).format(_WIDTH, _HEIGHT, title.format(year=name, month=name), Markup("").join(parts))


def _record(colours: _Colours) -> Markup:
    rings = Markup("").join(
        Markup(
            '<circle cx="890" cy="210" r="{}" fill="none" stroke="{}" stroke-width="1.5"/>'
        ).format(radius, _GROOVES)
        for radius in range(60, 146, 17)
    )
    return Markup(
        '<circle cx="890" cy="210" r="150" fill="{}"/>{}<circle cx="890" cy="210" r="48" fill="{}"/>'
        '<circle cx="890" cy="210" r="6" fill="{}"/>'
    ).format(colours["vinyl"], rings, colours["label"], colours["bg"])


def _bars(colours: _Colours, units: Sequence[TimelineUnit], names: Sequence[str]) -> Markup:
    most = max((unit.ms_played for unit in units), default=0) or 1
    pitch = (_WIDTH - 2 * _MARGIN) / len(units)
    drawn = []
    for place, (unit, name) in enumerate(zip(units, names, strict=True)):
        height = round(unit.ms_played / most * _BARS, 1)
        x = _MARGIN + place * pitch
        top, width = _BARS_TOP + _BARS - height, round(pitch * 0.78, 1)
        drawn.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="4" fill="{}"/>').format(
                round(x, 1), top, width, height, colours["s4"]
            )
        )
        if name:
            left, y = round(x + pitch * 0.28), _BARS_TOP + _BARS + 36
            drawn.append(_text(colours, left, y, 24, name, fill=colours["ink2"], family=SANS))
    return Markup("").join(drawn)


def _list(colours: _Colours, x: int, title: str, items: Sequence[Favourite]) -> Markup:
    label, soft = colours["label"], colours["ink2"]
    drawn = [_text(colours, x, _LISTS_TOP, 30, title, fill=label, family=SANS, weight=600)]
    for place, item in enumerate(items[:_SHOWN]):
        y, name = _LISTS_TOP + 56 + place * _LINE, named(item.name, _LONGEST)
        drawn.append(_text(colours, x, y, 32, name, family=SANS, weight=600))
        more = formats.counted(item.plays, "play")
        if item.artist:
            more = f"{named(item.artist, _LONGEST)} · {more}"
        drawn.append(_text(colours, x, y + 32, 24, more, fill=soft, family=SANS))
    return Markup("").join(drawn)


def _text(
    colours: _Colours,
    x: float,
    y: float,
    size: int,
    words: object,
    *,
    fill: str | None = None,
    family: str = SERIF,
    weight: int = 400,
) -> Markup:
    shown = fill or colours["ink"]
    return text((x, y), size, words, fill=shown, family=family, weight=weight)
