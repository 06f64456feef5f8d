"""What the account page tells of log-ins and keys."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Scope
from tonearm.speech import N_
from tonearm.ui.devices import device
from tonearm.web.callers import current_session
from tonearm.web.services import Services

EXPIRIES: Mapping[str, str] = {
    "": N_("Never"),
    "30": N_("In 30 days"),
    "90": N_("In 90 days"),
    "365": N_("In a year"),
}
"""Days after which a new key may end."""
OVERLAPS: Mapping[str, str] = {
    "0": N_("At once"),
    "60": N_("In an hour"),
    "1440": N_("In a day"),
    "10080": N_("In a week"),
}
"""Minutes after which a key that is rotated may end."""


def access_values(request: Request, rooms: Services, caller: User) -> dict[str, Any]:
    """Give what the parts of the account page about log-ins and keys are rendered with."""
    current = current_session(request)
    return {
        "sessions": rooms.sessions.list(caller.id),
        "current": current.id if current else None,
        "device": device,
        "keys": rooms.keys.list(caller.id),
        "scopes": [scope for scope in Scope if scope is not Scope.ADMIN or caller.is_admin],
        "all_scopes": len(Scope),
        "expiries": EXPIRIES,
    }
