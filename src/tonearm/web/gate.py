"""The one middleware: names the request, refuses what must not pass, and signs the answer."""

import re
from collections.abc import Iterable
from secrets import token_hex

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from tonearm.accounts.acting import Actor, acting_as
from tonearm.web.bodies import BodyLimit
from tonearm.web.checks import API_VERSION, Refusal, check_host, check_origin, check_version
from tonearm.web.errors import Errors
from tonearm.web.scope import header, is_api, set_request_id

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = (
    (
        b"content-security-policy",
        (
            b"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            b"font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_REFUSED = 400
_LOG = structlog.get_logger("tonearm.web")


class _Answer:
    """Signs an answer on its way out, and logs it where it is a refusal."""

    def __init__(self, scope: Scope, send: Send, signature: list[tuple[bytes, bytes]]) -> None:
        self.has_started = False
        self._is_head = scope["method"] == "HEAD"
        self._scope = scope
        self._send = send
        self._signature = signature

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            self.has_started = True
            message["headers"] = [*message.get("headers", ()), *self._signature]
            if message["status"] >= _REFUSED:
                _LOG.info(
                    "request refused",
                    status=message["status"],
                    method=self._scope["method"],
                    path=self._scope["path"],
                )
        elif self._is_head:
            message = {**message, "body": b""}
        await self._send(message)


class Gate:
    """Stands in front of every route; plain ASGI, so that streams stay streams."""

    def __init__(
        self, app: ASGIApp, *, errors: Errors, allowed_hosts: Iterable[str], is_secure: bool
    ) -> None:
        self._app = app
        self._errors = errors
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._headers = (*_HEADERS, _HSTS) if is_secure else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = header(scope, b"x-request-id")
        if name is None or not _REQUEST_ID.fullmatch(name):
            name = token_hex(8)
        set_request_id(scope, name)
        signature = [*self._headers, (b"x-request-id", name.encode())]
        if is_api(scope):
            signature.append((b"x-api-version", API_VERSION.encode()))
        answer = _Answer(scope, send, signature)
        if scope["method"] == "HEAD":  # answered like GET; the answer leaves its body out
            scope["method"] = "GET"
        client = scope.get("client")
        visitor = Actor(None, "visitor", client[0] if client else None, name)
        with bound_contextvars(request_id=name), acting_as(visitor):
            try:
                await self._pass(scope, receive, answer.send)
            except Exception:
                _LOG.exception("request failed", method=scope["method"], path=scope["path"])
                # An answer that has begun can only be broken off: the server does it.
                if answer.has_started:
                    raise
                await self._answer_failure(scope, receive, answer.send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = (
            check_host(scope, self._allowed_hosts) or check_version(scope) or check_origin(scope)
        )
        if refusal is not None:
            await self._refuse(refusal, scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            receive = BodyLimit(scope, receive, header(scope, b"content-length"))
        await self._app(scope, receive, send)

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = self._errors.respond(request, refusal.status, refusal.code, refusal.detail)
        await response(scope, receive, send)

    async def _answer_failure(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = self._errors.respond(
            request,
            500,
            "internal",
            "Something went wrong in Tonearm. The log has the details under this request's id.",
        )
        await response(scope, receive, send)
