"""Requests that go out to other services: bounded in time, size and number, and followed nowhere."""

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # it takes a while to load, and most commands ask nobody
    import ssl

    import httpx2

LARGEST_ANSWER: Final = 500_000
LONGEST_SECONDS: Final = 10.0
# A service that does not answer must not hold every worker thread.
_MOST_TALKS = 8
_SERVER_FAULT = 500


class OutgoingError(Exception):
    """A request that came to nothing; the text is in our own words alone."""


class UnansweredError(OutgoingError):
    """The service does not answer, not in time, or only that it has a fault of its own."""


class UnusableAnswerError(OutgoingError):
    """What the service answers is not what HTTP allows, or too large."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, as far as it is read."""

    status: int
    body: bytes
    retry_after: str | None
    cache_control: str = ""
    content_type: str = ""


class Outgoing:
    """Asks one service; from worker threads, as all of it waits for the network."""

    def __init__(
        self,
        patience: float = LONGEST_SECONDS,
        *,
        largest: int = LARGEST_ANSWER,
        accept: str = "application/json",
        proxy: str | None = None,
    ) -> None:
        """Prepare to ask, `patience` seconds each time and for `largest` bytes of a type at most.

        `proxy` is by way of whom; empty for nobody, None for whoever the environment names.
        """
        self._patience = patience
        self._largest = largest
        self._accept = accept
        self._proxy = proxy
        self._talks = threading.BoundedSemaphore(_MOST_TALKS)

    def ask(
        self,
        method: str,
        address: str,
        *,
        bearer: str | None = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        at: str | None = None,
    ) -> Reply:
        """Ask for one answer; `basic` is a name and a password, `at` an IP address to ask in place of the name's.

        Raises:
            UnansweredError: there is none, or a status from 500 on.
            UnusableAnswerError: it is too large, or breaks the rules of HTTP.
        """
        import httpx2  # noqa: PLC0415 - see above

        # Compressed answers could be small and become large.
        headers = {"accept": self._accept, "accept-encoding": "identity"}
        if bearer is not None:
            headers["authorization"] = f"Bearer {bearer}"
        if not self._talks.acquire(timeout=1):
            raise UnansweredError("too many wait for the same service")
        try:
            with httpx2.Client(
                auth=basic,
                headers=headers,
                timeout=self._patience / 2,
                verify=self._tls,
                proxy=self._proxy or None,
                trust_env=self._proxy is None,
            ) as client:
                request = client.build_request(method, address, data=form)
                if at is not None:
                    # The header Host and TLS still go by the name.
                    request.extensions["sni_hostname"] = request.url.host
                    request.url = request.url.copy_with(host=at)
                return self._talk(client, request)
        except httpx2.TransportError as error:
            raise UnansweredError(type(error).__name__) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise UnusableAnswerError(type(error).__name__) from None
        finally:
            self._talks.release()

    def _talk(self, client: "httpx2.Client", request: "httpx2.Request") -> Reply:
        """Ask without following anywhere, and read so much and for so long."""
        deadline = time.monotonic() + self._patience
        response = client.send(request, stream=True, follow_redirects=False)
        with closing(response):
            if response.status_code >= _SERVER_FAULT:
                raise UnansweredError(f"status {response.status_code}")
            body = bytearray()
            for part in response.iter_raw():
                body += part
                if len(body) > self._largest:
                    raise UnusableAnswerError("an answer that is too large")
                if time.monotonic() > deadline:
                    raise UnansweredError("an answer that does not end")
            told = response.headers
            return Reply(
                response.status_code,
                bytes(body),
                told.get("retry-after"),
                told.get("cache-control", ""),
                told.get("content-type", ""),
            )

    @cached_property
    def _tls(self) -> "ssl.SSLContext":
        # Reading all the certificates takes a tenth of a second.
        import httpx2  # noqa: PLC0415 - see above

        return httpx2.create_ssl_context()
