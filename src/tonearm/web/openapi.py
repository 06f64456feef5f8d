"""The API's description: FastAPI's own, with errors and log-in as they are here."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from tonearm.web.callers import Access
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
_FORBIDDEN = {
    **_UNAUTHENTICATED,
    "description": "The caller has not the role or the scope this needs",
}


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
            access = protected.get((method.upper(), path))
            if access is not None:
                scopes = [access.scope.value] if access.scope else []
                operation["security"] = [{"session": []}, {"key": scopes}]
                operation["x-role"] = access.role.value
                operation["responses"].setdefault("401", _UNAUTHENTICATED)
                operation["responses"].setdefault("403", _FORBIDDEN)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def access_of(dependant: Dependant) -> Access | None:
    """Give who may use a route; None where nobody has to be known."""
    if isinstance(dependant.call, Access):
        return dependant.call
    inner = (access_of(dependency) for dependency in dependant.dependencies)
    return next((access for access in inner if access is not None), None)


def _protected(app: FastAPI) -> Iterator[tuple[tuple[str, str], Access]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            access = access_of(route.dependant)
            for method in route.methods or ():
                if access is not None:
                    yield (method, route.path_format), access


def _turn_errors(responses: dict[str, Any]) -> None:
    for response in responses.values():
        content = response.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if str(schema.get("$ref", "")).endswith("/Problem"):
            content[PROBLEM_TYPE] = content.pop("application/json")
