"""Patterns: when somebody listens, for how long, how often again, and where."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.insights.patterns import Patterns
from tonearm.ui import patterns
from tonearm.ui.asking import Ask
from tonearm.ui.drawing import draw_countries, draw_day, draw_habits, draw_week
from tonearm.ui.picking import Asked, picker_values, plays_behind, today_in
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router()


@ROUTER.get("/patterns")
def patterns_page(request: Request, caller: PageCaller, rooms: Rooms, asked: Asked) -> Response:
    """Show the patterns of the range in the address."""
    ask, elsewhere = asked
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    found = rooms.insights.patterns(caller.id, ask.question(1), caller.preferences)
    return page(request, render_patterns(found, ask, frame_of(request, caller)))


def render_patterns(found: Patterns, ask: Ask, frame: Frame) -> str:
    """Render the patterns of a range."""
    behind, plays = plays_behind(ask, frame), ask.elsewhere("all")
    return render(
        "patterns.html",
        frame,
        found=found,
        plays=plays,
        world=draw_countries(found.countries, plays, frame),
        said=patterns,
        today=today_in(found.heatmap.covered.zone),
        **picker_values(ask, found.heatmap.covered),
        **draw_week(found.heatmap, frame, behind),
        **draw_day(found.clock, behind, frame.base),
        **draw_habits(found, ask, frame),
    )
