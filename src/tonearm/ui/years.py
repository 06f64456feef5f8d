"""What the story of a year says."""

from markupsafe import Markup

from tonearm.insights.charts.year import Year, YearItem
from tonearm.ui import formats

FIRST_YEAR, LAST_YEAR = 2006, 2200
"""The years that there are stories of."""


def opening(year: Year, *, is_going_on: bool) -> Markup:
    """Tell how much was heard, and how that compares with the year before."""
    totals = year.totals
    said = Markup("{} on {}: {} by {}.").format(
        formats.counted(totals.plays, "play"),
        formats.counted(totals.active_days, "day"),
        formats.counted(totals.tracks, "track"),
        formats.counted(totals.artists, "artist"),
    )
    before = year.previous
    if before is not None and before.ms_played and not is_going_on:
        said += Markup(" <b>{}</b> against the year before.").format(
            formats.change(totals.ms_played, before.ms_played)
        )
    return said


def leader(items: tuple[YearItem, ...]) -> Markup:
    """Tell what the first place holds, and when it was heard most."""
    if not items:
        return Markup("")
    first = items[0]
    said = Markup("{}, {} of all; most in <b>{}</b>.").format(
        formats.counted(first.plays, "play"),
        formats.percent(first.share),
        formats.MONTHS[first.best_month.month - 1],
    )
    return said + Markup(" New to you this year.") if first.is_new else said


def discoveries(year: Year) -> Markup:
    """Tell what was new, and how much of the year it took."""
    found = year.discovery
    return Markup("And {}; <b>{}</b> of all plays were of these.").format(
        formats.counted(found.new_tracks, "new track"), formats.percent(found.new_share)
    )
