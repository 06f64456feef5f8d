"""Routes refuse what they do not know: nothing misspelled is ignored in silence."""

import re
from collections.abc import Callable, Coroutine, Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, field_validator
from starlette.requests import Request
from starlette.responses import Response

from tonearm.domain.text import is_writable
from tonearm.web.descriptions import Described
from tonearm.web.etags import tagged
from tonearm.web.idempotency import answer_once, refuse_key, takes_key
from tonearm.web.openapi import access_of
from tonearm.web.problem import describe_problem

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Body(Described):
    """What a request sends; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _writable(cls, value: Any) -> Any:  # noqa: ANN401 - of any field
        texts = value if isinstance(value, list | tuple) else (value,)
        if not all(is_writable(text) for text in texts if isinstance(text, str)):
            raise ValueError("must be text that has a form in UTF-8; a lone surrogate has none")
        return value


def _without_null(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        kinds = [kind for kind in field.pop("anyOf", ()) if kind != {"type": "null"}]
        field.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})
        field.pop("default", None)


class Change(Body):
    """What shall be otherwise: a field that is left out stays as it is, and none can be null."""

    model_config = ConfigDict(json_schema_extra=_without_null)

    @field_validator("*")
    @classmethod
    def _given(cls, value: Any) -> Any:  # noqa: ANN401 - of any field
        if value is None:
            raise ValueError("must not be null; leave it out, and it stays as it is")
        return value


def _written_out(value: object) -> object:
    # A bare number could be seconds or milliseconds, and pydantic would guess.
    if value is not None and not (isinstance(value, str) and "T" in value.upper()):
        raise ValueError("must be an instant with its offset, such as 2024-03-31T01:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""An instant in a body: written out, with its offset."""


def _day(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("must be a day, YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A day in a body: written out too."""


class StrictRoute(APIRoute):
    """A route that answers 422 to query parameters it does not have; with idempotency keys and ETags."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the check in front of FastAPI's own handler."""
        handle = super().get_route_handler()
        known = frozenset(query_names(self.dependant))
        access = access_of(self.dependant)
        once = access if takes_key(self, access) else None

        async def check(request: Request) -> Response:
            _check_names(request, known)
            if once is not None:
                return await answer_once(request, once, handle)
            if request.method == "POST":
                refuse_key(request)
            response = await handle(request)
            return tagged(request, response) if request.method == "GET" else response

        return check


class PageRoute(APIRoute):
    """A route of a page: a bookmark with a misspelt parameter is told so, and not shown what was not asked for."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the check in front of FastAPI's own handler."""
        handle = super().get_route_handler()
        known = frozenset(query_names(self.dependant))

        async def check(request: Request) -> Response:
            _check_names(request, known)
            return await handle(request)

        return check


def page_router(prefix: str = "") -> APIRouter:
    """Make a router for pages that are asked for something by their address."""
    return APIRouter(prefix=prefix, include_in_schema=False, route_class=PageRoute)


def _check_names(request: Request, known: frozenset[str]) -> None:
    """Refuse parameters that are not known or there twice; raises RequestValidationError."""
    if not request.scope["query_string"]:
        return
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise _unknown_parameters(unknown, known)
    names = [name for name, _ in request.query_params.multi_items()]
    if len(names) > len(set(names)):
        name = max(names, key=names.count)
        raise _repeated_parameter(name, request.query_params.getlist(name)[:2])


def query_names(dependant: Dependant) -> Iterator[str]:
    """Give the names of all query parameters that a route and its dependencies take."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (one.alias or name for name, one in kind.model_fields.items())
        else:
            yield field.alias
    for dependency in dependant.dependencies:
        yield from query_names(dependency)


def api_router(prefix: str, tag: str) -> APIRouter:
    """Make a router for one family of the API, strict and with its errors documented."""
    return APIRouter(
        prefix=f"/api{prefix}",
        tags=[tag],
        route_class=StrictRoute,
        responses={422: describe_problem("Something sent cannot be used")},
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of one operation."""
    return {status: describe_problem(_MEANINGS[status]) for status in statuses}


_MEANINGS = {
    400: "The request cannot be understood",
    401: "Nobody known is calling",
    403: "The caller may not do this",
    404: "There is no such thing, or it is not the caller's",
    409: "The thing is not in a state in which this can be done",
    413: "More was sent than is allowed",
    429: "Too many attempts; wait",
    502: "The log-in provider answers something that cannot be trusted",
    503: "Disk or database cannot serve right now",
}


def _repeated_parameter(name: str, values: list[str]) -> RequestValidationError:
    fault = {"type": "value_error", "loc": ("query", name), "msg": "must be given once"}
    return RequestValidationError([fault | {"input": values}])


def _unknown_parameters(unknown: list[str], known: frozenset[str]) -> RequestValidationError:
    allowed = ", ".join(sorted(known)) or "none"
    return RequestValidationError(
        [
            {
                "type": "extra_forbidden",
                "loc": ("query", name),
                "msg": "",
                "ctx": {"allowed": allowed},
            }
            for name in dict.fromkeys(unknown)
        ]
    )
