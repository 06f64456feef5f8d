"""What the numbers say, as sentences: the finding that stands above every chart."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from statistics import median

from markupsafe import Markup

from tonearm.insights.overview import Overview
from tonearm.insights.records import Covered, Heatmap, Timeline, TimelineUnit, Top, Totals
from tonearm.ui import formats
from tonearm.ui.charts.groove import Segment

_MANY_DAYS = 62
_FEW_DAYS = 3
_WINDOW = 3
_WORTH_SAYING = 0.05
_OFTEN = 5


def lede(overview: Overview) -> Markup:
    """Tell the most telling facts of a range in two or three sentences."""
    totals = overview.totals
    days = days_within(overview.days.items, totals.covered)
    said = [_busiest(days), _leader(overview), _favourite(overview)]
    return Markup(" ").join(sentence for sentence in said if sentence)


def peak(heatmap: Heatmap) -> Markup:
    """Tell the busiest hour of the week and the three hours of the day in which most is played."""
    total = sum(cell.plays for cell in heatmap.items)
    if not total:
        return Markup("")
    top = max(heatmap.items, key=lambda cell: (cell.plays, -cell.weekday, -cell.hour))
    by_hour = [0] * 24
    for cell in heatmap.items:
        by_hour[cell.hour] += cell.plays
    windows = [sum(by_hour[(start + at) % 24] for at in range(_WINDOW)) for start in range(24)]
    # Of equal windows the one around its own busiest hour is the one a person would name.
    start = max(range(24), key=lambda hour: (windows[hour], by_hour[(hour + 1) % 24], -hour))
    return Markup("Peak: <b>{} {:02}:00</b>; {} of plays fall between {} and {} h.").format(
        formats.WEEKDAYS[top.weekday],
        top.hour,
        formats.percent(windows[start] / total),
        start,
        (start + _WINDOW - 1) % 24 + 1,
    )


def months(timeline: Timeline) -> Markup:
    """Tell the month with most listening, and what is usual."""
    if not any(unit.ms_played for unit in timeline.items):
        return Markup("")
    top = max(timeline.items, key=lambda unit: (unit.ms_played, unit.starts_on))
    usual = median(unit.ms_played for unit in timeline.items)
    sentence = Markup("Most in <b>{}</b>: {}").format(
        formats.month(top.starts_on), formats.duration(top.ms_played)
    )
    if len(timeline.items) > _FEW_DAYS:
        sentence += Markup("; a usual month has {}").format(formats.duration(usual))
    return sentence + "."


def ranking(top: Top) -> Markup:
    """Tell how much the first places hold together."""
    shown = top.items[:_OFTEN]
    if len(shown) < 2:  # noqa: PLR2004 - one place holds itself
        return Markup("")
    return Markup("The first {} hold <b>{}</b> of {}.").format(
        _small(len(shown)),
        formats.percent(sum(item.share for item in shown)),
        "all plays" if top.by == "plays" else "the listening time",
    )


def groove_summary(parts: Sequence[Segment]) -> str:
    """Tell a listener's whole record in one spoken sentence."""
    if not parts:
        return "An empty record."
    years = parts[-1].first.year - parts[0].first.year + 1
    top = max(parts, key=lambda part: part.ms_played)
    last = date.fromordinal(top.end.toordinal() - 1)
    return (
        f"A record of {formats.counted(years, 'year')} of listening, one ring a year, "
        f"from {parts[0].first.year} inside to {parts[-1].first.year} outside. "
        f"Most in three days: {formats.span(top.first, last)}, {formats.duration(top.ms_played)}."
    )


def plain(sentence: Markup) -> str:
    """Give a sentence without its emphasis, as a screen reader says it."""
    return sentence.striptags()


def change_label(previous: Totals) -> str:
    """Name the period that a change is measured against."""
    covered = previous.covered
    days = formats.local_days(covered.from_at, covered.to_at, covered.zone)
    if days is None:
        return "Change"
    first, last = days
    if (first.month, first.day) == (1, 1) and (last.month, last.day) == (12, 31):
        return f"Change on {first.year}"
    length = (last - first).days + 1
    return "Change on the day before" if length == 1 else f"Change on the {length} days before"


def days_within(days: Sequence[TimelineUnit], covered: Covered) -> list[TimelineUnit]:
    """Give the days that lie in a range."""
    bounds = formats.local_days(covered.from_at, covered.to_at, covered.zone)
    if bounds is None:
        return list(days)
    return [unit for unit in days if bounds[0] <= unit.starts_on <= bounds[1]]


def _busiest(days: Sequence[TimelineUnit]) -> Markup:
    if len(days) < _FEW_DAYS or not any(unit.ms_played for unit in days):
        return Markup("")
    if len(days) < _MANY_DAYS:
        top = max(days, key=lambda unit: unit.ms_played)
        return Markup("Your longest day was <b>{}</b>, with {}.").format(
            formats.named_day(top.starts_on), formats.duration(top.ms_played)
        )
    sums: dict[date, int] = defaultdict(int)
    for unit in days:
        sums[unit.starts_on.replace(day=1)] += unit.ms_played
    top_month = max(sums, key=lambda month: sums[month])
    is_one_year = days[0].starts_on.year == days[-1].starts_on.year
    name = formats.MONTHS[top_month.month - 1] if is_one_year else formats.month(top_month)
    return Markup("Your busiest month was <b>{}</b>, with {}.").format(
        name, formats.duration(sums[top_month])
    )


def _leader(overview: Overview) -> Markup:
    if not overview.artists.items:
        return Markup("")
    first = overview.artists.items[0]
    name = Markup("<bdi>{}</bdi>").format(formats.shortened(first.name))
    if overview.artists.total == 1:
        return Markup("All of it was <b>{}</b>.").format(name)
    if first.share < _WORTH_SAYING:
        return Markup("Nobody was played more than <b>{}</b>, out of {}.").format(
            name, formats.counted(overview.totals.artists, "artist")
        )
    return Markup("<b>{}</b> led with {} of {}.").format(
        name,
        formats.percent(first.share),
        "all plays" if overview.artists.by == "plays" else "the listening time",
    )


def _favourite(overview: Overview) -> Markup:
    if not overview.tracks.items or overview.tracks.items[0].plays < _OFTEN:
        return Markup("")
    first = overview.tracks.items[0]
    return Markup("You came back to <b><bdi>{}</bdi></b> {} times.").format(
        formats.shortened(first.name), formats.number(first.plays)
    )


def _small(value: int) -> str:
    return ("no", "one", "two", "three", "four", "five")[value]
