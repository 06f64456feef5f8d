"""Completeness: which time is vouched for, by what, and what would close the gaps."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.insights.charts.completeness import Completeness, CompletenessQuestion
from tonearm.insights.known_days import DayState, KnownDays
from tonearm.insights.question import make_question
from tonearm.ui import asking, formats
from tonearm.ui.asking import Ask
from tonearm.ui.chart_files import files_line
from tonearm.ui.charts.calendar import (
    LOOKS,
    calendar_days,
    day_link,
    look_of,
    shapes,
    swatch,
    year_blocks,
)
from tonearm.ui.picking import Asked, marked_days, picker_values
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.sources import SOURCES
from tonearm.ui.told import told
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router()
_MOST_LINES = 300


@ROUTER.get("/completeness")
def completeness_page(request: Request, caller: PageCaller, rooms: Rooms, asked: Asked) -> Response:
    """Show what is known of the range in the address."""
    ask, elsewhere = asked
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    question = make_question(
        CompletenessQuestion,
        {"range": ask.range, "kind": ask.kind, "rule": ask.rule, "days": "in"},
    )
    found = rooms.insights.answer("completeness", caller.id, question, caller.preferences)
    return page(request, render_completeness(found, ask, frame_of(request, caller)))


def render_completeness(found: Completeness, ask: Ask, frame: Frame) -> str:
    """Render what is known of a range."""
    covered = found.covered
    return render(
        "completeness.html",
        frame,
        found=found,
        said=completeness_said(found),
        sources=SOURCES,
        days_range=_days_range,
        most=max((source.plays for source in found.sources), default=0),
        **_calendar(found, ask, frame),
        **picker_values(ask, covered),
    )


def _calendar(found: Completeness, ask: Ask, frame: Frame) -> Mapping[str, Any]:
    """Draw what is known of each day, and give the lines of its table."""
    runs, zone = found.days or (), found.covered.zone
    gaps = [
        span
        for gap in found.items
        if (span := formats.local_days(gap.from_at, gap.to_at, zone)) is not None
    ]
    days = calendar_days(runs, gaps, marked_days(ask, found.covered))
    said = days_said(runs)
    # Plays of the days lie behind them, of the kind that the page is about.
    link = frame.path(ask.elsewhere("all").range_link("/history"))
    counts = Counter(one.look for one in days)
    start = frame.user.presentation.week_start if frame.user else 1
    numbers = {one.day: one.gap for one in days}
    return {
        "days_said": said,
        "shapes": shapes(summary=said.striptags()),
        "years": list(year_blocks(days, link=link, week_start=start)),
        "legend": [
            (look, swatch(look), words, counts[look])
            for look, words in LOOKS.items()
            if counts[look]
        ],
        "runs": [
            _line(run, numbers.get(run.starts_on), link) for run in runs[: -_MOST_LINES - 1 : -1]
        ],
        "runs_in_all": len(runs),
        "files": files_line("days", found.covered, frame.base),
    }


@dataclass(frozen=True, slots=True)
class _Line:
    """Days of which the same is known, as a line of the table."""

    href: str
    days: str
    count: int
    said: str


def _line(run: KnownDays, gap: int | None, link: str) -> _Line:
    look = look_of(run)
    last = run.ends_before - timedelta(days=1)
    return _Line(
        href=day_link(look, gap, link, (run.starts_on, run.ends_before)),
        days=formats.span(run.starts_on, last),
        count=run.days,
        said=LOOKS[look],
    )


def _days_range(days: tuple[date, date]) -> str:
    return asking.range_of_days(days[0].isoformat(), days[1].isoformat())


def days_said(runs: Sequence[KnownDays]) -> Markup:
    """Tell of how many days how much is known."""
    if not runs:
        return Markup("")
    sums = Counter[str]()
    for run in runs:
        sums[run.state] += run.days
    every = sums.total()
    part, missing = sums[DayState.PART], sums[DayState.GAP]
    known = every - part - missing
    if known == every:
        return told(
            "All of <b>{days}</b> are known.", days=formats.counted(every, "day", case="of")
        )
    return told(
        "Of {days} <b>{known}</b> are known, {part} in part, and {missing} not at all.",
        days=formats.counted(every, "day", case="of"),
        known=formats.number(known),
        part=formats.number(part),
        missing=formats.number(missing),
    )


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
