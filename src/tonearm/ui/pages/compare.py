"""Compare: two ranges side by side."""

from dataclasses import replace
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.insights.charts.compare import CompareQuestion, Comparison
from tonearm.insights.question import make_question
from tonearm.speech import gettext as _
from tonearm.ui import asking, formats
from tonearm.ui.asking import Ask
from tonearm.ui.nouns import items_of, nouns_of
from tonearm.ui.picking import elsewhere_for_days, picker_values
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router()
_PREVIOUS = "previous"
_SHOWN = 8


class CompareForm(BaseModel):
    """The parameters of the page."""

    range: str = "this_year"
    first: Annotated[str, Field(alias="from")] = ""
    last: Annotated[str, Field(alias="to")] = ""
    other: str = _PREVIOUS
    kind: str = "music"
    rule: str = ""
    by: str = "plays"


@ROUTER.get("/compare")
def compare_page(
    request: Request, caller: PageCaller, rooms: Rooms, form: Annotated[CompareForm, Query()]
) -> Response:
    """Show two ranges side by side; without another one, the range and what lies before it."""
    other = form.other.strip() or _PREVIOUS
    more = () if other == _PREVIOUS else (("other", other),)
    ask = Ask(
        form.range, form.kind, form.rule or caller.rule, form.by,
        usual_rule=caller.rule, more=more,
    )  # fmt: skip
    elsewhere = elsewhere_for_days(request, ask, form.first, form.last)
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    question = make_question(
        CompareQuestion,
        {
            "range": ask.range, "kind": ask.kind, "rule": ask.rule, "by": ask.by,
            "other": other, "limit": _SHOWN,
        },
    )  # fmt: skip
    found = rooms.insights.answer("compare", caller.id, question, caller.preferences)
    return page(request, render_comparison(found, ask, frame_of(request, caller)))


def render_comparison(found: Comparison, ask: Ask, frame: Frame) -> str:
    """Render two ranges side by side."""
    nouns, items = nouns_of(ask.kind), items_of(ask.kind)
    numbers = [
        (_("Time"), found.totals.ms_played, found.other_totals.ms_played, formats.duration),
        (_("Plays"), found.totals.plays, found.other_totals.plays, formats.number),
        *(
            (_(nouns[item].many), getattr(found.totals, item), getattr(found.other_totals, item), formats.number)
            for item in items
        ),
        (
            _("Active days"), found.totals.active_days,
            found.other_totals.active_days, formats.number,
        ),
    ]  # fmt: skip
    other = found.other
    return render(
        "compare.html",
        frame,
        found=found,
        numbers=numbers,
        ranked=[(_(nouns[item].many), item, getattr(found, item)) for item in items],
        other=dict(ask.more).get("other", ""),
        other_label=asking.range_name(other.range, other),
        other_ask=replace(ask, range=other.range),
        **picker_values(ask, found.covered, has_all=False),
    )
