"""What the numbers say, as sentences: the finding that stands above every chart."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

from markupsafe import Markup

from tonearm.domain.periods import next_month
from tonearm.insights.overview import Overview
from tonearm.insights.records import Covered, Heatmap, Timeline, TimelineUnit, Top, Totals
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.charts.groove import Segment
from tonearm.ui.nouns import nouns_of
from tonearm.ui.told import told

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
    return told(
        "Peak: <b>{weekday} {hour:02}:00</b>; {share} of plays fall between {start} and {end} h.",
        weekday=formats.weekday(top.weekday),
        hour=top.hour,
        share=formats.percent(windows[start] / total),
        start=start,
        end=(start + _WINDOW - 1) % 24 + 1,
    )


def months(timeline: Timeline) -> Markup:
    """Tell the month with most listening, and what is usual."""
    if not any(unit.ms_played for unit in timeline.items):
        return Markup("")
    top = max(timeline.items, key=lambda unit: (unit.ms_played, unit.starts_on))
    usual = median(unit.ms_played for unit in timeline.items)
    month, most = formats.month(top.starts_on), formats.duration(top.ms_played)
    if len(timeline.items) > _FEW_DAYS:
        return told(
            "Most in <b>{month}</b>: {most}; a usual month has {usual}.",
            month=month,
            most=most,
            usual=formats.duration(usual),
        )
    return told("Most in <b>{month}</b>: {most}.", month=month, most=most)


def days(timeline: Timeline) -> Markup:
    """Tell the day with most listening, and on how many there was any."""
    heard = [unit for unit in timeline.items if unit.ms_played]
    if not heard:
        return Markup("")
    top = max(heard, key=lambda unit: unit.ms_played)
    return told(
        "Something was heard on {days}; most on <b>{day}</b>: {most}.",
        days=formats.counted(len(heard), "day", case="on"),
        day=formats.day(top.starts_on),
        most=formats.duration(top.ms_played),
    )


def ranking(top: Top) -> Markup:
    """Tell how much the first places hold together."""
    shown = top.items[:_OFTEN]
    if len(shown) < 2:  # noqa: PLR2004 - one place holds itself
        return Markup("")
    sentence = (
        N_("The first {count} hold <b>{share}</b> of all plays.")
        if top.by == "plays"
        else N_("The first {count} hold <b>{share}</b> of the listening time.")
    )
    share = formats.percent(sum(item.share for item in shown))
    return told(sentence, count=_small(len(shown)), share=share)


def groove_summary(parts: Sequence[Segment]) -> str:
    """Tell a listener's whole record in one spoken sentence."""
    if not parts:
        return _("An empty record.")
    years = parts[-1].first.year - parts[0].first.year + 1
    top = max(parts, key=lambda part: part.ms_played)
    last = date.fromordinal(top.end.toordinal() - 1)
    return _(
        "A record of {years} of listening, one ring a year, from {first} inside to {last} outside. "
        "Most in three days: {days}, {most}."
    ).format(
        years=formats.counted(years, "year", case="of"),
        first=parts[0].first.year,
        last=parts[-1].first.year,
        days=formats.span(top.first, last),
        most=formats.duration(top.ms_played),
    )


def plain(sentence: Markup) -> str:
    """Give a sentence without its emphasis, as a screen reader says it."""
    return sentence.striptags()


def change_label(previous: Totals) -> str:
    """Name the period that a change is measured against."""
    covered = previous.covered
    days = formats.local_days(covered.from_at, covered.to_at, covered.zone)
    if days is None:
        return _("Change")
    first, last = days
    if (first.month, first.day) == (1, 1) and (last.month, last.day) == (12, 31):
        return _("Against {year}").format(year=first.year)
    if first.day == 1 and last == next_month(first) - timedelta(days=1):
        return _("Against {month}").format(month=formats.month(first))
    length = (last - first).days + 1
    if length == 1:
        return _("Against the day before")
    return _("Against the {length} days before").format(length=length)


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
        return told(
            "Your longest day was <b>{day}</b>, with {most}.",
            day=formats.named_day(top.starts_on),
            most=formats.duration(top.ms_played),
        )
    sums: dict[date, int] = defaultdict(int)
    for unit in days:
        sums[unit.starts_on.replace(day=1)] += unit.ms_played
    top_month = max(sums, key=lambda month: sums[month])
    is_one_year = days[0].starts_on.year == days[-1].starts_on.year
    name = formats.month_name(top_month) if is_one_year else formats.month(top_month)
    return told(
        "Your busiest month was <b>{month}</b>, with {most}.",
        month=name,
        most=formats.duration(sums[top_month]),
    )


def _leader(overview: Overview) -> Markup:
    if not overview.artists.items:
        return Markup("")
    first = overview.artists.items[0]
    name = Markup("<bdi>{}</bdi>").format(formats.shortened(formats.named(first.name)))
    if overview.artists.total == 1:
        return told("All of it was <b>{name}</b>.", name=name)
    if first.share < _WORTH_SAYING:
        kind = overview.totals.covered.kind
        sentence = (
            N_("Nobody was played more than <b>{name}</b>, out of {artists}.")
            if kind == "music"
            else N_("Nothing was played more than <b>{name}</b>, out of {artists}.")
        )
        artists = nouns_of(kind)["artists"].counted(overview.totals.artists, case="of")
        return told(sentence, name=name, artists=artists)
    sentence = (
        N_("<b>{name}</b> led with {share} of all plays.")
        if overview.artists.by == "plays"
        else N_("<b>{name}</b> led with {share} of the listening time.")
    )
    return told(sentence, name=name, share=formats.percent(first.share))


def _favourite(overview: Overview) -> Markup:
    if not overview.tracks.items or overview.tracks.items[0].plays < _OFTEN:
        return Markup("")
    first = overview.tracks.items[0]
    return told(
        "You came back to <b><bdi>{name}</bdi></b> {times} times.",
        name=formats.shortened(formats.named(first.name)),
        times=formats.number(first.plays),
    )


def _small(value: int) -> str:
    return (_("no"), _("one"), _("two"), _("three"), _("four"), _("five"))[value]
