"""How much a request may send: a small body, unless its route asks for more."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

USUAL_BYTES = 1_000_000
_KEY = "tonearm.body"


class BodyTooLargeError(HTTPException):
    """A body beyond the cap; an HTTPException, since FastAPI lets only those through."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            413, f"The request is larger than the {_megabytes(limit)} MB allowed here."
        )


class BodyLimit:
    """Counts a body as it comes in; what the sender claims is only believed when it is too much."""

    def __init__(self, scope: Scope, receive: Receive, claimed: str | None) -> None:
        self.limit = USUAL_BYTES
        self._receive = receive
        self._received = 0
        self._claimed = int(claimed) if claimed and claimed.isascii() and claimed.isdigit() else 0
        scope[_KEY] = self

    async def __call__(self) -> Message:
        """Receive the next part.

        Raises:
            BodyTooLargeError: the body is, or claims to be, larger than the limit.
        """
        if self._claimed > self.limit:
            raise BodyTooLargeError(self.limit)
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self.limit:
            raise BodyTooLargeError(self.limit)
        return message


def allow_body(request: Request, limit: int) -> None:
    """Let this request send up to `limit` bytes."""
    body = request.scope.get(_KEY)
    if isinstance(body, BodyLimit):
        body.limit = limit


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f}"
