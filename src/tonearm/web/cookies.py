"""The cookie that carries a log-in."""

from starlette.requests import Request
from starlette.responses import Response

from tonearm.web.scope import is_encrypted

# Browsers keep a cookie for 400 days at most; when a log-in ends is the server's decision.
_LONGEST_SECONDS = 400 * 86_400
_PLAIN_NAME = "tonearm_session"
_SECURE_NAME = "__Host-tonearm_session"


def has_secure_cookies(request: Request) -> bool:
    """Tell whether cookies of this visitor are for HTTPS only: where the operator says so, or they come over it."""
    services = request.app.state.services
    return services.secure_cookies or is_encrypted(request.scope)


def session_token(request: Request) -> str | None:
    """Give the session token a request carries."""
    return request.cookies.get(_name(request))


def keep_session(request: Request, response: Response, token: str) -> None:
    """Let the browser carry a session."""
    response.set_cookie(
        _name(request),
        token,
        max_age=_LONGEST_SECONDS,
        path="/",
        secure=has_secure_cookies(request),
        httponly=True,
        samesite="lax",
    )


def drop_session(request: Request, response: Response) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(
        _name(request),
        path="/",
        secure=has_secure_cookies(request),
        httponly=True,
        samesite="lax",
    )


def _name(request: Request) -> str:
    return _SECURE_NAME if has_secure_cookies(request) else _PLAIN_NAME
