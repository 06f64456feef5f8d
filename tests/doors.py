"""Every route there is, what it declares, and a knock at it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi.routing import APIRoute

from tonearm import api, mcp, ui
from tonearm.web import docs, health, metrics, oauth
from tonearm.web.callers import Access
from tonearm.web.openapi import Owner, access_of, owner_of
from tonearm.web.scope import OAUTH_PATHS

NOBODYS_NUMBER = 999_999
BODIES: dict[tuple[str, str], object] = {
    ("POST", "/api/admin/users/{user_id}/keys"): {"name": "theirs", "scopes": ["player"]},
    ("POST", "/albums/{item_id}/merge"): {"other": "Other record"},
    ("POST", "/artists/{item_id}/merge"): {"other": "Other band"},
    ("POST", "/tracks/{item_id}/merge"): {"other": "Song 5"},
    ("POST", "/albums/{item_id}/rename"): {"name": "Another"},
    ("POST", "/artists/{item_id}/rename"): {"name": "Another"},
    ("POST", "/tracks/{item_id}/rename"): {"name": "Another"},
    ("POST", "/albums/{item_id}/split"): {"artist": "Another"},
    ("POST", "/artists/{item_id}/split"): {"artist": "Another", "tracks": 1},
    ("POST", "/tracks/{item_id}/split"): {"artist": "Another"},
    ("PATCH", "/api/user/shares/{share_id}"): {"title": "Mine"},
}
"""What those operations need to be sent that would refuse their callers for less before they look for a thing."""
_FOR_PROGRAMS = ("/healthz", "/readyz", "/metrics", "/mcp", *OAUTH_PATHS)
THROUGH = 200
_UNKNOWN, _FORBIDDEN, _SEE_OTHER, _FAULT = 401, 403, 303, 500
_TOLD_TO_LOG_IN = re.compile(r"/login\?next=|/setup$")


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one address, and who may, as it declares."""

    method: str
    path: str
    access: Access | None

    @property
    def is_page(self) -> bool:
        """Whether it is for a browser."""
        return (
            not self.path.startswith(("/api/", "/.well-known/")) and self.path not in _FOR_PROGRAMS
        )

    @property
    def owner(self) -> Owner | None:
        """Whose things are behind it."""
        return None if self.access is None else owner_of(self.path, self.access)

    @property
    def numbers(self) -> list[str]:
        """The names of what in its path is not the same for all: things by their number, and listeners."""
        return re.findall(r"\{(\w+)\}", self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, user: object = "me", number: object = NOBODYS_NUMBER) -> str:
        """Give an address with a listener and a number."""
        return re.sub(r"\{\w+\}", str(number), self.path.replace("{user}", str(user)))


def _all_doors() -> Iterator[Door]:
    routers = (*api.list_routers(), *mcp.list_routers(), *ui.list_routers())
    for router in (*routers, health.ROUTER, metrics.ROUTER, docs.ROUTER, oauth.ROUTER):
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise TypeError(f"{route} is no route that can declare who may")
            for method in sorted(route.methods or ()):
                yield Door(method, route.path, access_of(route.dependant))


DOORS = sorted(_all_doors(), key=str)
_CLIENT = httpx2.Client(timeout=30)
CLOSED = [door for door in DOORS if door.access is not None]


def send(method: str, address: str, **options: Any) -> httpx2.Response:  # noqa: ANN401 - what the client takes
    """Send a request as somebody who has no cookies but those it shows."""
    _CLIENT.cookies.clear()
    return _CLIENT.request(method, address, **options)


def knock(
    base: str,
    door: Door,
    headers: dict[str, str],
    *,
    user: object = "me",
    number: object = NOBODYS_NUMBER,
    body: object = None,
) -> int:
    """Give the status of the answer; a page that leads to the log-in says 401 by that."""
    _CLIENT.cookies.clear()
    # A stream that has no end is left at its head.
    address = base + door.address(user, number)
    sent: dict[str, Any] = {"data": body} if door.is_page else {"json": body}
    with _CLIENT.stream(door.method, address, headers=headers, **sent) as answer:
        status = answer.status_code
        if status == _SEE_OTHER and _TOLD_TO_LOG_IN.search(answer.headers["location"]):
            return _UNKNOWN
        if status >= _FAULT:
            raise AssertionError(f"{door} answers {status}")
        return status


def entered(status: int) -> int:
    """Give 200 for an answer that does not turn the caller away, whatever it says to the request."""
    return status if status in (_UNKNOWN, _FORBIDDEN) else THROUGH
