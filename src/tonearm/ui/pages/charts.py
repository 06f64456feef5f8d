"""Charts to take along, as files."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.ui.asking import range_name
from tonearm.ui.chart_files import CHART_FILES, as_picture
from tonearm.ui.pixels import to_png
from tonearm.web.callers import PageCaller, Rooms

ROUTER = APIRouter(prefix="/charts", include_in_schema=False)
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
}


@ROUTER.get("/{chart}.{form}")
def chart_file(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    chart: Annotated[str, Path(max_length=32)],
    form: Annotated[Literal["csv", "json", "svg", "png"], Path()],
    theme: Annotated[Literal["light", "dark"], Query()] = "light",
) -> Response:
    """Give the chart of a name, asked as pages and measures are; pictures in the colours of a theme."""
    found = CHART_FILES.get(chart)
    if found is None or form not in found.forms:
        raise NotFoundError(f"There is no chart of this name as {form.upper()}.")
    asked: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in asked:
            raise InvalidInputError(f"`{name}` must be given once.", parameter=name)
        asked[name] = value
    asked.pop("theme", None)
    questions = found.questions(asked)
    answer = rooms.insights.answer_whole if found.is_list else rooms.insights.answer
    answers = [
        answer(found.measure, caller.id, question, caller.preferences) for question in questions
    ]
    if form == "csv":
        content: str | bytes = found.table(answers)
    elif form == "json":
        content = found.data(answers)
    else:
        question = questions[0]
        named = question.range if question.from_ is None and question.to is None else ""
        covered = answers[0].covered
        title = found.called(covered.kind)
        caption = f"{title}, {range_name(named, covered)} · Tonearm"
        drawn = found.drawing(answers, caller.presentation.week_start)
        picture = as_picture(drawn, caption, is_dark=theme == "dark")
        content = to_png(picture) if form == "png" else picture
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f'attachment; filename="tonearm-{chart}.{form}"',
    }
    return Response(content, media_type=_TYPES[form], headers=headers)
