"""The charts that only patterns have: drawn alike on the page, on what is shared of it, and as files."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from markupsafe import Markup

from tonearm.insights.charts.concentration import Concentration, FirstItems
from tonearm.insights.charts.context import Contexts
from tonearm.insights.charts.discovery import Discovery
from tonearm.insights.charts.repeat import Repeat, RepeatedTrack
from tonearm.insights.charts.sessions import SessionsAnswer
from tonearm.insights.charts.skips import Skips
from tonearm.insights.charts.streaks import Streak, Streaks
from tonearm.insights.patterns import Patterns
from tonearm.speech import gettext as _
from tonearm.ui import formats, patterns, sentences
from tonearm.ui.charts.curve import Curve, CurvePoint, curves
from tonearm.ui.charts.hours import HourBar, hour_bars
from tonearm.ui.charts.named_bars import NamedBar, named_bars
from tonearm.ui.charts.scale import ceiling
from tonearm.ui.charts.timeline import DatedBar, dated_bars
from tonearm.ui.charts.unlinked import unlinked
from tonearm.ui.nouns import nouns_of

_COLUMN = 380
"""How wide bars by month are, in units of the drawing, where two charts stand side by side."""
_MOST_NAMED = 12
_FAR = 2
"""How many times as high as nearly all of the others a bar is before it is broken."""


def _nowhere(_line: object) -> str:
    return ""


def draw_patterns(
    found: Patterns,
    *,
    dates: str,
    hour: str,
    ranking: Callable[[str, int], str],
    days: Callable[[Streak], str] = _nowhere,
    track: Callable[[RepeatedTrack], str] = _nowhere,
) -> Mapping[str, Markup]:
    """Draw the charts of a page by their names in its template; where nothing is to be seen, nothing is drawn.

    Bars of months and days lead to `dates` followed by theirs, those of skips to `hour` with their hour, points to what
    `ranking` says of an item and how many, days in a row to what `days` and tracks to what `track` says of them.
    """
    nothing = Markup("")
    held = found.artists, found.tracks
    has_new = any(unit.new_artists for unit in found.discovery.items)
    return {
        "session_hours": draw_session_hours(found.sessions) if found.sessions.sessions else nothing,
        "new_artists": draw_new_artists(found.discovery, link=dates) if has_new else nothing,
        "held": draw_held(held, ranking) if any(one.total for one in held) else nothing,
        "skip_hours": draw_skip_hours(found.skips, link=hour) if found.skips.skips else nothing,
        "streak_bars": draw_streaks(found.streaks, days) if found.streaks.items else nothing,
        "repeat_bars": draw_repeat(found.repeat, track) if found.repeat.items else nothing,
    }


def draw_session_hours(found: SessionsAnswer) -> Markup:
    """Draw in which hours sessions begin; no bar leads anywhere, since no list is of these sessions alone."""
    bars = [
        HourBar(one.hour, one.sessions, formats.counted(one.sessions, "session"))
        for one in found.hours
    ]
    summary = _spoken(patterns.sessions_said(found), patterns.session_hours_said(found))
    return unlinked(hour_bars(bars, summary=summary, link="", name="session-hours"))


def draw_new_artists(
    found: Discovery, *, width: int = _COLUMN, name: str = "new-artists", link: str = ""
) -> Markup:
    """Draw how many artists or shows were new in each month, or on each day, as the answer has it."""
    # At the beginning of a history everybody is new; all the other months would be a line on the ground.
    artists = nouns_of(found.covered.kind)["artists"]
    most = _FAR * ceiling(unit.new_artists for unit in found.items)
    bars = [
        DatedBar(
            unit.starts_on,
            unit.new_artists,
            artists.counted_new(unit.new_artists),
            is_broken=unit.new_artists > most,
        )
        for unit in found.items
    ]
    summary = _spoken(patterns.discovery_said(found), patterns.new_artists_said(found))
    return dated_bars(
        bars,
        summary=summary,
        width=width,
        name=name,
        link=link,
        unit="day" if found.unit == "day" else "month",
    )


def draw_skip_hours(found: Skips, *, link: str = "") -> Markup:
    """Draw which share of the plays of each hour was skipped, of those whose end is known."""
    bars = [
        HourBar(
            one.hour,
            one.share,
            _("{share} of {plays}").format(
                share=formats.percent(one.share),
                plays=formats.counted(one.judged, "play", case="of"),
            ),
        )
        for one in found.items
    ]
    summary = _spoken(patterns.skips_said(found), patterns.skip_hours_said(found))
    return hour_bars(bars, summary=summary, link=link, name="skip-hours")


def draw_held(
    found: Sequence[Concentration], ranking: Callable[[str, int], str] = lambda _item, _first: ""
) -> Markup:
    """Draw how much the first ones of each hold."""
    lines = [
        Curve(
            _(patterns.concentrated(one).many), [_point(one, line, ranking) for line in one.items]
        )
        for one in found
        if one.total
    ]
    said = [patterns.concentration_said(one) for one in found]
    return curves(lines, summary=_spoken(*said), across=_("How many of the first"))


def draw_streaks(found: Streaks, link: Callable[[Streak], str] = _nowhere) -> Markup:
    """Draw the longest runs of days."""
    bars = [
        NamedBar(
            formats.span(one.starts_on, one.ends_on),
            one.days,
            formats.counted(one.days, "day"),
            link(one),
        )
        for one in found.items[:_MOST_NAMED]
        if one.starts_on is not None and one.ends_on is not None
    ]
    # Whether the last one goes on is a matter of the day on which somebody looks; a picture stays.
    said = patterns.streaks_said(found, date.max)
    return named_bars(bars, summary=_spoken(said), name="streaks")


def draw_repeat(found: Repeat, link: Callable[[RepeatedTrack], str] = _nowhere) -> Markup:
    """Draw the tracks that were played most."""
    bars = [
        NamedBar(formats.named(one.name), one.plays, formats.counted(one.plays, "play"), link(one))
        for one in found.items[:_MOST_NAMED]
    ]
    return named_bars(bars, summary=_spoken(patterns.repeat_said(found)), name="repeat")


def draw_platforms(found: Contexts) -> Markup:
    """Draw on what was listened; a page has a table of bars instead."""
    bars = [
        NamedBar(patterns.value_name(found.aspect, one), one.plays, formats.percent(one.share))
        for one in found.values
    ]
    return named_bars(bars, summary=_spoken(patterns.context_said(found)), name="platforms")


def _spoken(*said: Markup) -> str:
    """Give sentences as a screen reader says them."""
    return sentences.plain(Markup(" ").join(filter(None, said))) or _("Nothing was heard.")


def _point(one: Concentration, line: FirstItems, ranking: Callable[[str, int], str]) -> CurvePoint:
    places = f"1{formats.TO}{formats.number(line.first)}" if line.first > 1 else "1"
    said = f"{_(patterns.concentrated(one).many)} {places}: {formats.percent(line.share)}"
    return CurvePoint(line.first, line.share, said, ranking(one.item, line.first))
