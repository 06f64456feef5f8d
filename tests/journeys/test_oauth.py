"""Programs that people let in, over HTTP: how they find their way, get tokens, and what these open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from cast import gather
from programs import ANSWERED, VERIFIER, Program, answer_of, register
from serving import running, serve, set_up
from tonearm.bootstrap import create_app
from tonearm.domain.vocabulary import Role
from tonearm.ops.settings import Settings

LISTED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
SENT = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}
SERVER = "/.well-known/oauth-authorization-server"
PROTECTED = "/.well-known/oauth-protected-resource"
CHATGPT = "https://chatgpt.com/aip/g-0123abc/oauth/callback"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("data")) as base:
        yield base


@pytest.fixture(scope="module")
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


@pytest.fixture
def program(base: str) -> Program:
    return register(base)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def ask_mcp(base: str, token: str | None) -> httpx2.Response:
    headers = {**SENT, **(bearer(token) if token else {})}
    return httpx2.post(f"{base}/mcp", headers=headers, json=LISTED, timeout=60)


def profile(base: str, token: str) -> int:
    return httpx2.get(f"{base}/api/user/profile", headers=bearer(token), timeout=60).status_code


def test_a_program_finds_everything_by_the_address_alone(base: str, ada: httpx2.Client) -> None:
    del ada
    refused = ask_mcp(base, None)
    assert refused.status_code == 401
    where = f"{base}{PROTECTED}/mcp"
    challenge = f'Bearer resource_metadata="{where}", scope="mcp"'
    assert refused.headers["www-authenticate"] == challenge

    resource = httpx2.get(where).json()
    assert resource["resource"] == f"{base}/mcp"
    assert resource["authorization_servers"] == [base]
    assert httpx2.get(f"{base}{PROTECTED}").json()["resource"] == base
    server = httpx2.get(f"{base}{SERVER}").json()
    assert server["issuer"] == base
    assert server["authorization_endpoint"] == f"{base}/oauth/authorize"
    assert server["token_endpoint"] == f"{base}/oauth/token"
    assert server["registration_endpoint"] == f"{base}/oauth/register"
    assert server["revocation_endpoint"] == f"{base}/oauth/revoke"
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["authorization_response_iss_parameter_supported"] is True
    assert server["client_id_metadata_document_supported"] is True
    assert "mcp" in server["scopes_supported"]
    assert "admin" not in server["scopes_supported"]
    assert httpx2.get(f"{base}/.well-known/openid-configuration").json() == server
    for other in (f"{SERVER}/mcp", f"{PROTECTED}/api", f"{PROTECTED}/mcp/x"):
        assert httpx2.get(base + other).status_code == 404


def test_a_program_is_let_in_works_and_is_put_out(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    asked = program.ask(ada)
    assert asked.status_code == 200
    for told in (
        "A program",
        program.client_id,
        "https://app.example.org",
        "Ada",
        "through assistants",
    ):
        assert told in asked.text
    answer = answer_of(program.consent(ada))
    assert (answer["state"], answer["iss"]) == ("st&te=1", base)
    given = program.redeem(answer["code"])
    assert given.headers["cache-control"] == "no-store"
    tokens = given.json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, "mcp")

    assert ask_mcp(base, tokens["access_token"]).status_code == 200
    assert profile(base, tokens["access_token"]) == 200
    # It was let in to assistants alone.
    headers = bearer(tokens["access_token"])
    refused = httpx2.get(f"{base}/api/history/users/me/totals", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "was not let in to history:read" in refused.json()["detail"]
    for closed in ("/api/user/keys", "/api/user/grants", "/api/admin/users"):
        assert httpx2.get(base + closed, headers=headers).status_code == 403

    renewed = program.refresh(tokens["refresh_token"]).json()
    assert ask_mcp(base, renewed["access_token"]).status_code == 200
    (grant,) = [
        one
        for one in ada.get("/api/user/grants").json()["items"]
        if one["client_id"] == program.client_id
    ]
    assert (grant["client_name"], grant["answered_at"]) == ("A program", "https://app.example.org")
    assert ada.delete(f"/api/user/grants/{grant['id']}").status_code == 204

    for token in (tokens["access_token"], renewed["access_token"]):
        answered = ask_mcp(base, token)
        assert answered.status_code == 401
        assert 'error="invalid_token"' in answered.headers["www-authenticate"]
    assert program.refresh(renewed["refresh_token"]).json()["error"] == "invalid_grant"


def test_another_scope_than_that_of_assistants_is_insufficient_for_them(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    token = program.tokens(ada, scope="history:read")["access_token"]

    refused = ask_mcp(base, token)

    assert refused.status_code == 403
    assert refused.json()["code"] == "insufficient_scope"
    assert f'resource_metadata="{base}{PROTECTED}/mcp"' in refused.headers["www-authenticate"]
    headers = bearer(token)
    assert httpx2.get(f"{base}/api/history/users/me/totals", headers=headers).status_code == 200


def test_a_program_ends_its_own_tokens(base: str, ada: httpx2.Client, program: Program) -> None:
    for name in ("access_token", "refresh_token"):
        tokens = program.tokens(ada)
        assert program.send("revoke", token=tokens[name]).status_code == 200
        assert profile(base, tokens["access_token"]) == 401
        # One that has ended, or never was, is no fault (RFC 7009, 2.2).
        assert program.send("revoke", token=tokens[name]).status_code == 200
    assert program.send("revoke").json()["error"] == "invalid_request"


def test_somebody_who_denies_lets_nobody_in(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    answer = answer_of(program.answer(ada, program.asks(), decision="deny", scopes=["mcp"]))

    assert answer == {"error": "access_denied", "state": "st&te=1", "iss": base}
    entries = ada.get("/api/admin/audit?action=grant.denied").json()["items"]
    assert entries[0]["details"]["client"] == program.client_id


def test_somebody_lets_a_program_in_to_less_or_to_what_goes_with_it(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    def scopes_of(wanted: str, *chosen: str) -> str:
        answer = program.answer(ada, program.asks(scope=wanted), decision="allow", scopes=chosen)
        given = program.redeem(answer_of(answer)["code"]).json()
        headers = bearer(given["access_token"])
        mine = ada.get("/api/user/grants").json()["items"][0]
        assert " ".join(mine["scopes"]) == given["scope"]
        assert httpx2.get(f"{base}/api/user/profile", headers=headers).status_code == 200
        return str(given["scope"])

    assert scopes_of("mcp history:read history:write", "mcp") == "mcp"
    # Assistants ask for no more than to look; whoever lets them in may say that they may do more.
    assert 'value="history:write"> <span>' in program.ask(ada).text
    assert scopes_of("mcp", "mcp", "history:write") == "history:write mcp"
    # Nothing else was offered, whatever is sent.
    assert scopes_of("mcp", "mcp", "admin", "library:read", "imports:write") == "mcp"
    assert scopes_of("history:read", "history:read", "history:write") == "history:read"
    for nothing in ([], ["admin"], ["library:read"]):
        answer = program.answer(ada, program.asks(), decision="allow", scopes=nothing)
        assert answer.status_code == 422
        assert "Tick at least one thing" in answer.text
        assert answer.headers["content-security-policy"].endswith(" https://app.example.org")


@pytest.mark.parametrize("way", ["client_secret_post", "client_secret_basic"])
def test_a_program_with_a_secret_has_to_show_it(base: str, ada: httpx2.Client, way: str) -> None:
    program = register(base, token_endpoint_auth_method=way)
    assert program.secret

    def redeem(auth: tuple[str, str] | None, **shown: str) -> httpx2.Response:
        form = {
            "grant_type": "authorization_code",
            "code": program.code(ada),
            "redirect_uri": ANSWERED,
            "code_verifier": VERIFIER,
            **shown,
        }
        return httpx2.post(f"{base}/oauth/token", data=form, auth=auth)

    own = {"client_id": program.client_id}
    for wrong in (
        redeem(None, **own),
        redeem(None, client_secret="tncs_wrong", **own),
        redeem((program.client_id, "tncs_wrong")),
        redeem(("tonearm-unknown", program.secret)),
    ):
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        assert wrong.headers["www-authenticate"].startswith("Basic")
    twice = redeem((program.client_id, program.secret), client_secret=program.secret)
    assert twice.json()["error"] == "invalid_request"
    right = (
        redeem((program.client_id, program.secret))
        if way == "client_secret_basic"
        else redeem(None, client_secret=program.secret, **own)
    )
    assert right.status_code == 200


def test_a_custom_gpt_comes_in_with_a_client_made_by_hand(base: str, ada: httpx2.Client) -> None:
    made = ada.post("/api/user/clients", json={"name": "My GPT"}).raise_for_status().json()
    assert made["redirect_uris"] == ["https://chatgpt.com/aip/{g-id}/oauth/callback"]
    gpt = Program(base, made["client_id"], CHATGPT, made["client_secret"])
    # ChatGPT sends neither a challenge nor a resource for them.
    bare: dict[str, Any] = dict.fromkeys(("code_challenge", "code_challenge_method", "resource"))
    tokens = gpt.redeem(gpt.code(ada, **bare), code_verifier=None).json()
    assert ask_mcp(base, tokens["access_token"]).status_code == 200

    for elsewhere in (
        "https://chatgpt.com/aip/g-1/oauth/callback/..",
        "https://chatgpt.com/aip/g-1/../oauth/callback",
        "https://chatgpt.com/aip/g-1/oauth/callback?to=https://evil.example",
        "https://chatgpt.com/aip/x/oauth/callback",
        "https://chatgpt.com.evil.example/aip/g-1/oauth/callback",
        "https://chatgpt.com/aip/{g-id}/oauth/callback",
        "http://chatgpt.com/aip/g-1/oauth/callback",
    ):
        assert gpt.ask(ada, redirect_uri=elsewhere, **bare).status_code == 400
    # Whoever shows a challenge has to keep to it.
    assert gpt.redeem(gpt.code(ada), code_verifier=None).json()["error"] == "invalid_grant"
    listed = ada.get("/api/user/clients").json()["items"]
    assert [one["name"] for one in listed if one["id"] == made["id"]] == ["My GPT"]
    assert made["client_secret"] not in str(listed)
    assert ada.delete(f"/api/user/clients/{made['id']}").status_code == 204
    assert profile(base, tokens["access_token"]) == 401


def test_any_other_client_made_by_hand_needs_pkce(base: str, ada: httpx2.Client) -> None:
    wish = {"name": "Script", "redirect_uris": [ANSWERED]}
    made = ada.post("/api/user/clients", json=wish).raise_for_status().json()
    program = Program(base, made["client_id"], ANSWERED, made["client_secret"])
    bare: dict[str, Any] = dict.fromkeys(("code_challenge", "code_challenge_method"))

    assert program.ask(ada, **bare).status_code == 400
    assert program.tokens(ada)["scope"] == "mcp"
    for bad in ([], ["http://app.example.org/"], ["https://app.example.org/#part"]):
        wish = {"name": "Script", "redirect_uris": bad}
        assert ada.post("/api/user/clients", json=wish).status_code == 422


def test_a_program_on_this_machine_is_answered_at_any_port(base: str, ada: httpx2.Client) -> None:
    program = register(base, "http://127.0.0.1:1111/answer")

    answer = program.consent(ada, redirect_uri="http://127.0.0.1:2222/answer")

    assert answer.headers["location"].startswith("http://127.0.0.1:2222/answer?code=")
    for other in (
        "http://127.0.0.1:2222/other",
        "http://localhost:1111/answer",
        "https://127.0.0.1:1111/answer",
    ):
        assert program.ask(ada, redirect_uri=other).status_code == 400


def test_an_admin_sees_and_ends_what_others_have_let_in(tmp_path: Path) -> None:
    with gather(tmp_path / "data") as cast:
        program = register(cast.base)
        holder, admin = cast.people[Role.LISTENER], cast.people[Role.ADMIN]
        with cast.client(holder) as person:
            token = program.tokens(person)["access_token"]
        with cast.client(cast.people[Role.OWNER]) as owner:
            owners = program.tokens(owner)["access_token"]
        with cast.client(admin) as client:
            theirs = f"/api/admin/users/{holder.id}/grants"
            (grant,) = client.get(theirs).json()["items"]
            assert grant["client_id"] == program.client_id
            assert client.delete(f"{theirs}/{grant['id']}").status_code == 204
            assert client.delete(f"{theirs}/{grant['id']}").status_code == 404
            above = cast.people[Role.OWNER].id
            assert client.delete(f"/api/admin/users/{above}/grants/1").status_code == 403
            assert client.get("/api/admin/users/999999/grants").status_code == 404
        assert (profile(cast.base, token), profile(cast.base, owners)) == (401, 200)
        with cast.client(holder) as person:
            told = [entry["action"] for entry in person.get("/api/user/audit").json()["items"]]
        told = [action for action in told if action.startswith(("grant", "data"))]
        assert told == ["grant.revoked", "data.read", "grant.given"]


def test_what_a_registration_may_say(base: str) -> None:
    def wish(**changed: Any) -> httpx2.Response:  # noqa: ANN401 - what a program sends
        sent = {
            "redirect_uris": [ANSWERED],
            "unknown": 1,
            "logo_uri": "http://10.0.0.1/",
            **changed,
        }
        return httpx2.post(f"{base}/oauth/register", json=sent)

    made = wish()
    assert made.status_code == 201
    # As RFC 7591 has it for programs that do not say how they prove themselves.
    assert made.json()["token_endpoint_auth_method"] == "client_secret_basic"
    assert made.json()["client_secret_expires_at"] == 0
    assert "logo_uri" not in made.json()
    named = wish(client_name="  Evil\u202e\n\tname " + "x" * 100).json()
    assert named["client_name"] == ("Evilname " + "x" * 100)[:64]
    for bad, error in (
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.example.org/answer"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://user@app.example.org/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example.org/;form-action"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example.org/\r\nx: y"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://chatgpt.com/aip/{g-id}/oauth/callback"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"https://{n}.example.org/" for n in range(11)]}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_client_metadata"),
        ({"redirect_uris": ANSWERED}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
    ):  # fmt: skip
        refused = wish(**bad)
        assert (refused.status_code, refused.json()["error"]) == (400, error), bad
    assert (
        httpx2.post(f"{base}/oauth/register", content=b"{").json()["error"]
        == "invalid_client_metadata"
    )


def test_what_an_operator_switches_off_is_off(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serve(data) as base, set_up(base) as ada:
        program = register(base)
        token = program.tokens(ada)["access_token"]
        key = ada.post("/api/user/keys", json={"name": "k", "scopes": ["mcp"]}).json()["key"]
        port = urlsplit(base).port
    with serve(data, oauth_registration=False, public_url=base) as again:
        assert "registration_endpoint" not in httpx2.get(f"{again}{SERVER}").json()
        assert (
            httpx2.post(f"{again}/oauth/register", json={"redirect_uris": [ANSWERED]}).status_code
            == 404
        )
        assert profile(again, token) == 200
    with serve(data, oauth=False, public_url=f"http://127.0.0.1:{port}") as off:
        for path in (SERVER, PROTECTED, f"{PROTECTED}/mcp", "/.well-known/openid-configuration"):
            assert httpx2.get(off + path).status_code == 404
        for path in ("token", "revoke", "register"):
            assert httpx2.post(f"{off}/oauth/{path}", data={"x": "1"}).status_code == 404
        refused = ask_mcp(off, token)
        assert refused.status_code == 401
        assert "resource_metadata" not in refused.headers["www-authenticate"]
        assert ask_mcp(off, key).status_code == 200


def test_behind_a_proxy_with_a_path_everything_is_below_it(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, database_url=""), with_worker=False)

    async def below(scope: AsgiScope, receive: Receive, send: Send) -> None:
        # What a proxy does that keeps the path and tells of the part that is its own.
        if scope["type"] == "http" and scope["path"].startswith("/music/"):
            scope = {**scope, "root_path": "/music"}
        elif scope["type"] == "http":
            scope = {**scope, "root_path": "/music", "path": f"/music{scope['path']}"}
        await app(scope, receive, send)

    with running(below) as origin:  # type: ignore[arg-type] # an app like any other
        issuer = f"{origin}/music"
        for found in (
            f"{issuer}{SERVER}",
            f"{origin}{SERVER}/music",
            f"{issuer}/.well-known/openid-configuration",
        ):
            assert httpx2.get(found).json()["issuer"] == issuer, found
        for found in (f"{issuer}{PROTECTED}/mcp", f"{origin}{PROTECTED}/music/mcp"):
            assert httpx2.get(found).json()["resource"] == f"{issuer}/mcp", found
        challenge = ask_mcp(issuer, None).headers["www-authenticate"]
        assert f'resource_metadata="{issuer}{PROTECTED}/mcp"' in challenge
