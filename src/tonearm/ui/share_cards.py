"""What stands for a share where its link is shown: a picture of what visitors see first, and of nothing else."""

from collections.abc import Sequence
from typing import Literal

from markupsafe import Markup

from tonearm.accounts.people import User
from tonearm.history.shared import OpenShare, SharedView
from tonearm.insights.charts.month import Month
from tonearm.insights.charts.year import Year
from tonearm.insights.glimpse import Glimpse
from tonearm.insights.insights import Insights
from tonearm.insights.records import Covered, Timeline, Top
from tonearm.speech import gettext as _
from tonearm.ui import formats, sentences
from tonearm.ui.charts import groove as grooves
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.share_card import Card, draw_card
from tonearm.ui.charts.timeline import timeline
from tonearm.ui.share_names import RANKED, share_heading
from tonearm.ui.sharing import (
    FEW_MONTHS,
    share_days,
    share_question,
    shared_glimpse,
    shared_story,
    story_timeline,
)

_PLACES, _FEW_PLACES = 5, 3
_WIDE = 480
_Shown = tuple[Covered, Card]


def share_card(insights: Insights, user: User, found: OpenShare) -> str:
    """Draw the card of a share; raises NotFoundError where it is about what is not there any more."""
    share = found.share
    if share.view.story is not None:
        covered, card = _of_story(shared_story(insights, user, share))
    elif share.view is SharedView.PATTERNS:
        covered, card = _of_patterns(insights, user, found)
    else:
        covered, card = _of_glimpse(found, shared_glimpse(insights, user, found))
    range_label = share_days(share, covered)
    above = " · ".join(part for part in (range_label, share.shown_name) if part)
    return str(draw_card(above, share.title or share_heading(share), card))


def _of_story(review: Year | Month) -> _Shown:
    if not review.totals.plays:
        return review.covered, _silent()
    artists = [(item.name, formats.counted(item.plays, "play")) for item in review.artists]
    return review.covered, Card(
        figures=_figures(review.totals.ms_played, review.totals.plays),
        places=artists[:_FEW_PLACES],
        drawing=_drawn(story_timeline(review)),
    )


def _of_patterns(insights: Insights, user: User, found: OpenShare) -> _Shown:
    told = insights.patterns(user.id, share_question(found), user.preferences)
    if not told.skips.plays:
        return told.heatmap.covered, _silent()
    said = sentences.plain(sentences.peak(told.heatmap))
    start = user.presentation.week_start
    drawing = heatmap(told.heatmap.items, summary=said, week_start=start)
    return told.heatmap.covered, Card(figures=said, drawing=drawing)


def _of_glimpse(found: OpenShare, glimpse: Glimpse) -> _Shown:
    share, totals = found.share, glimpse.totals
    if not totals.plays and not totals.ms_played:
        return totals.covered, _silent()
    if share.view in RANKED:
        ranked: Top = getattr(glimpse, RANKED[share.view])
        return totals.covered, Card(places=_places(ranked))
    if share.view is SharedView.MONTHS:
        few = len(glimpse.months.items) < FEW_MONTHS
        said = (
            formats.long_duration(totals.ms_played)
            if few
            else sentences.plain(sentences.months(glimpse.months))
        )
        return totals.covered, Card(figures=said, drawing=None if few else _drawn(glimpse.months))
    parts = grooves.segments(glimpse.days.items)
    record = grooves.groove(parts, summary="")
    if share.view is SharedView.GROOVE:
        return totals.covered, Card(drawing=record)
    places = _places(glimpse.artists)[:_FEW_PLACES] if share.view is SharedView.OVERVIEW else []
    return totals.covered, Card(
        figures=_figures(totals.ms_played, totals.plays), places=places, drawing=record
    )


def _silent() -> Card:
    return Card(figures=_("Nothing was played in this time."))


def _figures(ms_played: int, plays: int) -> str:
    return f"{formats.long_duration(ms_played)} · {formats.counted(plays, 'play')}"


def _places(top: Top) -> Sequence[tuple[str, str]]:
    return [
        (
            item.name,
            formats.counted(item.plays, "play")
            if top.by == "plays"
            else formats.duration(item.ms_played),
        )
        for item in top.items[:_PLACES]
    ]


def _drawn(units: Timeline) -> Markup:
    unit: Literal["month", "day"] = "day" if units.unit == "day" else "month"
    return timeline(units.items, summary="", width=_WIDE, name="tl-card", unit=unit)
