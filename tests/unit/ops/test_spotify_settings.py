"""What is said of Spotify must be usable, and keep tokens safe on their way."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tonearm.ops.settings import Settings


@pytest.mark.parametrize(
    "values",
    [
        {"spotify_api_url": "https://api.example.org/v1"},
        {"spotify_api_url": "http://127.0.0.1:8421/v1"},
        {"spotify_api_url": "http://[::1]:8421/v1"},
        {"spotify_proxy": "http://me:secret%40@proxy.example.org:3128"},
        {"spotify_proxy": "https://proxy.example.org/"},
        {"spotify_daily_calls": 10, "spotify_reserve": 10},
    ],
)
def test_what_can_be_used_is_taken(tmp_path: Path, values: dict[str, Any]) -> None:
    Settings(data_dir=tmp_path, **values)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"spotify_api_url": "http://api.example.org/v1"}, "must be an https address"),
        ({"spotify_api_url": "http://localhost.example.org/v1"}, "must be an https address"),
        ({"spotify_api_url": "api.spotify.com"}, "must be an https address"),
        ({"spotify_api_url": "https://me@api.spotify.com"}, "must be an https address"),
        ({"spotify_api_url": "https://api.spotify.com/v1?a=b"}, "must be an https address"),
        ({"spotify_api_url": "https://api.spotify.com:x/v1"}, "must be an https address"),
        ({"spotify_api_url": "https://[::1/v1"}, "must be an https address"),
        ({"spotify_proxy": "socks5://127.0.0.1:1080"}, "must look like"),
        ({"spotify_proxy": "proxy.example.org:3128"}, "must look like"),
        ({"spotify_proxy": "http://me:a#b@proxy.example.org:3128"}, "must look like"),
        ({"spotify_daily_calls": 10, "spotify_reserve": 11}, "cannot be more"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, values: dict[str, Any], named: str
) -> None:
    known: dict[str, Any] = {"data_dir": tmp_path, "spotify_daily_calls": 1_000}
    with pytest.raises(ValidationError, match=named):
        Settings(**(known | values))
