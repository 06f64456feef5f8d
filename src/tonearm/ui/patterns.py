"""What the page of patterns says, in words."""

from datetime import date, timedelta

from markupsafe import Markup

from tonearm.insights.charts.concentration import Concentration
from tonearm.insights.charts.context import Contexts, ContextValue
from tonearm.insights.charts.discovery import Discovery
from tonearm.insights.charts.repeat import Repeat
from tonearm.insights.charts.sessions import SessionsAnswer
from tonearm.insights.charts.skips import Skips
from tonearm.insights.charts.streaks import Streak, Streaks
from tonearm.insights.firsts import LONG_PAUSE_DAYS
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.nouns import Noun, nouns_of
from tonearm.ui.told import told

_FEW, _MANY = 10, 50
_ENOUGH = 10
"""Plays of an hour from which its share is worth a sentence."""
_CONCENTRATIONS = (
    N_("{items}: <b>{first}</b> of all plays are of the first one."),
    N_("{items}: <b>{first}</b> of all plays are of the first one, {ten} of the first ten."),
    N_(
        "{items}: <b>{first}</b> of all plays are of the first one, {ten} of the first ten, {fifty} of the first fifty."
    ),
)
"""Of ten items at most, of fifty, and of more."""
_YESTERDAY = timedelta(days=1)


def streaks_said(streaks: Streaks, today: date) -> Markup:
    """Tell the longest run of days, and the last one."""
    longest, current = streaks.longest, streaks.current
    if not longest.days:
        return Markup("")
    said = told(
        "The longest run of days: <b>{days}</b>, {when}.",
        days=formats.counted(longest.days, "day"),
        when=_days_of(longest),
    )
    if longest.ends_on is not None and longest.ends_on >= today - _YESTERDAY:
        return said + " " + _("It goes on.")
    if current.days > 1 and current != longest:
        days = formats.counted(current.days, "day")
        said += " " + told("The last one has {days}.", days=days)
    return said


def _days_of(streak: Streak) -> str:
    if streak.starts_on is None or streak.ends_on is None:
        return ""
    return formats.span(streak.starts_on, streak.ends_on)


def sessions_said(sessions: SessionsAnswer) -> Markup:
    """Tell how many sittings there were, and how long one is."""
    if not sessions.sessions:
        return Markup("")
    return told(
        "<b>{sessions}</b>; one in the middle lasts {length}, with {plays} plays on average.",
        sessions=formats.counted(sessions.sessions, "session"),
        length=formats.duration(sessions.ms_median),
        plays=formats.figures(sessions.plays_mean),
    )


def session_hours_said(sessions: SessionsAnswer) -> Markup:
    """Tell in which hour most sessions begin, where there are several."""
    if sessions.sessions < 2:  # noqa: PLR2004 - one is no finding
        return Markup("")
    best = max(sessions.hours, key=lambda one: (one.sessions, -one.hour))
    return told(
        "Most begin between <b>{start} and {end} h</b>: {share}.",
        start=best.hour,
        end=best.hour + 1,
        share=formats.percent(best.sessions / sessions.sessions),
    )


def repeat_said(repeat: Repeat) -> Markup:
    """Tell how much is heard once more."""
    if not repeat.plays:
        return Markup("")
    said = told(
        "<b>{share}</b> of plays repeat what was played before in this time.",
        share=formats.percent(repeat.repeat_share),
    )
    run = repeat.longest_run
    if run is not None and run.length > 1:
        said += " " + told(
            "The longest run of one: <bdi>{name}</bdi>, {times} times in a row.",
            name=formats.named(run.name),
            times=formats.number(run.length),
        )
    return said


def discovery_said(discovery: Discovery) -> Markup:
    """Tell how much was new."""
    totals = discovery.totals
    if not totals.plays:
        return Markup("")
    # Of all the years everything is new.
    sentence = (
        N_("<b>{artists}</b> and {tracks}, {share} of all plays.")
        if totals.plays_of_new < totals.plays
        else N_("<b>{artists}</b> and {tracks}.")
    )
    nouns = nouns_of(discovery.covered.kind)
    said = told(
        sentence,
        artists=nouns["artists"].counted_new(totals.new_artists),
        tracks=nouns["tracks"].counted_new(totals.new_tracks),
        share=formats.percent(totals.new_share),
    )
    return (
        said
        + " "
        + told(
            "{plays} back after {pause} or more.",
            plays=formats.counted(totals.rediscoveries, "play came", "plays came"),
            pause=formats.counted(LONG_PAUSE_DAYS, "day", case="after"),
        )
    )


def new_artists_said(discovery: Discovery) -> Markup:
    """Tell in which month, or on which day, most artists or shows were new, where they came in several."""
    some = [unit for unit in discovery.items if unit.new_artists]
    best = max(some, key=lambda unit: unit.new_artists, default=None)
    if best is None or min(len(some), best.new_artists) < 2:  # noqa: PLR2004 - one is no finding
        return Markup("")
    artists = nouns_of(discovery.covered.kind)["artists"].counted_new(best.new_artists)
    if discovery.unit == "day":
        day = formats.day(best.starts_on)
        return told("Most was new on <b>{day}</b>: {artists}.", day=day, artists=artists)
    month = formats.month(best.starts_on)
    return told("Most was new in <b>{month}</b>: {artists}.", month=month, artists=artists)


def concentration_said(among: Concentration) -> Markup:
    """Tell what the first ones hold."""
    if not among.total:
        return Markup("")
    reach = (among.total > _FEW) + (among.total > _MANY)
    return told(
        _CONCENTRATIONS[reach],
        items=_(concentrated(among).many),
        first=formats.percent(among.top_1_share),
        ten=formats.percent(among.top_10_share),
        fifty=formats.percent(among.top_50_share),
    )


def concentrated(among: Concentration) -> Noun:
    """Give what the items are called of which the first ones are told."""
    nouns = nouns_of(among.covered.kind)
    return nouns["artists"] if among.item == "artists" else nouns["tracks"]


def skips_said(skips: Skips) -> Markup:
    """Tell how much was skipped."""
    if not skips.judged:
        return Markup("")
    return told(
        "<b>{share}</b> of the plays whose end is known were skipped.",
        share=formats.percent(skips.share),
    )


def skip_hours_said(skips: Skips) -> Markup:
    """Tell in which hour the largest share was skipped, of hours with enough plays to say so."""
    told_of = [one for one in skips.items if one.judged >= _ENOUGH and one.skips]
    if not told_of:
        return Markup("")
    best = max(told_of, key=lambda one: (one.share, -one.hour))
    return told(
        "Most of all between {start} and {end} h: {share}.",
        start=best.hour,
        end=best.hour + 1,
        share=formats.percent(best.share),
    )


def context_said(context: Contexts) -> Markup:
    """Tell the most frequent value."""
    known = [value for value in context.values if value.value is not None]
    if not known:
        return Markup("")
    first = max(known, key=lambda value: value.plays)
    return told(
        "Mostly <b>{name}</b>: {share} of plays.",
        name=value_name(context.aspect, first),
        share=formats.percent(first.share),
    )


def value_name(aspect: str, value: ContextValue) -> str:
    """Give what people call a platform or a country."""
    if value.value is None:
        return _("Not known")
    if aspect == "country":
        return formats.country(value.value)
    return formats.platform(value.value)
