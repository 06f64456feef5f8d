"""A share as a picture of the size that chats and timelines show beside a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from markupsafe import Markup

from tonearm.ui.chart_files import opened, picture_colours, picture_style
from tonearm.ui.charts.lettering import SANS, named, text

WIDTH, HEIGHT = 1200, 630
_MARGIN = 72
_BOX, _BOX_LEFT, _BOX_TOP = 456, 672, 72
_ABOVE_Y, _HEADING_Y = 104, 196
_HEADINGS = ((16, 72, 1), (20, 52, 2))
"""How many letters fit in a line beside a drawing, at which size, and in how many lines; the last for all else."""
_WIDER = 1.8
"""How much more fits where nothing is drawn."""
_FIGURES_LETTERS, _FIGURES_SIZE = 36, 30
_PLACE_LETTERS, _PLACE_LINE, _LAST_PLACE_Y = 21, 50, 506
_ABOVE_LETTERS = 38
_MOST_FIGURES = 4


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows below its heading."""

    figures: str = ""
    places: Sequence[tuple[str, str]] = ()
    """Names, each with its number."""
    drawing: Markup | None = None
    """A chart, to its right."""


def draw_card(above: str, heading: str, card: Card) -> Markup:
    """Draw a card with its heading, and what stands above that."""
    ink, soft, label, paper = (picture_colours()[name] for name in ("ink", "ink2", "label", "bg"))
    has_drawing = card.drawing is not None
    room = 1.0 if has_drawing else _WIDER
    drawn = [
        text(
            (_MARGIN, _ABOVE_Y),
            28,
            named(above, round(_ABOVE_LETTERS * room)),
            fill=soft,
            family=SANS,
        )
    ]
    lines, size = _heading(heading, room)
    y = _HEADING_Y
    for line in lines:
        drawn.append(text((_MARGIN, y), size, line, fill=ink))
        y += round(size * 1.12)
    y += 8
    for line in wrap(card.figures, round(_FIGURES_LETTERS * room))[:_MOST_FIGURES]:
        drawn.append(text((_MARGIN, y), _FIGURES_SIZE, line, fill=soft, family=SANS))
        y += round(_FIGURES_SIZE * 1.4)
    y += 24 if card.figures else 0
    down = min(_PLACE_LINE, (_LAST_PLACE_Y - y) // max(len(card.places) - 1, 1))
    right = WIDTH - _MARGIN - (WIDTH - _BOX_LEFT - 24 if has_drawing else 0)
    for name, number in card.places:
        shown = named(name, round(_PLACE_LETTERS * room))
        drawn.append(text((_MARGIN, y), 30, shown, fill=ink, family=SANS, weight=600))
        drawn.append(text((right, y), 26, number, fill=soft, family=SANS, anchor="end"))
        y += down
    drawn.append(_sign(ink, label, paper))
    if card.drawing is not None:
        drawn.append(_boxed(card.drawing))
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}">'
        '<style>{2}</style><rect width="{0}" height="{1}" fill="{3}"/>{4}</svg>'
    ).format(WIDTH, HEIGHT, picture_style(), paper, Markup("").join(drawn))


def _heading(heading: str, room: float) -> tuple[Sequence[str], int]:
    """Break a heading into as few and as large lines as it needs."""
    letters, size, most = next(
        (one for one in _HEADINGS if len(wrap(heading, round(one[0] * room))) <= one[2]),
        _HEADINGS[-1],
    )
    longest = round(letters * room)
    lines = wrap(heading, longest)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [named(line, longest) for line in lines], size


def _boxed(drawing: Markup) -> Markup:
    name, width, height, inside = opened(drawing)
    return Markup(
        '<svg class="{}" x="{}" y="{}" width="{box}" height="{box}" viewBox="0 0 {} {}">{}'
    ).format(name, _BOX_LEFT, _BOX_TOP, width, height, inside, box=_BOX)


def _sign(ink: str, label: str, paper: str) -> Markup:
    """Draw the record and the name of this program."""
    y = HEIGHT - _MARGIN
    mark = Markup("").join(
        Markup('<circle cx="{}" cy="{}" r="{}" fill="{}"/>').format(_MARGIN + 16, y, radius, fill)
        for radius, fill in ((16, ink), (6, label), (1.5, paper))
    )
    return mark + text((_MARGIN + 44, y + 9), 26, "Tonearm", fill=ink, family=SANS, weight=600)
