"""The API's description: FastAPI's own, with errors and log-in as they are here."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from tonearm.domain.vocabulary import Role
from tonearm.web import idempotency
from tonearm.web.callers import Access
from tonearm.web.etags import UNCHANGED
from tonearm.web.problem import describe_problem, problem_schemas

METRICS_SCHEME = "metrics"
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
        "description": "An API key, `tnrm_…`, shown once when it is made.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": 'An access token from `POST /api/auth/login` with `"session": "token"`.',
    },
    METRICS_SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": "`TONEARM_METRICS_TOKEN`, for `/metrics` alone.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "Name and password, over HTTPS or on this machine.",
    },
}
# What the gate may answer whatever is asked for, by status, and what the routes' common parts may.
FROM_THE_GATE = {
    "400": "The API version or the Host header cannot be used",
    "408": "The body came in too slowly",
    "413": "The body is larger than is allowed",
    "421": "Tonearm does not go by the host name that was asked for",
    "429": "Too many requests or attempts; `Retry-After` says how long to wait",
}
_EVERYWHERE = {
    **{status: FROM_THE_GATE[status] for status in ("400", "421", "429")},
    "422": "Something sent cannot be used",
}
_ON_CHANGES = {"403": "The change was asked for by another site"}
_ON_BODIES = {status: FROM_THE_GATE[status] for status in ("408", "413")}
_ON_CALLERS = {
    "401": "Nobody known is calling",
    "403": "The caller has not the role or the scope this needs",
    "503": "The database cannot say who is calling",
}


class Owner(StrEnum):
    """Whose things an operation touches; what is not theirs is not found."""

    CALLER = "caller"
    LISTENER = "listener"
    """The listener that the path names as `user`: the caller, or for admins anybody."""
    EVERYBODY = "everybody"
    """Any person, or the instance itself; for admins only."""


def owner_of(path: str, access: Access) -> Owner:
    """Tell whose things an operation touches: its role and its path say it."""
    if access.role.covers(Role.ADMIN):
        return Owner.EVERYBODY
    return Owner.LISTENER if "{user}" in path else Owner.CALLER


def describe(app: FastAPI) -> dict[str, Any]:
    """Give the OpenAPI document of an app."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    takes_basic = app.state.services.takes_basic
    document["components"]["securitySchemes"] = {
        name: scheme for name, scheme in _SCHEMES.items() if takes_basic or name != "basic"
    }
    document["components"]["schemas"] |= problem_schemas()
    protected = dict(_protected(app))
    creating = set(_creating(app))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            document["components"]["schemas"] |= operation.pop("x-schemas", {})
            access = protected.get((method.upper(), path))
            if access is not None:
                _describe_access(operation, path, access, takes_basic=takes_basic)
            _add_problems(operation, _EVERYWHERE)
            if method != "get":
                _add_problems(operation, _ON_CHANGES)
            elif "application/json" in operation["responses"].get("200", {}).get("content", {}):
                operation["responses"]["304"] = {"description": UNCHANGED}
            is_creating = (method.upper(), path) in creating
            if is_creating or "requestBody" in operation:
                _add_problems(operation, _ON_BODIES)
            if is_creating:
                operation["parameters"] = [*operation.get("parameters", ()), idempotency.PARAMETER]
                _add_problems(operation, {"409": idempotency.CONFLICT})
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


def _describe_access(
    operation: dict[str, Any], path: str, access: Access, *, takes_basic: bool
) -> None:
    scopes = [access.scope.value] if access.scope else []
    operation["security"] = [{"session": []}, {"key": scopes}, {"token": scopes}]
    if takes_basic and access.is_for_admins:
        operation["security"].append({"basic": []})
    operation["x-role"] = access.role.value
    operation["x-owner"] = owner_of(path, access).value
    _add_problems(operation, _ON_CALLERS)


def _add_problems(operation: dict[str, Any], meanings: Mapping[str, str]) -> None:
    """Document errors that an operation does not name itself."""
    for status, meaning in meanings.items():
        operation["responses"].setdefault(status, describe_problem(meaning))


def _creating(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Give method and path of the operations that take an idempotency key."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and idempotency.takes_key(route, access_of(route.dependant)):
            yield "POST", route.path_format
