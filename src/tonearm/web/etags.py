"""ETags: whoever has an answer already, and says so, is told that it still holds instead of getting it again."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

HEADERS = {"cache-control": "private, no-cache", "vary": "Cookie, Authorization"}
UNCHANGED = "Nothing has changed since the answer with this ETag"
_JSON = "application/json"
_OK = 200
_DIGITS = 32


def is_known(request: Request, etag: str) -> bool:
    """Tell whether the request names the ETag of the answer that it would get (RFC 9110, `If-None-Match`)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    known = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in known or etag in known


def unchanged(etag: str) -> Response:
    """Say that the answer with an ETag still holds."""
    return Response(status_code=304, headers={**HEADERS, "etag": etag})


def tagged(request: Request, response: Response) -> Response:
    """Give an answer with the ETag of its body, or say that it still holds; what is no whole JSON document stays."""
    body = getattr(response, "body", None)
    is_document = response.headers.get("content-type") == _JSON and response.status_code == _OK
    if not isinstance(body, bytes) or not is_document or "etag" in response.headers:
        return response
    etag = f'"{sha256(body).hexdigest()[:_DIGITS]}"'
    if is_known(request, etag):
        return unchanged(etag)
    response.headers["etag"] = etag
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
