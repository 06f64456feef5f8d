"""Who asks, and what for, when a reverse proxy asks on their behalf: only what a trusted one says is believed."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.types import Scope

from tonearm.web.scope import header, headers, set_proxied

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PAIR = re.compile(r'\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*(?=[;,]|$)')
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([^:]+):\d+")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_SCHEMES = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy says of whoever asked it; None where it says nothing."""

    address: str
    scheme: str | None = None
    host: str | None = None


class Proxies:
    """The proxies that are believed, and which of the two ways to tell is theirs.

    A proxy passes on whatever headers it does not set, so that only those of the one way are read.
    """

    def __init__(self, networks: Iterable[str], *, uses_forwarded: bool = False) -> None:
        """Trust proxies in `networks`; `uses_forwarded` for RFC 7239's `Forwarded` in place of `X-Forwarded-…`."""
        self._networks: tuple[Network, ...] = tuple(map(ipaddress.ip_network, networks))
        self._uses_forwarded = uses_forwarded

    def read(self, scope: Scope) -> None:
        """Put the client, scheme and host that a trusted proxy tells of into a scope; leave others as they are."""
        client = scope.get("client")
        if not self._networks or client is None:
            return
        peer = _address(client[0])
        if peer is None or not self._trusts(peer):
            return
        set_proxied(scope)
        hops = _forwarded(scope) if self._uses_forwarded else _x_forwarded(scope)
        said: _Hop | None = None
        for hop in reversed(hops):
            address = _address(hop.address)
            if address is None:  # hidden or broken: who is behind it cannot be known
                break
            said = hop
            scope["client"] = (str(address), 0)
            if not self._trusts(address):
                break
        # A proxy that names no client may still say how it was reached.
        said = said or (hops[-1] if hops else None)
        if said is not None:
            _adopt(scope, said)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _adopt(scope: Scope, hop: _Hop) -> None:
    scheme = (hop.scheme or "").lower()
    if scheme in _SCHEMES:
        scope["scheme"] = scheme
    if hop.host is not None and _HOST.fullmatch(hop.host):
        kept = [pair for pair in scope["headers"] if pair[0] != b"host"]
        scope["headers"] = [(b"host", hop.host.encode("latin-1")), *kept]


def _x_forwarded(scope: Scope) -> Sequence[_Hop]:
    addresses = _listed(scope, b"x-forwarded-for") or [""]
    schemes = _listed(scope, b"x-forwarded-proto")
    hosts = _listed(scope, b"x-forwarded-host")
    count = len(addresses)
    # Some proxies write one value over all, some append theirs: counted from the end either way.
    return [
        _Hop(address, _from_end(schemes, count - place), _from_end(hosts, count - place))
        for place, address in enumerate(addresses)
    ]


def _from_end(values: Sequence[str], distance: int) -> str | None:
    return values[max(len(values) - distance, 0)] if values else None


def _listed(scope: Scope, name: bytes) -> list[str]:
    return [
        part.strip() for value in headers(scope, name) for part in value.split(",") if part.strip()
    ]


def _forwarded(scope: Scope) -> Sequence[_Hop]:
    if header(scope, b"forwarded") is None:
        return []
    text = ", ".join(headers(scope, b"forwarded"))
    hops: list[_Hop] = []
    pairs: dict[str, str] = {}
    place = 0
    while place < len(text):
        found = _PAIR.match(text, place)
        if (
            found is None
        ):  # from here on it cannot be told where an element ends: nobody is believed
            return []
        quoted = found[2]
        value = found[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        pairs[found[1].lower()] = value
        place = found.end() + 1
        if text[found.end() : place] != ";":
            hops.append(_Hop(pairs.get("for", ""), pairs.get("proto"), pairs.get("host")))
            pairs = {}
    return hops


def _address(text: str) -> Address | None:
    """Give the address in `1.2.3.4`, `1.2.3.4:80`, `::1` or `[::1]:80`; IPv4 inside IPv6 is IPv4."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or ipaddress.IPv6Address(int(address))  # without a zone
    return address
