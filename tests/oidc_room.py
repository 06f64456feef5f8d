"""Log-ins at a hostile provider, by the rooms alone."""

from dataclasses import dataclass
from typing import Any

from hostile_provider import CLIENT, HostileProvider
from moving_clock import MovingClock
from oidc_login import query_of
from tonearm.accounts.identities import Identities
from tonearm.accounts.oidc import Answer, Oidc, Policy
from tonearm.accounts.oidc_provider import Provider, Registration
from tonearm.accounts.people import Accounts, User
from tonearm.storage.database import Database

SECRET = "the client's secret"
BACK = "http://127.0.0.1/api/auth/oidc/callback"


@dataclass
class WayIn:
    """Somebody's way through a log-in."""

    oidc: Oidc
    provider: HostileProvider

    def come_in(self, **brought: Any) -> User:  # noqa: ANN401 - fields of an answer
        """Log in with what the provider gives now, and with what else the browser brings."""
        departure = self.oidc.begin(BACK, "/", None)
        asked = query_of(departure.address)
        self.provider.nonce = asked["nonce"]
        answer = Answer(**{"state": asked["state"], "code": "a code"} | brought)
        return self.oidc.finish(answer, BACK, departure.browser, None).user


def make(
    database: Database,
    clock: MovingClock,
    provider: HostileProvider,
    *,
    secret: str = SECRET,
    patience: float = 10.0,
    by_email: bool = False,
    registers: bool = False,
) -> WayIn:
    identities = Identities(database, clock, provider.issuer)
    registration = Registration(provider.issuer, CLIENT, secret, "openid email")
    asked = Provider(registration, clock, patience=patience)
    return WayIn(
        Oidc(database, clock, identities, asked, Policy(by_email, registers), "Home"), provider
    )


def known(database: Database, clock: MovingClock, provider: HostileProvider) -> WayIn:
    """Give a way in for "them", whose account is Ada's."""
    ada = Accounts(database, clock).add("Ada", "UTC")
    Identities(database, clock, provider.issuer).link(ada.id, "them")
    return make(database, clock, provider)
