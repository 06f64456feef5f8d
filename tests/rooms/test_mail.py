"""Mail goes out over TLS, to who it is for and nobody else."""

from pathlib import Path
from urllib.parse import quote

import pytest

from mailbox_server import SECRET, USER, mail_server, trust
from tonearm.accounts.mail import Mailer, MailError, check_email
from tonearm.domain.errors import InvalidInputError
from tonearm.ops.settings import Settings

SENDER = "Tonearm <tonearm@example.org>"


def url(scheme: str, port: int, secret: str = SECRET) -> str:
    return f"{scheme}://{USER}:{quote(secret, safe='')}@127.0.0.1:{port}"


@pytest.mark.parametrize(("scheme", "tls"), [("smtp", "starttls"), ("smtps", "tls")])
def test_a_message_arrives_over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, tls: str
) -> None:
    with mail_server(tmp_path, tls=tls) as mailbox:
        trust(tmp_path, monkeypatch)
        Mailer(url(scheme, mailbox.port), SENDER).send("ada@example.org", "Grüße", "Hällo\n.\nEnd")

        message = mailbox.wait()
    assert mailbox.recipients == [["ada@example.org"]]
    assert mailbox.encrypted == [True]
    assert (message["From"], message["To"], message["Subject"]) == (
        SENDER,
        "ada@example.org",
        "Grüße",
    )
    assert message["Message-ID"].endswith("@example.org>")
    assert message.get_content().replace("\r", "") == "Hällo\n.\nEnd\n"


@pytest.mark.parametrize(("scheme", "tls"), [("smtp", "starttls"), ("smtps", "tls")])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    tmp_path: Path, scheme: str, tls: str
) -> None:
    with mail_server(tmp_path, tls=tls) as mailbox:
        with pytest.raises(MailError, match="SSLCertVerificationError") as failure:
            Mailer(url(scheme, mailbox.port), SENDER).send("ada@example.org", "Hi", "secret")
        assert mailbox.messages == []
    assert SECRET not in failure.value.message


def test_a_server_beyond_this_machine_must_have_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(tmp_path, tls="none", needs_log_in=False) as mailbox:
        address = f"smtp://127.0.0.1:{mailbox.port}"
        Mailer(address, SENDER).send("ada@example.org", "Hi", "on this machine")
        assert mailbox.encrypted == [False]

        monkeypatch.setattr("tonearm.accounts.mail._is_this_machine", lambda _: False)
        with pytest.raises(MailError, match="SMTPNotSupportedError"):
            Mailer(address, SENDER).send("ada@example.org", "Hi", "elsewhere")
        assert len(mailbox.messages) == 1


def test_a_failure_is_told_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(tmp_path) as mailbox:
        trust(tmp_path, monkeypatch)
        with pytest.raises(MailError, match="SMTPAuthenticationError") as failure:
            Mailer(url("smtp", mailbox.port, "wrong secret"), SENDER).send(
                "a@example.org", "Hi", "x"
            )
        assert "wrong secret" not in failure.value.message
        mailbox.refusal = "550 ada@example.org is unknown"
        with pytest.raises(MailError) as failure:
            Mailer(url("smtp", mailbox.port), SENDER).send("ada@example.org", "Hi", "x")
        assert "ada@" not in failure.value.message
        port = mailbox.port
    with pytest.raises(MailError, match="ConnectionRefusedError"):
        Mailer(url("smtp", port), SENDER).send("ada@example.org", "Hi", "x")


@pytest.mark.parametrize("part", ["to", "subject"])
def test_no_header_is_added_by_a_line_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    evil = "ada@example.org\r\nBcc: eve@example.org"
    with mail_server(tmp_path) as mailbox:
        trust(tmp_path, monkeypatch)
        wish = {"to": "ada@example.org", "subject": "Hi", "text": "x"} | {part: evil}
        with pytest.raises(ValueError, match="linefeed"):
            Mailer(url("smtp", mailbox.port), SENDER).send(**wish)
        assert mailbox.messages == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("ada+list@mail.example.co.uk", "ada+list@mail.example.co.uk"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("ada@müller.example", "ada@müller.example"),
        ("a@" + "b" * 60 + ".example", "a@" + "b" * 60 + ".example"),
    ],
)
def test_an_address_is_taken_as_it_is(text: str, key: str) -> None:
    assert check_email(text) == (text.strip(), key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@localhost",
        "ada@example..org",
        "ada@-",
        "a da@example.org",
        '"a da"@example.org',
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "ada@exa_mple.org;eve",
        "ada@[127.0.0.1]",
        "ada\u2028@example.org",
        "ada@eve@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b." * 130 + "example",
        "a@" + "b" * 64 + ".example",
        "\udc80@example.org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_email(text)

    assert refusal.value.parameter == "email"


USABLE = {
    "smtp_url": "smtps://user:p%40ss@mail.example.org:465",
    "smtp_from": SENDER,
    "public_url": "https://music.example.org",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"smtp_url": "mail.example.org"}, "TONEARM_SMTP_URL must look like"),
        ({"smtp_url": "https://mail.example.org"}, "TONEARM_SMTP_URL must look like"),
        ({"smtp_url": "smtp://mail.example.org:99999"}, "TONEARM_SMTP_URL must look like"),
        ({"smtp_url": "smtp://mail.example.org/path?x=1"}, "TONEARM_SMTP_URL must look like"),
        ({"smtp_url": "smtp://"}, "TONEARM_SMTP_URL must look like"),
        ({"smtp_from": ""}, "needs TONEARM_SMTP_FROM"),
        ({"smtp_from": "Tonearm"}, "needs TONEARM_SMTP_FROM"),
        ({"smtp_from": "a@b.c\nBcc: eve@example.org"}, "needs TONEARM_SMTP_FROM"),
        ({"public_url": ""}, "needs TONEARM_PUBLIC_URL"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(change: dict[str, str], told: str) -> None:
    Settings.model_validate(USABLE)
    with pytest.raises(ValueError, match=told):
        Settings.model_validate(USABLE | change)
