"""What the story of a month says."""

from datetime import date, timedelta

from markupsafe import Markup

from tonearm.domain.periods import next_month
from tonearm.insights.charts.month import Month, MonthItem
from tonearm.speech import gettext as _
from tonearm.ui import formats
from tonearm.ui.told import told
from tonearm.ui.years import FIRST_YEAR, heard


def opening(month: Month, *, is_going_on: bool) -> Markup:
    """Tell how much was heard, and how that compares with the month before."""
    said, before = heard(month), month.previous
    if before is not None and before.ms_played and not is_going_on:
        said += " " + told(
            "<b>{change}</b> against the month before.",
            change=formats.change(month.totals.ms_played, before.ms_played),
        )
    return said


def leader(items: tuple[MonthItem, ...]) -> Markup:
    """Tell what the first place holds, and when it was heard most."""
    first = items[0]
    said = told(
        "{plays}, {share} of all; most on <b>{day}</b>.",
        plays=formats.counted(first.plays, "play"),
        share=formats.percent(first.share),
        day=formats.short_day(first.best_day),
    )
    return said + " " + _("New to you this month.") if first.is_new else said


def neighbours(first: date, today: date) -> tuple[date | None, date | None]:
    """Give the first days of the months before and after one, None where there is no story of them."""
    before, after = (first - timedelta(days=1)).replace(day=1), next_month(first)
    return before if before.year >= FIRST_YEAR else None, after if after <= today else None


def story(first: date) -> str:
    """Give the path of the story of the month that begins on a day."""
    return f"/years/{first:%Y/%m}"
