"""What is said of a log-in provider must be usable, and safe in prod."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tonearm.ops.settings import Settings

ISSUER = "https://login.example.org/realms/home"


def make(folder: Path, **values: Any) -> Settings:  # noqa: ANN401 - any settings
    known: dict[str, Any] = {"data_dir": folder, "oidc_client_id": "tonearm"}
    return Settings(**(known | values))


@pytest.mark.parametrize(
    ("issuer", "mode"),
    [
        (ISSUER, "prod"),
        (f"{ISSUER}/", "prod"),
        ("http://127.0.0.1:9000/o", "prod"),
        ("http://localhost:9000/o", "prod"),
        ("http://login.example.org", "dev"),
    ],
)
def test_an_issuer_is_taken_as_it_is_spelled(tmp_path: Path, issuer: str, mode: str) -> None:
    assert make(tmp_path, oidc_issuer=issuer, mode=mode).oidc_issuer == issuer


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"oidc_issuer": "http://login.example.org", "mode": "prod"}, "https address"),
        ({"oidc_issuer": "login.example.org"}, "https address"),
        ({"oidc_issuer": "ftp://login.example.org"}, "https address"),
        ({"oidc_issuer": f"{ISSUER}?a=b"}, "https address"),
        ({"oidc_issuer": f"{ISSUER}#a"}, "https address"),
        ({"oidc_issuer": "https://me@login.example.org"}, "https address"),
        ({"oidc_issuer": ISSUER, "oidc_client_id": ""}, "TONEARM_OIDC_CLIENT_ID"),
        ({"oidc_issuer": ISSUER, "oidc_scopes": "profile"}, "`openid`"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, values: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        make(tmp_path, **values)


def test_the_client_s_secret_does_not_show(tmp_path: Path) -> None:
    settings = make(tmp_path, oidc_issuer=ISSUER, oidc_client_secret="hush")

    assert "hush" not in repr(settings) + str(settings.model_dump())
    assert settings.oidc_client_secret.get_secret_value() == "hush"
