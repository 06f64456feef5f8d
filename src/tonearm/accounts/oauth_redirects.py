"""Where the answer to an authorization may go: exact addresses, with the two exceptions that are known to be needed.

An address of this machine is for any port, since a program there takes a free one (RFC 8252, 7.3). And the address of a
custom GPT holds an id that is known only once its client has been filled in: `CHATGPT_ACTIONS` stands for those.
"""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from tonearm.accounts.oauth_errors import OAuthError, OAuthFault

CHATGPT_ACTIONS = "https://chatgpt.com/aip/{g-id}/oauth/callback"
"""What custom GPTs are answered at, as a person may write it into a client that they make."""
MOST_REDIRECTS = 10
_LONGEST = 500
_CHATGPT = re.compile(r"https://chatgpt\.com/aip/g-[A-Za-z0-9_-]{1,128}/oauth/callback")
# No blanks, quotes or backslashes; nor what would end a source in a content security policy.
_PLAIN = re.compile(r"[A-Za-z0-9._~:/?@!$&()*+=%\[\]-]+")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+")
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
# Apps that are known to be answered so; others have a scheme with a dot, which is a name of their own (RFC 8252, 7.1).
_APPS = frozenset(("cursor", "vscode", "vscode-insiders", "windsurf", "claude"))


def check_redirects(addresses: Iterable[str]) -> tuple[str, ...]:
    """Give addresses that a program may be answered at; raises OAuthError for those that are none."""
    found = tuple(dict.fromkeys(addresses))
    if not 1 <= len(found) <= MOST_REDIRECTS:
        raise _refused(f"name 1 to {MOST_REDIRECTS} addresses to which answers may go")
    for address in found:
        _check(address)
    return found


def allows(registered: Iterable[str], address: str) -> bool:
    """Tell whether one of the registered addresses allows this one."""
    if _parts(address) is None:
        return False
    return any(_matches(known, address) for known in registered)


def is_loopback(address: str) -> bool:
    """Tell whether an address is one of the machine that the browser runs on."""
    parts = _parts(address)
    return parts is not None and parts.scheme == "http"


def is_app(address: str) -> bool:
    """Tell whether an address opens an app rather than a page."""
    parts = _parts(address)
    return parts is not None and parts.scheme not in {"http", "https"}


def target_of(address: str) -> str:
    """Give where an address leads, as people and content security policies read it: an origin, or a scheme."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{parts.netloc}"


def _check(address: str) -> None:
    if address == CHATGPT_ACTIONS:
        return
    if _parts(address) is None:
        raise _refused(
            "an address must be https, or http of 127.0.0.1, [::1] or localhost, or that of an app such as "
            f"org.example.app:/answer, without user, fragment or blanks, and have at most {_LONGEST} characters"
        )


def _parts(address: str) -> SplitResult | None:
    """Take an address apart; None for one that nobody may be sent to."""
    if len(address) > _LONGEST or not _PLAIN.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme in {"http", "https"}:
        is_plain = bool(host and _HOST.fullmatch(host)) and "@" not in parts.netloc and port != 0
        return parts if is_plain and (parts.scheme == "https" or host in _LOOPBACK) else None
    return parts if "." in parts.scheme or parts.scheme in _APPS else None


def _matches(known: str, address: str) -> bool:
    if known == CHATGPT_ACTIONS:
        return _CHATGPT.fullmatch(address) is not None
    if known == address:
        return True
    return is_loopback(known) and is_loopback(address) and _portless(known) == _portless(address)


def _portless(address: str) -> tuple[str | None, str, str]:
    parts = urlsplit(address)
    return parts.hostname, parts.path, parts.query


def _refused(what: str) -> OAuthError:
    return OAuthError(OAuthFault.INVALID_REDIRECT_URI, f"redirect_uris: {what}.")
