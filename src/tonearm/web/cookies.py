"""The cookie that carries a log-in."""

from starlette.requests import Request
from starlette.responses import Response

from tonearm.web.services import Services

# Browsers keep a cookie for 400 days at most; when a log-in ends is the server's decision.
_LONGEST_SECONDS = 400 * 86_400
_PLAIN_NAME = "tonearm_session"
_SECURE_NAME = "__Host-tonearm_session"


def session_token(request: Request) -> str | None:
    """Give the session token a request carries."""
    return request.cookies.get(_name(request.app.state.services))


def keep_session(response: Response, services: Services, token: str) -> None:
    """Let the browser carry a session."""
    response.set_cookie(
        _name(services),
        token,
        max_age=_LONGEST_SECONDS,
        path="/",
        secure=services.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def drop_session(response: Response, services: Services) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(
        _name(services),
        path="/",
        secure=services.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _name(services: Services) -> str:
    return _SECURE_NAME if services.secure_cookies else _PLAIN_NAME
