"""Settings of the keys that sign access tokens: what cannot be used is said in a sentence at the start."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tonearm.ops.settings import Settings

KEYS = ["x" * 42 + "w=", "y" * 42 + "w="]


def load(**more: Any) -> Settings:  # noqa: ANN401 - any settings
    return Settings(_env_file=None, **more)  # type: ignore[call-arg] # known to pydantic-settings alone


def test_keys_that_sign_are_keys_and_shown_nowhere() -> None:
    settings = load(signing_keys=KEYS)

    assert [key.get_secret_value() for key in settings.signing_keys] == KEYS
    assert set(KEYS) <= set(settings.secrets)
    assert not any(key in repr(settings) + str(settings.audited) for key in KEYS)
    for bad in ("", "short", "ä" * 44, "x" * 43, "x" * 48):
        with pytest.raises(ValidationError, match="32 random bytes as URL-safe base64") as refused:
            load(signing_keys=[KEYS[0], bad])
        assert KEYS[0] not in str(refused.value)


def test_keys_are_settings_or_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        load(signing_keys=KEYS, signing_keys_file=tmp_path / "keys.json")
    assert load(data_dir=tmp_path).signing_file == tmp_path / "signing-keys.json"
    assert load(signing_keys_file=tmp_path / "x.json").signing_file == tmp_path / "x.json"
