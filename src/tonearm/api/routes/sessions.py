"""The caller's log-ins."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Path
from starlette.requests import Request

from tonearm.api.records import ListedSession, SessionPage
from tonearm.web.callers import AccountHolder, Rooms, current_session
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/user/sessions", "user")
_LARGEST_ID = 2_147_483_647

SessionId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the session")]


@ROUTER.get("", summary="List log-ins")
def list_sessions(request: Request, services: Rooms, caller: AccountHolder) -> SessionPage:
    """Give the caller's sessions, of browsers and of API clients, the newest first."""
    current = current_session(request)
    found = services.sessions.list(caller.id)
    return SessionPage(
        tuple(
            ListedSession(
                **asdict(session), is_current=current is not None and session.id == current.id
            )
            for session in found
        )
    )


@ROUTER.delete("", status_code=204, summary="Log out everywhere else", responses=problems(503))
def delete_sessions(request: Request, services: Rooms, caller: AccountHolder) -> None:
    """End all of the caller's sessions at once but the one that asks; a key ends all of them."""
    current = current_session(request)
    services.sessions.revoke_others(caller.id, current.id if current else None)


@ROUTER.delete(
    "/{session_id}", status_code=204, summary="End a log-in", responses=problems(404, 503)
)
def delete_session(services: Rooms, caller: AccountHolder, session_id: SessionId) -> None:
    """End a session at once, in every process; it may be the one that asks."""
    services.sessions.revoke(caller.id, session_id)
