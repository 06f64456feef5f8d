"""A year or a month in review: its story, and a picture of it to share."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.people import User
from tonearm.insights.charts.month import Month, MonthQuestion
from tonearm.insights.charts.timeline import TimelineQuestion
from tonearm.insights.charts.year import Year, YearQuestion
from tonearm.insights.question import make_question
from tonearm.insights.records import Timeline
from tonearm.speech import gettext as _
from tonearm.ui import formats, months, years
from tonearm.ui.asking import Ask
from tonearm.ui.charts.review_picture import review_picture
from tonearm.ui.drawing import draw_months
from tonearm.ui.pages.shared import Theme, picture_answer
from tonearm.ui.picking import today_in
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.years import FIRST_YEAR, LAST_YEAR
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.services import Services
from tonearm.web.strict import page_router

ROUTER = page_router("/years")

YearNumber = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]
MonthNumber = Annotated[str, Path(pattern="^(0[1-9]|1[0-2])$")]

Kind = Annotated[str, Query(alias="kind")]
RuleName = Annotated[str, Query(alias="rule")]


@ROUTER.get("")
def latest_year(
    request: Request, caller: PageCaller, rooms: Rooms, kind: Kind = "music", rule: RuleName = ""
) -> Response:
    """Lead to the latest year with plays of a kind."""
    asked = {"unit": "year", "kind": kind, **({"rule": rule} if rule else {})}
    found: Timeline = rooms.insights.answer(
        "timeline", caller.id, make_question(TimelineQuestion, asked), caller.preferences
    )
    heard = [unit.starts_on.year for unit in found.items if unit.plays]
    number = max(heard[-1], FIRST_YEAR) if heard else today_in(caller.zone).year
    ask = Ask(kind=kind, rule=rule or caller.rule, usual_rule=caller.rule)
    return RedirectResponse(frame_of(request).path(ask.address(f"/years/{number}", range="")), 303)


@ROUTER.get("/{year}")
def year_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    year: YearNumber,
    kind: Kind = "music",
    rule: RuleName = "",
) -> Response:
    """Show the story of a year."""
    found = _find(rooms, caller, year, kind, rule)
    frame = frame_of(request, caller)
    return page(request, render_year(found, frame, caller.rule, today_in(caller.zone)))


@ROUTER.get("/{year}/picture.png")
@ROUTER.get("/{year}/picture.svg")
def picture(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    year: YearNumber,
    kind: Kind = "music",
    rule: RuleName = "",
    theme: Theme = "light",
) -> Response:
    """Give the picture of a year, which needs nothing but itself."""
    drawn = review_picture(_find(rooms, caller, year, kind, rule), is_dark=theme == "dark")
    return picture_answer(request, str(drawn), f"tonearm-{year}")


@ROUTER.get("/{year}/{month}")
def month_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    year: YearNumber,
    month: MonthNumber,
    kind: Kind = "music",
    rule: RuleName = "",
) -> Response:
    """Show the story of a month."""
    found = _find_month(rooms, caller, f"{year}-{month}", kind, rule)
    frame = frame_of(request, caller)
    return page(request, render_month(found, frame, caller.rule, today_in(caller.zone)))


@ROUTER.get("/{year}/{month}/picture.png")
@ROUTER.get("/{year}/{month}/picture.svg")
def picture_of_month(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    year: YearNumber,
    month: MonthNumber,
    kind: Kind = "music",
    rule: RuleName = "",
    theme: Theme = "light",
) -> Response:
    """Give the picture of a month, which needs nothing but itself."""
    found = _find_month(rooms, caller, f"{year}-{month}", kind, rule)
    drawn = review_picture(found, is_dark=theme == "dark")
    return picture_answer(request, str(drawn), f"tonearm-{year}-{month}")


def _find(rooms: Services, caller: User, number: int, kind: str, rule: str) -> Year:
    asked = {"year": number, "kind": kind, **({"rule": rule} if rule else {})}
    found: Year = rooms.insights.answer(
        "year", caller.id, make_question(YearQuestion, asked), caller.preferences
    )
    return found


def _find_month(rooms: Services, caller: User, number: str, kind: str, rule: str) -> Month:
    asked = {"month": number, "kind": kind, **({"rule": rule} if rule else {})}
    found: Month = rooms.insights.answer(
        "month", caller.id, make_question(MonthQuestion, asked), caller.preferences
    )
    return found


def render_year(year: Year, frame: Frame, usual_rule: str, today: date) -> str:
    """Render the story of a year; of one that goes on it says so."""
    number, covered = year.months[0].starts_on.year, year.covered
    ask = Ask(range=str(number), kind=covered.kind, rule=covered.rule, usual_rule=usual_rule)
    by_month = Timeline(covered, "month", year.months)
    return render(
        "year.html",
        frame,
        review=year,
        opening=years.opening(year, is_going_on=number == today.year),
        leader=years.leader,
        discoveries=years.discoveries(year),
        number=number,
        name=number,
        path=f"/years/{number}",
        story=months.story,
        is_going_on=number == today.year,
        before=number - 1 if number > FIRST_YEAR else None,
        after=number + 1 if number < today.year else None,
        ask=ask,
        plays=ask.elsewhere("all"),
        **draw_months(
            by_month,
            frame.path("/years/"),
            None,
            _("Nothing was heard."),
            frame.base,
            ending=ask.address("{:%Y/%m}", range=""),
        ),
    )


def render_month(month: Month, frame: Frame, usual_rule: str, today: date) -> str:
    """Render the story of a month; of one that goes on it says so."""
    first, covered = month.days[0].starts_on, month.covered
    ask = Ask(range=covered.range, kind=covered.kind, rule=covered.rule, usual_rule=usual_rule)
    before, after = months.neighbours(first, today)
    is_going_on = first == today.replace(day=1)
    link = frame.path(ask.elsewhere("all").range_link("/history"))
    return render(
        "month.html",
        frame,
        review=month,
        opening=months.opening(month, is_going_on=is_going_on),
        leader=months.leader,
        discoveries=years.discoveries(month),
        name=formats.month(first),
        year=first.year,
        path=months.story(first),
        story=months.story,
        is_going_on=is_going_on,
        before=before,
        after=after,
        ask=ask,
        plays=ask.elsewhere("all"),
        day_link=link,
        **draw_months(
            Timeline(covered, "day", month.days), link, None, _("Nothing was heard."), frame.base
        ),
    )
