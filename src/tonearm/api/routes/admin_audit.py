"""The audit log: what happened on this Tonearm, and to one's own account."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Query

from tonearm.accounts.audit import Action, Entry, Wanted
from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.web.callers import AccountHolder, Administrator, Rooms
from tonearm.web.services import Services
from tonearm.web.strict import api_router, problems

ROUTER = api_router("", "audit")
_LARGEST_ID = 2_147_483_647

Limit = Annotated[int, Query(ge=1, le=500)]
ActionName = Annotated[Action | None, Query(description="Only entries of this action")]
_DONE_BY = "Only what this person did, by number"
_CONCERNED = "Only what was about this person's account or data, by number"


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first."""

    items: tuple[Entry, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@ROUTER.get("/admin/audit", summary="List what happened", responses=problems(503))
def list_entries(
    services: Rooms,
    caller: Administrator,
    action: ActionName = None,
    actor: Annotated[int | None, Query(ge=1, le=_LARGEST_ID, description=_DONE_BY)] = None,
    subject: Annotated[int | None, Query(ge=1, le=_LARGEST_ID, description=_CONCERNED)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Give the entries of the audit log, newest first. `tonearm audit verify` tells whether they are as written."""
    del caller
    wanted = Wanted(action=action, actor_id=actor, subject_id=subject)
    return _page(services, wanted, cursor, limit)


@ROUTER.get(
    "/user/audit", summary="List what happened to one's own account", responses=problems(503)
)
def list_own_entries(
    services: Rooms,
    caller: AccountHolder,
    action: ActionName = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Give what happened to the caller's account and data, newest first, and who did it.

    Where somebody else did it, their address is left out: it is theirs.
    """
    found = _page(services, Wanted(action=action, subject_id=caller.id), cursor, limit)
    return replace(found, items=tuple(_shown_to(caller.id, entry) for entry in found.items))


def _page(services: Services, wanted: Wanted, cursor: str | None, limit: int) -> AuditPage:
    # One entry more than fits tells whether there is a next page.
    found = services.audit.list(wanted, before=read_cursor(cursor) or None, limit=limit + 1)
    more = make_cursor(found[limit - 1].id) if len(found) > limit else None
    return AuditPage(tuple(found[:limit]), more)


def _shown_to(person_id: int, entry: Entry) -> Entry:
    is_others = entry.actor_id not in (None, person_id)
    return replace(entry, address=None, request_id=None) if is_others else entry
