"""The API's description: FastAPI's own, with errors and log-in as they are here."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from tonearm.web.callers import caller
from tonearm.web.problem import PROBLEM_TYPE

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
_OUT_OF_SCOPE = {**_UNAUTHENTICATED, "description": "The key has not the scope this needs"}


def describe(app: FastAPI) -> dict[str, Any]:
    """Give the OpenAPI document of an app."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    document["components"]["securitySchemes"] = _SCHEMES
    protected = dict(_protected(app))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _turn_errors(operation["responses"])
            document["components"]["schemas"] |= operation.pop("x-schemas", {})
            scopes = protected.get((method.upper(), path))
            if scopes is not None:
                operation["security"] = [{"session": []}, {"key": scopes}]
                operation["responses"].setdefault("401", _UNAUTHENTICATED)
                if scopes:
                    operation["responses"].setdefault("403", _OUT_OF_SCOPE)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def needed_scopes(dependant: Dependant) -> list[str] | None:
    """Give the scopes that a key needs for a route; None where nobody has to be known."""
    if dependant.call is caller:
        return [str(scope) for scope in dependant.own_oauth_scopes or ()]
    inner = (needed_scopes(dependency) for dependency in dependant.dependencies)
    return next((scopes for scopes in inner if scopes is not None), None)


def _protected(app: FastAPI) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            scopes = needed_scopes(route.dependant)
            for method in route.methods or ():
                if scopes is not None:
                    yield (method, route.path_format), scopes


def _turn_errors(responses: dict[str, Any]) -> None:
    for response in responses.values():
        content = response.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if str(schema.get("$ref", "")).endswith("/Problem"):
            content[PROBLEM_TYPE] = content.pop("application/json")
