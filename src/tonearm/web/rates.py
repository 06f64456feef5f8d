"""How often a caller may come: counted by class of request, and told in the headers of every answer.

Headers as the IETF's draft has them (draft-ietf-httpapi-ratelimit-headers-10). Windows are fixed and begin at whole
multiples of their length. In one process they are counted in memory. Processes that share a PostgreSQL share the
counts: log-ins and imports are counted there one by one; of everything else each process tells the others once a
second, so that a caller of several may come more often by what they sent within that second.

The library `limits` knows no database of SQL, and its counter in memory starts a thread a hundred times a second to
forget: what would be left of it is an addition.
"""

import ipaddress
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Scope

from tonearm.domain.errors import UnauthenticatedError
from tonearm.storage.windows import Windows
from tonearm.web.callers import Callers
from tonearm.web.scope import AUTHORIZE_PATH, MCP_PATH, OAUTH_PATHS, SHARE_PATH, route_path

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_UPLOAD = re.compile(r"(/api)?/imports|/api/admin/users/[0-9]+/import")
_ENTRANCE = "/api/auth/"
# It is of an account that somebody has entered already.
_INSIDE = "/api/auth/spotify"
# What asks whether the server lives and how it does, which is no caller, files that are the same for everybody, and the
# many small ones of one page.
_UNCOUNTED = ("/healthz", "/readyz", "/metrics", "/static/", "/covers/")
# Where assistants call tools, of which hardly any changes something.
_CALLED = (MCP_PATH, "/api/mcp/call")
_TOLD_EVERY_SECONDS = 1.0
_MOST_COUNTED = 50_000
_ONE_PLACE_IPV6 = 64


@dataclass(frozen=True, slots=True)
class RateClass:
    """Requests that are counted together."""

    name: str
    most: int
    """In one window; 0 for any number."""
    window: timedelta
    by_address: bool = False
    """Whether the address counts whoever is known."""
    is_exact: bool = False
    """Whether processes count every request together, rather than tell each other once a second."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The classes there are."""

    reading: RateClass
    writing: RateClass
    importing: RateClass
    entering: RateClass
    sharing: RateClass

    @classmethod
    def of(
        cls, *, reading: int, writing: int, importing: int, entering: int, sharing: int = 60
    ) -> "RateLimits":
        """Make the classes: `importing` counts by the hour, the others by the minute; 0 is any number."""
        minute, hour = timedelta(minutes=1), timedelta(hours=1)
        return cls(
            RateClass("reading", reading, minute),
            RateClass("writing", writing, minute),
            RateClass("importing", importing, hour, is_exact=True),
            RateClass("entering", entering, minute, by_address=True, is_exact=True),
            RateClass("sharing", sharing, minute, by_address=True),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after a request."""

    rate: RateClass
    remaining: int
    seconds: int
    """Until the window ends."""
    is_over: bool
    """Whether this request was one too many."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Give what an answer says of it."""
        name, window = self.rate.name, int(self.rate.window.total_seconds())
        told = [
            (b"ratelimit-policy", f'"{name}";q={self.rate.most};w={window}'.encode()),
            (b"ratelimit", f'"{name}";r={self.remaining};t={self.seconds}'.encode()),
        ]
        if self.is_over:
            told.append((b"retry-after", str(self.seconds).encode()))
        return told


@dataclass(slots=True)
class _Count:
    ends: float
    shared: int = 0
    """What all processes together had counted when they were asked last."""
    untold: int = 0
    """What only this process has counted."""
    told_at: float = -math.inf


class Rates:
    """Counts the requests of everybody."""

    def __init__(
        self,
        limits: RateLimits,
        windows: Windows | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Count in memory, and where there are `windows`, together with other processes."""
        self._limits = limits
        self._windows = windows
        self._clock = clock
        self._counts: dict[tuple[str, str], _Count] = {}

    async def take(self, scope: Scope, callers: Callers) -> Standing | None:
        """Count a request; None for one that is not counted.

        Raises:
            UnavailableError: the database cannot say who is calling, or how often.
        """
        path = route_path(scope)
        if path.startswith(_UNCOUNTED):
            return None
        rate, caller = await self._judge(scope, path, callers)
        return await self._count(rate, caller) if rate.most else None

    async def _judge(self, scope: Scope, path: str, callers: Callers) -> tuple[RateClass, str]:
        limits = self._limits
        if path.startswith(_ENTRANCE) and not path.startswith(_INSIDE):
            return limits.entering, _place(scope)
        if path.startswith(SHARE_PATH):
            return limits.sharing, _place(scope)
        # Who asks to be let in may have Tonearm ask at an address of theirs.
        if path in OAUTH_PATHS or path == AUTHORIZE_PATH:
            return limits.entering, _place(scope)
        reads = scope["method"] in _READS
        try:
            calling = await callers.find(Request(scope))
        except UnauthenticatedError:
            calling = None
        if calling is None:
            # Whoever changes something without being known is on their way in.
            return limits.reading if reads else limits.entering, _place(scope)
        user = f"user {calling.user.id}"
        if reads or path in _CALLED:
            return limits.reading, user
        return limits.importing if _UPLOAD.fullmatch(path) else limits.writing, user

    async def _count(self, rate: RateClass, caller: str) -> Standing:
        now = self._clock()
        count = self._find(rate, caller, now)
        count.untold += 1
        total = count.shared + count.untold
        is_due = rate.is_exact or now - count.told_at >= _TOLD_EVERY_SECONDS
        # Who is over already is so everywhere: a flood does not reach the database.
        if self._windows is not None and is_due and total <= rate.most:
            told, count.untold, count.told_at = count.untold, 0, now
            name = f"{rate.name} {caller}"
            total, ends_at = await run_in_threadpool(self._windows.count, name, rate.window, told)
            count.shared = max(count.shared, total)
            count.ends = ends_at.timestamp()
        seconds = max(math.ceil(count.ends - now), 1)
        return Standing(rate, max(rate.most - total, 0), seconds, total > rate.most)

    def _find(self, rate: RateClass, caller: str, now: float) -> _Count:
        key = rate.name, caller
        count = self._counts.get(key)
        if count is None or now >= count.ends:
            length = rate.window.total_seconds()
            self._counts.pop(key, None)
            self._make_room(now)
            count = self._counts[key] = _Count((now // length + 1) * length)
        return count

    def _make_room(self, now: float) -> None:
        if len(self._counts) >= _MOST_COUNTED:
            self._counts = {key: count for key, count in self._counts.items() if now < count.ends}
        while len(self._counts) >= _MOST_COUNTED:
            del self._counts[next(iter(self._counts))]


def _place(scope: Scope) -> str:
    """Give where a request comes from; one household or server has a whole IPv6 network of addresses."""
    client = scope.get("client")
    if client is None:
        return "nowhere"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(address), _ONE_PLACE_IPV6), strict=False))
    return str(address)
