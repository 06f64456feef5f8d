"""The API's description: FastAPI's own, with errors and log-in as they are here."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from tonearm.web.callers import caller
from tonearm.web.problem import PROBLEM_TYPE

_SECURITY: list[dict[str, list[str]]] = [{"session": []}, {"key": []}]
_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "tonearm_session",
        "description": "Set by `POST /api/auth/login`.",
    },
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `tnrm_…`, shown once at the set-up.",
    },
}
_UNAUTHENTICATED = {
    "description": "Nobody known is calling",
    "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Give the OpenAPI document of an app."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    document["components"]["securitySchemes"] = _SCHEMES
    protected = set(_protected(app))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _turn_errors(operation["responses"])
            document["components"]["schemas"] |= operation.pop("x-schemas", {})
            if (method.upper(), path) in protected:
                operation["security"] = _SECURITY
                operation["responses"].setdefault("401", _UNAUTHENTICATED)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def asks_who_is_calling(dependant: Dependant) -> bool:
    """Tell whether a route needs a known caller."""
    return dependant.call is caller or any(map(asks_who_is_calling, dependant.dependencies))


def _protected(app: FastAPI) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and asks_who_is_calling(route.dependant):
            for method in route.methods or ():
                yield method, route.path_format


def _turn_errors(responses: dict[str, Any]) -> None:
    for response in responses.values():
        content = response.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if str(schema.get("$ref", "")).endswith("/Problem"):
            content[PROBLEM_TYPE] = content.pop("application/json")
