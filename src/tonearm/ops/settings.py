"""Settings: read once from the environment, `.env` and a file, then passed in."""

from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

import platformdirs
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tonearm.ops import checks
from tonearm.ops.metrics_settings import MetricsSettings
from tonearm.ops.oauth_settings import OAuthSettings
from tonearm.ops.spotify_settings import SpotifySettings

MEGABYTE = 1_000_000
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
# A setting that is or holds a secret does not belong here: its value would be written down.
AUDITED = (
    "mode",
    "host",
    "allowed_hosts",
    "secure_cookies",
    "trusted_proxies",
    "proxy_headers",
    "cors_origins",
    "rate_limits",
    "rate_reading",
    "rate_writing",
    "rate_importing",
    "rate_entering",
    "rate_sharing",
    "log_level",
    "session_days",
    "session_longest_days",
    "signing_keys_file",
    "admin_auth_mode",
    "public_url",
    "registration",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_scopes",
    "oidc_link_by_email",
    "oidc_register",
    "oauth",
    "oauth_registration",
    "oauth_private_hosts",
    "spotify_client_id",
    "spotify_accounts_url",
    "spotify_api_url",
    "covers",
    "vault_key_file",
)


def _password(address: str) -> str:
    """Give the password in an address; none where there is none, or it is no address."""
    with suppress(ValueError):
        return urlsplit(address).password or ""
    return ""


class Settings(SpotifySettings, OAuthSettings, MetricsSettings):
    """Everything an operator can choose, each as `TONEARM_<NAME>`, in `.env`, or in `tonearm.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="TONEARM_", env_file=".env", extra="ignore", toml_file="tonearm.toml"
    )

    mode: Literal["dev", "prod"] = Field(
        default="dev",
        description="`prod` refuses unsafe defaults: see the notes of the other settings.",
    )
    data_dir: Path = Field(
        default=Path(platformdirs.user_data_dir("tonearm", appauthor=False)),
        description="Folder of the embedded database, logs, spool and cache.",
    )
    database_url: str = Field(
        default="",
        description=(
            "`postgresql://user:password@host/name` for PostgreSQL; empty for the embedded SQLite "
            "database in the data folder."
        ),
    )
    spool_dir: Path | None = Field(
        default=None,
        description=(
            "Folder for uploads on their way in; shared by API and workers. Default: `spool` in "
            "the data folder."
        ),
    )
    cache_dir: Path | None = Field(
        default=None,
        description=(
            "Folder for column files of each host; may be deleted at any time. Default: `cache` "
            "in the data folder."
        ),
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8420, description="Port to listen on."
    )
    allowed_hosts: list[str] = Field(
        default=[],
        description=(
            "Host names under which the server may be reached besides loopback; required in prod "
            "when it listens on more than loopback. As a JSON list."
        ),
    )
    secure_cookies: bool = Field(
        default=False,
        description="Send session cookies over HTTPS only; required in prod beyond loopback.",
    )
    trusted_proxies: list[str] = Field(
        default=[],
        description=(
            "Networks or addresses of reverse proxies that are believed about whom they ask for, such "
            'as `["127.0.0.1", "10.0.0.0/8"]`: see [the guide](../guides/behind-a-proxy.md). As a JSON '
            "list."
        ),
    )
    proxy_headers: Literal["x-forwarded", "forwarded"] = Field(
        default="x-forwarded",
        description=(
            "Where a trusted proxy tells of it: `x-forwarded`, in `X-Forwarded-For`, `-Proto` and "
            "`-Host`; `forwarded`, in `Forwarded` (RFC 7239). The other is not read."
        ),
    )
    cors_origins: list[str] = Field(
        default=[],
        description=(
            "Origins whose pages may use the API with a key or token, such as "
            '`["https://music.example.org"]`; never with a cookie. As a JSON list.'
        ),
    )
    rate_limits: bool = Field(
        default=True, description="Count requests, and refuse callers who come too often."
    )
    rate_reading: Annotated[int, Field(ge=0)] = Field(
        default=600,
        description="Requests a minute that only read, of each caller; 0 for any number.",
    )
    rate_writing: Annotated[int, Field(ge=0)] = Field(
        default=120, description="Requests a minute that change something; 0 for any number."
    )
    rate_importing: Annotated[int, Field(ge=0)] = Field(
        default=60, description="Uploads an hour; 0 for any number."
    )
    rate_entering: Annotated[int, Field(ge=0)] = Field(
        default=30,
        description=(
            "Log-ins, registrations and the like a minute, of each address, whoever comes; 0 for any "
            "number."
        ),
    )
    rate_sharing: Annotated[int, Field(ge=0)] = Field(
        default=60,
        description="Looks at shares a minute, of each address, whoever comes; 0 for any number.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe level that is logged."
    )
    session_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=30, description="Days after which an unused log-in ends."
    )
    session_longest_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=180, description="Days after which a log-in ends, however often it is used."
    )
    signing_keys: list[SecretStr] = Field(
        default=[],
        description=(
            "Keys that sign access tokens, the newest first, each 32 random bytes as URL-safe base64: the first one "
            "signs, all of them verify. As a JSON list. Empty: those of `TONEARM_SIGNING_KEYS_FILE`."
        ),
    )
    signing_keys_file: Path | None = Field(
        default=None,
        description=(
            "File of those keys; made where there is none, and readable by "
            "nobody else, which prod insists on. All servers of one database share it. Default: "
            "`signing-keys.json` in the data folder."
        ),
    )
    admin_auth_mode: Literal["standard", "basic"] = Field(
        default="standard",
        description=(
            "How admin operations may be asked for: `standard`, like all others, by session, key or "
            "token; `basic`, by HTTP Basic too, over HTTPS or on this machine."
        ),
    )
    public_url: str = Field(
        default="",
        description=(
            "Address under which people reach Tonearm, such as `https://music.example.org`: what goes "
            "out by mail or to a log-in provider names it. Empty: the address of each request."
        ),
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        description=(
            "Key that `tonearm mcp` answers an assistant with; it needs the scope `mcp`. The server has no "
            "use for it."
        ),
    )
    registration: Literal["closed", "invited", "open"] = Field(
        default="invited",
        description=(
            "Who may make an account: `invited`, whoever has an invitation of an admin; `open`, everybody "
            "who can reach the server; `closed`, nobody. See [the guide](../guides/people.md)."
        ),
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description=(
            "Mail server for links to new passwords: `smtps://user:password@mail.example.org`, or `smtp://` "
            "for STARTTLS, which only a server on this machine may lack. Empty: no mail is sent."
        ),
    )
    smtp_from: str = Field(
        default="",
        description="Who writes, such as `Tonearm <tonearm@example.org>`; needed with a mail server.",
    )
    oidc_issuer: str = Field(
        default="",
        description=(
            "Issuer of an OpenID Connect provider, exactly as its discovery document names it. With "
            "it people can log in there: see [the guide](../guides/oidc.md)."
        ),
    )
    oidc_client_id: str = Field(
        default="", description="What the provider calls this Tonearm; needed with an issuer."
    )
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""),
        description="The client's secret; empty for a public client, which PKCE alone protects.",
    )
    oidc_name: str = Field(
        default="single sign-on",
        description="Name of the provider, as the button says it: Log in with …",
    )
    oidc_scopes: str = Field(
        default="openid profile email",
        description="What the provider is asked to tell, with blanks between; `openid` is one.",
    )
    oidc_link_by_email: bool = Field(
        default=False,
        description=(
            "Let a log-in there open the account with the same e-mail address, if the provider has "
            "verified it and the account is not linked yet. Admins set the addresses then, not people "
            "themselves."
        ),
    )
    oidc_register: bool = Field(
        default=False,
        description=(
            "Make an account for whoever logs in there and has none, unless `TONEARM_REGISTRATION` is "
            "`closed`; being known there stands for an invitation."
        ),
    )
    import_zip_mb: Annotated[int, Field(ge=1)] = Field(
        default=500, description="Largest upload or archive, in MB."
    )
    import_inflated_mb: Annotated[int, Field(ge=1)] = Field(
        default=8_000, description="Most that the members of one import may inflate to, in MB."
    )
    import_rows: Annotated[int, Field(ge=1)] = Field(
        default=10_000_000, description="Most rows one import may hold."
    )
    import_members: Annotated[int, Field(ge=1)] = Field(
        default=10_000, description="Most members an archive may have."
    )
    import_commit_mb: Annotated[int, Field(ge=1)] = Field(
        default=8, description="Most history, in MB, that one transaction of an import writes."
    )
    spool_hours: Annotated[int, Field(ge=1)] = Field(
        default=24, description="Hours for which a failed import's upload and a preview are kept."
    )
    job_days: Annotated[int, Field(ge=1)] = Field(
        default=7, description="Days for which finished jobs and their logs are kept."
    )
    store_cache_mb: Annotated[int, Field(ge=16)] = Field(
        default=512, description="Most memory, in MB, for open column stores of all listeners."
    )

    @field_validator("data_dir", "spool_dir", "cache_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        is_plain = not (parts.query or parts.fragment or parts.username)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
            raise ValueError(
                "TONEARM_PUBLIC_URL must be an address such as https://music.example.org, with "
                "nothing behind its path."
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _usable_mail(self) -> Self:
        url = self.smtp_url.get_secret_value()
        if not url:
            return self
        try:
            parts = urlsplit(url)
            is_known = parts.scheme in {"smtp", "smtps"}
            is_usable = is_known and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_usable = False
        if not is_usable or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(
                "TONEARM_SMTP_URL must look like smtps://user:password@mail.example.org:465, or begin "
                "with smtp:// for STARTTLS. Write special characters of the password as %40 and the like."
            )
        _, address = parseaddr(self.smtp_from)
        if "@" not in address or not self.smtp_from.isprintable():
            raise ValueError(
                "TONEARM_SMTP_URL needs TONEARM_SMTP_FROM, such as Tonearm <tonearm@example.org>."
            )
        if not self.public_url:
            raise ValueError(
                "TONEARM_SMTP_URL needs TONEARM_PUBLIC_URL, which links in messages lead to."
            )
        return self

    @model_validator(mode="after")
    def _usable_provider(self) -> Self:
        if not self.oidc_issuer:
            return self
        parts = urlsplit(self.oidc_issuer)
        is_plain = not (parts.query or parts.fragment or parts.username)
        may_be_plain = self.mode == "dev" or parts.hostname in _LOOPBACK
        schemes = {"https", "http"} if may_be_plain else {"https"}
        if parts.scheme not in schemes or not parts.hostname or not is_plain:
            raise ValueError(
                "TONEARM_OIDC_ISSUER must be an https address with nothing behind its path, such as "
                "https://login.example.org/realms/home; http will do for loopback, or in dev."
            )
        if not self.oidc_client_id:
            raise ValueError("TONEARM_OIDC_ISSUER needs TONEARM_OIDC_CLIENT_ID.")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("TONEARM_OIDC_SCOPES must have `openid` among them.")
        return self

    _networks = field_validator("trusted_proxies")(checks.networks)
    _origins = field_validator("cors_origins")(checks.origins)
    _signing_keys = field_validator("signing_keys")(checks.secret_keys)

    @model_validator(mode="after")
    def _one_place_for_signing_keys(self) -> Self:
        if self.signing_keys and self.signing_keys_file:
            raise ValueError(
                "TONEARM_SIGNING_KEYS and TONEARM_SIGNING_KEYS_FILE exclude each other: set one of them."
            )
        return self

    @model_validator(mode="after")
    def _safe_in_prod(self) -> Self:
        if self.mode == "prod" and self.host not in {"127.0.0.1", "::1"}:
            if not self.allowed_hosts:
                raise ValueError(
                    "TONEARM_MODE=prod on a public address needs TONEARM_ALLOWED_HOSTS, for example "
                    '["music.example.org"].'
                )
            if not self.secure_cookies:
                raise ValueError(
                    "TONEARM_MODE=prod on a public address needs TONEARM_SECURE_COOKIES=true "
                    "and HTTPS in front."
                )
        return self

    @property
    def address(self) -> str:
        """Address under which pages are reached, as far as settings alone tell."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def audited(self) -> dict[str, str]:
        """What bears on who may do what, by name, without a secret: the audit log tells when it changes."""
        return {name: str(getattr(self, name)) for name in AUDITED}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything among the settings that nobody should read in a log."""
        values = [
            value for _, given in self for value in (given if isinstance(given, list) else [given])
        ]
        told = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        # Of an address with a password, the password alone is one too.
        told += [_password(text) for text in (*told, self.database_url)]
        return tuple({text for one in told for text in (one, unquote(one)) if text})

    @property
    def sqlalchemy_url(self) -> str:
        """The database's URL in SQLAlchemy's form."""
        url = self.database_url
        if not url:
            return f"sqlite:///{self.data_dir / 'tonearm.db'}"
        scheme, separator, rest = url.partition("://")
        if scheme in {"postgres", "postgresql"}:
            scheme = "postgresql+psycopg"
        return f"{scheme}{separator}{rest}"

    @property
    def spool(self) -> Path:
        """Where uploads wait."""
        return self.spool_dir or self.data_dir / "spool"

    @property
    def cache(self) -> Path:
        """Where column files lie."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def signing_file(self) -> Path:
        """Where the keys that sign access tokens lie, unless they are settings themselves."""
        # Not resolved: a secret that is mounted as a link leads elsewhere once it is renewed.
        chosen = self.signing_keys_file
        return chosen.expanduser().absolute() if chosen else self.data_dir / "signing-keys.json"

    @property
    def vault_file(self) -> Path:
        """Where the keys of the vault lie, unless they are settings themselves."""
        chosen = self.vault_key_file
        return chosen.expanduser().absolute() if chosen else self.data_dir / "vault-keys.json"

    @property
    def logs(self) -> Path:
        """Where log files lie."""
        return self.data_dir / "logs"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over `.env`, and `.env` over `tonearm.toml`."""
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            TomlConfigSettingsSource(settings_cls),
            file_secret_settings,
        )
