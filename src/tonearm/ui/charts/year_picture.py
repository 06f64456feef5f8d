"""A year as a picture to share: one SVG that needs nothing else, with no name but those of the music."""

from markupsafe import Markup

from tonearm.insights.charts.year import Year, YearItem
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
_PAPER, _INK, _SOFT, _LABEL, _RUST = "#faf7f1", "#1c1917", "#6b635a", "#d9480f", "#e17a3c"


def year_picture(year: Year, number: int) -> Markup:
    """Draw the hours, the months, and the first artists and tracks of a year."""
    parts = [
        Markup('<rect width="{}" height="{}" fill="{}"/>').format(_WIDTH, _HEIGHT, _PAPER),
        _record(),
        _text(_MARGIN, 190, 128, number, weight=500),
        _text(_MARGIN, 330, 76, formats.long_duration(year.totals.ms_played)),
        _text(_MARGIN, 400, 40, formats.counted(year.totals.plays, "play"), fill=_SOFT),
        _months(year),
        _list(_MARGIN, _("Artists"), year.artists),
        _list(_WIDTH // 2 + 12, _("Tracks"), year.tracks),
        _text(_MARGIN, _HEIGHT - 60, 30, "Tonearm", weight=600),
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">'
        "<title>{2}</title>{3}</svg>"
    ).format(_WIDTH, _HEIGHT, _("{year} in music").format(year=number), Markup("").join(parts))


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


def _months(year: Year) -> Markup:
    most = max((unit.ms_played for unit in year.months), default=0) or 1
    pitch = (_WIDTH - 2 * _MARGIN) / 12
    drawn = []
    for place, unit in enumerate(year.months):
        height = round(unit.ms_played / most * _BARS, 1)
        x = _MARGIN + place * pitch
        drawn.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="4" fill="{}"/>').format(
                round(x, 1), _BARS_TOP + _BARS - height, round(pitch * 0.78, 1), height, _RUST
            )
        )
        name = formats.month_letter(unit.starts_on)
        drawn.append(
            _text(
                round(x + pitch * 0.28), _BARS_TOP + _BARS + 36, 24, name, fill=_SOFT, family=SANS
            )
        )
    return Markup("").join(drawn)


def _list(x: int, title: str, items: tuple[YearItem, ...]) -> Markup:
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
