"""What the page about assistants shows: snippets for each of them, filled in for this Tonearm and a key."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Role, Scope
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.web.scope import MCP_PATH, is_loopback_name
from tonearm.web.services import Services

CLIENTS: Mapping[str, str] = {
    "claude-desktop": "Claude Desktop",
    "claude-code": "Claude Code",
    "claude-web": N_("Claude on the web"),
    "chatgpt-action": N_("ChatGPT, as a GPT with an Action"),
    "chatgpt-connector": N_("ChatGPT, as a connector and in deep research"),
    "cursor": "Cursor",
    "vs-code": "VS Code",
    "codex": "Codex",
    "other": N_("Another one"),
}
"""What can be connected, each under a word of ours; those that are no names are for the catalogues."""
KEYLESS = frozenset({"claude-web", "chatgpt-connector"})
"""Those that take no key: they log in by OAuth."""
CHANGES: Mapping[Scope, str] = {
    Scope.HISTORY_WRITE: N_("It may also hide plays, and have Spotify asked for new ones"),
    Scope.LIBRARY_WRITE: N_("It may also make playlists at Spotify"),
}
"""What a key for an assistant may be made for beyond looking, in words."""
USAGE_DAYS = 30
PLACEHOLDER = "tnrm_…"
"""Stands where the key goes."""
DOCUMENT_PATH = "/api/mcp/openapi.json"
_KEY_VARIABLE = "TONEARM_API_KEY"
_NAME = "tonearm"


class Reach(StrEnum):
    """From where an address can be reached, as far as the address tells."""

    MACHINE = "machine"
    """From this machine alone."""
    PLAIN = "plain"
    """From elsewhere, but everybody on the way reads along."""
    HTTPS = "https"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Something to copy."""

    id: str
    text: str


def reach_of(address: str) -> Reach:
    """Tell from where an address can be reached."""
    parts = urlsplit(address)
    if is_loopback_name(parts.hostname or ""):
        return Reach.MACHINE
    return Reach.HTTPS if parts.scheme == "https" else Reach.PLAIN


def make_snippets(address: str, key: str, user: str) -> dict[str, Snippet]:
    """Make what there is to copy, by name; `key` is one that was just made, or what stands in its place."""
    url, bearer = address + MCP_PATH, f"Bearer {key}"
    here = {"command": _NAME, "args": ["mcp", "--user", user]}
    bridge = {"command": _NAME, "args": ["mcp", "--server", address], "env": {_KEY_VARIABLE: key}}
    remote = {"url": url, "headers": {"Authorization": bearer}}
    words = _("Tonearm key")
    asked = {"type": "promptString", "id": "tonearm-key", "description": words, "password": True}
    input_key = {"Authorization": "Bearer ${input:tonearm-key}"}
    vs_code = {"type": "http", "url": url, "headers": input_key}
    command = shlex.join([_NAME, "mcp", "--user", user])
    texts = {
        "desktop-here": _json({"mcpServers": {_NAME: here}}),
        "desktop-elsewhere": _json({"mcpServers": {_NAME: bridge}}),
        "code-http": f"claude mcp add --transport http {_NAME} {shlex.quote(url)} "
        f'--header "Authorization: {bearer}"',
        "code-here": f"claude mcp add {_NAME} -- {command}",
        "claude-url": url,
        "chatgpt-url": url,
        "mcp-url": url,
        "document-url": address + DOCUMENT_PATH,
        "cursor": _json({"mcpServers": {_NAME: remote}}),
        "vs-code": _json({"inputs": [asked], "servers": {_NAME: vs_code}}),
        "vs-code-here": _json({"servers": {_NAME: {"type": "stdio", **here}}}),
        "codex-http": f"export {_KEY_VARIABLE}={key}\ncodex mcp add {_NAME} --url {shlex.quote(url)} "
        f"--bearer-token-env-var {_KEY_VARIABLE}",
        "codex-here": f"codex mcp add {_NAME} -- {command}",
        "header": f"Authorization: {bearer}",
        "curl": f'curl -H "Authorization: {bearer}" '
        + shlex.quote(f"{address}/api/mcp/top?item=artists&range=last_month"),
    }
    return {name: Snippet(f"copy-{name}", text) for name, text in texts.items()}


def assistant_values(rooms: Services, caller: User, address: str, key: str) -> dict[str, Any]:
    """Give what the page is rendered with."""
    usage = rooms.assistant_calls.list_use(caller.id, timedelta(days=USAGE_DAYS))
    return {
        "clients": CLIENTS,
        "keyless": KEYLESS,
        "changes": CHANGES if caller.role.covers(Role.LISTENER) else {},
        "has_oauth": rooms.takes_oauth,
        "reach": reach_of(address).value,
        "address": address,
        "snippets": make_snippets(address, key, caller.name),
        "keys": [one for one in rooms.keys.list(caller.id) if Scope.MCP in one.scopes],
        "usage": usage,
        "usage_days": USAGE_DAYS,
        "calls": sum(one.calls for one in usage),
        "failed": sum(one.failed for one in usage),
    }


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
