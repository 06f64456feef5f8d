"""Where Spotify sends a browser back to: here if it takes that, else where the address can be read and pasted."""

from typing import Any

import pytest
from starlette.requests import Request

from tonearm.web.spotify import Redirect, redirect_of

PATH = "/api/auth/spotify/callback"
PASTED = Redirect(f"http://127.0.0.1:8420{PATH}", is_pasted=True)


def redirect(host: str, public_url: str = "", **scope: Any) -> Redirect:  # noqa: ANN401 - parts of a scope
    request = Request({"type": "http", "headers": [(b"host", host.encode())]} | scope)
    return redirect_of(request, public_url)


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "127.0.0.1", "127.0.0.1:9999", "[::1]:8420"])
def test_a_browser_on_loopback_comes_back_where_it_is(host: str) -> None:
    assert redirect(host) == Redirect(f"http://{host}{PATH}", is_pasted=False)
    assert redirect(host, "http://music.example.org").address == f"http://{host}{PATH}"
    prefixed = redirect(host, root_path="/music")
    assert prefixed.address == f"http://{host}/music{PATH}"


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "music.example.org", "10.0.0.7:8420"])
def test_a_public_address_with_https_is_where_everybody_comes_back(host: str) -> None:
    found = redirect(host, "https://music.example.org/tonearm")
    assert found == Redirect(f"https://music.example.org/tonearm{PATH}", is_pasted=False)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8420",
        "music.example.org",
        "192.168.1.7:8420",
        "127.0.0.2:8420",
        "",
        "127.0.0.1:8420@evil.example",
        "127.0.0.1/evil.example",
        "127.0.0.1?evil.example",
        "127.0.0.1:99999",
        "127.0.0.1:x",
        "127.0.0.1.evil.example",
        "[::1",
    ],
)
def test_anybody_else_pastes_the_address(host: str) -> None:
    assert redirect(host) == PASTED
    assert redirect(host, "http://music.example.org") == PASTED
    assert redirect("127.0.0.1:8420", scheme="https") == PASTED
