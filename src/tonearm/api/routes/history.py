"""Measures of a listener's history: one operation for each chart, made from the chart itself."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Scope
from tonearm.insights.chart import Chart, load_charts
from tonearm.insights.question import Question
from tonearm.web.callers import callers
from tonearm.web.etags import HEADERS, is_known, unchanged
from tonearm.web.questions import describe_answer, find_listener, question_endpoint
from tonearm.web.services import Services
from tonearm.web.strict import StrictRoute, api_router, problems

ROUTER = api_router("/history", "history")
_PARSED = "tonearm.parsed"
_MOST_PARSED = 1_024


async def _answer(
    request: Request,
    services: Services,
    caller: User,
    user: str,
    chart: Chart[Any, Any],
    question: Question,
) -> Response:
    listener = await find_listener(services, caller, user)
    if listener is caller:
        request.scope[_PARSED] = chart.name, question
    asked = chart.name, listener.id, question, listener.preferences
    # A remembered answer is given here on the event loop; a thread would cost more than it does.
    answer = services.insights.cached_bytes(*asked)
    if answer is None:
        answer = await run_in_threadpool(services.insights.answer_bytes, *asked)
    return _respond(request, *answer)


def _respond(request: Request, body: bytes, etag: str) -> Response:
    if is_known(request, etag):
        return unchanged(etag)
    return Response(body, media_type="application/json", headers={**HEADERS, "etag": etag})


class _ChartRoute(StrictRoute):
    """A strict route that remembers what a query string asked, so that it is parsed and judged once.

    Parsing takes most of the time of a remembered answer. Who is calling is found anew each time.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the memory in front of the strict handler."""
        handle = super().get_route_handler()
        parsed: OrderedDict[tuple[int, str, bytes], tuple[str, Question]] = OrderedDict()

        async def recall(request: Request) -> Response:
            calling = await (await callers(request)).find(request)
            if calling is None or Scope.HISTORY_READ not in calling.scopes:
                return await handle(request)
            user = calling.user
            key = (user.id, request.path_params["user"], request.scope["query_string"])
            known = parsed.get(key)
            if known is not None:
                insights = request.app.state.services.insights
                answer = insights.cached_bytes(known[0], user.id, known[1], user.preferences)
                if answer is not None:
                    return _respond(request, *answer)
            response = await handle(request)
            if _PARSED in request.scope:
                parsed[key] = request.scope[_PARSED]
                while len(parsed) > _MOST_PARSED:
                    parsed.popitem(last=False)
            return response

        return recall


def _endpoint(chart: Chart[Any, Any]) -> Callable[..., Awaitable[Response]]:
    async def answer(
        request: Request, services: Services, caller: User, user: str, question: Question
    ) -> Response:
        return await _answer(request, services, caller, user, chart, question)

    return question_endpoint(chart.question, answer)


def _add(chart: Chart[Any, Any]) -> None:
    told, schemas = describe_answer(chart.record, chart.title)
    ROUTER.add_api_route(
        f"/users/{{user}}/{chart.name}",
        _endpoint(chart),
        methods=["GET"],
        name=chart.name,
        summary=chart.title,
        description=f"{chart.description}\n\n{chart.definition}",
        response_class=Response,
        route_class_override=_ChartRoute,
        openapi_extra={"x-schemas": schemas},
        responses={
            200: told,
            **problems(404, 503),
        },
    )


for _chart in load_charts().values():
    _add(_chart)
