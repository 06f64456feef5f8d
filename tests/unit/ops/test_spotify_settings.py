"""Settings of the link to Spotify: what cannot be used, or is not safe, is said in a sentence at the start."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from tonearm.ops.settings import Settings

KEY = "x" * 42 + "w="


def load(**more: Any) -> Settings:  # noqa: ANN401 - any settings
    return Settings(_env_file=None, **more)  # type: ignore[call-arg] # known to pydantic-settings alone


@pytest.mark.parametrize(
    "values",
    [
        {"spotify_api_url": "https://api.example.org/v1"},
        {"spotify_api_url": "http://127.0.0.1:8421/v1"},
        {"spotify_api_url": "http://[::1]:8421/v1"},
        {"spotify_accounts_url": "https://accounts.example.org/"},
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
        ({"spotify_accounts_url": ""}, "must be an https address"),
        ({"spotify_accounts_url": "http://spotify.example"}, "must be an https address"),
        ({"spotify_accounts_url": "ftp://127.0.0.1"}, "must be an https address"),
        ({"spotify_accounts_url": "https://"}, "must be an https address"),
        ({"spotify_accounts_url": "https://a#b"}, "must be an https address"),
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


def test_keys_of_the_vault_are_keys_and_shown_nowhere() -> None:
    made = [Fernet.generate_key().decode() for _ in range(2)]
    settings = load(vault_keys=made)

    assert [key.get_secret_value() for key in settings.vault_keys] == made
    assert not any(key in repr(settings) + str(settings.audited) for key in made)
    for bad in ("", "short", "ä" * 44, "x" * 43, "x" * 48):
        with pytest.raises(ValidationError, match="32 random bytes as URL-safe base64"):
            load(vault_keys=[made[0], bad])


def test_settings_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        load(vault_keys=[KEY], vault_key_file=tmp_path / "keys.json")
    with pytest.raises(ValidationError, match="needs TONEARM_SPOTIFY_CLIENT_ID"):
        load(spotify_client_secret="a secret")


def test_the_vault_s_file_lies_in_the_data_folder_unless_it_is_put_elsewhere(
    tmp_path: Path,
) -> None:
    assert load(data_dir=tmp_path).vault_file == tmp_path / "vault-keys.json"
    assert load(vault_key_file=tmp_path / "x.json").vault_file == tmp_path / "x.json"
