"""Sending mail, and the addresses it goes to."""

import ipaddress
import smtplib
import ssl
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from tonearm.domain.errors import InvalidInputError, UnavailableError
from tonearm.domain.text import clean, normalise
from tonearm.ops.metrics import UNCOUNTED, Metrics

LONGEST_EMAIL = 254
_LONGEST_LOCAL_PART = 64
_PORTS = {"smtp": 587, "smtps": 465}
_PATIENCE_SECONDS = 20


class MailError(UnavailableError):
    """A message could not be handed to the mail server; the message says why, without any secret."""

    code = "mail_failed"


def check_email(text: str) -> tuple[str, str]:
    """Give an e-mail address, and the form in which two spellings of it are equal.

    Raises:
        InvalidInputError: it is none.
    """
    email = clean(text) or ""
    if not _is_email(email):
        raise InvalidInputError(
            "This is no e-mail address. One looks like ada@example.org.", parameter="email"
        )
    return email, normalise(email)


def email_values(text: str) -> dict[str, str | None]:
    """Give the columns of an e-mail address, or of none where the text is empty; raises InvalidInputError."""
    email, key = check_email(text) if text.strip() else (None, None)
    return {"email": email, "email_key": key}


def _is_email(email: str) -> bool:
    if len(email) > LONGEST_EMAIL or not email.isprintable():
        return False
    try:
        address = Address(addr_spec=email)
        # What is not quoted stays as it was written.
        is_plain = address.addr_spec == email and " " not in email and '"' not in email
        domain = address.domain.encode("idna").decode()
    except (HeaderParseError, MessageError, ValueError, IndexError):
        return False
    labels = domain.split(".")
    return (
        is_plain
        and 0 < len(address.username) <= _LONGEST_LOCAL_PART
        and len(labels) > 1
        and all(label.replace("-", "a").isalnum() for label in labels)
    )


class Mailer:
    """Sends messages through one mail server, never in the clear beyond this machine."""

    def __init__(self, url: str, sender: str, metrics: Metrics = UNCOUNTED) -> None:
        """Use the server of an URL such as `smtps://user:password@mail.example.org`; `sender` is who writes."""
        self._url = urlsplit(url)
        self._sender = sender
        self._metrics = metrics

    def send(self, to: str, subject: str, text: str) -> None:
        """Hand a message to the server.

        Raises:
            MailError: the server cannot be reached, is not who it should be, or refuses.
        """
        message = EmailMessage()
        # These refuse a line break: nobody adds a header through a name.
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].strip("> "))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        try:
            with self._connect() as server:
                if self._url.username is not None:
                    server.login(unquote(self._url.username), unquote(self._url.password or ""))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            self._metrics.mail_sent("failed")
            # What the server says may repeat the address, or what it was sent.
            raise MailError(
                f"The mail server did not take the message ({type(error).__name__})."
            ) from error
        self._metrics.mail_sent("sent")

    def _connect(self) -> smtplib.SMTP:
        host = self._url.hostname or ""
        port = self._url.port or _PORTS[self._url.scheme]
        context = ssl.create_default_context()
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=_PATIENCE_SECONDS, context=context)
        server = smtplib.SMTP(host, port, timeout=_PATIENCE_SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls") or not _is_this_machine(host):
                server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
