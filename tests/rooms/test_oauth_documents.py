"""Programs that are described by a document at the address that is their id: read, and kept for a while."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from moving_clock import MovingClock
from oauth_room import OAuthRoom, open_room
from programs import ANSWERED
from scripted_server import Answer, Script, scripted
from tonearm.accounts.audit import Audit
from tonearm.accounts.oauth_clients import ClientKind
from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.storage.database import Database
from tonearm.storage.oauth_tables import oauth_clients

JSON = {"content-type": "application/client-metadata+json; charset=utf-8"}


@pytest.fixture
def server() -> Iterator[Script]:
    with scripted() as script:
        yield script


@pytest.fixture
def room(database: Database, clock: MovingClock, server: Script) -> OAuthRoom:
    return open_room(database, clock, urlsplit(server.origin).netloc)


@pytest.fixture
def client_id(server: Script) -> str:
    return f"{server.origin}/client.json"


def document(address: str, /, **changed: Any) -> Answer:  # noqa: ANN401 - what a document holds
    headers = changed.pop("headers", {})
    content = {
        "client_id": address,
        "client_name": "An app",
        "redirect_uris": [ANSWERED],
        "token_endpoint_auth_method": "none",
        "logo_uri": "http://169.254.169.254/logo",
        **changed,
    }
    given = {name: value for name, value in content.items() if value is not None}
    return Answer(json.dumps(given).encode(), headers={**JSON, **headers})


def refusal(room: OAuthRoom, client_id: str) -> str:
    with pytest.raises(OAuthError) as error:
        room.clients.get(client_id)
    assert error.value.fault in (OAuthFault.INVALID_CLIENT, OAuthFault.INVALID_REDIRECT_URI)
    return error.value.message


def test_a_program_is_what_its_document_says(
    room: OAuthRoom, server: Script, client_id: str
) -> None:
    server.say(document(client_id))

    client = room.clients.get(client_id)

    assert (client.kind, client.name) == (ClientKind.DOCUMENT, "An app")
    assert (client.redirect_uris, client.has_secret) == ((ANSWERED,), False)
    assert client.needs_proof
    tokens = room.tokens(client, room.bob)
    assert room.grants.find(tokens.access_token)[1].client_id == client_id
    # Neither its logo nor anything else was asked for.
    assert [asked.path for asked in server.asked] == ["/client.json"]
    entries = [entry.action for entry in Audit(room.database, room.clock).list()]
    assert entries.count("client.registered") == 1


@pytest.mark.parametrize(
    ("cache_control", "fresh_seconds"),
    [
        ("", 300),
        ("max-age=1", 300),
        ("no-store", 300),
        ("max-age=7200, no-cache", 300),
        ("max-age=nonsense", 300),
        ("public, max-age=7200", 7200),
        ("max-age=999999999", 86_400),
    ],
)
def test_a_document_is_read_again_when_it_is_stale(
    room: OAuthRoom, server: Script, client_id: str, cache_control: str, fresh_seconds: int
) -> None:
    headers = {"cache-control": cache_control}
    other = "https://other.example.org/answer"
    server.say(document(client_id, headers=headers), document(client_id, redirect_uris=[other]))
    first = room.clients.get(client_id)

    room.clock.advance(seconds=fresh_seconds - 1)
    assert room.clients.get(client_id) == first
    assert len(server.asked) == 1
    room.clock.advance(seconds=1)
    assert room.clients.get(client_id).redirect_uris == (other,)
    assert len(server.asked) == 2


def test_tokens_need_no_document(room: OAuthRoom, server: Script, client_id: str) -> None:
    server.say(document(client_id))
    tokens = room.tokens(room.clients.get(client_id), room.bob)
    room.clock.advance(days=2)
    server.say(Answer(status=500))

    client = room.clients.authenticate(client_id, None)
    assert room.grants.refresh(client, tokens.refresh_token, None, None).access_token
    # But nobody is let in by a document that is not there any more.
    assert "cannot be read right now" in refusal(room, client_id)
    with pytest.raises(OAuthError):
        room.clients.authenticate(client_id, "tncs_made-up")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"client_id": "https://claude.ai/client.json"}, "does not name its own address"),
        ({"client_id": None}, "does not name its own address"),
        ({"redirect_uris": None}, "has no list"),
        ({"redirect_uris": ANSWERED}, "has no list"),
        ({"redirect_uris": [1]}, "has no list"),
        ({"redirect_uris": []}, "name 1 to 10"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "must be https"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "not offered here"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "not offered here"),
        ({"client_secret": "x"}, "not offered here"),
    ],
    ids=str,
)
def test_a_document_that_says_something_else_is_not_believed(
    room: OAuthRoom, server: Script, client_id: str, changed: dict[str, Any], told: str
) -> None:
    server.say(document(client_id, **changed))

    assert told in refusal(room, client_id)
    with room.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(oauth_clients)) == 0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(b"{}"), "does not come as"),
        (Answer(b"{}", headers={"content-type": "text/plain"}), "does not come as"),
        (Answer(b"{}", headers={"content-type": "application/jsonp"}), "does not come as"),
        (Answer(b"<html>", headers=JSON), "is not JSON"),
        (Answer(b"[" * 10_000, headers=JSON), "is not JSON"),
        (Answer(b"[]", headers=JSON), "does not name"),
        (Answer(b"x" * 30_000), "cannot be read"),
        (Answer(status=404), "answers 404"),
        (Answer(status=302, headers={"location": "/other.json"}), "answers 302"),
        (Answer(status=503), "cannot be read"),
    ],
    ids=[
        "untyped",
        "text",
        "script",
        "page",
        "deep",
        "list",
        "large",
        "missing",
        "redirect",
        "fault",
    ],
)
def test_what_is_no_document_is_refused(
    room: OAuthRoom, server: Script, client_id: str, answer: Answer, told: str
) -> None:
    server.say(answer)

    assert told in refusal(room, client_id)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.org",
        "https://app.example.org/",
        "https://app.example.org/a/../client.json",
        "https://app.example.org/./client.json",
        "https://user@app.example.org/client.json",
        "https://app.example.org/client.json#part",
        "https://app.example.org:0/client.json",
        "https://app.example.org/\u00e4.json",
        "https://app.example.org/a b.json",
        "https://app.example.org/" + "x" * 255,
        "https:///client.json",
        "https://[::1/client.json",
        "http://app.example.org/client.json",
        "http://127.0.0.1:1/client.json",
    ],
    ids=str,
)
def test_an_address_that_is_none_of_a_document_is_not_asked(
    room: OAuthRoom, server: Script, address: str
) -> None:
    assert "must lie at" in refusal(room, address)
    assert server.asked == []


def test_private_addresses_are_not_asked(room: OAuthRoom, server: Script) -> None:
    for address in ("https://127.0.0.1/client.json", "https://localhost/client.json"):
        assert "does not read from" in refusal(room, address)
    assert server.asked == []


def test_what_begins_as_no_address_is_an_id_that_nobody_has(room: OAuthRoom) -> None:
    for unknown in (
        "tonearm-unknown",
        "file:///etc/passwd",
        "ftp://app.example.org/x",
        "HTTPS://x/y",
    ):
        assert "not known here" in refusal(room, unknown)
