"""Checks of single settings: each gives the value as it is used, or says what it has to be."""

from base64 import urlsafe_b64decode
from ipaddress import ip_network
from urllib.parse import urlsplit

from pydantic import SecretStr

_KEY_BYTES = 32
_LOOPBACK = {"127.0.0.1", "::1"}


def networks(value: list[str]) -> list[str]:
    """Give networks of trusted proxies as they are written."""
    try:
        found = [ip_network(text.strip()) for text in value]
    except ValueError as error:
        raise ValueError(
            "TONEARM_TRUSTED_PROXIES must be a list of networks or addresses such as "
            f'["127.0.0.1", "10.0.0.0/8"]: {error}.'
        ) from None
    if any(network.prefixlen == 0 for network in found):
        raise ValueError(
            "TONEARM_TRUSTED_PROXIES must not be everybody: each visitor could claim any address."
        )
    return [str(network) for network in found]


def origins(value: list[str]) -> list[str]:
    """Give origins that are written as browsers send them."""
    for origin in value:
        parts = urlsplit(origin)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or origin != f"{parts.scheme}://{parts.netloc}".lower()
            or "@" in origin
            or "*" in origin
        ):
            raise ValueError(
                "TONEARM_CORS_ORIGINS must list origins as browsers send them, such as "
                f'["https://music.example.org"], each by its name: {origin!r} is none.'
            )
    return value


def service(value: str) -> str:
    """Give the address of a service to which tokens go, so that nobody on the way can read them."""
    try:
        parts = urlsplit(value)
        is_plain = not (parts.query or parts.fragment or parts.username) and parts.port != 0
    except ValueError:
        is_plain = False
    schemes = {"https", "http"} if is_plain and parts.hostname in _LOOPBACK else {"https"}
    if not is_plain or not parts.hostname or parts.scheme not in schemes:
        raise ValueError(
            "must be an https address such as https://api.spotify.com/v1; http will do for 127.0.0.1 and [::1]."
        )
    return value.rstrip("/")


def proxy(value: SecretStr) -> SecretStr:
    """Give the address of a proxy."""
    url = value.get_secret_value()
    try:
        parts = urlsplit(url)
        is_plain = not (parts.path.strip("/") or parts.query or parts.fragment) and parts.port != 0
    except ValueError:
        is_plain = False
    if url and not (is_plain and parts.hostname and parts.scheme in {"http", "https"}):
        raise ValueError(
            "must look like http://user:password@proxy.example.org:3128. Write special characters of the password as "
            "%40 and the like."
        )
    return value


def secret_keys(value: list[SecretStr]) -> list[SecretStr]:
    """Give keys of the vault, or keys that sign."""
    for key in value:
        try:
            is_key = len(urlsafe_b64decode(key.get_secret_value())) == _KEY_BYTES
        except ValueError:
            is_key = False
        if not is_key:
            raise ValueError(
                "each key must be 32 random bytes as URL-safe base64, as `head -c 32 /dev/urandom | base64 | tr +/ -_` "
                "prints them."
            )
    return value


def hosts(value: list[str]) -> list[str]:
    """Give hosts, each with a port or without one, as they stand in addresses."""
    for text in value:
        try:
            parts = urlsplit(f"//{text}")
            is_host = bool(parts.hostname) and parts.netloc == text and parts.port != 0
        except ValueError:
            is_host = False
        if not is_host or "@" in text:
            raise ValueError(
                f"must list hosts such as apps.home.example or 127.0.0.1:9000: {text!r} is none."
            )
    return [text.lower() for text in value]
