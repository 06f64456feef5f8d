"""What Spotify thinks the listener hears most."""

from enum import StrEnum

from tonearm.spotify.asking import MOST_ON_A_PAGE, Ask
from tonearm.spotify.models import Artist, Track
from tonearm.spotify.operation import Resource, Scope, operation
from tonearm.spotify.reading import Page


class Span(StrEnum):
    """Over which time."""

    FOUR_WEEKS = "short_term"
    HALF_A_YEAR = "medium_term"
    A_YEAR = "long_term"


class Top(Resource):
    """The listener's favourites by Spotify's own reckoning, most heard first."""

    @operation("get-users-top-artists", "GET", "/me/top/artists", Scope.READ_TOP)
    def artists(
        self,
        ask: Ask,
        span: Span = Span.HALF_A_YEAR,
        *,
        limit: int = MOST_ON_A_PAGE,
        offset: int = 0,
    ) -> Page[Artist]:
        """List the artists heard most."""
        return ask.page(Artist, limit, offset, query={"time_range": Span(span).value})

    @operation("get-users-top-tracks", "GET", "/me/top/tracks", Scope.READ_TOP)
    def tracks(
        self,
        ask: Ask,
        span: Span = Span.HALF_A_YEAR,
        *,
        limit: int = MOST_ON_A_PAGE,
        offset: int = 0,
    ) -> Page[Track]:
        """List the tracks heard most."""
        return ask.page(Track, limit, offset, query={"time_range": Span(span).value})
