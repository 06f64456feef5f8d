"""The rules of the OAuth server on a database of their own."""

from dataclasses import dataclass
from datetime import timedelta

from moving_clock import MovingClock
from programs import ANSWERED, CHALLENGE, VERIFIER
from tonearm.accounts.oauth_clients import Client, Clients
from tonearm.accounts.oauth_documents import Documents
from tonearm.accounts.oauth_grants import Grants, GrantTokens, Redemption
from tonearm.accounts.oauth_requests import Asked, read_request
from tonearm.accounts.people import Accounts, User
from tonearm.domain.vocabulary import Role
from tonearm.ops.strangers import Strangers
from tonearm.storage.database import Database

ISSUER = "https://music.example.org"
IDLE = timedelta(days=30)
LONGEST = timedelta(days=180)


@dataclass
class OAuthRoom:
    """Clients and grants, and a few people."""

    database: Database
    clock: MovingClock
    accounts: Accounts
    clients: Clients
    grants: Grants
    ada: User
    """The owner."""
    bob: User

    def register(self, *redirect_uris: str, has_secret: bool = False) -> Client:
        """Let a program register itself."""
        made = self.clients.register(
            "A program", redirect_uris or (ANSWERED,), has_secret=has_secret
        )
        return self.clients.authenticate(made.client_id, made.client_secret)

    def asks(self, client: Client, **changed: str | None) -> Asked:
        """Read what a program asks."""
        sent: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uris[0],
            "scope": "mcp",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changed,
        }
        given = {name: value for name, value in sent.items() if value is not None}
        return read_request(given, self.clients, ISSUER)

    def tokens(self, client: Client, user: User, **changed: str | None) -> GrantTokens:
        """Let a program in, and give its tokens."""
        asked = self.asks(client, **changed)
        return self.grants.redeem(client, shown(self.grants.consent(user, asked)))


def shown(
    code: str,
    redirect_uri: str | None = ANSWERED,
    verifier: str | None = VERIFIER,
    resource: str | None = None,
) -> Redemption:
    """Give what a program shows for a code's worth."""
    return Redemption(code, redirect_uri, verifier, resource)


def open_room(database: Database, clock: MovingClock, *private_hosts: str) -> OAuthRoom:
    """Make the rooms and the people."""
    accounts = Accounts(database, clock)
    return OAuthRoom(
        database,
        clock,
        accounts,
        Clients(database, clock, Documents(Strangers(private_hosts))),
        Grants(database, clock, idle=IDLE, longest=LONGEST),
        accounts.set_up("Ada", "correct horse battery", "UTC"),
        accounts.add("Bob", "UTC", Role.LISTENER),
    )
