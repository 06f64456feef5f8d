"""What the story of a year says."""

from markupsafe import Markup

from tonearm.insights.charts.year import Year, YearItem
from tonearm.insights.reviews import Review
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.nouns import nouns_of
from tonearm.ui.told import told

FIRST_YEAR, LAST_YEAR = 2006, 2200
"""The years that there are stories of."""


def opening(year: Year, *, is_going_on: bool) -> Markup:
    """Tell how much was heard, and how that compares with the year before."""
    said, before = heard(year), year.previous
    if before is not None and before.ms_played and not is_going_on:
        said += " " + told(
            "<b>{change}</b> against the year before.",
            change=formats.change(year.totals.ms_played, before.ms_played),
        )
    return said


def heard(review: Review) -> Markup:
    """Tell how much was heard in a year or a month."""
    totals, kind = review.totals, review.covered.kind
    sentence = (
        N_("{plays} on {days}: {tracks} by {artists}.")
        if kind == "music"
        else N_("{plays} on {days}: {tracks} from {artists}.")
    )
    return told(
        sentence,
        plays=formats.counted(totals.plays, "play"),
        days=formats.counted(totals.active_days, "day", case="on"),
        tracks=nouns_of(kind)["tracks"].counted(totals.tracks),
        artists=nouns_of(kind)["artists"].counted(totals.artists, case="of"),
    )


def leader(items: tuple[YearItem, ...]) -> Markup:
    """Tell what the first place holds, and when it was heard most."""
    if not items:
        return Markup("")
    first = items[0]
    said = told(
        "{plays}, {share} of all; most in <b>{month}</b>.",
        plays=formats.counted(first.plays, "play"),
        share=formats.percent(first.share),
        month=formats.month_name(first.best_month),
    )
    return said + " " + _("New to you this year.") if first.is_new else said


def discoveries(review: Review) -> Markup:
    """Tell what was new, and how much of the year or month it took."""
    found, nouns = review.discovery, nouns_of(review.covered.kind)
    return told(
        "And {tracks}; <b>{share}</b> of all plays were of these.",
        tracks=nouns["tracks"].counted_new(found.new_tracks),
        share=formats.percent(found.new_share),
    )
