"""How much may be asked: a rolling window per app, and a daily quota per developer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tonearm.simulator.calls import ApiError

_DAY_MS = 86_400_000


@dataclass(slots=True)
class Limits:
    """Counts calls. The numbers are not published; these are of the size that people report.

    `rate` calls in `window_ms` per app, `quota` calls a day per developer account. The day of a
    developer begins with their first call; whoever has used it up is locked out until it is over.
    """

    rate: int = 180
    window_ms: int = 30_000
    quota: int = 1_200
    _recent: dict[str, deque[int]] = field(default_factory=dict)
    _day: dict[str, tuple[int, int]] = field(default_factory=dict)
    _blocked: dict[str, int] = field(default_factory=dict)

    def count(self, client_id: str, developer: str, now: int) -> None:
        """Count a call; raises ApiError 429 with `Retry-After` for one too many, which does not count."""
        until = self._blocked.get(developer, 0)
        if now < until:
            raise _refusal("Too many requests", until - now, "QUOTA_EXCEEDED")
        recent = self._recent.setdefault(client_id, deque())
        while recent and recent[0] <= now - self.window_ms:
            recent.popleft()
        if len(recent) >= self.rate:
            oldest = recent[0] if recent else now
            raise _refusal("API rate limit exceeded", oldest + self.window_ms - now)
        begun, used = self._day.get(developer, (now, 0))
        if now >= begun + _DAY_MS:
            begun, used = now, 0
        if used >= self.quota:
            self._blocked[developer] = begun + _DAY_MS
            raise _refusal("Too many requests", begun + _DAY_MS - now, "QUOTA_EXCEEDED")
        self._day[developer] = begun, used + 1
        recent.append(now)

    def used(self, developer: str) -> int:
        """How many calls of the present day count for a developer."""
        return self._day.get(developer, (0, 0))[1]

    def block(self, developer: str, until: int) -> None:
        """Lock a developer out until an instant (milliseconds), as if the quota were used up."""
        self._blocked[developer] = until


def _refusal(message: str, wait_ms: int, reason: str | None = None) -> ApiError:
    seconds = max(1, -(-wait_ms // 1000))
    return ApiError(429, message, reason, {"Retry-After": str(seconds)})
