"""Requests to the Web API and what comes back, over connections that are kept."""

import time
from typing import Final

import httpx2

from tonearm.spotify.errors import SpotifyUnavailableError
from tonearm.spotify.messages import FaultError, Reply, Request

LARGEST_ANSWER: Final = 8_000_000
_CONNECTIONS: Final = httpx2.Limits(
    max_connections=20, max_keepalive_connections=10, keepalive_expiry=30
)


class Transport:
    """Carries requests; any number of threads share it."""

    def __init__(
        self, api_url: str, *, version: str, proxy: str = "", patience: float = 10.0
    ) -> None:
        """Prepare to call an address such as https://api.spotify.com/v1, if given by way of a proxy.

        Nothing is waited for longer than `patience` seconds, and for a whole answer twice as long.
        """
        self.patience = patience
        self._client = httpx2.Client(
            base_url=api_url,
            headers={
                "User-Agent": f"Tonearm/{version} (+https://github.com/tonearm/tonearm)",
                "Accept": "application/json",
                # Others can be small and become larger than memory.
                "Accept-Encoding": "gzip",
            },
            timeout=httpx2.Timeout(patience, connect=min(patience, 5.0)),
            limits=_CONNECTIONS,
            proxy=proxy or None,
            # Of the environment only certificates are obeyed: neither proxies nor names in a netrc.
            verify=httpx2.create_ssl_context(),
            trust_env=False,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(self, request: Request, token: str) -> Reply:
        """Send a request once.

        Raises:
            FaultError: no answer, or none that is whole.
            SpotifyUnavailableError: an answer larger than any that makes sense.
        """
        headers = {"Authorization": f"Bearer {token}"}
        if request.content is not None:
            headers["Content-Type"] = "image/jpeg"
        # What httpx2 says of errors names addresses and hosts: none of it is passed on.
        try:
            with self._client.stream(
                request.operation.method,
                request.path,
                params=request.query,
                json=request.document,
                content=request.content,
                headers=headers,
            ) as response:
                body = self._read(response)
                return Reply(response.status_code, body, response.headers.get("Retry-After"))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.PoolTimeout):
            raise FaultError(
                "Spotify cannot be reached. Check the network of the machine that Tonearm runs on, "
                "and TONEARM_SPOTIFY_PROXY if it is set.",
                may_be_done=False,
            ) from None
        except httpx2.TimeoutException:
            raise _late() from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError):
            raise FaultError("The connection to Spotify broke off.") from None

    def _read(self, response: httpx2.Response) -> bytes:
        deadline = time.monotonic() + 2 * self.patience
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST_ANSWER:
                raise SpotifyUnavailableError("Spotify answers with far more than was asked for.")
            if time.monotonic() > deadline:
                raise _late()
        return bytes(body)


def _late() -> FaultError:
    return FaultError("Spotify did not answer in time. Try again in a minute.")
