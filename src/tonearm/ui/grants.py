"""What pages tell of programs that people let in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tonearm.accounts.oauth_clients import Client, ClientKind
from tonearm.accounts.oauth_redirects import CHATGPT_ACTIONS, is_app, is_loopback, target_of
from tonearm.accounts.oauth_requests import Asked, besides
from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Scope
from tonearm.speech import N_, from_below
from tonearm.speech import gettext as _
from tonearm.web.services import Services

_KINDS: Mapping[ClientKind, str] = {
    ClientKind.REGISTERED: N_("It gave itself this name: nobody has checked it."),
    ClientKind.DOCUMENT: N_("It gave itself this name. What is certain is where it is described:"),
    ClientKind.MADE: N_("Somebody on this Tonearm has set it up by hand, and gave it this name."),
}


def grant_values(rooms: Services, caller: User) -> dict[str, Any]:
    """Give what the part of the account page about programs is rendered with."""
    return {
        "grants": rooms.grants.list(caller.id),
        "clients": rooms.clients.list(caller.id),
        "takes_oauth": rooms.takes_oauth,
        "chatgpt_actions": CHATGPT_ACTIONS,
    }


def consent_values(asked: Asked, caller: User) -> dict[str, Any]:
    """Give what the page is rendered with that asks whether a program is to be let in."""
    client, target = asked.client, target_of(asked.redirect_uri)
    described_at = host_of(client)
    is_elsewhere = (
        described_at is not None and urlsplit(asked.redirect_uri).hostname != described_at
    )
    is_here = is_loopback(asked.redirect_uri)
    return {
        "client": client,
        "name": client.name or described_at or _("A program without a name"),
        "known": _KINDS[client.kind],
        "described_at": described_at,
        "answered_at": target,
        "app": target.removesuffix(":") if is_app(asked.redirect_uri) else None,
        "is_here": is_here,
        # A program on one's own machine is answered there, wherever it is described.
        "is_elsewhere": is_elsewhere and not is_here and not is_app(asked.redirect_uri),
        "wanted": {scope.value: _sentence(scope) for scope in asked.scopes},
        "besides": {scope.value: _sentence(scope) for scope in besides(asked, caller.role)},
    }


def host_of(client: Client) -> str | None:
    """Give the host at which a program is described; None where it is known in another way."""
    if client.kind is not ClientKind.DOCUMENT:
        return None
    return urlsplit(client.client_id).hostname


def _sentence(scope: Scope) -> str:
    meaning = from_below(scope.meaning)
    return meaning[:1].upper() + meaning[1:]
