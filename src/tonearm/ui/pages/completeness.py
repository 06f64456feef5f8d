"""Completeness: which time is vouched for, by what, and what would close the gaps."""

from datetime import date, datetime

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.insights.charts.completeness import Completeness, CompletenessQuestion
from tonearm.insights.question import make_question
from tonearm.ui import asking, formats
from tonearm.ui.asking import Ask
from tonearm.ui.charts.covered import covered_years
from tonearm.ui.picking import Asked, picker_values
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.sources import SOURCES
from tonearm.ui.told import told
from tonearm.web.callers import PageCaller, Rooms

ROUTER = APIRouter(include_in_schema=False)


@ROUTER.get("/completeness")
def completeness_page(request: Request, caller: PageCaller, rooms: Rooms, asked: Asked) -> Response:
    """Show what is known of the range in the address."""
    ask, elsewhere = asked
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    question = make_question(
        CompletenessQuestion, {"range": ask.range, "kind": ask.kind, "rule": ask.rule}
    )
    found = rooms.insights.answer("completeness", caller.id, question, caller.preferences)
    return page(request, render_completeness(found, ask, frame_of(request, caller)))


def render_completeness(found: Completeness, ask: Ask, frame: Frame) -> str:
    """Render what is known of a range."""
    covered = found.covered
    first, last = _ends(found)
    said = completeness_said(found)
    strips = (
        covered_years(found.items, first, last, covered.zone, summary=said.striptags())
        if first is not None and last is not None and first < last
        else Markup("")
    )
    return render(
        "completeness.html",
        frame,
        found=found,
        said=said,
        strips=strips,
        sources=SOURCES,
        days_range=_days_range,
        most=max((source.plays for source in found.sources), default=0),
        **picker_values(ask, covered),
    )


def _ends(found: Completeness) -> tuple[datetime | None, datetime | None]:
    """Give from when to when something can be known: from the first play of all to the last one, or the last gap."""
    covered, is_all = found.covered, found.covered.range == "all"
    firsts = [found.first_play_at, None if is_all else covered.from_at]
    lasts = [found.last_play_at, *(gap.to_at for gap in found.items)]
    first = max((moment for moment in firsts if moment), default=None)
    last = max((moment for moment in lasts if moment), default=None)
    if last and covered.to_at and not is_all:
        last = min(last, covered.to_at)
    return first, last


def _days_range(days: tuple[date, date]) -> str:
    return asking.range_of_days(days[0].isoformat(), days[1].isoformat())


def completeness_said(found: Completeness) -> Markup:
    """Tell how much is known."""
    if found.coverage is None:
        return told("Nothing in this time lies between your first play and now.")
    if not found.gaps:
        return told("<b>Everything</b> is known: no gap.")
    said = told(
        "<b>{share}</b> of the time is known; {gaps}.",
        share=formats.percent(found.coverage),
        gaps=formats.counted(found.gaps, "gap"),
    )
    if found.partial_share:
        share = formats.percent(found.partial_share)
        said += " " + told("{share} is known in part only.", share=share)
    return said
