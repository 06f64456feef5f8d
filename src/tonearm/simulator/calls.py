"""One call of the Web API: what was asked, what is answered, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from tonearm.simulator.clock import iso_seconds
from tonearm.simulator.identifiers import is_spotify_id, split_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.simulator.accounts import Grant
    from tonearm.simulator.documents import Document, Documents
    from tonearm.simulator.simulator import Simulator
    from tonearm.simulator.users import User
    from tonearm.simulator.world import Part

MOST_ON_A_PAGE = 50


class ApiError(Exception):
    """A refusal as the Web API writes it: status, message, sometimes a reason and headers."""

    def __init__(
        self, status: int, message: str, reason: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.message, self.reason = status, message, reason
        self.headers = headers or {}

    @property
    def document(self) -> dict[str, Any]:
        """The JSON body."""
        error: dict[str, Any] = {"status": self.status, "message": self.message}
        if self.reason is not None:
            error["reason"] = self.reason
        return {"error": error}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON document; no document is an empty body."""

    document: Any = None
    status: int = 200


@dataclass(slots=True)
class Call:
    """One call that was let in."""

    simulator: Simulator
    documents: Documents
    grant: Grant
    path: str
    parts: dict[str, str]
    query: dict[str, str]
    content_type: str
    body: bytes
    now: int = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.simulator.clock.now_ms()
        self.user.player.state(self.now)  # what was commanded goes on until now

    @property
    def user(self) -> User:
        """Whose token was shown."""
        return self.grant.user

    def entity_id(self, name: str = "id") -> str:
        """An id of the path; raises ApiError for what has not the form of one."""
        text = self.parts[name]
        if not is_spotify_id(text):
            raise ApiError(400, "Invalid base62 id")
        return text

    def integer(self, name: str, default: int, low: int, high: int | None = None) -> int:
        """A number of the query; raises ApiError outside of low to high."""
        text = self.query.get(name)
        if text is None:
            return default
        try:
            number = int(text)
        except ValueError:
            raise ApiError(400, f"Invalid {name}") from None
        if number < low or (high is not None and number > high):
            raise ApiError(400, f"Invalid {name}")
        return number

    def required(self, name: str) -> str:
        """A parameter of the query; raises ApiError where it is not given."""
        text = self.query.get(name)
        if not text:
            raise ApiError(400, f"Missing required field: {name}")
        return text

    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The body as JSON, an empty object without one; raises ApiError for what is none."""
        if not self.body:
            return {}
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            raise ApiError(400, "Error parsing JSON.") from None

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; raises ApiError for anything else."""
        document = self.json()
        if not isinstance(document, dict):
            raise ApiError(400, "Error parsing JSON.")
        return document

    def uris(self, texts: list[str], most: int) -> list[tuple[str, str]]:
        """Kinds and ids of URIs; raises ApiError for none, too many, and what is no URI."""
        if not texts:
            raise ApiError(400, "No uris provided")
        if len(texts) > most:
            raise ApiError(400, f"Too many uris requested: at most {most}")
        found = []
        for text in texts:
            parts = split_uri(text) if isinstance(text, str) else None
            if parts is None or (parts[0] != "user" and not is_spotify_id(parts[1])):
                raise ApiError(400, f"Invalid uri: {text}")
            found.append(parts)
        return found

    @property
    def has_market(self) -> bool:
        """Whether a market was named."""
        return "market" in self.query

    def heard_ms(self, part: Part) -> int | None:
        """How far the listener heard an episode or chapter; None without the scope for it."""
        if "user-read-playback-position" not in self.grant.scopes:
            return None
        return self.simulator.heard_ms(self.user, part, self.now)

    def stated_seconds(self, instant: int) -> str:
        """An instant as the service writes it, in whole seconds."""
        return iso_seconds(self.simulator.clock.stated_ms(instant))

    def href(self, **changed: object) -> str:
        """The address of this call with some parameters changed; None leaves one out."""
        query = {**self.query, **changed}
        told = {name: value for name, value in query.items() if value is not None}
        return f"{self.documents.api}{self.path}" + (
            f"?{urlencode(told, safe=':,')}" if told else ""
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the route table.

    `scopes` are groups: of each group the token must have one. `premium` is asked of the listener.
    """

    method: str
    path: str
    name: str
    handler: Callable[[Call], Answer]
    scopes: tuple[tuple[str, ...], ...] = ()
    premium: bool = False


def page(
    call: Call, rows: list[Any], render: Callable[[Any], Document], *,
    default: int = 20, most: int = MOST_ON_A_PAGE, least: int = 1, last_offset: int | None = None,
) -> Document:  # fmt: skip
    """One page of rows, as `limit` and `offset` of the call ask for it."""
    limit = call.integer("limit", default, least, most)
    offset = call.integer("offset", 0, 0, last_offset)
    after, before = offset + limit, max(offset - limit, 0)
    return {
        "href": call.href(offset=offset, limit=limit),
        "items": [render(row) for row in rows[offset:after]],
        "limit": limit,
        "next": call.href(offset=after, limit=limit) if after < len(rows) else None,
        "offset": offset,
        "previous": call.href(offset=before, limit=limit) if offset > 0 else None,
        "total": len(rows),
    }
