"""The app: routers put behind the gate, with one way to render errors."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from tonearm.web import docs, health, metrics, oauth
from tonearm.web.callers import Callers
from tonearm.web.errors import ErrorPage, Errors
from tonearm.web.gate import Gate, GateRules
from tonearm.web.languages import speak_to
from tonearm.web.openapi import describe
from tonearm.web.services import Services

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    services: Services,
    rules: GateRules,
    *,
    api_routers: Iterable[APIRouter],
    page_routers: Iterable[APIRouter] = (),
    lifespan: Lifespan | None = None,
    error_page: ErrorPage | None = None,
) -> FastAPI:
    """Make an app of the composed rooms; several may live in one process.

    `error_page` renders errors for requests that accept HTML and are not for the API.
    """
    app = _App(
        title="Tonearm",
        version=services.version,
        description="Your whole listening life, open to you.",
        openapi_url=None,  # it would take any parameter: `docs` has the address
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # The built-in redirect names a URL made of the Host header.
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.callers = Callers(
        services.accounts,
        services.sessions,
        services.keys,
        services.tokens,
        grants=services.grants if services.takes_oauth else None,
    )
    errors = Errors(error_page)
    errors.install(app)
    app.add_middleware(Gate, errors=errors, rules=rules)
    for router in (*api_routers, health.ROUTER, metrics.ROUTER, docs.ROUTER, oauth.ROUTER):
        app.include_router(router)
    for router in page_routers:
        app.include_router(router, dependencies=[Depends(speak_to)])
    return app


class _App(FastAPI):
    """FastAPI with our own description of the API."""

    def openapi(self) -> dict[str, Any]:
        """Give the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = describe(self)
        return self.openapi_schema
