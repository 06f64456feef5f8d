"""What is known of each day: a calendar whose days tell it by their shape, and by their colour too.

On a page the shapes are patterns, and days in a row of which the same is known are one area that is filled with one,
so that ten years are as few elements as there are changes among them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from markupsafe import Markup

from tonearm.insights.known_days import DayState, KnownDays
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats

LOOKS: Mapping[str, str] = {
    "export": N_("Known from an export"),
    "rows": N_("Known from an export that may have left something out"),
    "both": N_("Known from an export and from collecting"),
    "poll": N_("Known from collecting"),
    "part": N_("Some hours are missing"),
    "noticed": N_("Missing, and it was noticed why"),
    "gap": N_("Missing"),
    "none": N_("Before the first play, or still to come"),
}
"""The looks that a day can have."""
MISSING = ("part", "noticed", "gap")
"""The looks of days of which something is missing."""
PITCH = 14
_WEEK = 7
_LEFT, _TOP, _YEAR_LEFT = 30, 18, 48
_HALF_WEEKS, _YEAR_WEEKS = 27, 54
_JULY = 7
_LEGEND_LINE, _LEGEND_WIDE, _LEGEND_COLUMNS = 24, 380, 2
_ONE_DAY = timedelta(days=1)
_SQUARE = "h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z"
_FRAME = "h10v10h-10z"
# What stands in the field of a day, 14 units wide and high: classes, points, and outlines that go on from these.
_SHAPES: Mapping[str, Sequence[tuple[str, float, float, str]]] = {
    "export": (("k-ex", 3.5, 1.5, _SQUARE),),
    "rows": (("k-ex", 4, 4, "h6v6h-6z"),),
    "both": (("k-ex", 3.5, 1.5, _SQUARE), ("k-in", 4, 7, "a3 3 0 1 0 6 0a3 3 0 1 0-6 0z")),
    "poll": (("k-po", 1.5, 7, "a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0z"),),
    "part": (("k-ex", 2, 2, "v10h10z"), ("k-no", 2, 2, _FRAME)),
    "noticed": (("k-no", 2, 2, f"{_FRAME}m2.5 2.5l5 5m0-5l-5 5"),),
    "gap": (("k-no", 2, 2, _FRAME),),
    "none": (("k-of", 5.8, 7, "a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0z"),),
}


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day as it is drawn."""

    day: date
    look: str
    gap: int | None = None
    """Which of the gaps that are told of it touches, from 1."""


@dataclass(frozen=True, slots=True)
class YearBlock:
    """A year as it is drawn: its halves, of which either may be empty."""

    year: int
    halves: tuple[Markup, Markup]


def look_of(days: KnownDays) -> str:
    """Give how days are drawn of which the same is known."""
    if days.state == DayState.GAP:
        return "noticed" if days.reason else "gap"
    if days.state == DayState.EXPORT:
        return "export" if days.is_whole else "rows"
    return days.state


def calendar_days(
    runs: Sequence[KnownDays],
    gaps: Sequence[tuple[date, date]] = (),
    asked: tuple[date, date] | None = None,
) -> list[CalendarDay]:
    """Give every day of the years of some runs; of these only those `asked` for, by their first and last one.

    `gaps` are the first and last days of the gaps that are told of.
    """
    numbers: dict[date, int] = {}
    for number, (first, last) in enumerate(gaps, 1):
        for place in range((last - first).days + 1):
            numbers.setdefault(first + timedelta(days=place), number)
    known = {
        (days.starts_on + timedelta(days=place)): look_of(days)
        for days in runs
        for place in range((days.ends_before - days.starts_on).days)
    }
    if not known:
        return []
    first, last = min(known).replace(month=1, day=1), max(known).replace(month=12, day=31)
    if asked is not None:
        first, last = max(first, asked[0]), min(last, asked[1])
    found = []
    for place in range((last - first).days + 1):
        day = first + timedelta(days=place)
        look = known.get(day, "none")
        found.append(CalendarDay(day, look, numbers.get(day) if look in MISSING else None))
    return found


def day_link(look: str, gap: int | None, link: str, days: tuple[date, date]) -> str:
    """Give where days from a first to before another one lead: known ones to their plays, missing ones to their gap."""
    if look in MISSING:
        return "#h-gaps" if gap is None else f"#gap-{gap}"
    return f"{link}{days[0].isoformat()}..{days[1].isoformat()}"


def year_blocks(
    days: Sequence[CalendarDay], *, link: str, week_start: int = 1
) -> Iterator[YearBlock]:
    """Draw days as half years, the latest year first.

    Each known day leads to `link` followed by its range, each missing one to its line in the table: `#gap-1`.
    """
    years = [(year, list(own)) for year, own in groupby(days, lambda one: one.day.year)]
    for year, own in reversed(years):
        halves = (
            [one for one in own if one.day.month < _JULY],
            [one for one in own if one.day.month >= _JULY],
        )
        first, second = (_half(half, link, week_start) for half in halves)
        yield YearBlock(year, (first, second))


def shapes(*, summary: str) -> Markup:
    """Give the patterns that all days are filled with; `summary` is what a screen reader says of the whole calendar."""
    patterns = Markup("").join(
        Markup(
            '<pattern id="k-{}" width="{pitch}" height="{pitch}" patternUnits="userSpaceOnUse">{}</pattern>'
        ).format(look, _drawn(look, [0]), pitch=PITCH)
        for look in LOOKS
    )
    return Markup(
        '<svg class="days-of shapes" viewBox="0 0 1 1"><g role="img" aria-labelledby="days-t">'
        '<title id="days-t">{}</title></g><defs>{}</defs></svg>'
    ).format(summary, patterns)


def swatch(look: str) -> Markup:
    """Draw a day of a look, for the legend."""
    return Markup('<svg class="days-of" viewBox="0 0 {p} {p}" aria-hidden="true">{}</svg>').format(
        _drawn(look, [0]), p=PITCH
    )


def calendar_picture(days: Sequence[CalendarDay], *, week_start: int = 1) -> Markup:
    """Draw days as one picture, a year a row, with a legend; each for itself, since patterns come out ill elsewhere."""
    rows = [(year, list(own)) for year, own in groupby(days, lambda one: one.day.year)][::-1]
    tall = _TOP + _WEEK * PITCH + 12
    drawn = Markup("").join(
        Markup('<g transform="translate({} {})"><text x="-{}" y="{}">{}</text>{}</g>').format(
            _YEAR_LEFT,
            place * tall,
            _YEAR_LEFT,
            _TOP + PITCH * 4,
            year,
            _weeks(own, week_start, _each(own, week_start)),
        )
        for place, (year, own) in enumerate(rows)
    )
    used = {one.look for one in days}
    legend = [(look, said) for look, said in LOOKS.items() if look in used]
    top = len(rows) * tall + 8
    keys = Markup("").join(
        Markup('<g transform="translate({} {})">{}<text x="22" y="11">{}</text></g>').format(
            place % _LEGEND_COLUMNS * _LEGEND_WIDE,
            top + place // _LEGEND_COLUMNS * _LEGEND_LINE,
            _drawn(look, [0]),
            _(said),
        )
        for place, (look, said) in enumerate(legend)
    )
    height = top + -(-len(legend) // _LEGEND_COLUMNS) * _LEGEND_LINE
    return Markup('<svg class="days-of" viewBox="0 0 {} {}">{}{}</svg>').format(
        _YEAR_LEFT + _LEFT + _YEAR_WEEKS * PITCH, height, drawn, keys
    )


def _drawn(look: str, places: Iterable[int]) -> Markup:
    """Draw the fields of a look at some places, counted down the columns of weeks."""
    corners = [(place // _WEEK * PITCH, place % _WEEK * PITCH) for place in places]
    return Markup("").join(
        Markup('<path class="{}" d="{}"/>').format(
            name, "".join(f"M{left + x:g} {top + y:g}{outline}" for left, top in corners)
        )
        for name, x, y, outline in _SHAPES[look]
    )


def _each(days: Sequence[CalendarDay], week_start: int) -> Markup:
    """Draw days each for itself."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(days, _row(days[0].day, week_start)):
        places[one.look].append(place)
    return Markup("").join(_drawn(look, own) for look, own in places.items())


def _half(days: Sequence[CalendarDay], link: str, week_start: int) -> Markup:
    if not days or all(one.look == "none" for one in days):
        return Markup("")
    first = days[0].day - timedelta(days=_row(days[0].day, week_start))
    return Markup(
        '<svg class="days-of" viewBox="0 0 {} {}" aria-hidden="true" data-first="{}" data-pitch="{}" '
        'data-link="{}">{}</svg>'
    ).format(
        _LEFT + _HALF_WEEKS * PITCH,
        _TOP + _WEEK * PITCH,
        first.isoformat(),
        PITCH,
        link,
        _weeks(days, week_start, _areas(days, week_start, link)),
    )


def _areas(days: Sequence[CalendarDay], week_start: int, link: str) -> Markup:
    """Draw days in a row of the same look as one area."""
    offset = _row(days[0].day, week_start)
    areas: dict[tuple[str, int | None], list[tuple[int, int]]] = defaultdict(list)
    for key, run in groupby(enumerate(days, offset), lambda one: (one[1].look, one[1].gap)):
        places = [place for place, _day in run]
        areas[key].append((places[0], places[-1] + 1))
    return Markup("").join(
        _area(look, gap, spans, days[0].day - offset * _ONE_DAY, link)
        for (look, gap), spans in areas.items()
    )


def _weeks(days: Sequence[CalendarDay], week_start: int, fields: Markup) -> Markup:
    """Set the fields of days under the names of their months, and beside those of the week."""
    months = Markup("").join(
        Markup('<text x="{}" y="11">{}</text>').format(
            _LEFT + place // _WEEK * PITCH, formats.short_month(one.day.month)
        )
        for place, one in enumerate(days, _row(days[0].day, week_start))
        if one.day.day == 1
    )
    names = Markup("").join(
        Markup('<text x="0" y="{}">{}</text>').format(
            _TOP + row * PITCH + 11, formats.short_weekday(weekday)
        )
        for row, weekday in enumerate(formats.week(week_start))
        if row % 2 == 0
    )
    return Markup('{}{}<g transform="translate({} {})">{}</g>').format(
        months, names, _LEFT, _TOP, fields
    )


def _area(
    look: str, gap: int | None, spans: Sequence[tuple[int, int]], origin: date, link: str
) -> Markup:
    """Draw the days of one look; a script makes each known one lead to itself, not to all from first to last."""
    outline = "".join(_outline(*span) for span in spans)
    path = Markup('<path fill="url(#k-{})" data-look="{}" d="{}"/>').format(look, look, outline)
    if look == "none":
        return path
    first, end = (origin + place * _ONE_DAY for place in (spans[0][0], spans[-1][1]))
    href = day_link(look, gap, link, (first, end))
    return Markup('<a tabindex="-1" href="{}">{}</a>').format(href, path)


def _outline(start: int, end: int) -> str:
    """Give the outline of the fields from one place to before another, counted down the columns of weeks."""
    drawn = []
    while start < end:
        column, row = divmod(start, _WEEK)
        wide = (end - start) // _WEEK if row == 0 and end - start >= _WEEK else 1
        tall = _WEEK if wide * _WEEK <= end - start and row == 0 else min(_WEEK - row, end - start)
        drawn.append(
            f"M{column * PITCH} {row * PITCH}h{wide * PITCH}v{tall * PITCH}h-{wide * PITCH}z"
        )
        start += wide * tall
    return "".join(drawn)


def _row(day: date, week_start: int) -> int:
    return (day.isoweekday() - week_start) % _WEEK
