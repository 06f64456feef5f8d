"""Pages of other origins."""

import asyncio
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import FastAPI, Header
from pydantic import ValidationError
from starlette.responses import Response

from tonearm.ops.settings import Settings
from tonearm.web.cors import Cors
from tonearm.web.errors import Errors
from tonearm.web.gate import Gate, GateRules

LISTED, OTHER = "https://music.example.org", "https://evil.example"
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}


def make_app(*origins: str) -> FastAPI:
    app = FastAPI()
    errors = Errors(None)
    errors.install(app)
    app.add_middleware(Gate, errors=errors, rules=GateRules(cors=Cors.of(origins)))

    async def tell(
        response: Response, cookie: Annotated[str | None, Header()] = None
    ) -> dict[str, str | None]:
        response.set_cookie("tonearm_session", "planted")
        return {"cookie": cookie}

    for path in ("/api/things", "/mcp", "/page"):
        app.add_api_route(path, tell, methods=["GET", "POST"])
    return app


def call(method: str, headers: dict[str, str], *origins: str, path: str = "/api/things") -> Any:  # noqa: ANN401 - httpx2's answer, whose headers tests read freely
    async def send() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=make_app(*origins))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(send())


def cors_headers(answer: httpx2.Response) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control-")}


def test_without_listed_origins_there_is_no_cors() -> None:
    answer = call("GET", {"origin": LISTED})
    preflight = call("OPTIONS", {"origin": LISTED, **PREFLIGHT})

    assert not cors_headers(answer)
    assert "vary" not in answer.headers
    assert preflight.status_code == 405
    assert not cors_headers(preflight)


def test_a_listed_origin_may_read_answers_and_the_headers_it_needs() -> None:
    answer = call("GET", {"origin": LISTED}, LISTED)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == LISTED
    exposed = answer.headers["access-control-expose-headers"]
    for name in ("X-Request-ID", "ETag", "Location", "RateLimit", "Retry-After"):
        assert name in exposed
    assert answer.headers["vary"] == "Origin"


def test_an_answer_to_anybody_else_says_that_it_depends_on_the_origin() -> None:
    for headers in (
        {},
        {"origin": OTHER},
        {"origin": "null"},
        {"origin": f"{LISTED}.evil.example"},
    ):
        answer = call("GET", headers, LISTED)
        assert answer.headers["vary"] == "Origin"
        assert not cors_headers(answer)


def test_a_preflight_needs_no_caller() -> None:
    answer = call("OPTIONS", {"origin": LISTED, **PREFLIGHT}, LISTED)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert "POST" in answer.headers["access-control-allow-methods"]
    for name in ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"):
        assert name in answer.headers["access-control-allow-headers"]
    # Nothing here looks at it, so that nobody may rely on it.
    assert "If-Match" not in answer.headers["access-control-allow-headers"]
    assert "x-request-id" in answer.headers
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"origin": OTHER, **PREFLIGHT}, "/api/things"),
        ({"origin": LISTED, **PREFLIGHT}, "/page"),
        ({"origin": LISTED}, "/api/things"),
        (PREFLIGHT, "/api/things"),
    ],
)
def test_other_preflights_get_nothing(headers: dict[str, str], path: str) -> None:
    answer = call("OPTIONS", headers, LISTED, path=path)

    assert answer.status_code == 405
    assert "access-control-allow-methods" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_cookie_flows_between_a_listed_origin_and_the_api(method: str) -> None:
    sent = {"origin": LISTED, "cookie": "tonearm_session=x", "sec-fetch-site": "same-site"}
    answer = call(method, sent, LISTED)

    assert answer.status_code == 200
    assert answer.json() == {"cookie": None}
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers


def test_pages_are_not_for_other_origins() -> None:
    sent = {"origin": LISTED, "cookie": "tonearm_session=x", "sec-fetch-site": "same-site"}

    assert call("POST", sent, LISTED, path="/page").status_code == 403
    assert not cors_headers(call("GET", sent, LISTED, path="/page"))
    assert call("POST", {**sent, "origin": OTHER}, LISTED).status_code == 403


def test_refusals_of_a_listed_origin_can_be_read_by_it() -> None:
    answer = call("GET", {"origin": LISTED, "x-api-version": "99"}, LISTED)

    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == LISTED


@pytest.mark.parametrize(
    "origins",
    [
        ["*"],
        ["https://*.example.org"],
        ["null"],
        ["music.example.org"],
        ["https://music.example.org/"],
        ["https://music.example.org/app"],
        ["https://Music.example.org"],
        ["https://user@music.example.org"],
        ["ftp://music.example.org"],
        [LISTED, "*"],
    ],
)
def test_only_plain_origins_can_be_listed(origins: list[str]) -> None:
    with pytest.raises(ValidationError, match="TONEARM_CORS_ORIGINS"):
        Settings(cors_origins=origins)


def test_origins_have_schemes_and_ports() -> None:
    origins = [LISTED, "http://localhost:5173", "https://[2001:db8::1]:8443"]

    assert Settings(cors_origins=origins).cors_origins == origins


@pytest.mark.parametrize(
    "networks", [["everybody"], ["10.0.0.1/8"], ["0.0.0.0/0"], ["::/0"], ["10.0.0.0/33"]]
)
def test_only_networks_can_be_trusted_and_never_all(networks: list[str]) -> None:
    with pytest.raises(ValidationError, match="TONEARM_TRUSTED_PROXIES"):
        Settings(trusted_proxies=networks)


def test_a_listed_origin_may_be_that_of_an_assistant_and_no_other() -> None:
    key = {"authorization": "Bearer tnrm_some"}
    asked = call("OPTIONS", {"origin": LISTED, **PREFLIGHT}, LISTED, path="/mcp")
    assert asked.status_code == 204
    assert "Mcp-Method" in asked.headers["access-control-allow-headers"]

    answer = call("POST", {"origin": LISTED, **key}, LISTED, path="/mcp")
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["cache-control"] == "no-store"
    # A key passes elsewhere whatever page sends it; the protocol of assistants wants the page judged.
    assert call("POST", {"origin": OTHER, **key}, LISTED).status_code == 200
    assert call("POST", {"origin": OTHER, **key}, LISTED, path="/mcp").status_code == 403
    assert call("POST", {"origin": "null", **key}, path="/mcp").status_code == 403
    assert call("POST", {"origin": "http://localhost", **key}, path="/mcp").status_code == 200
    assert call("POST", key, path="/mcp").status_code == 200
