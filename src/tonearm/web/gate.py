"""The one middleware: names the request, refuses what must not pass, and signs the answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from time import perf_counter

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from tonearm.accounts.acting import Actor, acting_as
from tonearm.domain.errors import TonearmError
from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.web.bodies import BodyLimit, Patience
from tonearm.web.checks import API_VERSION, Refusal, check_host, check_origin, check_version
from tonearm.web.cors import Cors, Headers, without_cookies
from tonearm.web.errors import Errors
from tonearm.web.proxies import Proxies
from tonearm.web.rates import Rates
from tonearm.web.scope import header, is_api, is_encrypted, is_mcp, is_share, set_request_id

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_POLICY = "content-security-policy"
_SOURCES = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_HEADERS = (
    (_POLICY.encode(), _SOURCES.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# Its address is a secret: no page that it leads to learns it, no search engine lists it, nothing keeps it.
_ON_SHARES = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive, nosnippet"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_REFUSED = 400
_BREAKS = re.compile(rb"[\r\n\0]")
_LOG = structlog.get_logger("tonearm.web")


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the operator chose for the gate."""

    allowed_hosts: frozenset[str] = frozenset()
    is_secure: bool = False
    """Whether browsers are told to come over HTTPS only, also where this request did not."""
    proxies: Proxies = field(default_factory=lambda: Proxies(()))
    cors: Cors = field(default_factory=Cors)
    rates: Rates | None = None
    """None where nothing is counted."""
    patience: Patience = field(default_factory=Patience)
    metrics: Metrics = UNCOUNTED


def policy_towards(target: str) -> dict[str, str]:
    """Give the policy of a page whose form leads on to another origin, or to an app by its scheme: only to that one."""
    return {_POLICY: f"{_SOURCES} {target}"}


class _Answer:
    """Signs an answer on its way out, and logs it where it is a refusal."""

    def __init__(
        self, scope: Scope, send: Send, signature: Headers, count: Callable[[int], None]
    ) -> None:
        """Send an answer; `count` is told its status when it starts."""
        self.has_started = False
        self.signature = signature
        """May grow until the answer starts."""
        self.has_cookies = True
        """Whether the answer may set cookies."""
        self._is_head = scope["method"] == "HEAD"
        self._scope = scope
        self._send = send
        self._count = count

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            own = [*message.get("headers", ())]
            has_policy = any(name == _POLICY.encode() for name, _ in own)
            headers = [*own, *(self.signature[1:] if has_policy else self.signature)]
            is_private = is_api(self._scope) or is_mcp(self._scope) or is_share(self._scope)
            if is_private and not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            if not self.has_cookies:
                headers = [pair for pair in headers if pair[0] != b"set-cookie"]
            # The server would send them as they are, and whoever wrote the value could write an answer.
            if any(_BREAKS.search(value) for _, value in headers):
                raise ValueError("a header with a line break")
            self.has_started = True
            self._count(message["status"])
            message["headers"] = headers
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

    def __init__(self, app: ASGIApp, *, errors: Errors, rules: GateRules) -> None:
        self._app = app
        self._errors = errors
        self._rules = rules
        self._allowed_hosts = frozenset(host.lower() for host in rules.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        metrics = self._rules.metrics
        metrics.request_began()
        try:
            await self._answer(scope, receive, send)
        finally:
            metrics.request_ended()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        rules = self._rules
        rules.proxies.read(scope)
        name = header(scope, b"x-request-id")
        if name is None or not _REQUEST_ID.fullmatch(name):
            name = token_hex(8)
        set_request_id(scope, name)
        signature = [*_HEADERS, (b"x-request-id", name.encode()), *rules.cors.headers(scope)]
        if rules.is_secure or is_encrypted(scope):
            signature.append(_HSTS)
        if is_share(scope):
            own = {name for name, _ in _ON_SHARES}
            signature = [pair for pair in signature if pair[0] not in own] + [*_ON_SHARES]
        if is_api(scope):
            signature.append((b"x-api-version", API_VERSION.encode()))
        asked = scope
        if scope["method"] == "HEAD":
            # Answered like GET, without the body. The server looks at its own scope, and must not wait for one.
            scope = {**scope, "method": "GET"}

        def count(status: int) -> None:
            # The router puts the route that it found into the scope that it was given.
            route = getattr(scope.get("route"), "path", "")
            rules.metrics.request_answered(asked["method"], route, status, perf_counter() - began)

        answer = _Answer(asked, send, signature, count)
        client = scope.get("client")
        visitor = Actor(None, "visitor", client[0] if client else None, name)
        with bound_contextvars(request_id=name), acting_as(visitor):
            try:
                await self._pass(scope, receive, answer)
            except Exception:
                _LOG.exception("request failed", method=scope["method"], path=scope["path"])
                # An answer that has begun can only be broken off: the server does it.
                if answer.has_started:
                    raise
                await self._answer_failure(scope, receive, answer.send)

    async def _pass(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        refusal = check_host(scope, self._allowed_hosts) or check_version(scope)
        cors = self._rules.cors
        if refusal is None and cors.admits(scope):
            preflight = cors.preflight(scope)
            if preflight is not None:
                await preflight(scope, receive, answer.send)
                return
            without_cookies(scope)
            answer.has_cookies = False
        else:
            refusal = refusal or check_origin(scope)
        refusal = refusal or await self._count(scope, answer)
        if refusal is not None:
            await self._refuse(refusal, scope, receive, answer.send)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            claimed = header(scope, b"content-length")
            receive = BodyLimit(scope, receive, claimed, self._rules.patience)
        await self._app(scope, receive, answer.send)

    async def _count(self, scope: Scope, answer: _Answer) -> Refusal | None:
        """Count a request, and tell in the answer how the caller stands."""
        if self._rules.rates is None:
            return None
        try:
            standing = await self._rules.rates.take(scope, scope["app"].state.callers)
        except TonearmError as error:
            return Refusal(error.status, error.code, error.message)
        if standing is None:
            return None
        answer.signature += standing.headers()
        if not standing.is_over:
            return None
        return Refusal(
            429,
            "rate_limited",
            f"More requests came than are allowed in a while. Try again in {standing.seconds} s.",
        )

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
