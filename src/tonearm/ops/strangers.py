"""Requests to addresses that a stranger has named: to public addresses alone, and to the very one that was looked at.

A name is resolved once, every address that it stands for is judged, and the connection goes to one of those: a name
that stands for something else a moment later (DNS rebinding) leads nowhere. TLS still proves the name.
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from tonearm.ops.outgoing import Outgoing, OutgoingError, Reply, UnansweredError

LARGEST_DOCUMENT: Final = 20_000
_PATIENCE: Final = 5.0
_PORTS: Final = {"http": 80, "https": 443}
# Addresses that stand for IPv4 ones inside IPv6: what they lead to cannot be told by looking at them.
_DISGUISES: Final = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(OutgoingError):
    """The address leads to this machine, a private network, or a port that nothing public is at."""


class Strangers:
    """Asks whoever was named; from worker threads, as all of it waits for the network."""

    def __init__(self, private_hosts: Iterable[str] = ()) -> None:
        """Ask public hosts; `private_hosts`, each `host` or `host:port`, are those that the operator knows."""
        self._known = frozenset(host.lower() for host in private_hosts)
        self._outgoing = Outgoing(_PATIENCE, largest=LARGEST_DOCUMENT)

    def may_be_plain(self, parts: SplitResult) -> bool:
        """Tell whether an address may be http: where the operator knows its host."""
        return parts.scheme == "http" and self._is_known(parts)

    def fetch(self, address: str) -> Reply:
        """Get what is at an address.

        Raises:
            PrivateAddressError: it leads where nobody may be sent by a stranger.
            OutgoingError: there is no answer that can be used.
        """
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        found = _resolve(host, port)
        if not self._is_known(parts):
            if port != _PORTS["https"]:
                raise PrivateAddressError("a port other than 443")
            if not all(map(_is_public, found)):
                raise PrivateAddressError("not a public one")
        return self._outgoing.ask("GET", address, at=str(found[0]))

    def _is_known(self, parts: SplitResult) -> bool:
        return not self._known.isdisjoint({parts.netloc.lower(), parts.hostname or ""})


def _resolve(host: str, port: int) -> list[_Address]:
    """Give every address that a name stands for."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnansweredError("a name that nobody knows") from None
    # An address with a zone (`fe80::1%eth0`) is one of the own network.
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses:
        raise UnansweredError("a name that nobody knows")
    return addresses


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if any(address in network for network in _DISGUISES):
            return False
    return address.is_global and not address.is_multicast
