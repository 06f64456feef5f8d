"""Overview: a range of listening at a glance."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.insights.charts.milestones import Anniversary, Milestones
from tonearm.insights.charts.streaks import Streaks
from tonearm.insights.overview import Overview
from tonearm.insights.records import Top
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import formats, months, sentences
from tonearm.ui.asking import Ask
from tonearm.ui.charts import groove as grooves
from tonearm.ui.charts.groove_table import groove_table
from tonearm.ui.closing import closing
from tonearm.ui.covers import hang, ranked
from tonearm.ui.drawing import draw_day, draw_months, draw_week
from tonearm.ui.nouns import nouns_of
from tonearm.ui.picking import Asked, marked_days, picker_values, plays_behind, today_in
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.years import FIRST_YEAR, LAST_YEAR
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router()
_SHOWN = 7
_SOON = timedelta(days=60)
_MOST_ANNIVERSARIES = 2
_YEAR, _MONTH = re.compile(r"[0-9]{4}"), re.compile(r"[0-9]{4}-[0-9]{2}")
_ACTIVE_LABELS = {
    "music": N_("Days with music"),
    "podcast": N_("Days with podcasts"),
    "audiobook": N_("Days with audiobooks"),
    "all": N_("Days with a play"),
}


_DIRECTIONS = {"up": N_("more listening"), "dn": N_("less listening"), "": N_("as much")}


@dataclass(frozen=True, slots=True)
class Change:
    """How a number moved against the period before."""

    label: str
    text: str
    direction: str
    word: str


@ROUTER.get("/")
def overview_page(request: Request, caller: PageCaller, rooms: Rooms, asked: Asked) -> Response:
    """Show the overview of the range in the address."""
    ask, elsewhere = asked
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    found = rooms.insights.overview(caller.id, ask.question(_SHOWN), caller.preferences)
    tops = {"artists": found.artists, "albums": found.albums, "tracks": found.tracks}
    lines = [line for place, top in tops.items() for line in ranked(place, top)]
    lines += ranked("artists", found.shows)
    frame, later = hang(frame_of(request, caller), rooms, lines)
    with_now = rooms.playing.can_glance(caller.id)
    today = today_in(caller.zone)
    html = render_overview(found, ask, frame, today=today, with_now_playing=with_now)
    return page(request, html, later=later)


def render_overview(
    overview: Overview, ask: Ask, frame: Frame, *, today: date, with_now_playing: bool = False
) -> str:
    """Render the overview; a listener without any play gets the page that teaches how to begin."""
    parts = grooves.segments(overview.days.items)
    summary = sentences.groove_summary(parts)
    link = frame.path(ask.range_link("/"))
    if not parts:
        drawing = grooves.groove((), summary=summary, link=link)
        return render("empty.html", frame, groove=drawing)
    covered = overview.totals.covered
    marked = marked_days(ask, covered)
    behind = plays_behind(ask, frame)
    return render(
        "overview.html",
        frame,
        overview=overview,
        range_link=link,
        years=_years(parts),
        lede=sentences.lede(overview),
        story=_story(ask.range, covered.from_local),
        behind=behind,
        change=_change(overview),
        active_label=_(_ACTIVE_LABELS[ask.kind]),
        with_change=overview.previous is not None,
        with_now_playing=with_now_playing,
        most=_most,
        groove=grooves.groove(parts, summary=summary, link=link, marked=marked),
        groove_caption=_groove_caption(parts),
        groove_table=groove_table(parts, link=link),
        **picker_values(ask, covered, today=today),
        amount=partial(_amount, overview.totals.covered.kind),
        streak_now=_streak_now(overview.streaks, today),
        latest_label=_latest_label(overview),
        closing=closing(overview.gaps, covered.zone, today),
        anniversaries=_soon(overview.milestones, today),
        **draw_week(overview.heatmap, frame, behind),
        **draw_day(overview.clock, behind, frame.base),
        **draw_months(overview.months, link, marked, _("No listening yet."), frame.base),
    )


def _years(parts: tuple[grooves.Segment, ...]) -> list[int]:
    return sorted({part.first.year for part in parts}, reverse=True)


def _story(text: str, from_local: str | None) -> tuple[str, str] | None:
    """Give the path and the name of the year or month that a range names, if there is a story of it."""
    if from_local is None:
        return None
    first = datetime.fromisoformat(from_local).date()
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        return None
    if text in ("this_month", "last_month") or _MONTH.fullmatch(text):
        return months.story(first), formats.month(first)
    if text in ("this_year", "last_year") or _YEAR.fullmatch(text):
        return f"/years/{first.year}", str(first.year)
    return None


def _soon(milestones: Milestones, today: date) -> list[Anniversary]:
    """Give the anniversaries to look forward to, the nearest first."""
    soon = [one for one in milestones.anniversaries if one.on - today <= _SOON]
    return sorted(soon, key=lambda one: one.on)[:_MOST_ANNIVERSARIES]


def _amount(lane: str, kind: str, number: int) -> str:
    """Spell how many there are of what a milestone is of."""
    if kind == "artists":
        return nouns_of(lane)["artists"].counted(number)
    if kind == "tracks":
        return nouns_of(lane)["tracks"].counted(number)
    if kind == "hours":
        return formats.counted(number, "hour")
    return formats.counted(number, "play")


def _streak_now(streaks: Streaks, today: date) -> str:
    """Tell how long the days in a row are that still go on; nothing of a range that is over."""
    current = streaks.current
    if current.ends_on is None or current.ends_on < today - timedelta(days=1):
        return ""
    if current == streaks.longest:
        return _("and counting")
    return _("now {days}").format(days=formats.number(current.days))


def _latest_label(overview: Overview) -> str:
    latest = overview.latest
    if latest is None:
        return ""
    new = _(nouns_of(overview.totals.covered.kind)["artists"].new)
    if latest.range == "last_30_days":
        return _("{new} in 30 days").format(new=new)
    month = date.fromisoformat(f"{latest.range}-01")
    return _("{new} in {month}").format(new=new, month=formats.month(month))


def _most(top: Top) -> int:
    return max(
        (item.plays if top.by == "plays" else item.ms_played for item in top.items), default=0
    )


def _groove_caption(parts: tuple[grooves.Segment, ...]) -> str:
    years = parts[-1].first.year - parts[0].first.year + 1
    if years == 1:
        return _("One ring is one year, a mark is three days")
    return _("One ring a year, the oldest inside; a mark is three days")


def _change(overview: Overview) -> Change | None:
    before, now = overview.previous, overview.totals
    if before is None or not before.ms_played:
        return None
    direction = formats.direction(now.ms_played, before.ms_played)
    return Change(
        label=sentences.change_label(before),
        text=formats.change(now.ms_played, before.ms_played),
        direction=direction,
        word=_(_DIRECTIONS[direction]),
    )
