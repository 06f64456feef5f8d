"""How long to wait from one poll to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

PAGE: Final = 50
"""How many plays Spotify tells of; what is played beyond them between two polls is lost."""
_LATELY: Final = timedelta(hours=1)
_POLLS_A_PAGE: Final = 3
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """Bounds of the wait, and what is usual while somebody listens."""

    least: timedelta = timedelta(minutes=5)
    usual: timedelta = timedelta(minutes=15)
    most: timedelta = timedelta(minutes=60)

    def after(
        self, now: datetime, played: Sequence[datetime], before: timedelta, *, rests: bool
    ) -> timedelta:
        """Give the wait after a page of plays, `before` being the wait before it.

        Somebody who listens is polled three times while as many plays as a page holds would go by at the density of
        the last hour. Of somebody who rests, so that the page had nothing new, the wait doubles each time.
        """
        lately = sum(now - _LATELY < instant <= now for instant in played)
        if rests and not lately:
            return self.within(max(before, self.usual) * 2)
        wait = (
            self.usual if not lately else min(self.usual, _LATELY * PAGE / lately / _POLLS_A_PAGE)
        )
        return self.within(wait)

    def within(self, wait: timedelta) -> timedelta:
        """Keep a wait within the bounds."""
        return min(max(wait, self.least), self.most)


def affordable(links: int, daily_calls: int) -> timedelta:
    """Give how often each of several links of one app can be polled for a whole day without using up its calls."""
    return _DAY * links / max(daily_calls, 1)


def spread(instant: datetime, over: timedelta, place: int, count: int) -> datetime:
    """Give the moment of one of several that would all begin at an instant, evenly over a time."""
    return instant + over * place / max(count, 1)
