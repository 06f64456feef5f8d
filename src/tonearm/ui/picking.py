"""The picker of ranges: what it has sent, and what it shows."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query
from starlette.requests import Request

from tonearm.insights.records import Covered
from tonearm.ops.clock import system_clock
from tonearm.ui import asking, formats
from tonearm.ui.asking import Ask
from tonearm.ui.rendering import Frame
from tonearm.web.callers import PageCaller


def today_in(zone: str) -> date:
    """Give the present day in a zone."""
    now: datetime = system_clock()
    return now.astimezone(ZoneInfo(zone)).date()


def picker_values(
    ask: Ask,
    covered: Covered,
    lanes: Mapping[str, str] = asking.LANES,
    today: date | None = None,
    *,
    has_all: bool = True,
) -> Mapping[str, Any]:
    """Give what the template of a page with a picker needs for it."""
    step_back, step_on = asking.neighbours(covered, today or today_in(covered.zone))
    return {
        "ask": ask,
        "range_label": asking.range_name(ask.range, covered),
        "step_back": step_back,
        "step_on": step_on,
        "named": {
            text: name for text, name in asking.NAMED_RANGES.items() if has_all or text != "all"
        },
        "lanes": lanes,
        "rules": asking.RULES,
    }


def marked_days(ask: Ask, covered: Covered) -> tuple[date, date] | None:
    """Give the days that stand out in a chart of all the years; None where all of them are asked about."""
    if ask.range == "all":
        return None
    return formats.local_days(covered.from_at, covered.to_at, covered.zone)


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
    return ask, elsewhere_for_days(request, ask, first, last)


def elsewhere_for_days(request: Request, ask: Ask, first: str, last: str) -> str | None:
    """Give the address to go to, where a date form has sent days; raises InvalidInputError."""
    if not (first or last or "from" in request.query_params):
        return None
    base: str = request.scope.get("root_path", "")
    wanted = asking.range_of_days(first or last, last or first) if first or last else ask.range
    return base + ask.address(request.url.path.removeprefix(base), range=wanted)


Asked = Annotated[tuple[Ask, str | None], Depends(range_form)]


def plays_behind(ask: Ask, frame: Frame) -> str:
    """Give the address of the plays behind the numbers of a page: those that the rule counts."""
    return frame.path(ask.elsewhere("all").address("/history", by="plays", counted="in"))
