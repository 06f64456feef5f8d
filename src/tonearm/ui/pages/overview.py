"""Overview: a range of listening at a glance."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.insights.records import Overview, Top
from tonearm.ops.clock import system_clock
from tonearm.ui import asking, formats, sentences
from tonearm.ui.asking import Ask
from tonearm.ui.charts import groove as grooves
from tonearm.ui.charts.groove_table import groove_table
from tonearm.ui.charts.heatmap import heatmap
from tonearm.ui.charts.timeline import timeline
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms

ROUTER = APIRouter(include_in_schema=False)
_SHOWN = 7
_WIDE = 1120
_NARROW = 380
_ACTIVE_LABELS = {
    "music": "Days with music",
    "podcast": "Days with podcasts",
    "audiobook": "Days with audiobooks",
    "all": "Days with a play",
}


@dataclass(frozen=True, slots=True)
class Change:
    """How a number moved against the period before."""

    label: str
    text: str
    direction: str
    word: str


async def range_form(
    request: Request,
    caller: PageCaller,
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
    asked: Annotated[str, Query(alias="range")] = "all",
    kind: str = "music",
    rule: str | None = None,
    by: str = "plays",
) -> tuple[Ask, str | None]:
    """Read a page's parameters; the address to go to instead, where a date form sent them."""
    ask = Ask(asked, kind, rule or caller.rule, by, usual_rule=caller.rule)
    if not (first or last or "from" in request.query_params):
        return ask, None
    base = request.scope.get("root_path", "")
    wanted = asking.range_of_days(first or last, last or first) if first or last else asked
    path = request.url.path.removeprefix(base)
    return ask, base + ask.address(path, range=wanted)


Asked = Annotated[tuple[Ask, str | None], Depends(range_form)]


@ROUTER.get("/")
def overview_page(request: Request, caller: PageCaller, rooms: Rooms, asked: Asked) -> Response:
    """Show the overview of the range in the address."""
    ask, elsewhere = asked
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    found = rooms.insights.overview(caller.id, ask.question(_SHOWN), caller.preferences)
    frame = frame_of(request, caller)
    return page(request, render_overview(found, ask, frame, today=today_in(caller.zone)))


def today_in(zone: str) -> date:
    """Give the present day in a zone."""
    now: datetime = system_clock()
    return now.astimezone(ZoneInfo(zone)).date()


def render_overview(overview: Overview, ask: Ask, frame: Frame, *, today: date) -> str:
    """Render the overview; a listener without any play gets the page that teaches how to begin."""
    parts = grooves.segments(overview.days.items)
    summary = sentences.groove_summary(parts)
    link = frame.path(ask.range_link("/"))
    if not parts:
        drawing = grooves.groove((), summary=summary, link=link)
        return render("empty.html", frame, groove=drawing)
    covered = overview.totals.covered
    marked = (
        None
        if ask.range == "all"
        else formats.local_days(covered.from_at, covered.to_at, covered.zone)
    )
    step_back, step_on = asking.neighbours(covered, today)
    months_said = sentences.months(overview.months)
    bars = [
        timeline(
            overview.months.items,
            summary=sentences.plain(months_said) or "No listening yet.",
            width=width,
            name=name,
            link=link,
            marked=marked,
        )
        for width, name in ((_WIDE, "tl-wide"), (_NARROW, "tl-narrow"))
    ]
    peak = sentences.peak(overview.heatmap)
    week_start = frame.user.presentation.week_start if frame.user else 1
    return render(
        "overview.html",
        frame,
        overview=overview,
        ask=ask,
        range_label=asking.range_name(ask.range, covered),
        range_link=link,
        step_back=step_back,
        step_on=step_on,
        years=_years(parts),
        lede=sentences.lede(overview),
        change=_change(overview),
        active_label=_ACTIVE_LABELS[ask.kind],
        with_change=overview.previous is not None,
        most=_most,
        peak=peak,
        heatmap=heatmap(
            overview.heatmap.items, summary=sentences.plain(peak), week_start=week_start
        ),
        weekdays=formats.week(week_start),
        groove=grooves.groove(parts, summary=summary, link=link, marked=marked),
        groove_caption=_groove_caption(parts),
        groove_table=groove_table(parts, link=link),
        months_said=months_said,
        timeline_wide=bars[0],
        timeline_narrow=bars[1],
        named=asking.NAMED_RANGES,
        lanes=asking.LANES,
        rules=asking.RULES,
    )


def _years(parts: tuple[grooves.Segment, ...]) -> list[int]:
    return sorted({part.first.year for part in parts}, reverse=True)


def _most(top: Top) -> int:
    return max(
        (item.plays if top.by == "plays" else item.ms_played for item in top.items), default=0
    )


def _groove_caption(parts: tuple[grooves.Segment, ...]) -> Markup:
    years = parts[-1].first.year - parts[0].first.year + 1
    if years == 1:
        return Markup("One ring is one year, a mark is three days")
    return Markup("One ring a year, the oldest inside; a mark is three days")


def _change(overview: Overview) -> Change | None:
    before, now = overview.previous, overview.totals
    if before is None or not before.ms_played:
        return None
    difference = now.ms_played - before.ms_played
    return Change(
        label=sentences.change_label(before),
        text=formats.change(now.ms_played, before.ms_played),
        direction="up" if difference > 0 else "dn" if difference < 0 else "",
        word="more listening" if difference > 0 else "less listening" if difference < 0 else "",
    )
