"""HTTP Basic (RFC 7617): name and password in a header, for admin operations, where the operator has turned it on."""

import base64
import binascii

from starlette.requests import Request

from tonearm.domain.errors import ForbiddenError, UnauthenticatedError
from tonearm.web.scope import header, is_encrypted, is_local
from tonearm.web.services import Services

CHALLENGE = 'Bearer, Basic realm="Tonearm", charset="UTF-8"'
"""What a 401 asks for where Basic opens something."""


def read_basic(request: Request) -> tuple[str, str] | None:
    """Give the name and the password that a request shows; None where it shows something else, or nothing.

    Raises:
        UnauthenticatedError: they cannot be read.
    """
    scheme, _, text = (header(request.scope, b"authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = (
            base64.b64decode(text.strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise UnauthenticatedError(
            "The header `Authorization` must be `Basic` and the Base64 of name:password in UTF-8."
        )
    return name, password


def check_basic(request: Request, services: Services, *, is_for_admins: bool) -> None:
    """See whether Basic may be used here, before the password is looked at.

    Raises:
        UnauthenticatedError: it is off, or this is no operation of admins.
        ForbiddenError: the password came over an open line.
    """
    if not services.takes_basic:
        raise UnauthenticatedError(
            "HTTP Basic is off here. Send an API key or access token in the header "
            "`Authorization: Bearer …`; TONEARM_ADMIN_AUTH_MODE=basic turns it on for admins."
        )
    if not is_for_admins:
        raise UnauthenticatedError(
            "HTTP Basic opens admin operations only. Send an API key or access token in the header "
            "`Authorization: Bearer …`."
        )
    # What cookies are marked with does not say how this request came.
    if not (is_encrypted(request.scope) or is_local(request.scope)):
        raise ForbiddenError(
            "HTTP Basic is for HTTPS only: over plain HTTP everybody on the way can read the password. "
            "Change it if it was sent so; if a proxy speaks HTTPS here, name it in "
            "TONEARM_TRUSTED_PROXIES."
        )
