"""What the gate refuses."""

import pytest
from starlette.types import Scope

from tonearm.web.checks import check_host, check_origin, check_version
from tonearm.web.scope import host_name, is_api, is_local, route_path


def make_scope(
    headers: dict[str, str], method: str = "POST", path: str = "/api/x", client: str = "127.0.0.1"
) -> Scope:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "headers": raw,
        "client": (client, 1),
        "root_path": "",
    }


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8420",
        "localhost.",
        "127.0.0.1:8420",
        "[::1]:8420",
        "192.168.1.5:8420",
        "music.example.org",
        "Music.Example.org:443",
    ],
)
def test_a_host_name_of_ours_passes(host: str) -> None:
    assert check_host(make_scope({"host": host}), {"music.example.org"}) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[evil]", "a b"]
)
def test_a_strange_host_name_is_refused_without_naming_it(host: str) -> None:
    refusal = check_host(make_scope({"host": host}), {"music.example.org"})

    assert refusal is not None
    assert refusal.status == 421
    assert "evil" not in refusal.detail
    assert "TONEARM_ALLOWED_HOSTS" in refusal.detail


@pytest.mark.parametrize("headers", [{}, {"host": ""}])
def test_a_request_without_a_host_is_refused(headers: dict[str, str]) -> None:
    refusal = check_host(make_scope(headers), set())

    assert refusal is not None
    assert refusal.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "http://localhost:8420"},
        {"referer": "http://localhost:8420/account"},
        {"origin": "https://LOCALHOST:8420"},
        {},
        {"sec-fetch-site": "cross-site", "authorization": "Bearer tnrm_x"},
        {"authorization": "Basic QWRhOng="},
    ],
)
def test_a_change_from_here_passes(headers: dict[str, str]) -> None:
    assert check_origin(make_scope({"host": "localhost:8420", **headers})) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://localhost:8420"},
        {"origin": "http://evil.example"},
        {"referer": "http://evil.example/page"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://[evil"},
        {"sec-fetch-site": "cross-site", "authorization": "Basic QWRhOng="},
        {"origin": "http://evil.example", "authorization": "basic QWRhOng="},
    ],
)
def test_a_change_from_another_site_is_refused(headers: dict[str, str]) -> None:
    refusal = check_origin(make_scope({"host": "localhost:8420", **headers}))

    assert refusal is not None
    assert refusal.status == 403


def test_looking_is_allowed_from_anywhere() -> None:
    scope = make_scope({"host": "localhost", "sec-fetch-site": "cross-site"}, method="GET")

    assert check_origin(scope) is None


@pytest.mark.parametrize("version", ["2", "0", "one", ""])
def test_an_unknown_version_is_refused_on_the_api_only(version: str) -> None:
    refusal = check_version(make_scope({"x-api-version": version}))

    assert refusal is not None
    assert refusal.status == 400
    assert check_version(make_scope({"x-api-version": version}, path="/login")) is None


def test_the_present_version_passes() -> None:
    assert check_version(make_scope({"x-api-version": " 1 "})) is None
    assert check_version(make_scope({})) is None


@pytest.mark.parametrize(
    ("client", "headers", "expected"),
    [
        ("127.0.0.1", {"host": "localhost:8420"}, True),
        ("::1", {"host": "[::1]:8420"}, True),
        ("127.0.0.1", {"host": "music.example.org"}, False),
        ("192.168.1.9", {"host": "localhost"}, False),
        ("127.0.0.1", {"host": "localhost", "x-forwarded-for": "10.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost", "forwarded": "for=10.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost", "x-real-ip": "10.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost", "via": "1.1 proxy"}, False),
        ("127.0.0.1", {}, False),
    ],
)
def test_local_means_this_machine_and_no_proxy(
    client: str, headers: dict[str, str], *, expected: bool
) -> None:
    assert is_local(make_scope(headers, client=client)) is expected


def test_without_a_client_address_nothing_is_local() -> None:
    scope = make_scope({"host": "localhost"})
    scope["client"] = None

    assert not is_local(scope)


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/api", "", True),
        ("/api/imports", "", True),
        ("/apiary", "", False),
        ("/", "", False),
        ("/music/api/imports", "/music", True),
        ("/music", "/music", False),
    ],
)
def test_the_api_is_known_by_its_path(path: str, root: str, *, expected: bool) -> None:
    assert is_api({"path": path, "root_path": root}) is expected
    assert route_path({"path": "/plain"}) == "/plain"


@pytest.mark.parametrize(
    ("host", "name"),
    [("A.b:1", "a.b"), ("[::1]:8", "::1"), ("[::1", "::1"), ("x.", "x"), ("", "")],
)
def test_a_host_header_names_a_host(host: str, name: str) -> None:
    assert host_name(host) == name
