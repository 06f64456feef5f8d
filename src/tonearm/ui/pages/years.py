"""A year in review: the story of one year, and a picture of it to share."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.people import User
from tonearm.insights.charts.timeline import TimelineQuestion
from tonearm.insights.charts.year import Year, YearQuestion
from tonearm.insights.records import Timeline
from tonearm.ui import years
from tonearm.ui.asking import Ask
from tonearm.ui.charts.year_picture import year_picture
from tonearm.ui.drawing import draw_months
from tonearm.ui.picking import today_in
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.services import Services

ROUTER = APIRouter(prefix="/years", include_in_schema=False)
_FIRST, _LAST = 2006, 2200

YearNumber = Annotated[int, Path(ge=_FIRST, le=_LAST)]


@ROUTER.get("")
def latest_year(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """Lead to the latest year with plays."""
    found: Timeline = rooms.insights.answer(
        "timeline", caller.id, TimelineQuestion(unit="year"), caller.preferences
    )
    heard = [unit.starts_on.year for unit in found.items if unit.plays]
    number = heard[-1] if heard else today_in(caller.zone).year
    return RedirectResponse(frame_of(request).path(f"/years/{number}"), 303)


@ROUTER.get("/{year}")
def year_page(request: Request, caller: PageCaller, rooms: Rooms, year: YearNumber) -> Response:
    """Show the story of a year."""
    today = today_in(caller.zone)
    return page(request, render_year(_find(rooms, caller, year), frame_of(request, caller), today))


@ROUTER.get("/{year}/picture.svg")
def picture(caller: PageCaller, rooms: Rooms, year: YearNumber) -> Response:
    """Give the picture of a year, which needs nothing but itself."""
    drawn = year_picture(_find(rooms, caller, year), year)
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f'inline; filename="tonearm-{year}.svg"',
    }
    return Response(str(drawn), media_type="image/svg+xml", headers=headers)


def _find(rooms: Services, caller: User, number: int) -> Year:
    found: Year = rooms.insights.answer(
        "year", caller.id, YearQuestion(year=number), caller.preferences
    )
    return found


def render_year(year: Year, frame: Frame, today: date) -> str:
    """Render the story of a year; of one that goes on it says so."""
    number = year.months[0].starts_on.year
    ask = Ask(range=str(number), rule=year.covered.rule, usual_rule=year.covered.rule)
    months = Timeline(year.covered, "month", year.months)
    link = frame.path(ask.range_link("/"))
    return render(
        "year.html",
        frame,
        year=year,
        number=number,
        is_going_on=number == today.year,
        before=number - 1 if number > _FIRST else None,
        after=number + 1 if number < today.year else None,
        ask=ask,
        plays=ask.elsewhere("all"),
        said=years,
        month_link=link,
        **draw_months(months, link, None, "Nothing was heard."),
    )
