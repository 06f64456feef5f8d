"""The OAuth server, as programs see it: documents that describe it, registration, tokens and their end.

Parameters that nobody knows are left alone here, as RFC 6749 has it; one that comes twice is refused.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, Literal
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tonearm.accounts.oauth_clients import Client, NewClient
from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.accounts.oauth_grants import ACCESS_LASTS, GrantTokens, Redemption
from tonearm.accounts.oauth_requests import OFFERED
from tonearm.domain.errors import NotFoundError, UnauthenticatedError
from tonearm.web.addresses import PROTECTED, own_address
from tonearm.web.basic import read_basic
from tonearm.web.callers import Rooms
from tonearm.web.scope import AUTHORIZE_PATH, MCP_PATH
from tonearm.web.services import Services

ROUTER = APIRouter(include_in_schema=False)
_SERVER = "/.well-known/oauth-authorization-server"
# Where clients look, too, for a server whose address has a path.
_OPENID = "/.well-known/openid-configuration"
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 50
_METHODS = ("none", "client_secret_post", "client_secret_basic")
_UNSTORED = {"cache-control": "no-store", "pragma": "no-cache"}

_Method = Literal["none", "client_secret_post", "client_secret_basic"]
Handler = Callable[Concatenate[Request, Services, ...], Awaitable[Response]]


class _Wish(BaseModel):
    """How a program describes itself (RFC 7591); what is not known is left alone."""

    model_config = ConfigDict(strict=True)

    redirect_uris: list[str]
    client_name: str | None = None
    token_endpoint_auth_method: _Method = "client_secret_basic"  # noqa: S105 - the name of a method
    grant_types: list[str] = ["authorization_code"]
    response_types: list[str] = ["code"]


def need_oauth(services: Services) -> None:
    """Raise NotFoundError where programs are not let in."""
    if not services.takes_oauth:
        raise NotFoundError("Programs are not let in here: TONEARM_OAUTH is off.")


def sent_once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give what was sent by name; an empty value is none. Raises OAuthError for what came twice."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise OAuthError(OAuthFault.INVALID_REQUEST, "A parameter was sent more than once.")
        found[name] = value
    return {name: value for name, value in found.items() if value}


@ROUTER.get(_SERVER)
@ROUTER.get(_OPENID)
async def get_server(request: Request, services: Rooms) -> Response:
    """Describe the OAuth server (RFC 8414)."""
    need_oauth(services)
    return _server(request, services)


@ROUTER.get(_SERVER + "/{path:path}")
@ROUTER.get(_OPENID + "/{path:path}")
async def get_server_at(request: Request, services: Rooms, path: str) -> Response:
    """Describe it where its address has a path, which then stands behind the well-known one."""
    need_oauth(services)
    if f"/{path}" != urlsplit(own_address(request)).path:
        raise NotFoundError("There is no OAuth server at this address.")
    return _server(request, services)


@ROUTER.get(PROTECTED)
async def get_protected(request: Request, services: Rooms) -> Response:
    """Describe what is protected here: everything (RFC 9728)."""
    need_oauth(services)
    return _protected(request, "")


@ROUTER.get(PROTECTED + "/{path:path}")
async def get_protected_at(request: Request, services: Rooms, path: str) -> Response:
    """Describe what is protected at one address: that of assistants, or the whole where its address has a path."""
    need_oauth(services)
    prefix = urlsplit(own_address(request)).path
    for own in (MCP_PATH, ""):
        if f"/{path}" in {own, prefix + own}:
            return _protected(request, own)
    raise NotFoundError("There is nothing at this address that tokens are for.")


def _answered(handle: Handler) -> Callable[[Request, Rooms], Awaitable[Response]]:
    """Let refusals be told as OAuth has it."""

    @wraps(handle)
    async def answer(request: Request, services: Rooms) -> Response:
        need_oauth(services)
        try:
            return await handle(request, services)
        except OAuthError as error:
            told = {"error": error.fault.value, "error_description": error.message}
            headers = dict(_UNSTORED)
            if error.fault is OAuthFault.INVALID_CLIENT:
                headers["www-authenticate"] = 'Basic realm="Tonearm"'
            return JSONResponse(told, error.answered_with, headers)

    # FastAPI reads the parameters of what is wrapped, whose names are the same.
    return answer


@ROUTER.post("/oauth/token")
@_answered
async def post_token(request: Request, services: Rooms) -> Response:
    """Give tokens for a code, or for a refresh token."""
    sent = await _form(request)
    tokens = await run_in_threadpool(_tokens, request, services, sent)
    return JSONResponse(
        {
            "access_token": tokens.access_token,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LASTS.total_seconds()),
            "refresh_token": tokens.refresh_token,
            "scope": " ".join(tokens.scopes),
        },
        headers=_UNSTORED,
    )


@ROUTER.post("/oauth/revoke")
@_answered
async def post_revocation(request: Request, services: Rooms) -> Response:
    """End what a token belongs to (RFC 7009); one that is not known has ended already."""
    sent = await _form(request)
    token = _needed(sent, "token")

    def end() -> None:
        services.grants.end(_authenticate(request, services, sent), token)

    await run_in_threadpool(end)
    return Response(status_code=200, headers=_UNSTORED)


@ROUTER.post("/oauth/register")
@_answered
async def post_registration(request: Request, services: Rooms) -> Response:
    """Let a program register itself (RFC 7591)."""
    if not services.registers_clients:
        raise NotFoundError(
            "Programs do not register themselves here: TONEARM_OAUTH_REGISTRATION is off. "
            "Make a client by hand, on the account page."
        )
    wish = _wish(await request.body())

    def register() -> NewClient:
        has_secret = wish.token_endpoint_auth_method != "none"  # noqa: S105 - the same
        return services.clients.register(
            wish.client_name, wish.redirect_uris, has_secret=has_secret
        )

    made = await run_in_threadpool(register)
    secret = {"client_secret": made.client_secret, "client_secret_expires_at": 0}
    return JSONResponse(
        {
            "client_id": made.client_id,
            "client_id_issued_at": int(made.created_at.timestamp()),
            **(secret if made.client_secret else {}),
            "client_name": made.name,
            "redirect_uris": list(made.redirect_uris),
            "token_endpoint_auth_method": wish.token_endpoint_auth_method,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        },
        201,
        _UNSTORED,
    )


def _server(request: Request, services: Services) -> Response:
    issuer = own_address(request)
    registration = {"registration_endpoint": f"{issuer}/oauth/register"}
    return _document(
        {
            "issuer": issuer,
            "authorization_endpoint": issuer + AUTHORIZE_PATH,
            "token_endpoint": f"{issuer}/oauth/token",
            "revocation_endpoint": f"{issuer}/oauth/revoke",
            **(registration if services.registers_clients else {}),
            "scopes_supported": list(OFFERED),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": list(_METHODS),
            "revocation_endpoint_auth_methods_supported": list(_METHODS),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
            "protected_resources": [issuer + MCP_PATH, issuer],
        }
    )


def _protected(request: Request, path: str) -> Response:
    issuer = own_address(request)
    return _document(
        {
            "resource": issuer + path,
            "resource_name": "Tonearm",
            "authorization_servers": [issuer],
            "scopes_supported": list(OFFERED),
            "bearer_methods_supported": ["header"],
        }
    )


def _document(content: dict[str, Any]) -> Response:
    # It goes by the name that was asked for, so that it is nobody else's.
    return JSONResponse(content, headers={"cache-control": "no-cache", "vary": "Host"})


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise OAuthError(OAuthFault.INVALID_REQUEST, f"Send the parameters as {_FORM}.")
    text = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise OAuthError(OAuthFault.INVALID_REQUEST, "Too many parameters were sent.") from None
    return sent_once(pairs)


def _tokens(request: Request, services: Services, sent: dict[str, str]) -> GrantTokens:
    kind = _needed(sent, "grant_type")
    client = _authenticate(request, services, sent)
    if kind == "authorization_code":
        shown = Redemption(
            _needed(sent, "code"),
            sent.get("redirect_uri"),
            sent.get("code_verifier"),
            sent.get("resource"),
        )
        return services.grants.redeem(client, shown)
    if kind == "refresh_token":
        token = _needed(sent, "refresh_token")
        return services.grants.refresh(client, token, sent.get("scope"), sent.get("resource"))
    raise OAuthError(
        OAuthFault.UNSUPPORTED_GRANT_TYPE,
        "`grant_type` must be authorization_code or refresh_token.",
    )


def _authenticate(request: Request, services: Services, sent: dict[str, str]) -> Client:
    """Give the program that asks; it shows its id and secret in the header or in the form, never in both."""
    try:
        basic = read_basic(request)
    except UnauthenticatedError as error:
        raise OAuthError(OAuthFault.INVALID_CLIENT, error.message) from None
    if basic is None:
        return services.clients.authenticate(_needed(sent, "client_id"), sent.get("client_secret"))
    client_id, secret = map(unquote_plus, basic)
    if "client_secret" in sent or sent.get("client_id", client_id) != client_id:
        raise OAuthError(OAuthFault.INVALID_REQUEST, "Show who you are in one way, not in two.")
    return services.clients.authenticate(client_id, secret)


def _needed(sent: dict[str, str], name: str) -> str:
    if name not in sent:
        raise OAuthError(OAuthFault.INVALID_REQUEST, f"`{name}` is required.")
    return sent[name]


def _wish(body: bytes) -> _Wish:
    try:
        wish = _Wish.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the body"
        raise OAuthError(OAuthFault.INVALID_CLIENT_METADATA, f"{place}: {fault['msg']}.") from None
    if "authorization_code" not in wish.grant_types or "code" not in wish.response_types:
        raise OAuthError(
            OAuthFault.INVALID_CLIENT_METADATA,
            "grant_types must have authorization_code, and response_types code: there is no other way in.",
        )
    return wish
