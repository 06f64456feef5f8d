"""An OIDC provider on loopback that a test can let say and do anything."""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT = "tonearm"
Answer = tuple[int, dict[str, str], bytes]


@cache
def first_key() -> rsa.RSAPrivateKey:
    return new_key()


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@dataclass
class Asked:
    """A request as it came in."""

    path: str
    authorization: str | None
    form: dict[str, str]


@dataclass
class HostileProvider:
    """Answers like a good provider, but for what a test has changed."""

    issuer: str
    now: Callable[[], datetime]
    key: rsa.RSAPrivateKey = field(default_factory=first_key)
    key_id: str = "first"
    discovery: dict[str, Any] = field(default_factory=dict)
    """What the discovery document says otherwise; None leaves it out."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What the ID token says otherwise; None leaves it out."""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "them"})
    """What the userinfo says."""
    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    """What it answers at an address instead."""
    sign: Callable[[dict[str, Any]], str] | None = None
    """How it makes a token instead."""
    nonce: str = ""
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Whoever is kept waiting waits for this."""

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if asked.path in self.answers:
            return self.answers[asked.path]()
        known: dict[str, Callable[[], object]] = {
            "/.well-known/openid-configuration": self._discovery,
            "/jwks": lambda: {"keys": [self.public_key()]},
            "/token": lambda: {"id_token": self.token(), "access_token": "of no importance"},
            "/userinfo": lambda: self.person,
        }
        return said(known[asked.path]())

    def token(self) -> str:
        at = int(self.now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": "them",
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": self.nonce,
        }
        claims = {
            name: value for name, value in (claims | self.claims).items() if value is not None
        }
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode(claims, self.key, "RS256", {"kid": self.key_id})

    def public_key(self) -> dict[str, Any]:
        shown: dict[str, Any] = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return shown | {"kid": self.key_id, "use": "sig"}

    def times_asked(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)

    def _discovery(self) -> dict[str, Any]:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        said = document | self.discovery
        return {name: value for name, value in said.items() if value is not None}


def said(value: object, status: int = 200) -> Answer:
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@contextmanager
def hostile_provider(now: Callable[[], datetime]) -> Iterator[HostileProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def _answer(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            status, headers, body = provider.answer(
                Asked(path, self.headers["authorization"], form)
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            # Whoever has read enough goes away.
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = HostileProvider(f"http://127.0.0.1:{server.server_port}", now)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
