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


@pytest.mark.parametrize("name", ["spotify_accounts_url", "spotify_api_url"])
def test_prod_sends_no_secret_without_tls_beyond_this_machine(name: str) -> None:
    plain = {name: "http://spotify.example"}
    assert getattr(load(**plain), name) == "http://spotify.example"
    with pytest.raises(ValidationError, match="must begin with https:// in prod"):
        load(mode="prod", **plain)
    for address in ("http://127.0.0.1:9000", "http://[::1]:9000", "https://spotify.example/v1/"):
        assert getattr(load(mode="prod", **{name: address}), name) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    ["", "spotify.example", "ftp://spotify.example", "https://", "https://a@b", "https://a?b", "https://a#b"],
)  # fmt: skip
def test_an_address_of_spotify_is_one(address: str) -> None:
    with pytest.raises(ValidationError, match=r"https://accounts\.spotify\.com"):
        load(spotify_accounts_url=address)


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
