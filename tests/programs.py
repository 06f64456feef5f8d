"""Programs that ask to be let in: what they send, and where they are answered."""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

VERIFIER = "correct-horse-battery-staple-correct-horse-battery"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ANSWERED = "https://app.example.org/answer"


@dataclass
class Program:
    """A program that speaks OAuth to a served Tonearm, by hand, so that it can also do what none should."""

    base: str
    client_id: str
    redirect_uri: str = ANSWERED
    secret: str | None = None
    more: dict[str, str] = field(default_factory=dict)
    """What it sends to the token endpoint besides."""

    def asks(self, **changed: str | None) -> dict[str, str]:
        """Give what it sends a browser with; None leaves something out."""
        sent: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "mcp",
            "state": "st&te=1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": f"{self.base}/mcp",
            **changed,
        }
        return {name: value for name, value in sent.items() if value is not None}

    def ask(self, person: httpx2.Client, **changed: str | None) -> httpx2.Response:
        """Send somebody's browser to the page that asks them."""
        return person.get(f"{self.base}/oauth/authorize?{urlencode(self.asks(**changed))}")

    def consent(self, person: httpx2.Client, **changed: str | None) -> httpx2.Response:
        """Let somebody say yes to what it asks."""
        asked = self.asks(**changed)
        form = {"decision": "allow", "scopes": asked.get("scope", "mcp").split()}
        return self.answer(person, asked, **form)

    def answer(
        self,
        person: httpx2.Client,
        asked: dict[str, str],
        **form: Any,  # noqa: ANN401 - fields of the form
    ) -> httpx2.Response:
        """Send the form of the page that asks somebody."""
        address = f"{self.base}/oauth/authorize"
        return person.post(address, data={"query": urlencode(asked), **form})

    def code(self, person: httpx2.Client, **changed: str | None) -> str:
        """Give the code that it is answered with."""
        return str(answer_of(self.consent(person, **changed))["code"])

    def redeem(self, code: str, **changed: str | None) -> httpx2.Response:
        """Ask for tokens for a code."""
        return self.send(
            "token",
            grant_type="authorization_code",
            code=code,
            redirect_uri=changed.pop("redirect_uri", self.redirect_uri),
            code_verifier=changed.pop("code_verifier", VERIFIER),
            **changed,
        )

    def tokens(self, person: httpx2.Client, **changed: str | None) -> dict[str, Any]:
        """Give the tokens of a new grant."""
        answer = self.redeem(self.code(person, **changed))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refresh(self, token: str, **changed: str | None) -> httpx2.Response:
        """Ask for tokens for a refresh token."""
        return self.send("token", grant_type="refresh_token", refresh_token=token, **changed)

    def send(self, place: str, **form: str | None) -> httpx2.Response:
        """Send a form as this program."""
        own = {"client_id": self.client_id, "client_secret": self.secret}
        sent = {
            name: value for name, value in {**own, **self.more, **form}.items() if value is not None
        }
        return httpx2.post(f"{self.base}/oauth/{place}", data=sent, timeout=60)


def register(base: str, redirect_uri: str = ANSWERED, **more: Any) -> Program:  # noqa: ANN401 - what programs send
    """Let a program register itself, as one without a secret unless it says otherwise."""
    wish = {
        "client_name": "A program",
        "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
        **more,
    }
    made = httpx2.post(f"{base}/oauth/register", json=wish, timeout=60)
    assert made.status_code == 201, made.text
    return Program(base, made.json()["client_id"], redirect_uri, made.json().get("client_secret"))


def answer_of(response: httpx2.Response) -> dict[str, str]:
    """Give what a browser is sent on with."""
    assert response.status_code == 303, response.text
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


@contextmanager
def landing() -> Iterator[tuple[str, Queue[dict[str, str]]]]:
    """Listen on this machine as a program does that waits for its answer; gives the address and what comes there."""
    answers: Queue[dict[str, str]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/answer":
                answers.put({name: values[0] for name, values in parse_qs(parts.query).items()})
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Back</title><p>You are back.")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/answer", answers
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
