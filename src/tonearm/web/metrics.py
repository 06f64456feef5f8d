"""What this process counts, for Prometheus: a token of its own opens it, and nothing else does."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tonearm.domain.errors import NotFoundError, UnauthenticatedError
from tonearm.web.callers import Rooms
from tonearm.web.openapi import METRICS_SCHEME
from tonearm.web.strict import StrictRoute, problems

ROUTER = APIRouter(route_class=StrictRoute, tags=["system"])


@ROUTER.get(
    "/metrics",
    summary="What this process counts, for Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The text"},
        **problems(401, 404),
    },
    openapi_extra={"security": [{METRICS_SCHEME: []}]},
)
def metrics(request: Request, services: Rooms) -> Response:
    """Tell it to whoever shows `TONEARM_METRICS_TOKEN`; where none is set, nothing is here.

    Raises:
        NotFoundError: this Tonearm counts nothing.
        UnauthenticatedError: the token is another one.
    """
    exposition = services.exposition
    if exposition is None:
        raise NotFoundError("There is nothing at this address.")
    if not exposition.admits(request.headers.get("authorization")):
        raise UnauthenticatedError(
            "Metrics are for whoever shows TONEARM_METRICS_TOKEN as a bearer token."
        )
    body, media_type = exposition.render(request.headers.get("accept"))
    return Response(body, headers={"content-type": media_type, "cache-control": "no-store"})
