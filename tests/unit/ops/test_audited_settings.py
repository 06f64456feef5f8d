"""Which settings the audit log tells of: those that bear on who may do what, and never a secret."""

from pathlib import Path

from pydantic import SecretStr

from tonearm.ops.settings import AUDITED, Settings

# Where things lie, how much there may be of them, and how they look. Secrets are here too: they are never told.
UNTOLD = {
    "data_dir",
    "database_url",
    "spool_dir",
    "cache_dir",
    "port",
    "api_key",
    "smtp_url",
    "smtp_from",
    "signing_keys",
    "oidc_client_secret",
    "oidc_name",
    "spotify_proxy",
    "spotify_daily_calls",
    "spotify_reserve",
    "spotify_burst",
    "spotify_client_secret",
    "vault_keys",
    "covers_daily_calls",
    "covers_mb",
    "collector_minutes",
    "collector_least_minutes",
    "collector_most_minutes",
    "collector_backfill_days",
    "collector_backfill_requests",
    "collector_backfill_blocks",
    "collector_backfills_at_once",
    "import_zip_mb",
    "import_inflated_mb",
    "import_rows",
    "import_members",
    "import_commit_mb",
    "spool_hours",
    "job_days",
    "store_cache_mb",
    "metrics_token",
    "metrics_port",
}


def test_of_every_setting_it_is_said_whether_it_is_told() -> None:
    assert set(AUDITED) | UNTOLD == set(Settings.model_fields)
    assert not set(AUDITED) & UNTOLD
    assert len(set(AUDITED)) == len(AUDITED)


def test_no_secret_is_told(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, database_url="postgresql://ada:planted@localhost/tonearm"
    )

    for name, value in settings:
        assert not (isinstance(value, SecretStr) and name in AUDITED)
    assert "planted" not in str(settings.audited)
    assert settings.audited["mode"] == "dev"


def test_every_secret_of_the_settings_is_known_by_its_value(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        database_url="postgresql://ada:of%20the%20base@localhost/tonearm",
        smtp_url=SecretStr("smtps://post:of%2Fthe%2Fmail@mail.example.org"),
        smtp_from="tonearm@example.org",
        public_url="https://music.example.org",
        oidc_client_secret=SecretStr("of the provider"),
        spotify_client_id="a-client",
        spotify_client_secret=SecretStr("of the app"),
        spotify_proxy=SecretStr("http://me:of-the-proxy@proxy.example.org:3128"),
    )

    known = {"of the base", "of/the/mail", "of the provider", "of the app", "of-the-proxy"}
    assert known <= set(settings.secrets)
    assert "postgresql://ada:of%20the%20base@localhost/tonearm" not in settings.secrets
