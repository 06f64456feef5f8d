"""Becoming a user, and getting another password: the same for API and pages.

All of it asks the database and hashes passwords, so it belongs into worker threads.
"""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.invitations import Newcomer
from tonearm.accounts.people import User
from tonearm.speech.asking import asked_presentation
from tonearm.web.addresses import own_address
from tonearm.web.callers import Callers, Calling
from tonearm.web.cookies import keep_session
from tonearm.web.entry import begin_session
from tonearm.web.languages import wished_languages
from tonearm.web.scope import SHARE_PATH
from tonearm.web.services import Services


def register(request: Request, response: Response, services: Services, newcomer: Newcomer) -> User:
    """Make an account and log the visitor in; raises what `Invitations.register` does."""
    shown = asked_presentation(wished_languages(request))
    user = services.invitations.register(replace(newcomer, presentation=shown))
    begin_session(request, response, services, user, "password")
    return user


def change_password(
    request: Request,
    response: Response,
    services: Services,
    callers: Callers,
    current: str,
    new: str,
) -> None:
    """Change the caller's password; the session that asks for it goes on, a browser's under another token.

    Raises what `Profiles.change_password` does.
    """
    calling: Calling = request.state.calling
    kept_id = calling.session.id if calling.session else None
    token = services.profiles.change_password(calling.user, current, new, kept_id)
    callers.forget_caller(request)
    if token is not None:
        keep_session(request, response, token)


def invitation_link(request: Request, token: str) -> str:
    """Give the address under which somebody who is invited registers."""
    return f"{own_address(request)}/register?invitation={token}"


def reset_link(request: Request, token: str) -> str:
    """Give the address under which somebody chooses another password."""
    return f"{own_address(request)}/reset?token={token}"


def share_link(request: Request, token: str) -> str:
    """Give the address under which whoever has it sees a share."""
    return f"{own_address(request)}{SHARE_PATH}{token}"
