"""The accounts service over HTTP: the page where a listener agrees, and the token endpoint."""

from __future__ import annotations

import base64
import binascii
import html
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse

from tonearm.simulator.accounts import SCOPES, App, OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tonearm.simulator.accounts import Tokens
    from tonearm.simulator.simulator import Simulator

_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Authorise an app (simulated)</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;padding:.4rem 1rem;margin-right:.5rem}}</style>
<h1>Authorise an app</h1>
<p>This is the simulator, not Spotify. The app <code>{client_id}</code> asks for:</p>
<ul>{scopes}</ul>
<form method="post" action="?{query}">
<fieldset><legend>Who are you?</legend>{users}</fieldset>
<p><button name="decision" value="agree">Agree</button><button name="decision" value="cancel">Cancel</button></p>
</form></html>
"""


def authorize_page(simulator: Simulator, query: Mapping[str, str]) -> Response:
    """Show what an app asks for; a bad question goes back to the app, a bad app is told so."""
    app, refusal = _read_app(simulator, query)
    if app is None or refusal is not None:
        return refusal or PlainTextResponse("INVALID_CLIENT: Invalid client", 400)
    scopes = query.get("scope", "").split()
    users = "".join(
        f'<p><label><input type="radio" name="user" value="{html.escape(user.id)}"'
        f"{' checked' if number == 0 else ''}> {html.escape(user.display_name or user.id)}</label></p>"
        for number, user in enumerate(simulator.users.values())
    )
    return HTMLResponse(
        _PAGE.format(
            client_id=html.escape(app.client_id),
            scopes="".join(f"<li>{html.escape(scope)}</li>" for scope in scopes)
            or "<li>nothing but to know you</li>",
            query=html.escape(urlencode(dict(query))),
            users=users,
        )
    )


def decide(simulator: Simulator, query: Mapping[str, str], form: Mapping[str, str]) -> Response:
    """Send the listener back to the app with a code, or with what was refused."""
    app, refusal = _read_app(simulator, query)
    if app is None or refusal is not None:
        return refusal or PlainTextResponse("INVALID_CLIENT: Invalid client", 400)
    if form.get("decision") != "agree":
        return _back(query, error="access_denied")
    user = simulator.users.get(form.get("user", ""))
    if user is None:
        return PlainTextResponse("There is no such listener here.", 400)
    now = simulator.clock.now_ms()
    scopes = frozenset(query.get("scope", "").split())
    grant = simulator.accounts.authorise(user, app, scopes, now)
    challenge = query.get("code_challenge")
    code = simulator.accounts.give_code(grant, query["redirect_uri"], challenge, now)
    return _back(query, code=code)


def _read_app(simulator: Simulator, query: Mapping[str, str]) -> tuple[App | None, Response | None]:
    """The app that asks, or the refusal of a question that is wrong."""
    app = simulator.accounts.apps.get(query.get("client_id", ""))
    if app is None:
        return None, PlainTextResponse("INVALID_CLIENT: Invalid client", 400)
    if not app.takes(query.get("redirect_uri", "")):
        return None, PlainTextResponse("INVALID_CLIENT: Invalid redirect URI", 400)
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    errors = (
        ("unsupported_response_type", query.get("response_type") != "code"),
        ("invalid_scope", not set(query.get("scope", "").split()) <= SCOPES),
        ("invalid_request", challenge is not None and method != "S256"),
        ("invalid_request", challenge is None and app.secret is None),
    )
    error = next((error for error, is_so in errors if is_so), None)
    return app, None if error is None else _back(query, error=error)


def _back(query: Mapping[str, str], **told: str) -> Response:
    address = urlsplit(query["redirect_uri"])
    state = {"state": query["state"]} if "state" in query else {}
    told_query = urlencode([*parse_qsl(address.query), *(told | state).items()])
    return RedirectResponse(address._replace(query=told_query).geturl(), 303)


def give_tokens(
    simulator: Simulator, content_type: str, body: bytes, authorization: str
) -> Response:
    """Answer the token endpoint: a code or a refresh token in, an access token out."""
    try:
        form = _read_form(content_type, body)
        app, proven = _read_client(simulator, form, authorization)
        tokens = _give(simulator, form, app, proven=proven)
    except OAuthError as error:
        document = {"error": error.error, "error_description": error.description}
        return JSONResponse(document, error.status)
    return JSONResponse(tokens.document, headers={"Cache-Control": "no-store"})


def _read_form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type.partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "the body is to be form-encoded", 415)
    try:
        return dict(parse_qsl(body.decode()))
    except UnicodeDecodeError:
        raise OAuthError("invalid_request", "the body is to be form-encoded") from None


def _read_client(
    simulator: Simulator, form: Mapping[str, str], authorization: str
) -> tuple[App, bool]:
    """The app that asks, and whether it showed its secret, in the header or in the form."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret")
    scheme, _, told = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError("invalid_client", "Invalid client") from None
    app = simulator.accounts.apps.get(client_id)
    if app is None:
        raise OAuthError("invalid_client", "Invalid client")
    if secret is not None and secret != app.secret:
        raise OAuthError("invalid_client", "Invalid client secret")
    return app, secret is not None


def _give(simulator: Simulator, form: Mapping[str, str], app: App, *, proven: bool) -> Tokens:
    now = simulator.clock.now_ms()
    match form.get("grant_type"):
        case "authorization_code":
            if "code" not in form:
                raise OAuthError("invalid_request", "code must be supplied")
            return simulator.accounts.exchange(
                app, form["code"], form.get("redirect_uri", ""), form.get("code_verifier", ""), now,
                proven=proven,
            )  # fmt: skip
        case "refresh_token":
            if "refresh_token" not in form:
                raise OAuthError("invalid_request", "refresh_token must be supplied")
            return simulator.accounts.refresh(app, form["refresh_token"], now, proven=proven)
        case _:
            raise OAuthError("unsupported_grant_type", "grant_type is invalid")
