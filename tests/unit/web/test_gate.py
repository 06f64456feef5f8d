"""The gate, the errors and the strict routes around small routes of their own."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Cookie, FastAPI, Header, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from tonearm.domain.errors import InvalidInputError, NotFoundError, UnauthenticatedError
from tonearm.web.bodies import USUAL_BYTES, allow_body
from tonearm.web.errors import Errors
from tonearm.web.gate import Gate, GateRules
from tonearm.web.redirect import RedirectError
from tonearm.web.strict import Body, api_router

SECRET = "planted-secret-value"
ROUTER = api_router("/things", "things")


class ThingBody(Body):
    size: int


@ROUTER.get("/list")
async def list_things(limit: Annotated[int, Query(ge=1, le=5)] = 1) -> dict[str, int]:
    return {"limit": limit}


@ROUTER.get("/told")
async def list_told(
    x_size: Annotated[int, Header()] = 1, size: Annotated[int, Cookie()] = 1
) -> dict[str, int]:
    return {"size": x_size + size}


@ROUTER.post("/make")
async def make_thing(body: ThingBody) -> dict[str, int]:
    return {"size": body.size}


@ROUTER.post("/upload")
async def upload(request: Request) -> dict[str, int]:
    allow_body(request, USUAL_BYTES * 2)
    return {"bytes": len(await request.body())}


@ROUTER.get("/items/all")
async def list_items() -> dict[str, int]:
    return {"items": 0}


@ROUTER.delete("/items/{number}")
async def delete_item(number: int) -> dict[str, int]:
    return {"deleted": number}


@ROUTER.get("/header")
async def tell_header(value: str) -> Response:
    return Response("told", headers={"x-told": value})


@ROUTER.get("/fail/{kind}")
async def fail(kind: str) -> Response:
    if kind == "missing":
        raise NotFoundError("There is no such thing.")
    if kind == "input":
        raise InvalidInputError("The size must be small.", parameter="size")
    if kind == "anonymous":
        raise UnauthenticatedError("Log in.")
    if kind == "redirect":
        raise RedirectError("/login")
    if kind == "late":

        async def stream() -> AsyncIterator[bytes]:
            yield b"begun"
            raise RuntimeError(SECRET)

        return StreamingResponse(stream())
    raise RuntimeError(SECRET)


def error_page(request: Request, status: int, title: str, details: Sequence[str]) -> Response:
    return HTMLResponse(f"<h1>{title}</h1><p>{' '.join(details)}</p>{request.url.path}", status)


def make_app(*, has_pages: bool = False, is_secure: bool = False) -> FastAPI:
    app = FastAPI()
    errors = Errors(error_page if has_pages else None)
    errors.install(app)
    rules = GateRules(allowed_hosts=frozenset({"music.example.org"}), is_secure=is_secure)
    app.add_middleware(Gate, errors=errors, rules=rules)
    app.include_router(ROUTER)

    async def page_that_fails() -> None:
        raise RuntimeError(SECRET)

    app.add_api_route("/page", page_that_fails)
    return app


def call(
    app: FastAPI,
    method: str,
    path: str,
    **options: Any,  # noqa: ANN401 - whatever the client takes
) -> httpx2.Response:
    async def send() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8420"
        ) as client:
            return await client.request(method, path, **options)

    return asyncio.run(send())


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    content: dict[str, Any] = response.json()
    assert list(content) == ["type", "title", "status", "detail", "code", "request_id", "errors"]
    assert (content["status"], content["code"]) == (status, code)
    assert content["request_id"] == response.headers["x-request-id"]
    assert SECRET not in response.text
    return content


def test_every_answer_is_signed() -> None:
    for response in (
        call(make_app(), "GET", "/api/things/list"),
        call(make_app(), "GET", "/api/nothing"),
        call(make_app(), "GET", "/api/things/fail/crash"),
        call(make_app(), "GET", "/api/things/list", headers={"host": "evil.example"}),
    ):
        assert response.headers["x-api-version"] == "1"
        assert len(response.headers["x-request-id"]) == 16
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self';" in response.headers["content-security-policy"]
        assert "strict-transport-security" not in response.headers
    assert "x-api-version" not in call(make_app(), "GET", "/nothing").headers
    secure = call(make_app(is_secure=True), "GET", "/nothing")
    assert "max-age" in secure.headers["strict-transport-security"]


def test_a_request_id_is_taken_over_if_it_is_harmless() -> None:
    ours = call(make_app(), "GET", "/api/things/list", headers={"x-request-id": "job-1.a_B"})
    strange = call(make_app(), "GET", "/api/things/list", headers={"x-request-id": "a b<script>"})
    long = call(make_app(), "GET", "/api/things/list", headers={"x-request-id": "a" * 65})

    assert ours.headers["x-request-id"] == "job-1.a_B"
    assert len(strange.headers["x-request-id"]) == len(long.headers["x-request-id"]) == 16


def test_a_crash_tells_nothing_but_its_id(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        content = problem(call(make_app(), "GET", "/api/things/fail/crash"), 500, "internal")

    assert "RuntimeError" not in json.dumps(content)


def test_an_answer_that_breaks_half_way_is_broken_off() -> None:
    with pytest.raises(RuntimeError):
        call(make_app(), "GET", "/api/things/fail/late")


def test_our_own_errors_keep_code_and_message() -> None:
    missing = problem(call(make_app(), "GET", "/api/things/fail/missing"), 404, "not_found")
    wrong = problem(call(make_app(), "GET", "/api/things/fail/input"), 422, "invalid_input")
    anonymous = call(make_app(), "GET", "/api/things/fail/anonymous")

    assert missing["detail"] == "There is no such thing."
    assert wrong["errors"][0]["parameter"] == "size"
    problem(anonymous, 401, "unauthenticated")
    assert anonymous.headers["www-authenticate"] == "Bearer"


def test_unknown_addresses_and_methods_are_problems() -> None:
    problem(call(make_app(), "GET", "/api/nothing"), 404, "not_found")
    wrong_method = call(make_app(), "DELETE", "/api/things/list")

    content = problem(wrong_method, 405, "method_not_allowed")
    assert content["detail"] == "This address does not take DELETE; it takes GET, HEAD."
    assert wrong_method.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "POST"])
def test_an_address_of_its_own_takes_its_own_methods_only(method: str) -> None:
    """Although another address takes any word in its place."""
    answer = call(make_app(), method, "/api/things/items/all")

    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"
    problem(call(make_app(), "DELETE", "/api/things/items/none"), 404, "not_found")
    assert call(make_app(), "DELETE", "/api/things/items/7").json() == {"deleted": 7}


def test_an_unknown_parameter_is_an_error_that_names_the_known_ones() -> None:
    content = problem(
        call(make_app(), "GET", f"/api/things/list?limt={SECRET}"), 422, "invalid_input"
    )

    assert content["errors"] == [
        {
            "parameter": "limt",
            "where": "query",
            "detail": "`limt` is not known here; allowed: limit.",
        }
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("6", "6"),
        ("many", "many"),
        ("1" * 6_000, "1" * 64),
        ("", ""),
        ("a%00b%1b[31m%E2%80%AE", "ab[31m"),
    ],
)
def test_a_bad_parameter_is_named_with_its_value_and_what_is_allowed(
    value: str, shown: str
) -> None:
    content = problem(
        call(make_app(), "GET", f"/api/things/list?limit={value}"), 422, "invalid_input"
    )

    detail = f"`limit`: must be a whole number from 1 to 5 ('{shown}' was sent)."
    assert content["errors"] == [{"parameter": "limit", "where": "query", "detail": detail}]
    assert content["detail"] == detail


def test_a_parameter_that_is_given_twice_is_named_with_both_values() -> None:
    path = "/api/things/list?limit=2&limit=3&limit=4"
    content = problem(call(make_app(), "GET", path), 422, "invalid_input")

    assert content["detail"] == "`limit`: must be given once ('2' and '3' were sent)."


@pytest.mark.parametrize("name", ["x-size", "cookie"])
def test_a_bad_header_is_explained_without_being_repeated(name: str) -> None:
    value = SECRET if name == "x-size" else f"size={SECRET}"
    content = problem(
        call(make_app(), "GET", "/api/things/told", headers={name: value}), 422, "invalid_input"
    )

    assert content["errors"][0]["where"] == ("header" if name == "x-size" else "cookie")
    assert content["detail"].endswith("(a text was sent).")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"size": "planted-secret-value"}', "`size`"),
        (b'{"size": 1, "sise": "planted-secret-value"}', "`sise` is not known here"),
        (b"{}", "`size` is required"),
        (b'["planted-secret-value"]', "`body`"),
        (b"planted-secret-value", "The body must be JSON"),
        (b"", "`body` is required"),
    ],
)
def test_a_bad_body_is_explained_without_being_repeated(body: bytes, expected: str) -> None:
    response = call(
        make_app(),
        "POST",
        "/api/things/make",
        content=body,
        headers={"content-type": "application/json"},
    )

    assert expected in problem(response, 422, "invalid_input")["detail"]


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"size": ' + b"9" * 5_000 + b"}", b'{"size": 1}\xff']
)
def test_a_hostile_body_is_a_problem(body: bytes) -> None:
    response = call(
        make_app(),
        "POST",
        "/api/things/make",
        content=body,
        headers={"content-type": "application/json"},
    )

    assert response.status_code in {400, 422}
    problem(response, response.status_code, response.json()["code"])


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("make", USUAL_BYTES + 1, 413),
        ("upload", USUAL_BYTES + 1, 200),
        ("upload", USUAL_BYTES * 2 + 1, 413),
    ],
)
@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_body_is_bounded(path: str, size: int, status: int, *, is_streamed: bool) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, size, 100_000):
            yield b" " * min(100_000, size - start)

    content = stream() if is_streamed else b" " * size
    response = call(
        make_app(),
        "POST",
        f"/api/things/{path}",
        content=content,
        headers={"content-type": "application/json"},
    )

    if status == 413:
        assert "MB" in problem(response, 413, "too_large")["detail"]
    else:
        assert response.json() == {"bytes": size}


def test_people_get_a_page_and_programs_a_problem() -> None:
    app = make_app(has_pages=True)
    html = {"accept": "text/html,*/*"}

    crash = call(app, "GET", "/page", headers=html)
    lost = call(app, "GET", "/nothing", headers=html)
    stranger = call(app, "GET", "/nothing", headers={**html, "host": "evil.example"})

    assert [answer.status_code for answer in (crash, lost, stranger)] == [500, 404, 421]
    for answer in (crash, lost, stranger):
        assert answer.headers["content-type"].startswith("text/html")
        assert "content-security-policy" in answer.headers
        assert SECRET not in answer.text
    problem(call(app, "GET", "/nothing", headers={"accept": "*/*"}), 404, "not_found")
    problem(call(app, "GET", "/api/nothing", headers=html), 404, "not_found")


def test_a_redirect_replaces_the_page_not_a_part_of_it() -> None:
    whole = call(make_app(), "GET", "/api/things/fail/redirect")
    part = call(make_app(), "GET", "/api/things/fail/redirect", headers={"hx-request": "true"})

    assert (whole.status_code, whole.headers["location"]) == (303, "/login")
    assert (part.status_code, part.headers["hx-redirect"]) == (204, "/login")


def test_a_change_from_another_site_reaches_no_route() -> None:
    response = call(
        make_app(),
        "POST",
        "/api/things/make",
        json={"size": 1},
        headers={"sec-fetch-site": "cross-site"},
    )

    problem(response, 403, "cross_origin")


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\0"])
def test_a_header_with_a_line_break_is_never_sent(
    breaks: str, caplog: pytest.LogCaptureFixture
) -> None:
    value = f"a{breaks}set-cookie: planted=1"
    with caplog.at_level(logging.ERROR):
        response = call(make_app(), "GET", "/api/things/header", params={"value": value})

    problem(response, 500, "internal")
    assert "set-cookie" not in response.headers
    assert "x-told" not in response.headers
    harmless = call(make_app(), "GET", "/api/things/header", params={"value": "a b"})
    assert harmless.headers["x-told"] == "a b"


def test_browsers_that_come_over_tls_stay_there() -> None:
    async def send() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=make_app())
        async with httpx2.AsyncClient(
            transport=transport, base_url="https://music.example.org"
        ) as client:
            return await client.get("/nothing")

    assert "max-age" in asyncio.run(send()).headers["strict-transport-security"]
