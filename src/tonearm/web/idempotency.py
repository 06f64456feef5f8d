"""A POST that names an `Idempotency-Key`: a repeat gets the first answer, and does nothing.

As the IETF's draft has it (draft-ietf-httpapi-idempotency-key-header-07). What is left to us: a key belongs to a
caller and holds for 24 hours; only answers that say something was done are kept, so that a request that failed may be
sent again; a repeat while the first is at work is a 409; other content under the same key is a 422. An answer that
shows a secret is kept without its body: nothing can be read out of a database that does not lie in it, so that a
repeat is told that the thing was made and cannot be shown again (409).

A key is refused where nobody has to be known whose it could be, and where a password is sent: the digest of its request
would be a hash of the password that is quick to guess.

Content is compared by a digest that is taken while the body streams through, whatever its size. The boundary that a
client draws anew for each form is left out of it.
"""

import re
from collections.abc import Awaitable, Callable
from email.message import Message as Header
from hashlib import sha256
from typing import Any, ClassVar

import msgspec
import structlog
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from tonearm.accounts.digest import digest
from tonearm.domain.errors import ConflictError, InvalidInputError, UnavailableError
from tonearm.ops.redaction import names_secret, redacted
from tonearm.storage.kept_answers import KeptAnswer, KeptAnswers
from tonearm.web.bodies import allow_body
from tonearm.web.callers import Access
from tonearm.web.scope import headers

HEADER = "Idempotency-Key"
REPLAYED = "idempotency-replayed"
# A string as structured fields write it, or the bare text that many clients send.
_KEY = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"|([!#-~][!-~]{0,254})')
PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": (
        "Any text of yours for this request, best a random one. The same request under the same text does nothing "
        "within 24 hours but give the same answer, with `Idempotency-Replayed: true`; another request is a 422."
    ),
    "schema": {"type": "string", "minLength": 1, "pattern": f"^({_KEY.pattern})$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
CONFLICT = (
    "The request with this Idempotency-Key is at work, or made a secret that is not shown again"
)

_FIRST_REFUSAL = 400
_KEPT_HEADERS = ("content-type", "location", "etag")
PASSWORD = {"format": "password"}
"""How a field of a body is marked that holds a password or the like."""
_LOG = structlog.get_logger("tonearm.web")

Handler = Callable[[Request], Awaitable[Response]]


class IdempotencyKeyReusedError(InvalidInputError):
    """The key was used for another request."""

    code: ClassVar[str] = "idempotency_key_reused"


class RequestAtWorkError(ConflictError):
    """The request that claimed the key has not been answered yet."""

    code: ClassVar[str] = "request_at_work"


class AnswerNotKeptError(ConflictError):
    """The answer held a secret."""

    code: ClassVar[str] = "answer_not_kept"


def takes_key(route: APIRoute, access: Access | None) -> bool:
    """Tell whether a route takes an idempotency key: every POST of a caller does that takes no password."""
    return access is not None and "POST" in (route.methods or ()) and not _takes_password(route)


def refuse_key(request: Request) -> None:
    """Raise InvalidInputError if a POST that takes no key names one."""
    if headers(request.scope, HEADER.lower().encode()):
        raise InvalidInputError(
            f"This address takes no {HEADER}: a key belongs to a caller, and nothing of a password is kept. "
            "Send the request without it.",
            parameter=HEADER,
        )


def _takes_password(route: APIRoute) -> bool:
    body = route.body_field
    fields = getattr(body.field_info.annotation, "model_fields", {}) if body else {}
    return any(field.json_schema_extra == PASSWORD for field in fields.values())


async def answer_once(request: Request, access: Access, handle: Handler) -> Response:
    """Answer a request, or give the answer that one with its key was given before.

    Raises:
        IdempotencyKeyReusedError: the key was used for another request.
        RequestAtWorkError: that one is still at work.
        AnswerNotKeptError: its answer held a secret.
        UnauthenticatedError: nobody known is calling.
        ForbiddenError: the caller may not do this, whoever did before.
    """
    key = _read_key(request)
    if key is None:
        return await handle(request)
    user = await access(request)
    kept: KeptAnswers = request.app.state.services.kept_answers
    place = user.id, digest(key)
    fingerprint = _Fingerprint(request)
    streamed = Request(request.scope, fingerprint.receive)
    if not await run_in_threadpool(kept.claim, *place):
        return await _repeat(streamed, fingerprint, await run_in_threadpool(kept.find, *place))
    try:
        if fingerprint.boundary is None:
            # Before anything is done: that a body is refused must not be what a deed ends with. Files stream.
            await streamed.body()
        response = await handle(streamed)
        hashed = await fingerprint.finish()
    except BaseException:
        await run_in_threadpool(kept.release, *place)
        raise
    body = getattr(response, "body", None)
    if response.status_code >= _FIRST_REFUSAL or not isinstance(body, bytes):
        await run_in_threadpool(kept.release, *place)
        return response
    answer = KeptAnswer(
        hashed,
        response.status_code,
        {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers},
        None if _shows_secret(response, body) else body,
    )
    try:
        await run_in_threadpool(kept.keep, *place, answer)
    except UnavailableError:
        # It is done and said so; a repeat will be told that it is still at work.
        _LOG.warning("answer not kept", path=request.scope["path"])
    return response


async def _repeat(
    request: Request, fingerprint: "_Fingerprint", answer: KeptAnswer | None
) -> Response:
    if answer is None:
        raise RequestAtWorkError(
            "The request with this Idempotency-Key has not been answered yet. Wait, then send it again."
        )
    if fingerprint.boundary is not None:
        allow_body(request, request.app.state.services.upload_bytes)
    if await fingerprint.finish() != answer.request_hash:
        raise IdempotencyKeyReusedError(
            f"This {HEADER} was used for another request. Use a new one for each.", parameter=HEADER
        )
    if answer.body is None:
        raise AnswerNotKeptError(
            "This was done before, and its answer held a secret, which is shown once only. "
            f"If it was lost, take back what was made and make it anew with another {HEADER}."
        )
    return Response(answer.body, answer.status, {**answer.headers, REPLAYED: "true"})


def _read_key(request: Request) -> str | None:
    given = headers(request.scope, HEADER.lower().encode())
    if not given:
        return None
    found = _KEY.fullmatch(given[0].strip()) if len(given) == 1 else None
    if found is None:
        raise InvalidInputError(
            f"{HEADER} must be given once, as 1 to 255 printable ASCII characters.",
            parameter=HEADER,
        )
    return found[2] if found[1] is None else re.sub(r"\\(.)", r"\1", found[1])


class _Fingerprint:
    """The digest of a request, taken while its body is received."""

    def __init__(self, request: Request) -> None:
        kind = Header()
        kind["content-type"] = request.headers.get("content-type", "")
        boundary = kind.get_param("boundary")
        self.boundary = (
            boundary.encode("latin-1", "replace")
            if isinstance(boundary, str) and boundary
            else None
        )
        parts = request.method, request.url.path, request.url.query, kind.get_content_type()
        self._digest = sha256("\n".join(parts).encode("utf-8", "replace"))
        self._receive = request.receive
        self._rest = b""
        self._is_complete = False

    async def receive(self) -> Message:
        """Receive the next part of the body."""
        message = await self._receive()
        if not self._is_complete:
            self._add(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
        return message

    async def finish(self) -> str:
        """Receive what nobody has read of the body, and give the digest."""
        while not self._is_complete:
            await self.receive()
        self._digest.update(self._rest)
        self._rest = b""
        return self._digest.hexdigest()

    def _add(self, data: bytes) -> None:
        if self.boundary is None:
            self._digest.update(data)
            return
        text = (self._rest + data).replace(self.boundary, b"")
        # A boundary may be cut in two.
        border = max(len(text) - len(self.boundary) + 1, 0)
        self._digest.update(text[:border])
        self._rest = text[border:]


def _shows_secret(response: Response, body: bytes) -> bool:
    if "set-cookie" in response.headers:
        return True
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError:
        content = body.decode("utf-8", "replace")
    return _is_secret("", content)


def _is_secret(name: str, value: object) -> bool:
    if isinstance(value, dict):
        return any(_is_secret(key, inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(_is_secret(name, inner) for inner in value)
    return isinstance(value, str) and (names_secret(name) or redacted(value) != value)
