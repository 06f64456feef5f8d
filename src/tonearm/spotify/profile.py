"""Who the listener is."""

from tonearm.spotify.asking import Ask
from tonearm.spotify.models import Profile
from tonearm.spotify.operation import Resource, Scope, operation


class Me(Resource):
    """The listener's own account."""

    @operation(
        "get-current-users-profile",
        "GET",
        "/me",
        uses=frozenset({Scope.READ_PRIVATE, Scope.READ_EMAIL}),
    )
    def get(self, ask: Ask) -> Profile:
        """Give who the listener is."""
        return ask.one(Profile)
