"""The ASGI app: accounts service, Web API and control in one, on one address."""

from __future__ import annotations

import asyncio
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from tonearm.simulator import control, login
from tonearm.simulator.calls import Answer, ApiError, Call, Operation
from tonearm.simulator.faults import spoil
from tonearm.simulator.pictures import picture
from tonearm.simulator.table import load_table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tonearm.simulator.accounts import Grant
    from tonearm.simulator.simulator import Simulator
    from tonearm.simulator.table import Table

METHODS: Final = ["GET", "POST", "PUT", "DELETE", "PATCH"]
_JSON: Final = "application/json; charset=utf-8"


def create_app(
    simulator: Simulator, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Starlette:
    """Make the app: `/authorize` and `/api/token`, the Web API under `/v1`, control under `/_simulator`.

    `sleep` is how slow answers wait.
    """
    service = _Service(simulator, load_table(), sleep)
    return Starlette(
        routes=[
            Route("/authorize", service.of(_authorize), methods=["GET", "POST"]),
            Route("/api/token", service.of(_token), methods=["POST"]),
            Route("/v1/{path:path}", service.of(service.answer), methods=METHODS),
            Route("/image/{name}", _image),
            *control.routes(simulator),
        ]
    )


class _Service:
    """Answers for Spotify: counts, lets faults happen, and states the time."""

    def __init__(
        self, simulator: Simulator, table: Table, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._simulator, self._table, self._sleep = simulator, table, sleep

    def of(
        self, act: Callable[[Simulator, Request, bytes], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that does something unless a fault comes in between."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            simulator, path = self._simulator, request.url.path
            with simulator.lock:
                fault = simulator.faults.meet(request.method, path)
                answer = None
                if fault is None or fault.carried_out:
                    answer = act(simulator, request, body)
                    stated = simulator.clock() + simulator.clock.skew
                    answer.headers["Date"] = format_datetime(stated, usegmt=True)
            if fault is not None:
                answer = await spoil(fault, answer, self._sleep)
            if answer is None:
                raise RuntimeError("a call without a fault has an answer")
            simulator.counts[request.method, path, answer.status_code] += 1
            return answer

        return endpoint

    def answer(self, simulator: Simulator, request: Request, body: bytes) -> Response:
        """Answer a call of the Web API."""
        # A trailing slash makes no difference.
        path = "/" + request.path_params["path"].strip("/")
        try:
            grant = simulator.admit(request.headers.get("Authorization", ""))
            operation, parts = self._table.find(request.method, path)
            _check_rights(operation, grant)
            call = Call(
                simulator, simulator.documents(str(request.base_url).rstrip("/")), grant, path,
                parts, dict(request.query_params),
                request.headers.get("Content-Type", "").partition(";")[0].strip(), body,
            )  # fmt: skip
            return _write(operation.handler(call))
        except ApiError as error:
            return _write(Answer(error.document, error.status), error.headers)


def _check_rights(operation: Operation, grant: Grant) -> None:
    for group in operation.scopes:
        if not grant.scopes.intersection(group):
            raise ApiError(403, "Insufficient client scope")
    if operation.premium and not grant.user.premium:
        raise ApiError(403, "Player command failed: Premium required", "PREMIUM_REQUIRED")


def _write(answer: Answer, headers: dict[str, str] | None = None) -> Response:
    if answer.document is None:
        return Response(b"", answer.status, headers)
    body = msgspec.json.encode(answer.document)
    return Response(body, answer.status, headers, media_type=_JSON)


def _authorize(simulator: Simulator, request: Request, body: bytes) -> Response:
    if request.method == "GET":
        return login.authorize_page(simulator, request.query_params)
    form = dict(parse_qsl(body.decode(errors="replace")))
    return login.decide(simulator, request.query_params, form)


def _token(simulator: Simulator, request: Request, body: bytes) -> Response:
    headers = request.headers
    return login.give_tokens(
        simulator, headers.get("Content-Type", ""), body, headers.get("Authorization", "")
    )


async def _image(request: Request) -> Response:
    """A picture that follows from its name."""
    drawn = await run_in_threadpool(picture, request.path_params["name"])
    return Response(drawn, HTTPStatus.OK, media_type="image/png")
