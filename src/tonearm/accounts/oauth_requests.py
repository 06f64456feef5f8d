"""What a program asks of somebody, read strictly: which program, what for, and where the answer goes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from tonearm.accounts.oauth_clients import Client, Clients
from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import Role, Scope

OFFERED = tuple(scope for scope in Scope if scope is not Scope.ADMIN)
"""What a program may be let in to: never to the account itself, nor to other people's."""
USUAL = (Scope.MCP,)
"""What a program is let in to that asks for nothing in particular."""
_WORTH_OFFERING = (Scope.HISTORY_WRITE,)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_STATE = 2_000
_ROOT = ""
_ASSISTANTS = "/mcp"


@dataclass(frozen=True, slots=True)
class Asked:
    """A program that asks somebody to let it in."""

    client: Client
    redirect_uri: str
    state: str | None
    scopes: tuple[Scope, ...]
    resource: str
    """The address that its tokens are for."""
    challenge: str | None
    """What the verifier of PKCE is compared with; None for a program that needs none."""


def besides(asked: Asked, role: Role) -> tuple[Scope, ...]:
    """Give what a program may be let in to that has not asked for it: assistants ask to look, whatever they can."""
    is_worth_it = Scope.MCP in asked.scopes and role.covers(Role.LISTENER)
    return tuple(scope for scope in _WORTH_OFFERING if is_worth_it and scope not in asked.scopes)


def allowed(asked: Asked, role: Role, names: Iterable[str]) -> Asked:
    """Give what a program is let in to of all that was offered; raises InvalidInputError where that is nothing."""
    chosen = set(names)
    scopes = tuple(
        scope
        for scope in OFFERED
        if scope.value in chosen and scope in (*asked.scopes, *besides(asked, role))
    )
    if not scopes:
        raise InvalidInputError(
            "Tick at least one thing that it may do, or deny it.", parameter="scopes"
        )
    return replace(asked, scopes=scopes)


class MisaskedError(OAuthError):
    """A known program asks at a known address, but for what cannot be given; it can be told so there."""

    def __init__(
        self, fault: OAuthFault, message: str, redirect_uri: str, state: str | None
    ) -> None:
        super().__init__(fault, message)
        self.redirect_uri = redirect_uri
        self.state = state


def read_request(sent: Mapping[str, str], clients: Clients, issuer: str) -> Asked:
    """Read what a program sends a browser with.

    Raises:
        OAuthError: the program, or the address for its answer, is not known: nobody may be sent there.
        MisaskedError: the program may be told that it asks wrongly.
    """
    client_id = sent.get("client_id")
    if not client_id:
        raise OAuthError(
            OAuthFault.INVALID_REQUEST, "The program does not say which one it is: `client_id`."
        )
    client = clients.get(client_id)
    redirect_uri = sent.get("redirect_uri")
    if redirect_uri is None or not client.allows(redirect_uri):
        raise OAuthError(
            OAuthFault.INVALID_REQUEST,
            "The program wants its answer at an address that it has not named before: `redirect_uri`.",
        )
    state = sent.get("state")
    try:
        return _read(sent, client, redirect_uri, issuer)
    except OAuthError as error:
        raise MisaskedError(error.fault, error.message, redirect_uri, state) from None


def resource_of(text: str | None, issuer: str) -> str:
    """Give the address here that tokens are to be for (RFC 8707); where nothing is said, that of assistants.

    Raises:
        OAuthError: it is neither this Tonearm's nor that of its assistants.
    """
    if text is None:
        return issuer + _ASSISTANTS
    wanted = _normal(text)
    for path in (_ASSISTANTS, _ROOT):
        if wanted == _normal(issuer + path):
            return issuer + path
    raise OAuthError(
        OAuthFault.INVALID_TARGET,
        f"`resource` must be {issuer}{_ASSISTANTS}, as there are no tokens for other addresses here.",
    )


def is_own(resource: str, issuer: str) -> bool:
    """Tell whether what is for an address is for this Tonearm, as it is asked for now."""
    return resource in {issuer + _ASSISTANTS, issuer + _ROOT}


def read_scopes(text: str | None, offered: tuple[Scope, ...] = OFFERED) -> tuple[Scope, ...]:
    """Give the scopes in a text that can be given; raises OAuthError where it names some, but none of those."""
    if not (text or "").split():
        return USUAL
    # As RFC 6749, 3.3, has it: what is not known is left out, and the answer says what there is.
    named = set((text or "").split())
    found = tuple(scope for scope in offered if scope.value in named)
    if not found:
        raise OAuthError(
            OAuthFault.INVALID_SCOPE, f"`scope` must name some of: {', '.join(offered)}."
        )
    return found


def answer_address(redirect_uri: str, issuer: str, **answer: str | None) -> str:
    """Give the address that tells a program its answer, and whose it is (RFC 9207)."""
    parts = urlsplit(redirect_uri)
    told = {name: value for name, value in {**answer, "iss": issuer}.items() if value is not None}
    query = "&".join(filter(None, (parts.query, urlencode(told, quote_via=quote))))
    return urlunsplit(parts._replace(query=query))


def _read(sent: Mapping[str, str], client: Client, redirect_uri: str, issuer: str) -> Asked:
    state = sent.get("state")
    if state is not None and len(state) > _LONGEST_STATE:
        raise OAuthError(
            OAuthFault.INVALID_REQUEST, f"`state` has at most {_LONGEST_STATE} characters."
        )
    if sent.get("response_type") != "code":
        raise OAuthError(OAuthFault.UNSUPPORTED_RESPONSE_TYPE, "`response_type` must be code.")
    if sent.get("response_mode", "query") != "query":
        raise OAuthError(
            OAuthFault.INVALID_REQUEST, "`response_mode` must be query, or be left out."
        )
    challenge, method = sent.get("code_challenge"), sent.get("code_challenge_method")
    is_proven = challenge is not None or method is not None or client.needs_proof
    if is_proven and (method != "S256" or not _CHALLENGE.fullmatch(challenge or "")):
        raise OAuthError(
            OAuthFault.INVALID_REQUEST,
            "PKCE is needed: `code_challenge`, with `code_challenge_method` S256.",
        )
    return Asked(
        client=client,
        redirect_uri=redirect_uri,
        state=state,
        scopes=read_scopes(sent.get("scope")),
        resource=resource_of(sent.get("resource"), issuer),
        challenge=challenge,
    )


def _normal(address: str) -> str | None:
    """Give an address as it is compared: scheme and host in lower case, without a slash at the end."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.query or parts.fragment:
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
