"""A real mail server on this machine, with the certificate it shows, and what it was sent."""

import asyncio
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, SECRET = "tonearm", "p@ss word/1"


@dataclass
class Mailbox:
    """What has arrived, and whether it came over TLS."""

    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refusal: str | None = None
    port: int = 0
    _arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message."""
        if self.refusal:
            return self.refusal
        content = envelope.content
        parsed = message_from_bytes(
            content if isinstance(content, bytes) else b"", policy=policy.default
        )
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)
        self.recipients.append(list(envelope.rcpt_tos))
        is_tls = server.transport is not None and server.transport.get_extra_info("sslcontext")
        self.encrypted.append(bool(session.ssl) or bool(is_tls))
        self._arrived.release()
        return "250 OK"

    def wait(self) -> EmailMessage:
        """Give the message that arrives next."""
        assert self._arrived.acquire(timeout=30)
        return self.messages[-1]


@contextmanager
def mail_server(
    folder: Path, *, tls: str = "starttls", needs_log_in: bool = True, host: str = "127.0.0.1"
) -> Iterator[Mailbox]:
    """Run a server that speaks TLS from the start (`tls`), after STARTTLS, or not at all (`none`)."""
    mailbox = Mailbox()
    context = _certificate(folder)

    def authenticate(*arguments: object) -> AuthResult:
        shown = arguments[-1]
        is_right = isinstance(shown, LoginPassword) and (shown.login, shown.password) == (
            USER.encode(),
            SECRET.encode(),
        )
        return AuthResult(success=is_right, handled=False)

    def make() -> SMTP:
        with warnings.catch_warnings():
            # It does not see that all of `tls` is encrypted, and warns of passwords.
            warnings.simplefilter("ignore", UserWarning)
            return SMTP(
                mailbox,
                tls_context=context if tls == "starttls" else None,
                auth_required=needs_log_in,
                auth_require_tls=tls == "starttls",
                authenticator=authenticate,
                enable_SMTPUTF8=True,
                loop=loop,
            )

    # In a thread of its own from the start: a browser's test has a loop in this one.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail-server")
    thread.start()
    starting = loop.create_server(make, host, 0, ssl=context if tls == "tls" else None)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


def trust(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let this process trust the server's certificate, as an operator would."""
    patch.setenv("SSL_CERT_FILE", str(folder / "mail.pem"))


def _certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "mail.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "mail.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "mail.pem", folder / "mail.key")
    return context
