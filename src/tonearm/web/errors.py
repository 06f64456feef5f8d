"""Every error becomes one answer: a problem for programs, a page for people."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.errors import TooManyAttemptsError
from tonearm.domain.errors import ForbiddenError, InvalidInputError, TonearmError
from tonearm.web.addresses import challenge_of
from tonearm.web.faults import fault_of
from tonearm.web.problem import Fault, make_problem, problem_response, status_title
from tonearm.web.redirect import RedirectError
from tonearm.web.scope import is_api, request_id

ErrorPage = Callable[[Request, int, str, Sequence[str]], Response]
"""Renders an error for people from request, status, title and the sentences of its detail."""

_MOST_TOLD = 3
_NOT_FOUND = "There is nothing at this address."
_CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    421: "misdirected",
}


class InsufficientScopeError(ForbiddenError):
    """What was shown is not for this; the answer names the scope that is, as OAuth has it."""

    code = "insufficient_scope"

    def __init__(self, message: str, scope: str) -> None:
        super().__init__(message)
        self.scope = scope


class Errors:
    """Renders errors; the page for people comes from the surface that has pages."""

    def __init__(self, error_page: ErrorPage | None) -> None:
        self._error_page = error_page

    def install(self, app: FastAPI) -> None:
        """Let an app render its errors here."""
        app.add_exception_handler(TonearmError, self._tonearm_error)
        app.add_exception_handler(RequestValidationError, self._validation_error)
        app.add_exception_handler(HTTPException, self._http_error)
        app.add_exception_handler(RedirectError, self._redirect)

    def respond(
        self,
        request: Request,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Give the answer for an error: a page where the request asks for one, else a problem."""
        if self._error_page is not None and _wants_page(request):
            details = [fault.detail for fault in faults[:_MOST_TOLD]] or [detail]
            return self._error_page(request, status, status_title(status), details)
        problem = make_problem(status, code, detail, request_id(request.scope), faults)
        return problem_response(problem, headers)

    async def _tonearm_error(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, TonearmError):
            raise error
        faults: list[Fault] = []
        if isinstance(error, InvalidInputError) and error.parameter:
            faults.append(Fault(error.parameter, None, error.message))
        return self.respond(
            request,
            error.status,
            error.code,
            error.message,
            faults=faults,
            headers=_headers_of(request, error),
        )

    async def _validation_error(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        if all(entry["loc"][0] == "path" for entry in error.errors()):
            # `DELETE /things/all` may have come to `/things/{id}` although only GET is for it.
            if request.method not in _methods_of(request):
                return self._wrong_method(request)
            return self.respond(request, 404, "not_found", _NOT_FOUND)
        faults = [fault_of(entry, request.scope.get("route")) for entry in error.errors()]
        detail = " ".join(fault.detail for fault in faults[:_MOST_TOLD])
        return self.respond(request, 422, "invalid_input", detail, faults=faults)

    async def _http_error(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        status, detail, headers = error.status_code, error.detail, error.headers
        if status == 404:  # noqa: PLR2004 - the status this sentence is for
            detail = _NOT_FOUND
        if status == 405:  # noqa: PLR2004 - the status this sentence is for
            return self._wrong_method(request)
        return self.respond(request, status, _CODES.get(status, "error"), detail, headers=headers)

    def _wrong_method(self, request: Request) -> Response:
        if request.method == "GET" and self._error_page is not None and _wants_page(request):
            # Whoever goes back to what a form has answered comes to the page that the form is on.
            return RedirectResponse(_page_above(request), 303)
        # The router names the methods of one operation; an address may have several.
        allowed = ", ".join(sorted(_methods_of(request)))
        detail = f"This address does not take {request.method}; it takes {allowed}."
        return self.respond(request, 405, _CODES[405], detail, headers={"allow": allowed})

    async def _redirect(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, RedirectError):
            raise error
        # A fragment request would put the whole target page into a part of this one.
        if request.headers.get("hx-request") == "true":
            return Response(status_code=204, headers={"hx-redirect": error.location})
        return RedirectResponse(error.location, 303)


def _headers_of(request: Request, error: TonearmError) -> dict[str, str] | None:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return {"www-authenticate": getattr(request.state, "challenge", "Bearer")}
    if isinstance(error, InsufficientScopeError):
        where = challenge_of(request)
        challenge = f'Bearer error="insufficient_scope", {where}scope="{error.scope}"'
        return {"www-authenticate": challenge}
    if isinstance(error, TooManyAttemptsError):
        return {"retry-after": str(error.seconds)}
    return None


def show_as_page(request: Request) -> None:
    """Let an error at an address of the API be a page for browsers, which come there on their way."""
    request.state.is_on_the_way = True


def _wants_page(request: Request) -> bool:
    is_for_people = not is_api(request.scope) or getattr(request.state, "is_on_the_way", False)
    return is_for_people and "text/html" in request.headers.get("accept", "")


def _page_above(request: Request) -> str:
    """Give the nearest address above that of a request which can be read: forms are sent to below their page."""
    base: str = request.scope.get("root_path", "")
    path = request.url.path.removeprefix(base)
    while (path := path.rpartition("/")[0]) and "GET" not in _methods_at(request, path):
        pass
    return f"{base}{path or '/'}"


def _methods_of(request: Request) -> set[str]:
    """Give the methods of all operations at the address of a request."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    # Files, which no route is for, are there to be read.
    methods = _methods_at(request, path) or {"GET"}
    return methods | {"HEAD"} if "GET" in methods else methods


def _methods_at(request: Request, path: str) -> set[str]:
    routes = (context.original_route for context in iter_route_contexts(request.app.routes))
    at = [route for route in routes if isinstance(route, APIRoute) and route.path_regex.match(path)]
    # Where one is just for this address, those that take any word in its place are for others.
    own = [route for route in at if route.path_format == path]
    return {method for route in own or at for method in route.methods or ()}
