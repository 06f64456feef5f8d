"""Links between listeners and their Spotify accounts: what there is, and their end."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.link_records import Link, LinkHook, LinkState, find_link, link_of, no_link
from tonearm.accounts.link_tokens import LinkTokens
from tonearm.accounts.numbering import lock_user
from tonearm.domain.errors import InvalidInputError
from tonearm.ops.clock import Clock
from tonearm.spotify.errors import SpotifyError
from tonearm.spotify.tokens import TokenSource
from tonearm.storage.database import Database
from tonearm.storage.link_tables import link_attempts, links

Forgetting = Callable[[Connection, int, int], Callable[[], None]]
"""Forgets, in a transaction, what the link of a listener has brought, and gives what is to be done after it."""


class Collected(StrEnum):
    """What becomes of the plays that a link has brought, once it has ended."""

    KEEP = "keep"
    ERASE = "erase"


class Links:
    """The links of all listeners; `tokens` renews what opens them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tokens: LinkTokens,
        forgetting: Sequence[Forgetting] = (),
        on_unlinked: Sequence[LinkHook] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._forgetting = tuple(forgetting)
        self._on_unlinked = tuple(on_unlinked)

    @property
    def can_erase(self) -> bool:
        """Whether links bring anything that could be erased with them."""
        return bool(self._forgetting)

    def find(self, user_id: int) -> Link | None:
        """Give somebody's link; None where there is none."""
        with self._database.read() as connection:
            return find_link(connection, user_id, self._clock())

    def get(self, user_id: int) -> Link:
        """Give somebody's link; raises NotFoundError."""
        link = self.find(user_id)
        if link is None:
            raise no_link()
        return link

    def list_all(self) -> list[tuple[int, Link]]:
        """List the links of everybody, each with the number of its listener."""
        query = select(links).where(_IS_THERE).order_by(links.c.user_id)
        now = self._clock()
        with self._database.read() as connection:
            return [(row.user_id, link_of(row, now)) for row in connection.execute(query)]

    def count_states(self) -> dict[LinkState, int]:
        """Count the links of everybody by how they are; those that have ended too."""
        query = select(links.c.state, func.count().label("links")).group_by(links.c.state)
        with self._database.read() as connection:
            found = {LinkState(row.state): row.links for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in LinkState}

    def lend(self, user_id: int, link_id: int) -> TokenSource:
        """Give what lends the access tokens of a link; raises NotFoundError."""
        return self._tokens.lend(user_id, link_id)

    def note(self, user_id: int, link_id: int, error: SpotifyError | None) -> None:
        """Keep what is in the way of a link, or that nothing is any more, for its listener to read."""
        self._tokens.note(user_id, link_id, error)

    def refresh(self, user_id: int) -> Link:
        """Renew the access token of somebody's link now, even if it seemed to have ended.

        Raises:
            NotFoundError: there is no link.
            RelinkNeededError: it has to be made again.
            SpotifyError: Spotify gives no token.
            UnavailableError: the vault's keys cannot be read.
        """
        self._tokens.renew(user_id, self.get(user_id).id)
        return self.get(user_id)

    def unlink(self, user_id: int, collected: Collected = Collected.KEEP) -> None:
        """End somebody's link. Its tokens are gone at once; its number is not given again.

        With `KEEP` the plays stay, and linking the same account again goes on with the same number. With `ERASE` they
        go, and so does whose account it was.

        Raises:
            NotFoundError: there is no link.
            InvalidInputError: links bring nothing here that could be erased.
        """
        if collected is Collected.ERASE and not self.can_erase:
            raise InvalidInputError(
                "This Tonearm has collected no plays through links, so there are none to erase. Unlink with `keep`.",
                parameter="plays",
            )
        values = {
            "state": LinkState.UNLINKED.value,
            **dict.fromkeys(
                ("access_token", "refresh_token", "problem", "cause", "renewer", "renewing_until")
            ),
            "renewals": links.c.renewals + 1,
        }
        if collected is Collected.ERASE:
            values |= {"account_id": "", "display_name": None}
        afterwards: list[Callable[[], None]] = []
        with self._database.write() as connection:
            lock_user(connection, user_id)
            link_id = connection.scalar(
                update(links)
                .where(links.c.user_id == user_id, _IS_THERE)
                .values(values)
                .returning(links.c.id)
            )
            if link_id is None:
                raise no_link()
            connection.execute(delete(link_attempts).where(link_attempts.c.user_id == user_id))
            now = self._clock()
            for hear in self._on_unlinked:
                hear(connection, user_id, link_id, now)
            if collected is Collected.ERASE:
                afterwards = [forget(connection, user_id, link_id) for forget in self._forgetting]
            details = {"link": link_id, "plays": collected}
            record(connection, now, Action.LINK_ENDED, subject_id=user_id, **details)
        for finish in afterwards:
            finish()


_IS_THERE = links.c.state != LinkState.UNLINKED.value
