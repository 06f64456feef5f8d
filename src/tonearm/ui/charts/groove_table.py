"""The groove's numbers as tables, a year each."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from markupsafe import Markup

from tonearm.speech import gettext as _
from tonearm.speech import remembered
from tonearm.ui import formats
from tonearm.ui.charts.groove import Segment


@remembered(16)
def groove_table(parts: tuple[Segment, ...], *, link: str = "/?range=") -> Markup:
    """Write every segment as a line, its days linked; the newest year first, each folded away."""
    years = [(year, list(own)) for year, own in groupby(parts, lambda part: part.first.year)]
    return Markup("").join(_year(year, own, link) for year, own in reversed(years))


def _year(year: int, parts: Sequence[Segment], link: str) -> Markup:
    start = Markup('<tr><th scope="row"><a href="{}').format(link)
    text = "".join(
        f'{start}{part.range}">{_days(part)}</a><td>'
        f"{formats.duration(part.ms_played) if part.ms_played else formats.TO}<td>"
        f"{formats.number(part.plays) if part.plays else formats.TO}\n"
        for part in parts
    )
    # Thousands of lines of dates and numbers, which need no escaping; the link is escaped once.
    lines = Markup(text)  # noqa: S704 # nosec B704 - see above
    return Markup(
        '<details class="data year"><summary>{year} <small>{total}</small></summary>'
        '<div class="scroll" tabindex="0" role="region" aria-label="{days_of}">'
        '<table class="grid"><caption class="visually-hidden">{days_of}</caption>'
        '<thead><tr><th scope="col">{days}<th scope="col">{time}<th scope="col">{plays}</thead>'
        "<tbody>{lines}</table></div></details>"
    ).format(
        year=year,
        total=formats.duration(sum(part.ms_played for part in parts)),
        days_of=_("Days of {year}").format(year=year),
        days=_("Days"),
        time=_("Time"),
        plays=_("Plays"),
        lines=lines,
    )


def _days(part: Segment) -> str:
    last = part.end - timedelta(days=1)
    return formats.short_span(part.first, last)
