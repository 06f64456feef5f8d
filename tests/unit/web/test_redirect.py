"""Where a person is sent after the log-in."""

import pytest
from starlette.requests import Request

from tonearm.web.redirect import safe_path, wanted_path


@pytest.mark.parametrize("path", ["/", "/imports?x=1", "/a/b#c", "/ümlaut"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "imports",
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/a\nb",
        "/\t/evil.example",
        "javascript:alert(1)",
        "///evil.example",
    ],
)
def test_what_could_lead_elsewhere_leads_home(path: str | None) -> None:
    assert safe_path(path) == "/"


def request(host: str) -> Request:
    return Request({"type": "http", "headers": [(b"host", host.encode())]})


@pytest.mark.parametrize(
    ("host", "wanted", "path"),
    [
        (
            "music.example.org:8443",
            "https://music.example.org:8443/imports?x=1#y",
            "/imports?x=1#y",
        ),
        ("Music.example.org", "http://music.EXAMPLE.org", "/"),
        ("music.example.org", "/imports?from=a.b:80", "/imports?from=a.b:80"),
        ("[::1]:8420", "http://[::1]:8420/top/artists", "/top/artists"),
        ("music.example.org", "https://music.example.org:443/imports", "/imports"),
        ("music.example.org:80", "http://music.example.org/imports", "/imports"),
    ],
)
def test_an_address_under_the_host_of_the_request_becomes_its_path(
    host: str, wanted: str, path: str
) -> None:
    assert wanted_path(request(host), wanted) == path


@pytest.mark.parametrize(
    "wanted",
    [
        "https://music.example.org/imports",
        "https://music.example.org:8443.evil.example/",
        "https://music.example.org:8443@evil.example/",
        "https://evil.example/music.example.org:8443/",
        "https://music.example.org:8443//evil.example/",
        "https://music.example.org:8443/\\evil.example/",
        "https:music.example.org:8443/imports",
        "ftp://music.example.org:8443/imports",
        "//music.example.org:8443/imports",
        "https://music.example.org:8443:443/imports/../..//evil.example",
        "http://music.example.org:443/imports",
        "https://[",
        "https://\nmusic.example.org:8443//evil.example",
    ],
)
def test_an_address_under_another_host_leads_home(wanted: str) -> None:
    assert wanted_path(request("music.example.org:8443"), wanted) == "/"
