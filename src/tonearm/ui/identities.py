"""What the account page tells of log-ins elsewhere."""

from typing import Any

from tonearm.accounts.people import User
from tonearm.web.oidc import LINK
from tonearm.web.services import Services


def identity_values(rooms: Services, caller: User) -> dict[str, Any]:
    """Give what the part of the account page about log-ins elsewhere is rendered with."""
    return {
        "identities": rooms.identities.list(caller.id),
        "issuer": rooms.identities.issuer,
        "provider": rooms.oidc.name if rooms.oidc else None,
        "link": LINK,
    }
