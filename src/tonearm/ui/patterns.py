"""What the page of patterns says, in words."""

from datetime import date, timedelta

from markupsafe import Markup

from tonearm.domain.countries import country_name
from tonearm.insights.charts.concentration import Concentration
from tonearm.insights.charts.context import Contexts, ContextValue
from tonearm.insights.charts.discovery import Discovery
from tonearm.insights.charts.repeat import Repeat
from tonearm.insights.charts.sessions import SessionsAnswer
from tonearm.insights.charts.skips import Skips
from tonearm.insights.charts.streaks import Streak, Streaks
from tonearm.insights.firsts import LONG_PAUSE_DAYS
from tonearm.ui import formats

_FEW, _MANY = 10, 50
_YESTERDAY = timedelta(days=1)


def streaks_said(streaks: Streaks, today: date) -> Markup:
    """Tell the longest run of days, and the last one."""
    longest, current = streaks.longest, streaks.current
    if not longest.days:
        return Markup("")
    said = Markup("The longest run of days: <b>{}</b>, {}.").format(
        formats.counted(longest.days, "day"), _days_of(longest)
    )
    if longest.ends_on is not None and longest.ends_on >= today - _YESTERDAY:
        return said + Markup(" It goes on.")
    if current.days > 1 and current != longest:
        said += Markup(" The last one has {}.").format(formats.counted(current.days, "day"))
    return said


def _days_of(streak: Streak) -> str:
    if streak.starts_on is None or streak.ends_on is None:
        return ""
    return formats.span(streak.starts_on, streak.ends_on)


def sessions_said(sessions: SessionsAnswer) -> Markup:
    """Tell how many sittings there were, and how long one is."""
    if not sessions.sessions:
        return Markup("")
    return Markup("<b>{}</b>; one in the middle lasts {}, with {} plays on average.").format(
        formats.counted(sessions.sessions, "session"),
        formats.duration(sessions.ms_median),
        f"{sessions.plays_mean:.3g}",
    )


def repeat_said(repeat: Repeat) -> Markup:
    """Tell how much is heard once more."""
    if not repeat.plays:
        return Markup("")
    said = Markup("<b>{}</b> of plays are of a track that was played before in this time.").format(
        formats.percent(repeat.repeat_share)
    )
    run = repeat.longest_run
    if run is not None and run.length > 1:
        said += Markup(" The longest run of one: <bdi>{}</bdi>, {} times in a row.").format(
            run.name, formats.number(run.length)
        )
    return said


def discovery_said(discovery: Discovery) -> Markup:
    """Tell how much was new."""
    totals = discovery.totals
    if not totals.plays:
        return Markup("")
    said = Markup("<b>{}</b> and {}").format(
        formats.counted(totals.new_artists, "new artist"),
        formats.counted(totals.new_tracks, "new track"),
    )
    # Of all the years everything is new.
    if totals.plays_of_new < totals.plays:
        said += Markup(", {} of all plays").format(formats.percent(totals.new_share))
    return said + Markup(". {} back after {} or more.").format(
        formats.counted(totals.rediscoveries, "play came", "plays came"),
        formats.counted(LONG_PAUSE_DAYS, "day"),
    )


def concentration_said(among: Concentration, one: str) -> Markup:
    """Tell what the first ones hold."""
    if not among.total:
        return Markup("")
    said = Markup("The first {} holds <b>{}</b>").format(one, formats.percent(among.top_1_share))
    if among.total > _FEW:
        said += Markup(", the first ten {}").format(formats.percent(among.top_10_share))
    if among.total > _MANY:
        said += Markup(", the first fifty {}").format(formats.percent(among.top_50_share))
    return said + Markup(" of all plays.")


def skips_said(skips: Skips) -> Markup:
    """Tell how much was skipped."""
    if not skips.judged:
        return Markup("")
    return Markup("<b>{}</b> of the plays whose end is known were skipped.").format(
        formats.percent(skips.share)
    )


def context_said(context: Contexts) -> Markup:
    """Tell the most frequent value."""
    known = [value for value in context.values if value.value is not None]
    if not known:
        return Markup("")
    first = max(known, key=lambda value: value.plays)
    return Markup("Mostly <b>{}</b>: {} of plays.").format(
        value_name(context.aspect, first), formats.percent(first.share)
    )


def value_name(aspect: str, value: ContextValue) -> str:
    """Give what people call a platform or a country."""
    if value.value is None:
        return "Not known"
    if aspect == "country":
        return country_name(value.value)
    return formats.platform(value.value)
