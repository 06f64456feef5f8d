"""Charts with what is said of them, as several pages show them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from tonearm.domain.periods import next_month
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.context import Contexts
from tonearm.insights.charts.discovery import DiscoveryUnit
from tonearm.insights.charts.streaks import Streak
from tonearm.insights.patterns import Patterns
from tonearm.insights.question import MOST_ITEMS
from tonearm.insights.records import Heatmap, Timeline
from tonearm.ui import formats, portraits, sentences
from tonearm.ui.asking import Ask
from tonearm.ui.chart_files import files_line, map_of
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.hours import hours
from tonearm.ui.charts.timeline import timeline
from tonearm.ui.pattern_charts import draw_patterns
from tonearm.ui.rendering import Frame

_WIDE = 1120
_NARROW = 380
_PLACES = 50


def draw_months(
    months: Timeline,
    link: str,
    marked: tuple[date, date] | None,
    silence: str,
    base: str,
    ending: str = "",
) -> Mapping[str, Any]:
    """Draw the months for wide and for narrow windows; `silence` is said where nothing was heard.

    `base` is the prefix that a proxy puts in front of the files of the chart. Days of one month are drawn the same way.
    """
    is_daily = months.unit == "day"
    said = sentences.days(months) if is_daily else sentences.months(months)
    wide, narrow = (
        timeline(
            months.items,
            summary=sentences.plain(said) or silence,
            width=width,
            name=name,
            link=link,
            marked=marked,
            unit="day" if is_daily else "month",
            ending=ending,
        )
        for width, name in ((_WIDE, "tl-wide"), (_NARROW, "tl-narrow"))
    )
    below = narrow + files_line("daily" if is_daily else "months", months.covered, base)
    return {"months_said": said, "timeline_wide": wide, "timeline_narrow": below}


def draw_week(cells: Heatmap, frame: Frame, link: str) -> Mapping[str, Any]:
    """Draw the hours of the week, which begins on the day that the listener prefers; `link` lists the plays."""
    week_start = frame.user.presentation.week_start if frame.user else 1
    peak = sentences.peak(cells)
    return {
        "peak": peak,
        "heatmap": heatmap(
            cells.items, summary=sentences.plain(peak), link=link, week_start=week_start
        )
        + files_line("heatmap", cells.covered, frame.base),
        "weekdays": formats.week(week_start),
        "heat_link": link,
    }


def draw_day(clock: Clock, link: str, base: str) -> Mapping[str, Any]:
    """Draw the hours of the day; `link` lists the plays, `base` is as in `draw_months`."""
    said = portraits.hours_said(clock)
    return {
        "hours_link": link,
        "hours_said": said,
        "hours": hours(clock.items, summary=sentences.plain(said), link=link)
        + files_line("clock", clock.covered, base),
    }


def draw_countries(countries: Contexts, plays: Ask, frame: Frame) -> Markup:
    """Draw the countries of plays on a map; nothing where no country is known. `plays` asks for what is behind them."""
    if not any(one.plays for one in countries.values if one.value is not None):
        return Markup("")

    def link(country: str) -> str:
        return frame.path(plays.address("/history", by="plays", counted="in", country=country))

    return map_of(countries, link) + files_line("countries", countries.covered, frame.base)


def draw_habits(found: Patterns, ask: Ask, frame: Frame) -> Mapping[str, Any]:
    """Draw the charts that only patterns have, each with its files below; `ask` is what the page is asked."""
    plays = ask.elsewhere("all")
    links = {
        "new_link": frame.path(ask.range_link("/patterns")),
        "skips_link": frame.path(
            plays.address("/history", by="plays", counted="all", trait="judged")
        ),
    }

    def ranking(item: str, first: int) -> str:
        if first > MOST_ITEMS:
            return ""
        # A list of fewer than usual would grow at once.
        return frame.path(ask.address(f"/top/{item}", by="plays", limit=max(first, _PLACES)))

    bounds = formats.local_days(
        found.discovery.covered.from_at, found.discovery.covered.to_at, found.discovery.covered.zone
    )

    def new_plays(unit: DiscoveryUnit, trait: str) -> str:
        """Give where the plays are by which something was new: of a month that the range cuts, those of the part."""
        first, end = unit.starts_on, unit.starts_on + timedelta(days=1)
        if found.discovery.unit == "month":
            end = next_month(first)
        if bounds is not None:
            first, end = max(first, bounds[0]), min(end, bounds[1] + timedelta(days=1))
        return frame.path(
            plays.address(
                "/history", range=f"{first}..{end}", by="plays", counted="in", trait=trait
            )
        )

    def days(streak: Streak) -> str:
        between = f"{streak.starts_on}..{streak.ends_before}"
        return frame.path(plays.address("/history", range=between))

    drawn = draw_patterns(
        found,
        dates=links["new_link"],
        hour=links["skips_link"],
        ranking=ranking,
        days=days,
        track=lambda one: frame.path(plays.address(f"/tracks/{one.id}", kind="all", by="plays")),
    )
    new = "discovery-daily" if found.discovery.unit == "day" else "discovery"
    files = {
        "session_hours": files_line("session-hours", found.sessions.covered, frame.base),
        "new_artists": files_line(new, found.discovery.covered, frame.base),
        "held": files_line("concentration", found.artists.covered, frame.base),
        "skip_hours": files_line("skips", found.skips.covered, frame.base),
        "streak_bars": files_line("streaks", found.streaks.covered, frame.base),
        "repeat_bars": files_line("repeat", found.repeat.covered, frame.base),
    }
    charts = {name: chart + files[name] if chart else chart for name, chart in drawn.items()}
    below = {
        "platforms": files_line("platforms", found.platforms.covered, frame.base),
    }
    return {**charts, **links, "ranking": ranking, "below": below, "new_plays": new_plays}
