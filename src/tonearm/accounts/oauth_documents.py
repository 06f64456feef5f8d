"""Documents that describe a program, at the address that is its id (draft-ietf-oauth-client-id-metadata-document)."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.ops.outgoing import OutgoingError
from tonearm.ops.strangers import PrivateAddressError, Strangers

LONGEST_ADDRESS = 255
LEAST_FRESH = timedelta(minutes=5)
MOST_FRESH = timedelta(days=1)
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age=\"?(\d{1,9})\"?\s*(?:,|$)", re.IGNORECASE)
_KEEPS_NOT = re.compile(r"\bno-(?:store|cache)\b", re.IGNORECASE)
_JSON = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;|$)", re.IGNORECASE)
_OK = 200


@dataclass(frozen=True, slots=True)
class Described:
    """What a document says of a program."""

    name: str | None
    redirect_uris: tuple[str, ...]
    fresh_for: timedelta
    """How long it need not be read again."""


def is_document(client_id: str) -> bool:
    """Tell whether an id is the address of a document."""
    return client_id.startswith(("https://", "http://"))


class Documents:
    """Reads documents of programs; they are anybody's, so that nothing in them is believed but what they say of it."""

    def __init__(self, strangers: Strangers) -> None:
        self._strangers = strangers

    def read(self, client_id: str) -> Described:
        """Read the document at an address.

        Raises:
            OAuthError: the address is none of a document, or what is there cannot be used.
        """
        self._check(client_id)
        try:
            reply = self._strangers.fetch(client_id)
        except PrivateAddressError as error:
            raise _refused(f"lies at an address that Tonearm does not read from: {error}") from None
        except OutgoingError:
            raise _refused("cannot be read right now; try again later") from None
        if reply.status != _OK:
            raise _refused(f"is not there: its server answers {reply.status}")
        # What people have put on a site of somebody else's comes as plain text or a page, as a rule.
        if not _JSON.match(reply.content_type):
            raise _refused("does not come as application/json")
        return _described(client_id, reply.body, _fresh_for(reply.cache_control))

    def _check(self, client_id: str) -> None:
        parts = _split(client_id)
        is_usable = (
            parts is not None
            and len(client_id) <= LONGEST_ADDRESS
            and client_id.isascii()
            and client_id.isprintable()
            and not set(client_id) & set(" #\\\"'<>")
            and "@" not in parts.netloc
            and parts.path not in {"", "/"}
            and not {".", ".."} & set(parts.path.split("/"))
        )
        if not is_usable or parts is None:
            raise _refused(
                "must lie at an https address with a path, without user, fragment, or `.` and `..` in it"
            )
        if parts.scheme != "https" and not self._strangers.may_be_plain(parts):
            raise _refused("must lie at an https address")


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        is_usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_usable else None


def _described(client_id: str, body: bytes, fresh_for: timedelta) -> Described:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise _refused("is not JSON") from None
    if not isinstance(found, dict) or found.get("client_id") != client_id:
        raise _refused("does not name its own address as `client_id`")
    if found.get("token_endpoint_auth_method", "none") != "none" or "client_secret" in found:
        raise _refused("asks for a way to prove itself that is not offered here; `none` is")
    addresses = found.get("redirect_uris")
    if not isinstance(addresses, list) or not all(isinstance(text, str) for text in addresses):
        raise _refused("has no list of `redirect_uris`")
    name = found.get("client_name")
    return Described(name if isinstance(name, str) else None, tuple(addresses), fresh_for)


def _fresh_for(cache_control: str) -> timedelta:
    found = _MAX_AGE.search(cache_control)
    if _KEEPS_NOT.search(cache_control) or found is None:
        return LEAST_FRESH
    return max(LEAST_FRESH, min(timedelta(seconds=int(found[1])), MOST_FRESH))


def _refused(what: str) -> OAuthError:
    return OAuthError(
        OAuthFault.INVALID_CLIENT, f"The document that describes this program {what}."
    )
