"""Requests to addresses that a stranger has named lead to public addresses alone, and to the one that was judged."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from certificates import certify
from scripted_server import Answer, scripted
from tonearm.ops.outgoing import OutgoingError, UnansweredError, UnusableAnswerError
from tonearm.ops.strangers import LARGEST_DOCUMENT, PrivateAddressError, Strangers

NAME = "apps.example.org"
PRIVATE = (
    "127.0.0.1", "localhost", "[::1]", "0", "[::]", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[ff02::1]",
    "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
)  # fmt: skip


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> list[str]:
    """Let a name stand for other addresses each time that it is asked for; gives what is asked."""
    asked: list[str] = []
    left, real = list(answers), socket.getaddrinfo

    def look_up(host: str, port: int, *more: Any, **named: Any) -> list[Any]:  # noqa: ANN401 - as it is called
        asked.append(host)
        if host != NAME:
            return real(host, port, *more, **named)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_asked_however_it_is_written(host: str) -> None:
    # One that this system cannot read at all is not asked either.
    with pytest.raises((PrivateAddressError, UnansweredError)):
        Strangers().fetch(f"https://{host}/client.json")


@pytest.mark.parametrize(
    "found", [("10.0.0.1",), ("93.184.216.34", "127.0.0.1"), ("::ffff:192.168.0.1",)], ids=str
)
def test_a_name_that_stands_for_any_private_address_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...]
) -> None:
    resolve_to(monkeypatch, found)

    with pytest.raises(PrivateAddressError):
        Strangers().fetch("https://apps.example.org/client.json")


def test_no_other_port_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ("93.184.216.34",))

    for address in ("https://apps.example.org:8443/", "http://apps.example.org/"):
        with pytest.raises(PrivateAddressError):
            Strangers().fetch(address)


def test_a_name_is_resolved_once_and_what_it_stood_for_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scripted() as server:
        port = urlsplit(server.origin).port
        asked = resolve_to(monkeypatch, ("127.0.0.1",), ("192.0.2.1",))
        name = f"{NAME}:{port}"

        reply = Strangers([name]).fetch(f"http://{name}/client.json?x=1")

        assert (reply.status, reply.body) == (200, b"{}")
        assert asked.count(NAME) == 1
        (request,) = server.asked
        assert (request.path, request.headers["host"]) == ("/client.json?x=1", name)
        assert request.headers["cookie"] is None


def test_nothing_is_followed_and_nothing_is_without_end() -> None:
    with scripted() as server:
        strangers = Strangers([urlsplit(server.origin).netloc])
        server.say(Answer(status=302, headers={"location": "http://169.254.169.254/"}))
        assert strangers.fetch(f"{server.origin}/a").status == 302
        server.say(Answer(b"x" * (LARGEST_DOCUMENT + 1)))
        with pytest.raises(UnusableAnswerError):
            strangers.fetch(f"{server.origin}/a")
        assert [request.path for request in server.asked] == ["/a", "/a"]


def test_tls_proves_the_name_and_not_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certify(tmp_path, "localhost")
    with scripted(context) as server:
        known = [urlsplit(server.origin).netloc]
        with pytest.raises(OutgoingError):  # nobody vouches for it
            Strangers(known).fetch(f"{server.origin}/client.json")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert Strangers(known).fetch(f"{server.origin}/client.json").status == 200
        other = f"127.0.0.1:{urlsplit(server.origin).port}"
        with pytest.raises(OutgoingError):  # it is not this one's
            Strangers([other]).fetch(f"https://{other}/client.json")
        assert len(server.asked) == 1
