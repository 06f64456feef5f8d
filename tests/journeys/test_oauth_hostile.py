"""What somebody tries who wants in by another's consent, or into what a program was given."""

import html
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from programs import ANSWERED, CHALLENGE, VERIFIER, Program, answer_of, register
from serving import PASSWORD, serve, set_up

EVIL = "https://evil.example/answer"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("data")) as base:
        yield base


@pytest.fixture(scope="module")
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


@pytest.fixture
def program(base: str, ada: httpx2.Client) -> Program:
    del ada  # there is somebody to ask
    return register(base)


def profile(base: str, token: str, **headers: str) -> httpx2.Response:
    shown = {"authorization": f"Bearer {token}", **headers}
    return httpx2.get(f"{base}/api/user/profile", headers=shown)


def test_nobody_is_asked_before_they_have_logged_in(base: str, program: Program) -> None:
    with httpx2.Client(base_url=base) as visitor:
        away = program.ask(visitor)
        assert away.status_code == 303
        way = urlsplit(away.headers["location"])
        assert way.path == "/login"
        wanted = parse_qs(way.query)["next"][0]
        back = visitor.post("/login", data={"name": "Ada", "password": PASSWORD, "next": wanted})
        assert back.headers["location"] == wanted
        assert "A program" in visitor.get(wanted).text

        # Nor does anybody consent who has not.
        visitor.cookies.clear()
        assert "/login" in program.consent(visitor).headers["location"]
        key = {"authorization": "Bearer tnrm_key"}
        sent = {"query": urlencode(program.asks()), "decision": "allow"}
        answer = visitor.post("/oauth/authorize", data=sent, headers=key)
        assert "/login" in answer.headers["location"]


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": EVIL},
        {"redirect_uri": ANSWERED + "/"},
        {"redirect_uri": ANSWERED + "?more=1"},
        {"redirect_uri": ANSWERED + "#part"},
        {"redirect_uri": "https://app.example.org@evil.example/answer"},
        {"redirect_uri": "https://app.example.org.evil.example/answer"},
        {"redirect_uri": "HTTPS://app.example.org/answer"},
        {"redirect_uri": "https://app.example.org/x/../answer"},
        {"redirect_uri": "//evil.example"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ANSWERED + "\r\nset-cookie: x=y"},
        {"redirect_uri": None},
        {"client_id": "tonearm-unknown"},
        {"client_id": None},
    ],
    ids=str,
)
def test_nobody_is_sent_where_a_program_has_not_said(
    ada: httpx2.Client, program: Program, changed: dict[str, str | None]
) -> None:
    for answer in (program.ask(ada, **changed), program.consent(ada, **changed)):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        # What was sent is not among the links of the page either.
        links = re.findall(r'href="([^"]*)"', answer.text)
        assert not [link for link in links if "evil" in link or "answer" in link]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": VERIFIER}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"resource": "https://evil.example/mcp"}, "invalid_target"),
        ({"resource": "mcp"}, "invalid_target"),
        ({"state": "x" * 2_001}, "invalid_request"),
    ],
    ids=str,
)
def test_what_cannot_be_given_is_refused_and_nobody_is_sent_on_by_it(
    base: str, ada: httpx2.Client, program: Program, changed: dict[str, str | None], error: str
) -> None:
    for answer in (program.ask(ada, **changed), program.consent(ada, **changed)):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        (link,) = (html.unescape(link) for link in re.findall(r'href="(https:[^"]*)"', answer.text))
        assert link.startswith(f"{ANSWERED}?")
        told = parse_qs(urlsplit(link).query)
        assert (told["error"], told["iss"]) == ([error], [base])


def test_a_parameter_that_comes_twice_is_refused(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    query = urlencode([*program.asks().items(), ("redirect_uri", EVIL)])
    assert ada.get(f"{base}/oauth/authorize?{query}").status_code == 400
    twice = (
        f"grant_type=refresh_token&refresh_token=a&refresh_token=b&client_id={program.client_id}"
    )
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = httpx2.post(f"{base}/oauth/token", content=twice, headers=form)
    assert answer.json()["error"] == "invalid_request"
    many = "&".join(f"p{number}=1" for number in range(60))
    answer = httpx2.post(f"{base}/oauth/token", content=many, headers=form)
    assert answer.json()["error"] == "invalid_request"


def test_the_token_endpoint_takes_forms_and_nothing_else(base: str, program: Program) -> None:
    sent = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": program.client_id}
    assert httpx2.post(f"{base}/oauth/token", json=sent).json()["error"] == "invalid_request"
    assert httpx2.post(f"{base}/oauth/token", params=sent).json()["error"] == "invalid_request"
    assert httpx2.get(f"{base}/oauth/token", params=sent).status_code == 405
    for kind, error in (
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unsupported_grant_type"),
        ("", "invalid_request"),
    ):
        assert program.send("token", grant_type=kind).json()["error"] == error


def test_another_site_consents_for_nobody(base: str, ada: httpx2.Client, program: Program) -> None:
    form = {"query": urlencode(program.asks()), "decision": "allow"}
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/"},
    ):
        answer = ada.post(f"{base}/oauth/authorize", data=form, headers=headers)
        assert answer.status_code == 403
        assert "location" not in answer.headers
    # A page is asked for with GET, which consents to nothing.
    query = urlencode({**program.asks(), "decision": "allow"})
    assert "location" not in ada.get(f"{base}/oauth/authorize?{query}").headers


def test_the_page_that_asks_stands_in_no_frame_and_leads_to_one_place(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    answer = program.ask(ada)

    (policy,) = answer.headers.get_list("content-security-policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["frame-ancestors"] == "'none'"
    assert rules["form-action"] == "'self' https://app.example.org"
    assert rules["script-src"] == "'self'"
    assert answer.headers["cache-control"] == "private, no-store"
    for page in ("/account", "/login"):
        assert (
            ada.get(base + page).headers["content-security-policy"].endswith("form-action 'self'")
        )
    app = register(base, "cursor://anysphere.cursor-mcp/oauth/callback")
    policy = app.ask(ada).headers["content-security-policy"]
    assert policy.endswith("form-action 'self' cursor:")


def test_a_name_is_text_and_no_part_of_the_page(base: str, ada: httpx2.Client) -> None:
    program = register(base, client_name='<b>Bank</b>"><script>alert(1)</script>')

    page = program.ask(ada, state='"><script>').text

    assert "<script>alert" not in page
    assert "&lt;b&gt;Bank&lt;/b&gt;" in page
    assert "nobody has checked it" in page


def test_an_answer_says_whose_it_is_and_carries_the_state_unharmed(
    base: str, ada: httpx2.Client
) -> None:
    program = register(base, "https://app.example.org/answer?tenant=1")
    state = "a b&code=injected\r\nset-cookie: x=y#\u00e9"

    answer = program.consent(ada, state=state)

    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert told["tenant"] == ["1"]
    assert told["state"] == [state]
    assert told["iss"] == [base]
    assert len(told["code"]) == 1
    assert "set-cookie" not in answer.headers


def test_a_token_for_one_name_is_worth_nothing_at_another(
    ada: httpx2.Client, program: Program
) -> None:
    tokens = program.tokens(ada)
    port = urlsplit(program.base).port

    assert profile(program.base, tokens["access_token"]).status_code == 200
    other = profile(f"http://localhost:{port}", tokens["access_token"])
    assert other.status_code == 401
    assert f"is for {program.base}/mcp" in other.json()["detail"]


def test_no_token_opens_anything_in_an_address_or_a_cookie(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    tokens = program.tokens(ada)
    token = tokens["access_token"]
    address = f"{base}/api/user/profile"
    assert httpx2.get(f"{address}?access_token={token}").status_code in (401, 422)
    assert httpx2.get(address, headers={"cookie": f"tonearm_session={token}"}).status_code == 401
    for wrong in (tokens["refresh_token"], token[:-1], token + "x", "tnat_", program.code(ada)):
        assert profile(base, wrong).status_code == 401
    # Pages are for people.
    page = httpx2.get(f"{base}/account", headers={"authorization": f"Bearer {token}"})
    assert page.status_code == 303


def test_a_stolen_code_is_worth_nothing_in_another_hand(
    base: str, ada: httpx2.Client, program: Program
) -> None:
    thief = register(base, EVIL)
    stolen = program.code(ada)
    assert thief.redeem(stolen, redirect_uri=ANSWERED).json()["error"] == "invalid_grant"
    # Injected into a log-in that the thief has begun at the program itself, it does not fit the verifier.
    injected = program.code(ada)
    verifier = "another-verifier-of-the-thief-that-is-long-enough"
    assert program.redeem(injected, code_verifier=verifier).json()["error"] == "invalid_grant"
    assert program.redeem(injected).json()["error"] == "invalid_grant"


def test_a_replayed_code_ends_what_it_gave(base: str, ada: httpx2.Client, program: Program) -> None:
    code = program.code(ada)
    tokens = program.redeem(code).json()
    assert program.redeem(code).json()["error"] == "invalid_grant"
    assert profile(base, tokens["access_token"]).status_code == 401
    entry = ada.get("/api/admin/audit?action=grant.reused").json()["items"][0]
    assert entry["details"]["shown"] == "code"
    assert code not in str(entry)


def test_a_host_header_writes_nothing_of_its_own(base: str, ada: httpx2.Client) -> None:
    del ada
    host, port = urlsplit(base).hostname, urlsplit(base).port
    for hostile in (f'127.0.0.1:{port}", evil="1', "127.0.0.1:1/evil", "localhost:1@evil.example"):
        with socket.create_connection((str(host), int(port or 0)), timeout=30) as wire:
            request = f"POST /mcp HTTP/1.1\r\nhost: {hostile}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            wire.sendall(request.encode())
            answer = b"".join(iter(lambda: wire.recv(65_536), b"")).decode("latin-1")
        assert "evil" not in answer


def test_registrations_and_guesses_are_counted(tmp_path: Path) -> None:
    with serve(tmp_path / "data", rate_entering=3) as base:
        wish = {"redirect_uris": [ANSWERED], "token_endpoint_auth_method": "none"}
        answers = [httpx2.post(f"{base}/oauth/register", json=wish) for _ in range(2)]
        form = {"grant_type": "refresh_token", "refresh_token": "tnrt_x.y", "client_id": "x"}
        answers += [httpx2.post(f"{base}/oauth/token", data=form) for _ in range(2)]
        answers += [httpx2.post(f"{base}/oauth/revoke", data={"token": "x", "client_id": "x"})]

        assert [answer.status_code for answer in answers] == [201, 201, 401, 429, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        # So is whoever has Tonearm read documents, by asking to be let in.
        assert (
            httpx2.get(f"{base}/oauth/authorize?client_id=https://x.example/y").status_code == 429
        )


def test_many_registrations_from_one_place_are_one_entry(tmp_path: Path) -> None:
    with serve(tmp_path / "data") as base, set_up(base) as ada:
        for _ in range(5):
            register(base)
        entries = ada.get("/api/admin/audit?action=client.registered").json()["items"]
        assert len(entries) == 1


def test_nothing_of_a_flow_stands_in_the_logs_or_the_audit(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    with serve(data, log_level="debug") as base, set_up(base) as ada:
        program = register(base, token_endpoint_auth_method="client_secret_post")
        answer = answer_of(program.consent(ada))
        tokens = program.redeem(answer["code"]).json()
        program.refresh(tokens["refresh_token"])
        program.refresh(tokens["refresh_token"])
        entries = ada.get("/api/admin/audit").text
    said = "".join(capfd.readouterr()) + entries
    said += "".join(path.read_text() for path in (data / "logs").rglob("*") if path.is_file())
    assert "grant.reused" in entries
    secrets = (
        answer["code"],
        tokens["access_token"],
        tokens["refresh_token"],
        program.secret,
        VERIFIER,
        CHALLENGE,
    )
    assert [secret for secret in secrets if not secret or secret in said] == []
